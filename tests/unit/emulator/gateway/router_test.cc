#include "emulator/gateway/router.h"

#include <boost/test/unit_test.hpp>
#include <fstream>
#include <optional>
#include <string>
#include <utility>

#include "emulator/gateway/api_table.h"

namespace {

using namespace lambdarium;
using namespace lambdarium::gateway;

HttpApiDefinition api_with(std::initializer_list<const char*> keys, std::string stage = "$default",
                           std::string id = "abcdefghij") {
  HttpApiDefinition api{
      .id = std::move(id), .name = "Api", .stage = std::move(stage), .routes = {}, .where = {}};
  for (const char* key : keys) {
    api.routes.push_back({.route_key = key, .function = "f", .where = {"t.yaml", 7, 3}});
  }
  return api;
}

std::string describe(const std::optional<RouteMatch>& match) {
  if (!match) return "none";
  std::string text = match->route->definition.route_key;
  const char* separator = " | ";
  for (const PathParameter& parameter : match->parameters) {
    text += separator + std::string{parameter.name} + "=" + parameter.value();
    separator = ", ";
  }
  return text;
}

std::string build_error(std::initializer_list<const char*> keys) {
  const auto router = Router::build(api_with(keys));
  return router.ok() ? "none" : router.error().to_string();
}

HttpRequest get(std::string target, std::string host = {}) {
  HttpRequest request;
  request.method = "GET";
  request.target = std::move(target);
  if (!host.empty()) request.headers.add("Host", std::move(host));
  return request;
}

struct Found {
  std::string id, path, domain;
};
Found find(const ApiTable& table, const HttpRequest& request) {
  const auto address = table.find(request);
  if (!address) return {"none", "", ""};
  return {address->router->api().id, std::string{address->path}, address->domain_name};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(gateway_router)

BOOST_AUTO_TEST_CASE(every_line_of_the_routes_table_holds) {
  std::ifstream file{LAM_SOURCE_DIR "/tests/cases/gateway/routes.txt"};
  BOOST_REQUIRE(file);
  std::optional<Router> router;
  std::optional<HttpApiDefinition> pending;
  std::string line;
  int number = 0;
  int checked = 0;
  while (std::getline(file, line)) {
    ++number;
    if (line.starts_with('#')) continue;
    if (line.starts_with("api ")) {
      pending = api_with({}, line.substr(4));
    } else if (line.empty()) {
      if (!pending) continue;
      auto built = Router::build(*std::exchange(pending, std::nullopt));
      if (!built.ok()) BOOST_FAIL("line " << number << ": " << built.error().message);
      router.emplace(*std::move(built));
    } else if (pending) {
      pending->routes.push_back({.route_key = line, .function = "f", .where = {}});
    } else {
      const auto arrow = line.find(" -> ");
      BOOST_REQUIRE(arrow != std::string::npos);
      const auto space = line.find(' ');
      const std::string method = line.substr(0, space);
      const std::string path = line.substr(space + 1, arrow - space - 1);
      BOOST_REQUIRE(router.has_value());
      const std::string got = describe(router->match(method, path));
      BOOST_CHECK_MESSAGE(got == line.substr(arrow + 4),
                          "line " << number << ": " << line << ", got " << got);
      ++checked;
    }
  }
  BOOST_TEST(checked > 45);
}

BOOST_AUTO_TEST_CASE(a_greedy_route_at_the_root_matches_the_bare_root_only_when_asked_to) {
  const auto strict = Router::build(api_with({"ANY /{proxy+}"}));
  const auto lenient = Router::build(api_with({"ANY /{proxy+}"}), {.greedy_matches_root = true});
  BOOST_TEST(describe((*strict).match("GET", "/")) == "none");
  BOOST_TEST(describe((*lenient).match("GET", "/")) == "ANY /{proxy+} | proxy=");
}

BOOST_AUTO_TEST_CASE(a_match_carries_the_path_with_its_stage_and_survives_a_move_of_the_router) {
  auto built = Router::build(api_with({"GET /users/{id}"}, "dev"));
  const std::string path = "/dev/users/a%20b";
  const auto match = (*built).match("GET", path);
  const Router moved = *std::move(built);
  BOOST_REQUIRE(match.has_value());
  BOOST_TEST(match->path == path);
  BOOST_TEST(match->api->stage == "dev");
  BOOST_TEST(match->route->key.path == "/users/{id}");
  BOOST_TEST(match->parameters.at(0).encoded == "a%20b");
  BOOST_TEST(match->route == &moved.routes()[0]);
}

BOOST_AUTO_TEST_CASE(a_path_without_a_leading_slash_matches_nothing) {
  const auto router = Router::build(api_with({"$default"}));
  BOOST_TEST(describe((*router).match("GET", "")) == "none");
  BOOST_TEST(describe((*router).match("GET", "*")) == "none");
}

BOOST_AUTO_TEST_CASE(wrong_route_keys_are_refused_with_their_place_and_what_is_wrong) {
  BOOST_TEST(build_error({"GET"}) ==
             "t.yaml:7:3: route key 'GET': expected 'METHOD /path' or '$default'");
  BOOST_TEST(build_error({"GTE /x"}).find("did you mean 'GET'") != std::string::npos);
  BOOST_TEST(build_error({"GET x"}).find("must begin with '/'") != std::string::npos);
  BOOST_TEST(build_error({"GET /x/"}).find("must not end with '/'") != std::string::npos);
  BOOST_TEST(build_error({"GET /a//b"}).find("empty path segment") != std::string::npos);
  BOOST_TEST(build_error({"GET /{p+}/b"}).find("must be the last segment") != std::string::npos);
  BOOST_TEST(build_error({"GET /{}"}).find("fill the whole segment") != std::string::npos);
  BOOST_TEST(build_error({"GET /{+}"}).find("no variable name") != std::string::npos);
  BOOST_TEST(build_error({"GET /a{b}"}).find("fill the whole segment") != std::string::npos);
  BOOST_TEST(build_error({"GET /{b"}).find("fill the whole segment") != std::string::npos);
  BOOST_TEST(build_error({"GET /{a}/{a}"}).find("used twice") != std::string::npos);
  BOOST_TEST(build_error({"GET /a b"}).find("blank") != std::string::npos);
  BOOST_TEST(build_error({"$default", "$default"}).find("another route") != std::string::npos);
  BOOST_TEST(build_error({"GET /{a}", "GET /{b}"}).find("another route") != std::string::npos);
  BOOST_TEST(build_error({"GET /{a}", "GET /{b+}", "ANY /{c}", "ANY /x", "GET /"}) == "none");
}

BOOST_AUTO_TEST_CASE(a_payload_format_other_than_1_0_and_2_0_is_refused) {
  HttpApiDefinition api = api_with({"GET /"});
  api.routes[0].payload_format_version = "3.0";
  BOOST_TEST(Router::build(api).error().message.find("'3.0'") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(an_api_is_found_by_its_host_by_its_path_and_alone_on_the_root) {
  ApiTable table{"eu-west-1"};
  BOOST_TEST(find(table, get("/x")).id == "none");
  BOOST_REQUIRE(table.add(api_with({"$default"}, "$default", "aaaaaaaaaa")).ok());
  BOOST_TEST(find(table, get("/x", "localhost:3000")).id == "aaaaaaaaaa");
  BOOST_TEST(find(table, get("/x", "localhost:3000")).domain ==
             "aaaaaaaaaa.execute-api.eu-west-1.amazonaws.com");
  BOOST_REQUIRE(table.add(api_with({"$default"}, "dev", "bbbbbbbbbb")).ok());
  BOOST_TEST(find(table, get("/x", "localhost:3000")).id == "none");

  const Found by_host = find(table, get("/dev/x?q", "BBBBBBBBBB.Execute-Api.localhost:3000"));
  BOOST_TEST(by_host.id == "bbbbbbbbbb");
  BOOST_TEST(by_host.path == "/dev/x");
  BOOST_TEST(by_host.domain == "bbbbbbbbbb.execute-api.localhost");
  BOOST_TEST(find(table, get("/x", "cccccccccc.execute-api.localhost")).id == "none");
  BOOST_TEST(find(table, get("/x", "aaaaaaaaaa.execute-api")).id == "none");
  BOOST_TEST(find(table, get("/x", "[::1]:3000")).id == "none");
}

BOOST_AUTO_TEST_CASE(a_path_address_becomes_the_path_that_the_apis_own_host_would_be_asked_for) {
  ApiTable table;
  BOOST_REQUIRE(table.add(api_with({"$default"}, "$default", "aaaaaaaaaa")).ok());
  BOOST_REQUIRE(table.add(api_with({"$default"}, "dev", "bbbbbbbbbb")).ok());
  BOOST_TEST(find(table, get("/_aws/execute-api/aaaaaaaaaa/$default/x/y?q")).path == "/x/y");
  BOOST_TEST(find(table, get("/_aws/execute-api/aaaaaaaaaa/%24default/x")).path == "/x");
  BOOST_TEST(find(table, get("/_aws/execute-api/aaaaaaaaaa/$default")).path == "/");
  BOOST_TEST(find(table, get("/_aws/execute-api/bbbbbbbbbb/dev/x")).path == "/dev/x");
  BOOST_TEST(find(table, get("/_aws/execute-api/bbbbbbbbbb/dev")).path == "/dev");
  BOOST_TEST(find(table, get("/_aws/execute-api/bbbbbbbbbb/dev")).domain ==
             "bbbbbbbbbb.execute-api.us-east-1.amazonaws.com");
  BOOST_TEST(find(table, get("/_aws/execute-api/bbbbbbbbbb/prod/x")).id == "none");
  BOOST_TEST(find(table, get("/_aws/execute-api/bbbbbbbbbb")).id == "none");
  BOOST_TEST(find(table, get("/_aws/execute-api/cccccccccc/dev/x")).id == "none");
  BOOST_TEST(find(table, get("/_aws/execute-api/")).id == "none");
}

BOOST_AUTO_TEST_CASE(an_id_is_taken_once_and_free_again_after_removal) {
  ApiTable table;
  BOOST_REQUIRE(table.add(api_with({"$default"})).ok());
  const Status again = table.add(api_with({"$default"}));
  BOOST_REQUIRE(!again.ok());
  BOOST_TEST((again.error().code == ErrorCode::kAlreadyExists));
  BOOST_TEST(table.remove("abcdefghij"));
  BOOST_TEST(!table.remove("abcdefghij"));
  BOOST_TEST(table.add(api_with({"$default"})).ok());
  BOOST_TEST(!table.add(api_with({}, "$default", "")).ok());
}

BOOST_AUTO_TEST_SUITE_END()
