// Function URL configurations: their answers, what is refused, and what is kept.

#include "emulator/aws/function_urls.h"

#include <boost/test/unit_test.hpp>

#include "emulator/aws/streaming_invoke.h"
#include "tests/unit/emulator/aws/control_plane_fixture.h"

namespace lambdarium::aws {
namespace {

using testing::Json;
using testing::outcome;

struct UrlFixture : testing::ControlPlaneFixture {
  UrlFixture() {
    create("f");
    create("g");
    urls.set_address([](std::string_view id) { return "http://" + std::string{id} + ".x/"; });
  }
  HttpResponse ask(std::string method, std::string target, std::string body = {}) {
    HttpRequest request;
    request.method = std::move(method);
    request.target = std::move(target);
    request.body = std::move(body);
    const RoutedRequest routed = route(request.method, request.path());
    BOOST_TEST_REQUIRE(is_function_url_operation(routed.operation));
    return complete(urls.handle(routed, request, {"00000000-0000-4000-8000-000000000001", now_ms}));
  }
  static std::string path(const std::string& name = "f", const std::string& query = {}) {
    return "/2021-10-31/functions/" + name + "/url" + query;
  }
  HttpResponse make(const Json& body = {{"AuthType", "NONE"}}, const std::string& query = {}) {
    return ask("POST", path("f", query), body.dump());
  }
  void make_alias(const std::string& name) {
    call("POST", "/2015-03-31/functions/f/versions", "{}");
    const Json body{{"Name", name}, {"FunctionVersion", "1"}};
    BOOST_TEST(call("POST", "/2015-03-31/functions/f/aliases", body.dump()).status == 201);
  }

