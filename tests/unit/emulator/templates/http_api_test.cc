#include <boost/test/unit_test.hpp>

#include "tests/unit/emulator/templates/template_fixture.h"

namespace lambdarium::templates {
namespace {

using testing::python_function;
using testing::TemplateFixture;

struct RouteFixture : TemplateFixture {
  // One event a line, from line 9 on, its name in column 9.
  TemplateReport with_events(const std::string& events, const std::string& more = "") const {
    return load(python_function("      Events:\n" + events) + more);
  }
  static std::string event(const std::string& name, const std::string& properties) {
    return "        " + name + ": {Type: HttpApi, Properties: {" + properties + "}}\n";
  }
};

BOOST_FIXTURE_TEST_SUITE(http_apis, RouteFixture)

BOOST_AUTO_TEST_CASE(events_without_an_api_make_the_implicit_one) {
  const auto report = with_events(
      event("A1", "Path: '/pets/{id}', Method: get") +
      event("B1", "Path: '/{proxy+}', Method: ANY") + "        C1: {Type: HttpApi}\n" +
      event("D1", "Path: /, Method: Post, PayloadFormatVersion: '1.0', TimeoutInMillis: 5000"));
  BOOST_TEST(errors(report) == "");
  BOOST_TEST(notes(report) == "");
  BOOST_REQUIRE(report.apis.size() == 1U);
  const HttpApiDefinition& api = report.apis[0];
  BOOST_TEST(api.name == "ServerlessHttpApi");
  BOOST_TEST(api.id == api_id_for("ServerlessHttpApi"));
  BOOST_TEST(api.stage == "$default");
  BOOST_REQUIRE(api.routes.size() == 4U);
  BOOST_TEST(api.routes[0].route_key == "GET /pets/{id}");
  BOOST_TEST(api.routes[0].function == "F");
  BOOST_TEST(api.routes[0].payload_format_version == "2.0");
  BOOST_TEST(api.routes[0].timeout_ms == 30'000);
  BOOST_TEST(api.routes[0].where.line == 9);
  BOOST_TEST(api.routes[0].where.column == 9);
  BOOST_TEST(api.routes[1].route_key == "ANY /{proxy+}");
  BOOST_TEST(api.routes[2].route_key == "$default");
  BOOST_TEST(api.routes[3].route_key == "POST /");
  BOOST_TEST(api.routes[3].payload_format_version == "1.0");
  BOOST_TEST(api.routes[3].timeout_ms == 5'000);
}

BOOST_AUTO_TEST_CASE(declared_apis_have_their_own_routes_wherever_they_stand) {
  const auto report = with_events(
      event("A1", "Path: /a, Method: get, ApiId: !Ref MyApi") +
          event("B1", "Path: /a, Method: get"),
      "  MyApi:\n"
      "    Type: AWS::Serverless::HttpApi\n"
      "    Properties: {Name: mine, StageName: prod, Description: d, CorsConfiguration: true}\n"
      "  Empty: {Type: AWS::Serverless::HttpApi}\n");
  BOOST_TEST(errors(report) == "");
  BOOST_TEST(notes(report) ==
             "14:63: CorsConfiguration of AWS::Serverless::HttpApi has no effect here yet\n");
  BOOST_REQUIRE(report.apis.size() == 3U);
  BOOST_TEST(report.apis[0].name == "mine");
  BOOST_TEST(report.apis[0].id == api_id_for("MyApi"));
  BOOST_TEST(report.apis[0].stage == "prod");
  BOOST_TEST(report.apis[0].routes.size() == 1U);
  BOOST_TEST(report.apis[1].name == "Empty");
  BOOST_TEST(report.apis[2].name == "ServerlessHttpApi");
}

BOOST_AUTO_TEST_CASE(an_api_that_is_not_of_this_template_is_noted) {
  const auto report = with_events(event("A1", "Path: /a, Method: get, ApiId: abcdef1234"));
  BOOST_TEST(errors(report) == "");
  BOOST_TEST(notes(report) ==
             "9:65: the event 'A1' is left out: its ApiId 'abcdef1234' is no "
             "AWS::Serverless::HttpApi of this template\n");
  BOOST_TEST(errors(with_events(event("A1", "Path: /a, Method: get, ApiId: !Ref MyApy"),
                                "  MyApi: {Type: AWS::Serverless::HttpApi}\n")) ==
             "9:72: unknown parameter or resource 'MyApy'; did you mean 'MyApi'?\n");
}

BOOST_AUTO_TEST_CASE(duplicate_routes_are_refused_at_the_second) {
  BOOST_TEST(errors(with_events(event("A1", "Path: /a, Method: get") +
                                event("B1", "Path: /a, Method: GET"))) ==
             "10:9: the route 'GET /a' is here twice; the first is on line 9\n");
  const auto similar = with_events(event("A1", "Path: '/{a}', Method: get") +
                                   event("B1", "Path: '/{b}', Method: get"));
  BOOST_TEST(errors(similar) == "");
  BOOST_TEST(notes(similar) ==
             "10:9: the route 'GET /{b}' takes the same requests as 'GET /{a}'; only one of them "
             "is reached\n");
  BOOST_TEST(notes(with_events(event("A1", "Path: '/{a}', Method: get") +
                               event("B1", "Path: '/{a+}', Method: get"))) == "");
}

BOOST_AUTO_TEST_CASE(mistakes_in_events_have_their_places) {
  BOOST_TEST(errors(with_events(event("A1", "Path: a, Method: get"))) ==
             "9:48: the path 'a' must start with '/'\n");
  BOOST_TEST(
      errors(with_events(event("A1", "Path: /a, Method: fetch"))) ==
      "9:60: unknown method 'fetch'; known: GET, POST, PUT, PATCH, DELETE, HEAD, OPTIONS, ANY\n");
  BOOST_TEST(errors(with_events(event("A1", "Path: /a"))) ==
             "9:9: the event 'A1' has a Path but no Method\n");
  BOOST_TEST(errors(with_events(event("A1", "Method: get"))) ==
             "9:9: the event 'A1' has a Method but no Path\n");
  BOOST_TEST(errors(with_events(event("A1", "Path: /a, Method: get, Payload: 1")))
                 .starts_with("9:65: unknown property of an HttpApi event 'Payload'"));
  BOOST_TEST(errors(with_events(event("A1", "Path: /a, Method: get, PayloadFormatVersion: 3.0"))) ==
             "9:87: PayloadFormatVersion '3.0' must be 1.0 or 2.0\n");
  BOOST_TEST(errors(with_events(event("A1", "Path: /a, Method: get, TimeoutInMillis: 49"))) ==
             "9:82: TimeoutInMillis 49 is outside 50..30000 milliseconds\n");
  BOOST_TEST(errors(with_events(event("A1", "Path: /a, Method: get, TimeoutInMillis: 30001"))) ==
             "9:82: TimeoutInMillis 30001 is outside 50..30000 milliseconds\n");
  BOOST_TEST(errors(with_events(event("A1", "Path: /a, Method: get, TimeoutInMillis: 30000"))) ==
             "");
  BOOST_TEST(errors(with_events("        A1: {Type: HttpAPI}\n")) ==
             "9:20: unknown event type 'HttpAPI'; did you mean 'HttpApi'?\n");
  BOOST_TEST(errors(with_events("        A1: {Typ: HttpApi}\n")) ==
             "9:9: the event 'A1' has no Type\n9:14: unknown key of an event 'Typ'; did you mean "
             "'Type'?\n");
  BOOST_TEST(errors(with_events("        A1: text\n")) == "9:9: A1 must be a map, not a text\n");
}

BOOST_AUTO_TEST_CASE(stage_names_and_unknown_properties_of_apis_are_checked) {
  BOOST_TEST(
      errors(
          load(python_function("") +
               "  A: {Type: AWS::Serverless::HttpApi, Properties: {StageName: a/b, Nam: x}}\n")) ==
      "9:63: StageName 'a/b' must be $default or letters, digits, '-' and '_'\n"
      "9:68: unknown property of AWS::Serverless::HttpApi 'Nam'; did you mean 'Name'?\n");
}

BOOST_AUTO_TEST_CASE(paths_are_checked_as_api_gateway_does) {
  const auto message = [](std::string_view path) {
    const Status status = check_route_path(path);
    return status.ok() ? std::string{} : status.error().message;
  };
  for (const char* good : {"/", "/a", "/a/b", "/{x}", "/a/{x}/b", "/{x}/{y}", "/{proxy+}",
                           "/a/{p+}", "/a.b-c_d~e", "/{a.b-c_d}"}) {
    BOOST_TEST(message(good) == "");
  }
  BOOST_TEST(message("") == "the path '' must start with '/'");
  BOOST_TEST(message("a/b") == "the path 'a/b' must start with '/'");
  BOOST_TEST(message("/a/") == "the path '/a/' must not end with '/'");
  BOOST_TEST(message("/a//b") == "the path '/a//b' has an empty segment");
  BOOST_TEST(message("//") == "the path '//' must not end with '/'");
  BOOST_TEST(message("/{p+}/b") == "the path '/{p+}/b' goes on after '{p+}', which takes the rest");
  BOOST_TEST(message("/{x}/{x}") == "the path '/{x}/{x}' has the variable 'x' twice");
  BOOST_TEST(message("/a{x}") ==
             "the path '/a{x}' has the segment 'a{x}'; a variable must be a whole segment, as in "
             "'/{name}'");
  BOOST_TEST(
      message("/{x") ==
      "the path '/{x' has the segment '{x'; a variable must be a whole segment, as in '/{name}'");
  BOOST_TEST(
      message("/{}") ==
      "the path '/{}' has the variable '{}', whose name must be letters, digits and any of '_-.:'");
  BOOST_TEST(message("/{").find("whole segment") != std::string::npos);
  BOOST_TEST(message("/}").find("whole segment") != std::string::npos);
  BOOST_TEST(message("/a b") == "the path '/a b' has a character that no path may have");
  BOOST_TEST(message("/a?b") == "the path '/a?b' has a character that no path may have");
  BOOST_TEST(message("/" + std::string(1'023, 'a')) == "");
  BOOST_TEST(message("/" + std::string(1'024, 'a')) != "");
}

BOOST_AUTO_TEST_CASE(ids_are_stable_and_look_like_those_of_the_service) {
  const std::string id = api_id_for("ServerlessHttpApi");
  BOOST_TEST(id.size() == 10U);
  for (const char c : id) BOOST_TEST(((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')));
  BOOST_TEST(id == api_id_for("ServerlessHttpApi"));
  BOOST_TEST(id != api_id_for("ServerlessHttpApj"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace lambdarium::templates
