#include "emulator/aws/sqs_event.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "emulator/aws/sqs_received.h"
#include "models/base/encoding.h"

namespace lambdarium::aws {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kNestingMax = 1'000;

}  // namespace

std::string sqs_record(const queues::Received& received, std::string_view queue_arn,
                       std::string_view region) {
  const SqsMessage message = make_sqs_message(received, {"All"}, {"All"});
  std::string out = R"({"messageId":)";
  append_json_string(out, message.message_id);
  const auto member = [&out](std::string_view name, std::string_view value) {
    out += ',';
    append_json_string(out, name);
    out += ':';
    append_json_string(out, value);
  };
  member("receiptHandle", message.receipt_handle);
  member("body", message.body);
  out += R"(,"attributes":{)";
  bool first = true;
  for (const auto& [name, value] : message.attributes) {
    if (!std::exchange(first, false)) out += ',';
    append_json_string(out, name);
    out += ':';
    append_json_string(out, value);
  }
  out += R"(},"messageAttributes":{)";
  first = true;
  for (const auto& [name, attribute] : message.message_attributes) {
    if (!std::exchange(first, false)) out += ',';
    append_json_string(out, name);
    out += attribute.is_binary() ? R"(:{"binaryValue":)" : R"(:{"stringValue":)";
    append_json_string(out,
                       attribute.is_binary() ? base64_encode(attribute.value) : attribute.value);
    out += R"(,"stringListValues":[],"binaryListValues":[])";
    member("dataType", attribute.type);
    out += '}';
  }
  out += '}';
  if (!message.message_attributes.empty()) {
    member("md5OfMessageAttributes", message.md5_of_attributes);
  }
  member("md5OfBody", message.md5_of_body);
  member("eventSource", "aws:sqs");
  member("eventSourceARN", queue_arn);
  member("awsRegion", region);
  out += '}';
  return out;
}

std::string sqs_event(const std::vector<std::string_view>& records) {
  std::string out = R"({"Records":[)";
  bool first = true;
  for (const std::string_view record : records) {
    if (!std::exchange(first, false)) out += ',';
    out += record;
  }
  out += "]}";
  return out;
}

std::optional<std::set<std::string>> read_batch_failures(std::string_view answer,
                                                         const std::set<std::string>& batch) {
  std::set<std::string> failures;
  if (answer.empty()) return failures;
  if (json_nesting(answer) > kNestingMax) return std::nullopt;
  const Json document = Json::parse(answer, nullptr, false);
  if (document.is_null()) return failures;
  if (!document.is_object()) return std::nullopt;
  const auto items = document.find("batchItemFailures");
  if (items == document.end() || items->is_null()) return failures;
  if (!items->is_array()) return std::nullopt;
  for (const Json& item : *items) {
    const auto id = item.is_object() ? item.find("itemIdentifier") : item.end();
    if (!item.is_object() || id == item.end() || !id->is_string()) return std::nullopt;
    const auto& text = id->get_ref<const std::string&>();
    if (!batch.contains(text)) return std::nullopt;
    failures.insert(text);
  }
  return failures;
}

}  // namespace lambdarium::aws
