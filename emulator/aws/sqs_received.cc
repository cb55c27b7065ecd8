#include "emulator/aws/sqs_received.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "emulator/aws/sqs_digest.h"

namespace lambdarium::aws {
namespace {

using queues::ErrorKind;
using queues::QueueError;

// Which of the sender's attributes a receive asks for: names, "All" or ".*", and "prefix.*".
bool wants(const std::vector<std::string>& names, std::string_view attribute) {
  return std::any_of(names.begin(), names.end(), [attribute](std::string_view name) {
    if (name == "All" || name == ".*" || name == attribute) return true;
    if (!name.ends_with(".*")) return false;
    name.remove_suffix(1);
    return attribute.starts_with(name) || attribute == name.substr(0, name.size() - 1);
  });
}

std::map<std::string, std::string> system_attributes(const queues::Received& received,
                                                     const std::vector<std::string>& names) {
  const auto milliseconds = [](Time time) { return fmt::to_string(to_ns(time) / 1'000'000); };
  const queues::Message& message = *received.message;
  std::map<std::string, std::string> all{
      {"ApproximateFirstReceiveTimestamp", milliseconds(received.state.first_received)},
      {"ApproximateReceiveCount", fmt::to_string(received.state.receive_count)},
      {"SenderId", message.sender},
      {"SentTimestamp", milliseconds(message.sent)}};
  if (!message.trace_header.empty()) all["AWSTraceHeader"] = message.trace_header;
  if (!message.group_id.empty()) all["MessageGroupId"] = message.group_id;
  if (!received.state.dead_letter_source.empty()) {
    all["DeadLetterQueueSourceArn"] = received.state.dead_letter_source;
  }
  std::erase_if(all, [&names](const auto& item) {
    return std::none_of(names.begin(), names.end(), [&item](const std::string& name) {
      return name == "All" || name == item.first;
    });
  });
  return all;
}

}  // namespace

std::optional<QueueError> check_system_attributes(const std::vector<std::string>& names) {
  constexpr std::string_view kKnown[] = {"All",
                                         "ApproximateFirstReceiveTimestamp",
                                         "ApproximateReceiveCount",
                                         "SenderId",
                                         "SentTimestamp",
                                         "AWSTraceHeader",
                                         "SequenceNumber",
                                         "MessageGroupId",
                                         "MessageDeduplicationId",
                                         "DeadLetterQueueSourceArn"};
  for (const std::string& name : names) {
    if (std::find(std::begin(kKnown), std::end(kKnown), name) != std::end(kKnown)) continue;
    return QueueError{ErrorKind::kInvalidAttributeName, fmt::format("Unknown Attribute {}.", name)};
  }
  return std::nullopt;
}

SqsMessage make_sqs_message(const queues::Received& received,
                            const std::vector<std::string>& system_names,
                            const std::vector<std::string>& names) {
  const queues::Message& message = *received.message;
  SqsMessage item;
  item.message_id = message.id;
  item.receipt_handle = received.receipt_handle;
  item.md5_of_body = md5_hex(message.body);
  item.body = message.body;
  item.attributes = system_attributes(received, system_names);
  for (const auto& [name, attribute] : message.attributes) {
    if (wants(names, name)) item.message_attributes.emplace(name, attribute);
  }
  item.md5_of_attributes = md5_of_attributes(item.message_attributes);
  return item;
}

}  // namespace lambdarium::aws
