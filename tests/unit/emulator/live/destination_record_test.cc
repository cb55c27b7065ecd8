#include "emulator/live/destination_record.h"

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>
#include <string>

namespace lambdarium::live {
namespace {

using Json = nlohmann::json;
using fleet::AsyncCondition;

constexpr std::string_view kArn = "arn:aws:lambda:us-east-1:123456789012:function:f";
constexpr std::int64_t kNow = 1'704'067'200'007;

EndedEvent ended(AsyncCondition condition, const AsyncResponse* response) {
  return {.request_id = "id",
          .arn = kArn,
          .payload = R"({"n": 1})",
          .condition = condition,
          .attempts = 3,
          .response = response};
}

BOOST_AUTO_TEST_SUITE(destination_records)

BOOST_AUTO_TEST_CASE(a_success_is_told_in_the_order_of_aws) {
  const AsyncResponse response{.payload = "[2]", .version = "7", .function_error = false};
  BOOST_TEST(destination_record(ended(AsyncCondition::kSuccess, &response), kNow) ==
             R"({"version":"1.0","timestamp":"2024-01-01T00:00:00.007Z","requestContext":{)"
             R"("requestId":"id","functionArn":)"
             R"("arn:aws:lambda:us-east-1:123456789012:function:f:$LATEST","condition":"Success",)"
             R"("approximateInvokeCount":3},"requestPayload":{"n": 1},"responseContext":{)"
             R"("statusCode":200,"executedVersion":"7"},"responsePayload":[2]})");
}

BOOST_AUTO_TEST_CASE(only_a_failure_has_a_function_error) {
  const AsyncResponse response{.payload = R"({"errorMessage":"no"})", .function_error = true};
  const Json record =
      Json::parse(destination_record(ended(AsyncCondition::kRetriesExhausted, &response), kNow));
  BOOST_TEST(record["responseContext"]["functionError"].get<std::string>() == "Unhandled");
  BOOST_TEST(record["requestContext"]["condition"].get<std::string>() == "RetriesExhausted");
}

BOOST_AUTO_TEST_CASE(without_an_attempt_nothing_is_said_of_a_response) {
  const Json record = Json::parse(
      destination_record(ended(AsyncCondition::kZeroReservedConcurrency, nullptr), kNow));
  BOOST_TEST(!record.contains("responseContext"));
  BOOST_TEST(!record.contains("responsePayload"));
}

BOOST_AUTO_TEST_CASE(a_response_that_is_no_json_becomes_a_string_and_an_empty_one_null) {
  for (const auto& [payload, expected] : {std::pair{"plain \"text\"", Json("plain \"text\"")},
                                          std::pair{"", Json()}, std::pair{"null", Json()}}) {
    const AsyncResponse response{.payload = payload};
    const Json record =
        Json::parse(destination_record(ended(AsyncCondition::kSuccess, &response), kNow));
    BOOST_TEST((record["responsePayload"] == expected));
  }
}

BOOST_AUTO_TEST_CASE(a_qualifier_stays) {
  EndedEvent event = ended(AsyncCondition::kSuccess, nullptr);
  const std::string arn = std::string{kArn} + ":live";
  event.arn = arn;
  const Json record = Json::parse(destination_record(event, kNow));
  BOOST_TEST(record["requestContext"]["functionArn"].get<std::string>() == arn);
}

BOOST_AUTO_TEST_CASE(a_dead_letter_is_the_event_with_what_went_wrong) {
  const AsyncResponse response{.payload = R"({"errorMessage":"no"})", .function_error = true};
  const Json message = Json::parse(
      to_line(dead_letter_message(ended(AsyncCondition::kRetriesExhausted, &response))));
  BOOST_TEST(message["body"].get<std::string>() == R"({"n": 1})");
  const Json& attributes = message["messageAttributes"];
  BOOST_TEST(attributes["RequestID"]["stringValue"].get<std::string>() == "id");
  BOOST_TEST(attributes["ErrorCode"]["dataType"].get<std::string>() == "Number");
  BOOST_TEST(attributes["ErrorMessage"]["stringValue"].get<std::string>() == "no");
}

BOOST_AUTO_TEST_CASE(a_long_error_message_is_cut_at_a_kilobyte_between_characters) {
  const auto cut = [](const std::string& text) {
    const AsyncResponse response{.payload = Json{{"errorMessage", text}}.dump(),
                                 .function_error = true};
    const Json message = Json::parse(
        to_line(dead_letter_message(ended(AsyncCondition::kRetriesExhausted, &response))));
    return message["messageAttributes"]["ErrorMessage"]["stringValue"].get<std::string>();
  };
  BOOST_TEST(cut(std::string(1'024, 'x')).size() == 1'024U);
  BOOST_TEST(cut(std::string(1'025, 'x')).size() == 1'024U);
  BOOST_TEST(cut(std::string(1'023, 'x') + "\u00e9").size() == 1'023U);
}

BOOST_AUTO_TEST_CASE(files_are_named_by_the_last_part_and_stay_in_their_folder) {
  BOOST_TEST(destination_file_name("arn:aws:sqs:us-east-1:123456789012:failed") == "failed");
  BOOST_TEST(destination_file_name("arn:aws:sqs:us-east-1:123456789012:a.fifo") == "a.fifo");
  BOOST_TEST(destination_file_name("arn:aws:events:us-east-1:123456789012:event-bus/default") ==
             "default");
  BOOST_TEST(destination_file_name("arn:aws:s3:::bucket") == "bucket");
  BOOST_TEST(destination_file_name("arn:aws:sqs:us-east-1:123456789012:..") == "_..");
  BOOST_TEST(destination_file_name("arn:aws:sqs:us-east-1:123456789012:a b\n") == "a_b_");
  BOOST_TEST(destination_file_name("arn:aws:sqs:us-east-1:123456789012:") == "_");
  BOOST_TEST(destination_file_name(std::string(300, 'x')).size() == 128U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace lambdarium::live
