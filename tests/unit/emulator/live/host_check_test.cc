#include "emulator/live/host_check.h"

#include <boost/test/unit_test.hpp>

using namespace lambdarium;
using namespace lambdarium::live;

namespace {

HttpRequest request(const std::string& host, const std::string& origin = "") {
  HttpRequest value;
  value.method = "POST";
  value.target = "/2015-03-31/functions/f/invocations";
  if (!host.empty()) value.headers.add("Host", host);
  if (!origin.empty()) value.headers.add("Origin", origin);
  return value;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(host_check)

BOOST_AUTO_TEST_CASE(this_machine_by_its_loopback_names_is_ours) {
  const HostCheck check{"127.0.0.1"};
  for (const char* host :
       {"localhost", "localhost:3001", "LOCALHOST:3001", "localhost.", "a.localhost",
        "id.execute-api.localhost:3000", "127.0.0.1:3001", "127.8.9.10", "[::1]:3001", "[::1]"}) {
    BOOST_TEST(check.is_our_host(host), host);
  }
}

BOOST_AUTO_TEST_CASE(names_that_only_aws_answers_for_are_ours_as_hosts_but_not_as_origins) {
  const HostCheck check{"127.0.0.1"};
  for (const char* host :
       {"lambda.us-east-1.amazonaws.com", "abc.execute-api.eu-west-1.amazonaws.com:443",
        "id.lambda-url.us-east-1.on.aws", "lambda.cn-north-1.amazonaws.com.cn"}) {
    BOOST_TEST(check.is_our_host(host), host);
    BOOST_TEST(!check.is_our_origin(std::string{"https://"} + host), host);
  }
}

BOOST_AUTO_TEST_CASE(what_a_stranger_may_point_at_this_machine_is_not_ours) {
  const HostCheck check{"127.0.0.1"};
  for (const char* host :
       {"evil.example", "evil.example:3001", "localhost.evil.example", "notlocalhost",
        "127.0.0.1.evil.example", "abc.execute-api.us-east-1.evil.example", "evilamazonaws.com",
        "10.0.0.5", "10.0.0.5:3001", "[fe80::1]", "", ".", "[", "[::1", "::1]"}) {
    BOOST_TEST(!check.is_our_host(host), host);
  }
}

BOOST_AUTO_TEST_CASE(the_address_that_is_listened_on_is_ours) {
  BOOST_TEST(HostCheck{"10.0.0.5"}.is_our_host("10.0.0.5:3001"));
  BOOST_TEST(!HostCheck{"10.0.0.5"}.is_our_host("10.0.0.6:3001"));
  BOOST_TEST(HostCheck{"0.0.0.0"}.is_our_host("10.0.0.6:3001"));
  BOOST_TEST(HostCheck{"::"}.is_our_host("[fd00::6]:3001"));
  BOOST_TEST(!HostCheck{"0.0.0.0"}.is_our_host("evil.example"));
  BOOST_TEST(HostCheck{"::1"}.is_our_host("[::1]:3001"));
}

BOOST_AUTO_TEST_CASE(what_the_user_allows_is_ours) {
  const HostCheck check{"0.0.0.0", {"host.docker.internal"}};
  BOOST_TEST(check.is_our_host("Host.Docker.Internal:3001"));
  BOOST_TEST(check.is_our_origin("http://host.docker.internal:8080"));
  BOOST_TEST(!check.is_our_host("a.host.docker.internal"));
}

BOOST_AUTO_TEST_CASE(an_origin_is_a_page_of_this_machine_or_foreign) {
  const HostCheck check{"127.0.0.1"};
  BOOST_TEST(check.is_our_origin("http://localhost:5173"));
  BOOST_TEST(check.is_our_origin("https://127.0.0.1"));
  for (const char* origin :
       {"null", "http://evil.example", "file://", "chrome-extension://abc", "", "localhost"}) {
    BOOST_TEST(!check.is_our_origin(origin), origin);
  }
}

BOOST_AUTO_TEST_CASE(a_request_is_refused_with_what_is_foreign_about_it) {
  const HostCheck check{"127.0.0.1"};
  BOOST_TEST(check.refuse(request("localhost:3001")).empty());
  BOOST_TEST(check.refuse(request("")).empty());  // HTTP/1.0
  BOOST_TEST(check.refuse(request("localhost:3001", "http://localhost:8000")).empty());
  const std::string host = check.refuse(request("evil.example:3001"));
  BOOST_TEST(host.find("'evil.example:3001'") != std::string::npos);
  BOOST_TEST(host.find("--allow-host evil.example") != std::string::npos);
  BOOST_TEST(check.refuse(request("localhost:3001", "https://evil.example")).find("evil.example") !=
             std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