  FunctionUrls urls{registry, storage, RandomStream{1, "urls"}};
};

constexpr const char* kNone =
    "404 ResourceNotFoundException: The resource you requested does not "
    "exist.";
constexpr const char* kNoFunction = "404 ResourceNotFoundException: Function does not exist";

BOOST_FIXTURE_TEST_SUITE(function_urls, UrlFixture)

BOOST_AUTO_TEST_CASE(a_creation_answers_with_everything_but_the_time_of_the_last_change) {
  const HttpResponse response = make();
  BOOST_TEST(response.status == 201);
  const Json body = Json::parse(response.body);
  BOOST_TEST(body.size() == 5U);
  BOOST_TEST(body.at("FunctionArn") == "arn:aws:lambda:us-east-1:123456789012:function:f");
  BOOST_TEST(body.at("AuthType") == "NONE");
  BOOST_TEST(body.at("InvokeMode") == "BUFFERED");
  BOOST_TEST(body.at("CreationTime") == "2024-01-02T03:04:05.678000Z");
  const FunctionUrlDefinition* url = urls.find("f", "");
  BOOST_REQUIRE(url != nullptr);
  BOOST_TEST(url->id.size() == 32U);
  BOOST_TEST(body.at("FunctionUrl") == "http://" + url->id + ".x/");
  BOOST_TEST(urls.find(url->id) == url);
  BOOST_TEST(urls.find("nothing") == nullptr);
}

BOOST_AUTO_TEST_CASE(what_was_created_is_read_back_and_changed) {
  const Json cors{
      {"AllowCredentials", false}, {"AllowOrigins", {"https://a.example"}}, {"MaxAge", 86'400}};
  make({{"AuthType", "AWS_IAM"}, {"InvokeMode", "RESPONSE_STREAM"}, {"Cors", cors}});
  const Json read = Json::parse(ask("GET", path()).body);
  BOOST_TEST(read.at("Cors") == cors);
  BOOST_TEST(read.at("AuthType") == "AWS_IAM");
  BOOST_TEST(read.at("InvokeMode") == "RESPONSE_STREAM");
  BOOST_TEST(read.at("LastModifiedTime") == read.at("CreationTime"));
  now_ms += 1'000;
  const HttpResponse changed = ask("PUT", path(), R"({"InvokeMode":"BUFFERED"})");
  BOOST_TEST(changed.status == 200);
  const Json body = Json::parse(changed.body);
  BOOST_TEST(body.at("InvokeMode") == "BUFFERED");
  BOOST_TEST(body.at("AuthType") == "AWS_IAM");
  BOOST_TEST(body.at("Cors") == cors);
  BOOST_TEST(body.at("FunctionUrl") == read.at("FunctionUrl"));
  BOOST_TEST(body.at("LastModifiedTime") == "2024-01-02T03:04:06.678000Z");
  BOOST_TEST(!Json::parse(ask("PUT", path(), R"({"Cors":{}})").body).contains("Cors"));
  BOOST_TEST(ask("DELETE", path()).status == 204);
  BOOST_TEST(outcome(ask("GET", path())) == kNone);
}

BOOST_AUTO_TEST_CASE(what_is_not_there_is_named_as_the_service_does) {
  BOOST_TEST(outcome(ask("GET", path())) == kNone);
  BOOST_TEST(outcome(ask("GET", path("nothing"))) == kNone);
  BOOST_TEST(outcome(ask("DELETE", path())) == kNone);
  BOOST_TEST(outcome(ask("PUT", path(), "{}")) == kNone);
  BOOST_TEST(outcome(ask("PUT", path("nothing"), "{}")) == kNoFunction);
  BOOST_TEST(outcome(ask("POST", path("nothing"), R"({"AuthType":"NONE"})")) == kNoFunction);
  BOOST_TEST(outcome(ask("GET", "/2021-10-31/functions/nothing/urls")) == kNoFunction);
  BOOST_TEST(outcome(make({{"AuthType", "NONE"}}, "?Qualifier=gone")) == kNoFunction);
}

BOOST_AUTO_TEST_CASE(a_second_url_of_a_function_is_a_conflict) {
  make();
  BOOST_TEST(outcome(make()) ==
             "409 ResourceConflictException: Failed to create function url config for "
             "[functionArn = arn:aws:lambda:us-east-1:123456789012:function:f]. Error message:  "
             "FunctionUrlConfig exists for this Lambda function");
}

BOOST_AUTO_TEST_CASE(a_url_of_an_alias_is_one_of_its_own) {
  make_alias("live");
  make();
  const HttpResponse response = make({{"AuthType", "NONE"}}, "?Qualifier=live");
  BOOST_TEST(response.status == 201);
  BOOST_TEST(Json::parse(response.body).at("FunctionArn") ==
             "arn:aws:lambda:us-east-1:123456789012:function:f:live");
  BOOST_TEST(ask("GET", path("f:live")).status == 200);
  const Json listed = Json::parse(ask("GET", "/2021-10-31/functions/f/urls").body);
  BOOST_TEST(listed.at("FunctionUrlConfigs").size() == 2U);
  BOOST_TEST(!listed.contains("NextMarker"));
  const Json first = Json::parse(ask("GET", "/2021-10-31/functions/f/urls?MaxItems=1").body);
  BOOST_TEST(first.at("FunctionUrlConfigs").size() == 1U);
  const std::string marker = first.at("NextMarker");
  const Json rest =
      Json::parse(ask("GET", "/2021-10-31/functions/f/urls?MaxItems=1&Marker=" + marker).body);
  BOOST_TEST(rest.at("FunctionUrlConfigs").at(0).at("FunctionArn") ==
             "arn:aws:lambda:us-east-1:123456789012:function:f:live");
  BOOST_TEST(!rest.contains("NextMarker"));
}

BOOST_AUTO_TEST_CASE(a_qualifier_must_be_an_alias) {
  for (const char* qualifier : {"1", "%24LATEST"}) {
    const std::string text =
        outcome(make({{"AuthType", "NONE"}}, "?Qualifier=" + std::string{qualifier}));
    BOOST_TEST(text.starts_with("400 ValidationException: 1 validation error detected: Value '"));
    BOOST_TEST(text.ends_with(R"(at 'qualifier' failed to satisfy constraint: Member must satisfy )"
                              R"(regular expression pattern: ((?!^\d+$)^[0-9a-zA-Z-_]+$))"));
  }
}

BOOST_AUTO_TEST_CASE(values_outside_of_their_constraints_are_refused) {
  const auto refused = [this](const Json& body) { return outcome(make(body)); };
  BOOST_TEST(refused(Json::object()).find("at 'authType' failed") != std::string::npos);
  BOOST_TEST(refused({{"AuthType", "SOME"}}).find("'SOME' at 'authType'") != std::string::npos);
  BOOST_TEST(refused({{"AuthType", "NONE"}, {"InvokeMode", "x"}}) ==
             "400 ValidationException: 1 validation error detected: Value 'x' at 'invokeMode' "
             "failed to satisfy constraint: Member must satisfy enum value set: [RESPONSE_STREAM, "
             "BUFFERED]");
  const auto cors = [&refused](const Json& value) {
    return refused({{"AuthType", "NONE"}, {"Cors", value}});
  };
  BOOST_TEST(cors({{"MaxAge", 86'401}}).find("'cors.maxAge'") != std::string::npos);
  BOOST_TEST(cors({{"MaxAge", -1}}).find("'cors.maxAge'") != std::string::npos);
  BOOST_TEST(cors({{"AllowMethods", {"OPTIONS"}}}).find("'cors.allowMethods'") !=
             std::string::npos);
  BOOST_TEST(cors({{"AllowOrigins", {""}}}).find("'cors.allowOrigins'") != std::string::npos);
  BOOST_TEST(cors({{"AllowOrigins", 3}}).starts_with("400 SerializationException"));
  BOOST_TEST(urls.all().empty());
  BOOST_TEST(cors({{"AllowMethods", {"DELETE", "*"}}, {"MaxAge", 0}}) == "201");
}

BOOST_AUTO_TEST_CASE(a_url_is_kept_with_its_function) {
  make({{"AuthType", "AWS_IAM"}, {"Cors", {{"AllowOrigins", {"*"}}}}});
  const std::string id = urls.find("f", "")->id;
  const std::string* kept = registry.resources("f").document("function-url", "");
  BOOST_REQUIRE(kept != nullptr);
  FunctionUrls again{registry, storage, RandomStream{2, "urls"}};
  again.load({.function = "f", .kind = "function-url", .key = "", .document = *kept});
  again.load({.function = "gone", .kind = "function-url", .key = "", .document = *kept});
  again.load({.function = "g", .kind = "function-url", .key = "", .document = "{"});
  again.load({.function = "g", .kind = "alias", .key = "", .document = *kept});
  BOOST_TEST(again.all().size() == 1U);
  BOOST_REQUIRE(again.find(id) != nullptr);
  BOOST_TEST(again.find(id)->iam);
  BOOST_TEST((again.find(id)->cors->allow_origins == std::vector<std::string>{"*"}));
  again.function_removed("f");
  BOOST_TEST(again.find(id) == nullptr);
}

BOOST_AUTO_TEST_CASE(a_disk_that_refuses_leaves_everything_as_it_was) {
  storage.put_error = "disk full";
  BOOST_TEST(make().status == 500);
  BOOST_TEST(urls.all().empty());
  storage.put_error.clear();
  BOOST_TEST(make().status == 201);
}

BOOST_AUTO_TEST_CASE(a_template_replaces_what_the_api_made) {
  make();
  FunctionUrlDefinition mine;
  mine.id = "mine";
  mine.function = "f";
  urls.set_template({mine}, now_ms);
  BOOST_TEST(urls.all().size() == 1U);
  BOOST_TEST(urls.find("f", "")->id == "mine");
  BOOST_TEST(urls.find("mine")->creation_time == "2024-01-02T03:04:05.678000Z");
  mine.id = "other";
  mine.function = "g";
  urls.set_template({mine}, now_ms);
  BOOST_TEST(urls.all().size() == 1U);
  BOOST_TEST(urls.find("mine") == nullptr);
  BOOST_TEST(urls.find("other")->function == "g");
}

BOOST_AUTO_TEST_CASE(a_streaming_invocation_is_no_event) {
  const auto parse = [this](const char* type) {
    HttpRequest request;
    request.headers.add("X-Amz-Invocation-Type", type);
    const auto parsed = parse_streaming_invoke(std::move(request), "f", registry.endpoint());
    const auto* error = std::get_if<AwsError>(&parsed);
    return error == nullptr ? std::string{"good"} : error->message;
  };
  BOOST_TEST(parse("") == "good");
  BOOST_TEST(parse("RequestResponse") == "good");
  BOOST_TEST(parse("DryRun") == "good");
  BOOST_TEST(parse("Event").ends_with("enum value set: [RequestResponse, DryRun]"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace lambdarium::aws
