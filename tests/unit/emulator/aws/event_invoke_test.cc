#include <boost/test/unit_test.hpp>

#include "emulator/aws/event_invoke_config.h"
#include "tests/unit/emulator/aws/control_plane_fixture.h"

namespace lambdarium::aws {
namespace {

using testing::Json;
using testing::outcome;

struct EventInvokeFixture : testing::ControlPlaneFixture {
  EventInvokeFixture() {
    create("f");
    create("g");
  }
  static std::string path(const std::string& name, const std::string& query = {}) {
    return "/2019-09-25/functions/" + name + "/event-invoke-config" + query;
  }
  HttpResponse put(const Json& body, const std::string& query = {}) {
    return call("PUT", path("f", query), body.dump());
  }
  HttpResponse update(const Json& body) { return call("POST", path("f"), body.dump()); }
  HttpResponse read(const std::string& name = "f") { return call("GET", path(name)); }
  static Json to(const std::string& success, const std::string& failure) {
    return {
        {"DestinationConfig",
         {{"OnSuccess", {{"Destination", success}}}, {"OnFailure", {{"Destination", failure}}}}}};
  }
  static std::string arn(const std::string& name) {
    return "arn:aws:lambda:us-east-1:123456789012:function:" + name;
  }
};

BOOST_FIXTURE_TEST_SUITE(event_invoke_config, EventInvokeFixture)

BOOST_AUTO_TEST_CASE(an_answer_names_the_qualified_function_and_both_destinations) {
  const HttpResponse response = put({{"MaximumRetryAttempts", 0}});
  BOOST_TEST(response.status == 200);
  BOOST_TEST(response.body == R"({"LastModified":1704164645.678,"FunctionArn":")" + arn("f") +
                                  R"(:$LATEST","MaximumRetryAttempts":0,)"
                                  R"("DestinationConfig":{"OnSuccess":{},"OnFailure":{}}})");
  BOOST_TEST(read().body == response.body);
}

BOOST_AUTO_TEST_CASE(put_replaces_and_update_merges) {
  const Json success = to(arn("g"), "");
  BOOST_TEST(put(success).status == 200);
  BOOST_TEST(update({{"MaximumEventAgeInSeconds", 60}}).status == 200);
  Json read_back = Json::parse(read().body);
  BOOST_TEST(read_back["MaximumEventAgeInSeconds"].get<int>() == 60);
  BOOST_TEST((read_back["DestinationConfig"]["OnSuccess"]["Destination"] == arn("g")));

  BOOST_TEST(put({{"MaximumRetryAttempts", 2}}).status == 200);
  read_back = Json::parse(read().body);
  BOOST_TEST(!read_back.contains("MaximumEventAgeInSeconds"));
  BOOST_TEST(read_back["DestinationConfig"]["OnSuccess"].empty());
}

BOOST_AUTO_TEST_CASE(update_takes_a_destination_away_and_leaves_the_one_it_does_not_name) {
  put(to(arn("g"), "arn:aws:sqs:us-east-1:123456789012:q"));
  update({{"DestinationConfig", {{"OnSuccess", {{"Destination", ""}}}}}});
  const auto config = find_event_invoke_config(registry, "f", "");
  BOOST_TEST_REQUIRE(config.has_value());
  BOOST_TEST(config->on_success == "");
  BOOST_TEST(config->on_failure == "arn:aws:sqs:us-east-1:123456789012:q");
}

