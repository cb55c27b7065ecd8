#include "emulator/queues/event_filter.h"

#include <boost/test/unit_test.hpp>

namespace lambdarium::queues {
namespace {

bool matches(const std::string& pattern, const std::string& record) {
  const auto filter = EventFilter::parse({pattern});
  if (!filter.ok()) BOOST_FAIL(filter.error().message);
  return filter->matches(record);
}

std::string with_body(const std::string& body) {
  std::string text = R"({"messageId":"m","body":")";
  for (const char c : body) {
    if (c == '"' || c == '\\') text += '\\';
    text += c;
  }
  return text + R"("})";
}

BOOST_AUTO_TEST_SUITE(event_filter)

BOOST_AUTO_TEST_CASE(operators_match_what_they_say) {
  const struct {
    const char* rule;
    const char* value;
    bool expected;
  } kCases[] = {
      {R"(["a"])", R"("a")", true},
      {R"(["a"])", R"("b")", false},
      {R"(["a","b"])", R"("b")", true},
      {R"([1])", "1.0", true},
      {R"([null])", "null", true},
      {R"([null])", "0", false},
      {R"([""])", R"("")", true},
      {R"([true])", "true", true},
      {R"([{"prefix":"ab"}])", R"("abc")", true},
      {R"([{"prefix":"ab"}])", R"("xab")", false},
      {R"([{"suffix":"bc"}])", R"("abc")", true},
      {R"([{"suffix":"bc"}])", R"("bcd")", false},
      {R"([{"equals-ignore-case":"ABC"}])", R"("abc")", true},
      {R"([{"anything-but":["a"]}])", R"("b")", true},
      {R"([{"anything-but":["a"]}])", R"("a")", false},
      {R"([{"anything-but":"a"}])", R"("a")", false},
      {R"([{"anything-but":{"prefix":"a"}}])", R"("ab")", false},
      {R"([{"anything-but":{"prefix":"a"}}])", R"("ba")", true},
      {R"([{"numeric":["=",5]}])", "5", true},
      {R"([{"numeric":[">",5]}])", "5", false},
      {R"([{"numeric":[">=",5,"<",10]}])", "5", true},
      {R"([{"numeric":[">=",5,"<",10]}])", "10", false},
      {R"([{"numeric":["=",5]}])", R"("5")", false},
      {R"([{"exists":true}])", "1", true},
      {R"([{"exists":false}])", "1", false},
      {R"(["a"])", R"(["x","a"])", true},
      {R"(["a"])", R"(["x"])", false},
  };
  for (const auto& c : kCases) {
    BOOST_TEST_CONTEXT(c.rule << " of " << c.value) {
      const std::string pattern = std::string{R"({"k":)"} + c.rule + "}";
      BOOST_TEST(matches(pattern, std::string{R"({"k":)"} + c.value + "}") == c.expected);
      BOOST_TEST(matches(std::string{R"({"body":)"} + pattern + "}",
                         with_body(std::string{R"({"k":)"} + c.value + "}")) == c.expected);
    }
  }
}

BOOST_AUTO_TEST_CASE(what_is_not_there_does_not_exist) {
  BOOST_TEST(matches(R"({"k":[{"exists":false}]})", "{}"));
  BOOST_TEST(!matches(R"({"k":[{"exists":true}]})", "{}"));
  BOOST_TEST(matches(R"({"k":{"l":[{"exists":false}]}})", "{}"));
  BOOST_TEST(!matches(R"({"k":[{"anything-but":["a"]}]})", "{}"));
}

BOOST_AUTO_TEST_CASE(all_keys_must_match_and_one_filter_is_enough) {
  BOOST_TEST(matches(R"({"a":[1],"b":[2]})", R"({"a":1,"b":2})"));
  BOOST_TEST(!matches(R"({"a":[1],"b":[2]})", R"({"a":1,"b":3})"));
  BOOST_TEST(matches(R"({"$or":[{"a":[1]},{"b":[2]}]})", R"({"a":0,"b":2})"));
  BOOST_TEST(!matches(R"({"$or":[{"a":[1]},{"b":[2]}]})", R"({"a":0,"b":0})"));
  const auto two = EventFilter::parse({R"({"a":[1]})", R"({"a":[2]})"});
  BOOST_REQUIRE(two.ok());
  BOOST_TEST(two->matches(R"({"a":2})"));
  BOOST_TEST(!two->matches(R"({"a":3})"));
  BOOST_TEST(EventFilter{}.matches("{}"));
}

BOOST_AUTO_TEST_CASE(a_pattern_for_a_json_body_matches_no_plain_text) {
  BOOST_TEST(!matches(R"({"body":{"k":[{"exists":false}]}})", with_body("plain")));
  BOOST_TEST(!matches(R"({"body":{"k":[1]}})", with_body("[1]")));
  BOOST_TEST(matches(R"({"body":["plain"]})", with_body("plain")));
  BOOST_TEST(!matches(R"({"body":["plain"]})", with_body("other")));
}

BOOST_AUTO_TEST_CASE(what_is_no_pattern_is_refused_with_its_reason) {
  for (const char* bad : {
           "",
           "x",
           "[]",
           R"({"k":"a"})",
           R"({"k":[]})",
           R"({"k":[[1]]})",
           R"({"k":[{"wildcard":"a*"}]})",
           R"({"k":[{"cidr":"10.0.0.0/8"}]})",
           R"({"k":[{"numeric":[">"]}]})",
           R"({"k":[{"numeric":["!",1]}]})",
           R"({"k":[{"numeric":[">","1"]}]})",
           R"({"k":[{"exists":1}]})",
           R"({"k":[{"prefix":1}]})",
           R"({"k":[{"anything-but":[]}]})",
           R"({"k":[{"anything-but":{"suffix":1}}]})",
           R"({"k":[{}]})",
           R"({"k":[{"prefix":"a","suffix":"b"}]})",
           R"({"$or":[{"a":[1]}]})",
           R"({"$or":{}})",
       }) {
    BOOST_TEST_CONTEXT(bad) {
      BOOST_TEST(!EventFilter::parse({bad}).ok());
    }
  }
  const auto unknown = EventFilter::parse({R"({"k":[{"wildcard":"a*"}]})"});
  BOOST_TEST(unknown.error().message.find("wildcard") != std::string::npos);
  const std::string good = R"({"k":[1]})";
  BOOST_TEST(EventFilter::parse(std::vector<std::string>(5, good)).ok());
  BOOST_TEST(!EventFilter::parse(std::vector<std::string>(6, good)).ok());
  BOOST_TEST(!EventFilter::parse({R"({"k":[")" + std::string(4'096, 'x') + R"("]})"}).ok());
  std::string deep = "[1]";
  for (int i = 0; i < 100; ++i) deep = R"({"k":)" + deep + "}";
  BOOST_TEST(!EventFilter::parse({deep}).ok());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace lambdarium::queues
