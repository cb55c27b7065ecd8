#include "emulator/labs/replay_target.h"

#include <boost/test/unit_test.hpp>

using namespace lambdarium;
using namespace lambdarium::labs;

namespace {

std::vector<TraceFunction> functions_named(std::initializer_list<const char*> names) {
  std::vector<TraceFunction> functions;
  for (const char* name : names) {
    functions.emplace_back();
    functions.back().name = name;
  }
  return functions;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(replay_targets)

BOOST_AUTO_TEST_CASE(urls_are_split_into_host_port_and_path) {
  const auto whole = parse_http_url("http://localhost:3000/a/b?c=d#part");
  BOOST_REQUIRE(whole.ok());
  BOOST_TEST(whole->host == "localhost");
  BOOST_TEST(whole->port == 3000);
  BOOST_TEST(whole->path == "/a/b?c=d");
  const auto bare = parse_http_url("http://10.0.0.1");
  BOOST_REQUIRE(bare.ok());
  BOOST_TEST(bare->port == 80);
  BOOST_TEST(bare->path == "/");
  const auto v6 = parse_http_url("http://[::1]:65535?x");
  BOOST_REQUIRE(v6.ok());
  BOOST_TEST(v6->host == "::1");
  BOOST_TEST(v6->port == 65'535);
  BOOST_TEST(v6->path == "/?x");
}

BOOST_AUTO_TEST_CASE(what_is_not_a_plain_http_url_is_refused_with_the_reason) {
  for (const char* url : {"", "localhost:3000", "https://x/", "ftp://x/", "http://", "http:///path",
                          "http://x:0/", "http://x:65536/", "http://x:12a/", "http://[::1",
                          "http://[::1]x/", "http://u@x/", "http://x/a b"}) {
    const auto target = parse_http_url(url);
    BOOST_TEST(!target.ok(), "accepted: " << url);
    if (!target.ok()) BOOST_TEST((target.error().code == ErrorCode::kInvalidInput));
  }
}

BOOST_AUTO_TEST_CASE(without_a_target_every_function_is_invoked_by_its_own_name) {
  const auto targets = resolve_targets({.target = "", .endpoint_url = "http://127.0.0.1:9/base/"},
                                       functions_named({"plain", "app/f"}));
  BOOST_REQUIRE(targets.ok());
  BOOST_TEST(targets->at(0).path == "/base/2015-03-31/functions/plain/invocations");
  BOOST_TEST(targets->at(1).path == "/base/2015-03-31/functions/app%2Ff/invocations");
  BOOST_TEST(targets->at(1).port == 9);
}

BOOST_AUTO_TEST_CASE(a_function_name_takes_all_calls_unless_it_has_a_placeholder) {
  const auto one = resolve_targets({.target = "hello"}, functions_named({"a", "b"}));
  BOOST_REQUIRE(one.ok());
  BOOST_TEST(one->at(1).path == "/2015-03-31/functions/hello/invocations");
  BOOST_TEST(one->at(1).port == 3001);
  const auto each = resolve_targets({.target = "x-{function}"}, functions_named({"a", "b"}));
  BOOST_REQUIRE(each.ok());
  BOOST_TEST(each->at(1).path == "/2015-03-31/functions/x-b/invocations");
}

BOOST_AUTO_TEST_CASE(a_url_takes_all_calls_and_may_hold_the_name) {
  const auto targets =
      resolve_targets({.target = "http://h:1/{function}/{function}"}, functions_named({"a b"}));
  BOOST_REQUIRE(targets.ok());
  BOOST_TEST(targets->at(0).path == "/a%20b/a%20b");
  BOOST_TEST(!resolve_targets({.target = "https://h/"}, {}).ok());
  BOOST_TEST(!resolve_targets({.target = "f", .endpoint_url = "h:1"}, {}).ok());
}

BOOST_AUTO_TEST_SUITE_END()