BOOST_AUTO_TEST_CASE(each_limit_is_held_on_both_sides) {
  const auto at = [this](const char* member, int value) { return outcome(put({{member, value}})); };
  for (const int value : {0, 2}) BOOST_TEST(at("MaximumRetryAttempts", value) == "200");
  BOOST_TEST(at("MaximumRetryAttempts", 3) ==
             "400 ValidationException: 1 validation error detected: Value '3' at "
             "'maximumRetryAttempts' failed to satisfy constraint: Member must have value less "
             "than or equal to 2");
  BOOST_TEST(at("MaximumRetryAttempts", -1).starts_with("400 ValidationException"));
  for (const int value : {60, 21'600}) BOOST_TEST(at("MaximumEventAgeInSeconds", value) == "200");
  BOOST_TEST(at("MaximumEventAgeInSeconds", 59).starts_with("400 ValidationException"));
  BOOST_TEST(at("MaximumEventAgeInSeconds", 21'601).starts_with("400 ValidationException"));
}

BOOST_AUTO_TEST_CASE(an_empty_request_and_a_missing_configuration_are_refused) {
  const std::string empty =
      "400 InvalidParameterValueException: You must specify at least one of error handling or "
      "destination setting.";
  const std::string missing = "404 ResourceNotFoundException: The function " + arn("f") +
                              ":$LATEST doesn't have an EventInvokeConfig";
  BOOST_TEST(outcome(put(Json::object())) == empty);
  BOOST_TEST(outcome(update(Json::object())) == empty);
  BOOST_TEST(outcome(update({{"MaximumRetryAttempts", 1}})) == missing);
  BOOST_TEST(outcome(read()) == missing);
  BOOST_TEST(outcome(call("DELETE", path("f"))) == missing);
  // Destinations that are both empty are a setting.
  BOOST_TEST(outcome(put({{"DestinationConfig", Json::object()}})) == "200");
}

BOOST_AUTO_TEST_CASE(functions_and_qualifiers_must_exist) {
  const Json body{{"MaximumRetryAttempts", 1}};
  const std::string none = "404 ResourceNotFoundException: The function doesn't exist.";
  BOOST_TEST(outcome(call("PUT", path("nobody"), body.dump())) == none);
  BOOST_TEST(outcome(put(body, "?Qualifier=7")) == none);
  BOOST_TEST(outcome(put(body, "?Qualifier=$LATEST")) == "200");
  BOOST_TEST(outcome(call("GET", path("nobody", "/list"))) == none);
}

BOOST_AUTO_TEST_CASE(a_function_is_no_destination_of_its_own_and_others_must_exist) {
  BOOST_TEST(outcome(put(to(arn("f"), ""))) ==
             "400 InvalidParameterValueException: You can't specify the function as a destination "
             "for itself.");
  BOOST_TEST(outcome(put(to("", arn("nobody")))) ==
             "400 InvalidParameterValueException: The destination ARN " + arn("nobody") +
                 " is invalid.");
  BOOST_TEST(outcome(put(to(arn("g"), arn("g")))) == "200");
}

BOOST_AUTO_TEST_CASE(destinations_are_arns_of_services_that_take_records) {
  for (const char* arn :
       {"arn:aws:sqs:us-east-1:123456789012:q", "arn:aws:sns:us-east-1:123456789012:t",
        "arn:aws:events:us-east-1:123456789012:event-bus/default"}) {
    BOOST_TEST(outcome(put(to(arn, arn))) == "200");
  }
  BOOST_TEST(outcome(put(to("", "arn:aws:s3:::bucket"))) == "200");
  BOOST_TEST(outcome(put(to("arn:aws:s3:::bucket", ""))) ==
             "400 InvalidParameterValueException: The provided destination config "
             "DestinationConfig(onSuccess=OnSuccess(destination=arn:aws:s3:::bucket), "
             "onFailure=OnFailure(destination=null)) is invalid.");
  for (const char* text : {"q", "arn:aws:sqs", "arn:aws:sqs:nowhere:123456789012:q",
                           "arn:aws:sqs:us-east-1:12:q", "arn:aws:s_s:us-east-1:123456789012:q"}) {
    BOOST_TEST(outcome(put(to(text, "")))
                   .starts_with("400 ValidationException: 1 validation error detected: Value '" +
                                std::string{text} +
                                "' at 'destinationConfig.onSuccess.destination' failed to satisfy "
                                "constraint: Member must "
                                "satisfy regular expression pattern: "));
  }
}

BOOST_AUTO_TEST_CASE(a_deleted_configuration_is_gone_and_functions_take_theirs_along) {
  put({{"MaximumRetryAttempts", 1}});
  const HttpResponse deleted = call("DELETE", path("f"));
  BOOST_TEST(deleted.status == 204);
  BOOST_TEST(deleted.body == "");
  BOOST_TEST(read().status == 404);

  put({{"MaximumRetryAttempts", 1}});
  call("DELETE", "/2015-03-31/functions/f");
  create("f");
  BOOST_TEST(read().status == 404);
}

BOOST_AUTO_TEST_CASE(a_listing_goes_page_by_page) {
  call("POST", "/2015-03-31/functions/f/versions");
  put({{"MaximumRetryAttempts", 1}});
  BOOST_TEST(put({{"MaximumRetryAttempts", 2}}, "?Qualifier=1").status == 200);
  const Json all = Json::parse(call("GET", path("f", "/list")).body);
  BOOST_TEST(all["FunctionEventInvokeConfigs"].size() == 2U);
  BOOST_TEST(!all.contains("NextMarker"));

  const Json first = Json::parse(call("GET", path("f", "/list?MaxItems=1")).body);
  BOOST_TEST_REQUIRE(first["FunctionEventInvokeConfigs"].size() == 1U);
  const Json second = Json::parse(
      call("GET", path("f", "/list?MaxItems=1&Marker=" + first["NextMarker"].get<std::string>()))
          .body);
  BOOST_TEST(!second.contains("NextMarker"));
  BOOST_TEST((second["FunctionEventInvokeConfigs"][0] == all["FunctionEventInvokeConfigs"][1]));

  BOOST_TEST(outcome(call("GET", path("f", "/list?MaxItems=0"))).starts_with("400 Validation"));
  BOOST_TEST(outcome(call("GET", path("f", "/list?MaxItems=51"))).starts_with("400 Validation"));
  BOOST_TEST(outcome(call("GET", path("f", "/list?MaxItems=50"))) == "200");
}

BOOST_AUTO_TEST_CASE(what_could_not_be_stored_does_not_count) {
  storage.put_error = "the disk is full";
  BOOST_TEST(outcome(put({{"MaximumRetryAttempts", 1}})) ==
             "500 ServiceException: the disk is full");
  BOOST_TEST(read().status == 404);
}

BOOST_AUTO_TEST_CASE(a_dead_letter_target_is_found_in_the_settings) {
  const std::string queue = "arn:aws:sqs:us-east-1:123456789012:q";
  BOOST_TEST(dead_letter_target(*registry.find("f")) == "");
  call("DELETE", "/2015-03-31/functions/f");
  BOOST_TEST(create_with("DeadLetterConfig", {{"TargetArn", queue}}).status == 201);
  BOOST_TEST(dead_letter_target(*registry.find("f")) == queue);
  BOOST_TEST((get("f")["Configuration"]["DeadLetterConfig"]["TargetArn"] == queue));
  const auto change = [this](const std::string& target) {
    return call("PUT", "/2015-03-31/functions/f/configuration",
                Json{{"DeadLetterConfig", {{"TargetArn", target}}}}.dump());
  };
  BOOST_TEST(outcome(change("nonsense")).starts_with("400 ValidationException"));
  BOOST_TEST(change("").status == 200);  // takes it away
  BOOST_TEST(dead_letter_target(*registry.find("f")) == "");
  BOOST_TEST(!get("f")["Configuration"].contains("DeadLetterConfig"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace lambdarium::aws
