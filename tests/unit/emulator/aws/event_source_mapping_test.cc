#include "emulator/aws/event_source_mapping.h"

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

namespace lambdarium::aws {
namespace {

using Json = nlohmann::json;

std::string type_of(const OrError<MappingPatch>& result) {
  const auto* error = std::get_if<AwsError>(&result);
  return error == nullptr ? "" : std::string{error->type};
}

EventSourceMapping applied(const std::string& body) {
  auto patch = read_mapping_patch(body);
  if (const auto* error = std::get_if<AwsError>(&patch)) BOOST_FAIL(error->message);
  EventSourceMapping mapping;
  mapping.uuid = "u";
  mapping.queue_arn = "arn:aws:sqs:us-east-1:000000000000:q";
  mapping.function.name = "f";
  if (const auto error = apply_patch(mapping, std::get<MappingPatch>(patch))) {
    BOOST_FAIL(error->message);
  }
  return mapping;
}

BOOST_AUTO_TEST_SUITE(event_source_mapping)

BOOST_AUTO_TEST_CASE(numbers_are_taken_up_to_their_limits_and_no_further) {
  const std::pair<const char*, bool> kBodies[] = {
      {R"({"BatchSize":1})", true},
      {R"({"BatchSize":10000})", true},
      {R"({"BatchSize":0})", false},
      {R"({"BatchSize":10001})", false},
      {R"({"MaximumBatchingWindowInSeconds":0})", true},
      {R"({"MaximumBatchingWindowInSeconds":300})", true},
      {R"({"MaximumBatchingWindowInSeconds":-1})", false},
      {R"({"MaximumBatchingWindowInSeconds":301})", false},
      {R"({"ScalingConfig":{"MaximumConcurrency":2}})", true},
      {R"({"ScalingConfig":{"MaximumConcurrency":1000}})", true},
      {R"({"ScalingConfig":{"MaximumConcurrency":1}})", false},
      {R"({"ScalingConfig":{"MaximumConcurrency":1001}})", false},
      {R"({"FunctionResponseTypes":[]})", true},
      {R"({"FunctionResponseTypes":["ReportBatchItemFailures"]})", true},
      {R"({"FunctionResponseTypes":["Other"]})", false},
      {R"({"FunctionResponseTypes":["ReportBatchItemFailures","ReportBatchItemFailures"]})", false},
  };
  for (const auto& [body, good] : kBodies) {
    BOOST_TEST_CONTEXT(body) {
      BOOST_TEST(type_of(read_mapping_patch(body)) == (good ? "" : "ValidationException"));
    }
  }
}

BOOST_AUTO_TEST_CASE(a_batch_of_more_than_ten_needs_a_window) {
  EventSourceMapping mapping;
  MappingPatch patch;
  patch.batch_size = 10;
  BOOST_TEST(!apply_patch(mapping, patch));
  patch.batch_size = 11;
  BOOST_TEST(apply_patch(mapping, patch).value().type == "InvalidParameterValueException");
  BOOST_TEST(mapping.batch_size == 10);
  patch.window_s = 1;
  BOOST_TEST(!apply_patch(mapping, patch));
  BOOST_TEST(mapping.batch_size == 11);
}

BOOST_AUTO_TEST_CASE(filters_are_checked_and_what_is_for_other_sources_is_refused) {
  BOOST_TEST(applied(R"({"FilterCriteria":{"Filters":[{"Pattern":"{\"body\":[\"x\"]}"}]}})")
                 .filters.at(0) == R"({"body":["x"]})");
  for (const char* bad :
       {R"({"FilterCriteria":{"Filters":[{"Pattern":"x"}]}})",
        R"({"FilterCriteria":{"Filters":[{}]}})", R"({"FilterCriteria":{"Filters":["x"]}})",
        R"({"StartingPosition":"LATEST"})", R"({"MaximumRetryAttempts":1})"}) {
    BOOST_TEST_CONTEXT(bad) {
      BOOST_TEST(type_of(read_mapping_patch(bad)) == "InvalidParameterValueException");
    }
  }
}

BOOST_AUTO_TEST_CASE(answers_show_what_was_set) {
  const Endpoint endpoint{"eu-west-1", "123456789012"};
  Json plain = Json::parse(mapping_json(applied("{}"), endpoint, "Creating"));
  BOOST_TEST(plain.at("UUID") == "u");
  BOOST_TEST(plain.at("BatchSize") == 10);
  BOOST_TEST(plain.at("State") == "Creating");
  BOOST_TEST(plain.at("StateTransitionReason") == "USER_INITIATED");
  BOOST_TEST(plain.at("FunctionArn") == "arn:aws:lambda:eu-west-1:123456789012:function:f");
  BOOST_TEST(plain.at("LastModified").is_number());
  BOOST_TEST(plain.at("FunctionResponseTypes") == Json::array());
  BOOST_TEST(!plain.contains("ScalingConfig"));
  BOOST_TEST(!plain.contains("FilterCriteria"));
  const Json full = Json::parse(mapping_json(
      applied(R"({"ScalingConfig":{"MaximumConcurrency":5},"FilterCriteria":{"Filters":)"
              R"([{"Pattern":"{}"}]},"FunctionResponseTypes":["ReportBatchItemFailures"]})"),
      endpoint, "Enabled"));
  BOOST_TEST(full.at("ScalingConfig").at("MaximumConcurrency") == 5);
  BOOST_TEST(full.at("FilterCriteria").at("Filters").at(0).at("Pattern") == "{}");
  BOOST_TEST(full.at("FunctionResponseTypes").at(0) == "ReportBatchItemFailures");
}

BOOST_AUTO_TEST_CASE(an_empty_scaling_config_takes_the_limit_away) {
  EventSourceMapping mapping = applied(R"({"ScalingConfig":{"MaximumConcurrency":5}})");
  auto patch = read_mapping_patch(R"({"ScalingConfig":{}})");
  BOOST_TEST(!apply_patch(mapping, std::get<MappingPatch>(patch)));
  BOOST_TEST(!mapping.max_concurrency.has_value());
}

BOOST_AUTO_TEST_CASE(documents_are_read_back) {
  EventSourceMapping mapping =
      applied(R"({"BatchSize":100,"MaximumBatchingWindowInSeconds":5,"Enabled":false,)"
              R"("FunctionResponseTypes":["ReportBatchItemFailures"],"FilterCriteria":{"Filters":)"
              R"([{"Pattern":"{}"}]},"ScalingConfig":{"MaximumConcurrency":5}})");
  mapping.function.qualifier = "live";
  mapping.modified_ms = 1'700'000'000'000;
  const auto read = read_mapping_document("u", mapping_document(mapping));
  BOOST_REQUIRE(read.ok());
  BOOST_TEST((*read == mapping));
  BOOST_TEST(!read_mapping_document("u", "nonsense").ok());
  BOOST_TEST(!read_mapping_document("u", R"({"batch_size":"x"})").ok());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace lambdarium::aws
