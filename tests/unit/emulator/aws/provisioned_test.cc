// Provisioned concurrency: where it may be, how much, and how it comes along.

#include <boost/test/unit_test.hpp>

#include "emulator/aws/provisioned_concurrency.h"
#include "tests/unit/emulator/aws/control_plane_fixture.h"

namespace {

using namespace lambdarium;
using namespace lambdarium::aws;
using namespace lambdarium::aws::testing;

const std::string kFunction = "/2015-03-31/functions/f";
const std::string kConfig = "/2019-09-30/functions/f/provisioned-concurrency";
const std::string kArn = "arn:aws:lambda:us-east-1:123456789012:function:f";
const std::string kInvalid = "400 InvalidParameterValueException: ";

struct FakeFleet final : ProvisionedFleet {
  ProvisionedEnvironments provisioned(std::string_view, std::string_view) const override {
    return now;
  }
  ProvisionedEnvironments now{.starting = 1, .ready = 0};
};

// A function with the versions 1 and 2, and the alias live of version 1.
struct ProvisionedFixture : ControlPlaneFixture {
  ProvisionedFixture() {
    create("f");
    call("POST", kFunction + "/versions");
    call("PUT", kFunction + "/configuration", R"({"Timeout":4})");
    call("POST", kFunction + "/versions");
    call("POST", kFunction + "/aliases", R"({"Name":"live","FunctionVersion":"1"})");
    plane.set_fleet(&fleet);
  }
  HttpResponse put(const std::string& qualifier, int executions) {
    return call("PUT", kConfig + "?Qualifier=" + qualifier,
                Json{{"ProvisionedConcurrentExecutions", executions}}.dump());
  }
  HttpResponse read(const std::string& qualifier) {
    return call("GET", kConfig + "?Qualifier=" + qualifier);
  }
  // "IN_PROGRESS 0/2"
  std::string status(const std::string& qualifier) {
    const Json body = Json::parse(read(qualifier).body);
    BOOST_TEST(body.at("AvailableProvisionedConcurrentExecutions") ==
               body.at("AllocatedProvisionedConcurrentExecutions"));
    return body.at("Status").get<std::string>() + " " +
           body.at("AllocatedProvisionedConcurrentExecutions").dump() + "/" +
           body.at("RequestedProvisionedConcurrentExecutions").dump();
  }
  FakeFleet fleet;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(aws_provisioned, ProvisionedFixture)

BOOST_AUTO_TEST_CASE(a_configuration_begins_with_nothing_and_follows_the_fleet) {
  const HttpResponse response = put("1", 2);
  BOOST_TEST(response.status == 202);
  BOOST_TEST(Json::parse(response.body) ==
             Json::parse(R"({"RequestedProvisionedConcurrentExecutions":2,
               "AvailableProvisionedConcurrentExecutions":0,
               "AllocatedProvisionedConcurrentExecutions":0,"Status":"IN_PROGRESS",
               "LastModified":"2024-01-02T03:04:05.678+0000"})"));
  BOOST_TEST(recorder.heard.back() == "f provisioned");
  BOOST_TEST(registry.resources("f").provisioned_for("1") == 2);
  BOOST_TEST(status("1") == "IN_PROGRESS 0/2");
  fleet.now = {.starting = 1, .ready = 1};
  BOOST_TEST(status("1") == "IN_PROGRESS 1/2");
  fleet.now = {.starting = 0, .ready = 2};
  BOOST_TEST(status("1") == "READY 2/2");
  fleet.now = {.starting = 0, .ready = 1};
  BOOST_TEST(status("1") == "FAILED 1/2");
  BOOST_TEST(Json::parse(read("1").body)["StatusReason"] == "FUNCTION_ERROR_INIT_FAILURE");
}

BOOST_AUTO_TEST_CASE(only_versions_and_aliases_of_versions_are_provisioned) {
  const std::string unpublished =
      kInvalid +
      "Provisioned Concurrency Configs cannot be applied to unpublished function versions.";
  BOOST_TEST(outcome(put("%24LATEST", 1)) == unpublished);
  call("POST", kFunction + "/aliases", R"({"Name":"head","FunctionVersion":"$LATEST"})");
  BOOST_TEST(outcome(put("head", 1)) == unpublished);
  BOOST_TEST(outcome(read("%24LATEST")) ==
             kInvalid + "The function resource provided must be an alias or a published version.");
  BOOST_TEST(outcome(put("none", 1)) ==
             "404 ResourceNotFoundException: Cannot find alias arn: " + kArn + ":none");
  BOOST_TEST(outcome(put("9", 1)) ==
             "404 ResourceNotFoundException: Function not found: " + kArn + ":9");
  BOOST_TEST(outcome(call("PUT", kConfig, R"({"ProvisionedConcurrentExecutions":1})"))
                 .starts_with("400 ValidationException"));
  BOOST_TEST(outcome(put("1", 0)) ==
             "400 ValidationException: 1 validation error detected: Value '0' at "
             "'provisionedConcurrentExecutions' failed to satisfy constraint: Member must have "
             "value greater than or equal to 1");
  BOOST_TEST(outcome(read("1")) ==
             "404 ProvisionedConcurrencyConfigNotFoundException: No Provisioned Concurrency Config "
             "found for this function");
}

BOOST_AUTO_TEST_CASE(it_stays_within_what_is_reserved_or_what_the_account_has_left) {
  BOOST_TEST(outcome(put("1", 1001)) ==
             kInvalid +
                 "Specified ConcurrentExecutions for function is greater than account's "
                 "unreserved concurrency [1000].");
  BOOST_TEST(put("1", 900).status == 202);
  BOOST_TEST(put("1", 899).status == 202);
  BOOST_TEST(put("2", 1).status == 202);
  BOOST_TEST(outcome(put("2", 2)) ==
             kInvalid +
                 "Specified ConcurrentExecutions for function decreases account's "
                 "UnreservedConcurrentExecution below its minimum value of [100].");
  const Json settings = Json::parse(call("GET", "/2016-08-19/account-settings").body);
  BOOST_TEST(settings["AccountLimit"]["UnreservedConcurrentExecutions"] == 100);
  put("1", 1);
  const std::string reserve = "/2017-10-31/functions/f/concurrency";
  BOOST_TEST(outcome(call("PUT", reserve, R"({"ReservedConcurrentExecutions":1})")) ==
             kInvalid +
                 " ReservedConcurrentExecutions  1 should not be lower than function's "
                 "total provisioned concurrency [2].");
  BOOST_TEST(call("PUT", reserve, R"({"ReservedConcurrentExecutions":2})").status == 200);
  BOOST_TEST(put("1", 1).status == 202);
  BOOST_TEST(outcome(put("1", 2)) ==
             kInvalid +
                 "Requested Provisioned Concurrency should not be greater than the "
                 "reservedConcurrentExecution for function");
}

BOOST_AUTO_TEST_CASE(a_version_is_provisioned_itself_or_through_aliases) {
  BOOST_TEST(put("1", 1).status == 202);
  BOOST_TEST(outcome(put("live", 1)) ==
             "409 ResourceConflictException: Alias can't be used for Provisioned Concurrency "
             "configuration on an already Provisioned version");
  BOOST_TEST(call("DELETE", kConfig + "?Qualifier=1").status == 204);
  BOOST_TEST(put("live", 1).status == 202);
  BOOST_TEST(outcome(put("1", 1)) ==
             "409 ResourceConflictException: Version is pointed by a Provisioned Concurrency "
             "alias");
}

BOOST_AUTO_TEST_CASE(it_moves_with_the_alias_and_goes_with_it) {
  put("live", 3);
  BOOST_TEST(registry.resources("f").provisioned_for("1") == 3);
  call("PUT", kFunction + "/aliases/live", R"({"FunctionVersion":"2"})");
  BOOST_TEST(recorder.heard.back() == "f provisioned");
  BOOST_TEST(registry.resources("f").provisioned_for("1") == 0);
  BOOST_TEST(registry.resources("f").provisioned_for("2") == 3);
  call("DELETE", kFunction + "/aliases/live");
  BOOST_TEST(registry.resources("f").provisioned_total() == 0);
}

BOOST_AUTO_TEST_CASE(environments_of_a_version_are_shared_out_to_its_aliases) {
  call("POST", kFunction + "/aliases", R"({"Name":"zeta","FunctionVersion":"1"})");
  put("live", 2);
  put("zeta", 2);
  fleet.now = {.starting = 1, .ready = 3};
  BOOST_TEST(status("live") == "READY 2/2");
  BOOST_TEST(status("zeta") == "IN_PROGRESS 1/2");
}

BOOST_AUTO_TEST_CASE(configurations_are_listed_and_removed) {
  put("live", 1);
  put("2", 1);
  const Json page = Json::parse(call("GET", kConfig + "?List=ALL&MaxItems=1").body);
  BOOST_REQUIRE(page["ProvisionedConcurrencyConfigs"].size() == 1U);
  BOOST_TEST(page["ProvisionedConcurrencyConfigs"][0]["FunctionArn"] == kArn + ":2");
  const Json rest = Json::parse(
      call("GET", kConfig + "?List=ALL&Marker=" + page.at("NextMarker").get<std::string>()).body);
  BOOST_REQUIRE(rest["ProvisionedConcurrencyConfigs"].size() == 1U);
  BOOST_TEST(rest["ProvisionedConcurrencyConfigs"][0]["FunctionArn"] == kArn + ":live");
  BOOST_TEST(!rest.contains("NextMarker"));
  BOOST_TEST(call("GET", kConfig + "?List=ALL&MaxItems=51").status == 400);
  BOOST_TEST(call("DELETE", kConfig + "?Qualifier=2").status == 204);
  BOOST_TEST(call("DELETE", kConfig + "?Qualifier=2").status == 204);
  BOOST_TEST(read("2").status == 404);
  // A deleted version takes its configuration along.
  put("2", 1);
  call("DELETE", kFunction + "?Qualifier=2");
  BOOST_TEST(registry.resources("f").provisioned_total() == 1);
}

BOOST_AUTO_TEST_SUITE_END()
