#include "models/base/encoding.h"

#include <boost/test/unit_test.hpp>
#include <set>
#include <string>

#include "models/base/uuid.h"

namespace {

using namespace lambdarium;

std::string json(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(encoding)

BOOST_AUTO_TEST_CASE(base64_agrees_with_the_vectors_of_rfc_4648) {
  const char* plain[] = {"", "f", "fo", "foo", "foob", "fooba", "foobar"};
  const char* encoded[] = {"", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"};
  for (int i = 0; i < 7; ++i) {
    BOOST_TEST(base64_encode(plain[i]) == encoded[i]);
    BOOST_TEST(base64_decode(encoded[i]).value() == plain[i]);
  }
  std::string all;
  for (int i = 0; i < 256; ++i) all += static_cast<char>(i);
  BOOST_TEST(base64_decode(base64_encode(all)).value() == all);
}

BOOST_AUTO_TEST_CASE(base64_may_lack_its_padding_but_holds_nothing_else) {
  BOOST_TEST(base64_decode("Zg").value() == "f");
  BOOST_TEST(base64_decode("Zg=").value() == "f");
  for (const char* text : {"Z", "Zm9vY", "Zm9v YmFy", "Zm9v\n", "Zm9_", "Zg==Zg==", "===="}) {
    BOOST_TEST(!base64_decode(text).has_value(), text);
  }
}

BOOST_AUTO_TEST_CASE(percent_decoding_happens_once_and_keeps_what_is_malformed) {
  BOOST_TEST(percent_decode("a%2Fb%2fc") == "a/b/c");
  BOOST_TEST(percent_decode("%2525") == "%25");
  BOOST_TEST(percent_decode("%") == "%");
  BOOST_TEST(percent_decode("%4") == "%4");
  BOOST_TEST(percent_decode("%4g%zz") == "%4g%zz");
  BOOST_TEST(percent_decode("%%41") == "%A");
  BOOST_TEST(percent_decode("a+b") == "a+b");
  BOOST_TEST(percent_decode("a+b%2B", true) == "a b+");
  BOOST_TEST(percent_decode("%00").size() == 1);
}

BOOST_AUTO_TEST_CASE(utf8_is_valid_at_both_sides_of_each_edge) {
  for (const char* text : {"", "plain ascii text", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80",
                           "\xED\x9F\xBF", "\xEE\x80\x80", "\xEF\xBF\xBF", "\xF0\x90\x80\x80",
                           "\xF4\x8F\xBF\xBF", "1234567\xC3\xA9 after a word of ascii"}) {
    BOOST_TEST(is_valid_utf8(text));
    BOOST_TEST(json(text) == '"' + std::string{text} + '"');
  }
  for (const char* text :
       {"\x80", "\xBF", "\xC0\x80", "\xC1\xBF", "\xC2", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xE2\x82",
        "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF", "12345678\xFE"}) {
    BOOST_TEST(!is_valid_utf8(text));
    BOOST_TEST(is_valid_utf8(json(text)));
  }
}

BOOST_AUTO_TEST_CASE(json_strings_escape_what_must_be_and_replace_what_is_no_text) {
  BOOST_TEST(json("a\"b\\c/d") == R"("a\"b\\c/d")");
  BOOST_TEST(json("\b\f\n\r\t\x01\x1f\x7f") == "\"\\b\\f\\n\\r\\t\\u0001\\u001f\x7f\"");
  BOOST_TEST(json(std::string_view{"\0", 1}) == R"("\u0000")");
  BOOST_TEST(json("a\xFFz") == "\"a\xEF\xBF\xBDz\"");
  BOOST_TEST(json("\xE2\x82") == "\"\xEF\xBF\xBD\xEF\xBF\xBD\"");
}

BOOST_AUTO_TEST_CASE(nesting_is_counted_outside_of_strings) {
  BOOST_TEST(json_nesting("1") == 0U);
  BOOST_TEST(json_nesting(R"({"a":[1,{"b":2}],"c":[]})") == 3U);
  BOOST_TEST(json_nesting(R"({"[[[\"[[[":"{{{\\"})") == 1U);
  BOOST_TEST(json_nesting("]]][") == 1U);
}

BOOST_AUTO_TEST_CASE(uuids_are_version_4_distinct_and_repeat_with_their_seed) {
  RandomStream random{1, "ids"};
  std::set<std::string> seen;
  for (int i = 0; i < 1'000; ++i) {
    const std::string id = make_uuid(random);
    BOOST_REQUIRE(id.size() == 36);
    BOOST_REQUIRE(id[14] == '4');
    BOOST_REQUIRE(std::string{"89ab"}.find(id[19]) != std::string::npos);
    BOOST_REQUIRE(id.find_first_not_of("0123456789abcdef-") == std::string::npos);
    BOOST_REQUIRE((id[8] == '-' && id[13] == '-' && id[18] == '-' && id[23] == '-'));
    BOOST_REQUIRE(seen.insert(id).second);
  }
  RandomStream again{1, "ids"};
  BOOST_TEST(seen.contains(make_uuid(again)));
}

BOOST_AUTO_TEST_CASE(a_trace_keeps_what_the_client_sent_and_makes_the_rest) {
  RandomStream random{1, "trace"};
  constexpr const char* kRoot = "Root=1-6a5145a9-1bae89e2512ec92d5d9438a0";
  const std::string fresh = make_trace_id(random, 0x6a5145a9);
  BOOST_TEST(fresh.starts_with("Root=1-6a5145a9-"));
  BOOST_TEST(fresh.size() == std::string{kRoot}.size() + 8 + 16 + 10);
  BOOST_TEST(fresh.ends_with(";Sampled=0"));
  const std::string full = std::string{kRoot} + ";Parent=0123456789abcdef;Sampled=1";
  BOOST_TEST(make_trace_id(random, 0, full) == full);
  BOOST_TEST(make_trace_id(random, 0, full + ";Lineage=1:a:0") == full + ";Lineage=1:a:0");
  const std::string parented = make_trace_id(random, 0, kRoot);
  BOOST_TEST(parented.starts_with(std::string{kRoot} + ";Parent="));
  for (const char* bad : {"Root=1-zz", "Parent=0123456789abcdef", "x", "Root=1-6a5145a9-1b;Self=a",
                          "Root=1-6a5145a9-1bae89e2512ec92d5d9438a0\r\nX: y"}) {
    BOOST_TEST(make_trace_id(random, 7, bad).starts_with("Root=1-00000007-"), bad);
  }
}

BOOST_AUTO_TEST_CASE(extended_request_ids_are_fifteen_characters_and_an_equals_sign) {
  RandomStream random{1, "ids"};
  const std::string id = make_extended_request_id(random);
  BOOST_TEST(id.size() == 16U);
  BOOST_TEST(id.find('=') == 15U);
  BOOST_TEST(make_extended_request_id(random) != id);
}

BOOST_AUTO_TEST_CASE(hex_has_the_digits_that_were_asked_for) {
  RandomStream random{1, "hex"};
  for (const int digits : {0, 1, 16, 17, 64}) {
    const std::string text = make_hex(random, digits);
    BOOST_TEST(text.size() == static_cast<std::size_t>(digits));
    BOOST_TEST(text.find_first_not_of("0123456789abcdef") == std::string::npos);
  }
}

BOOST_AUTO_TEST_SUITE_END()
