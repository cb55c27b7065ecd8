// What the destinations of an asynchronous invocation are sent, as JSON.
//
// Pure. Thread: any.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "emulator/fleet/async_queue.h"

namespace lambdarium::live {

// The answer of the last attempt that ran.
struct AsyncResponse {
  std::string payload;
  std::string version = "$LATEST";
  bool function_error = false;
};

struct EndedEvent {
  std::string_view request_id;
  std::string_view arn;      // as invoked
  std::string_view payload;  // JSON
  fleet::AsyncCondition condition = fleet::AsyncCondition::kSuccess;
  std::int32_t attempts = 0;                // that ran
  const AsyncResponse* response = nullptr;  // null: none ran, or its answer is not at hand
};

// The invocation record of AWS, which names the function with a qualifier always.
std::string destination_record(const EndedEvent& event, std::int64_t unix_ms);

// What a queue or a topic gets.
struct DestinationMessage {
  struct Attribute {
    std::string name;
    std::string type;  // "String", "Number"
    std::string value;
  };
  std::string body;
  std::vector<Attribute> attributes;
};

// The message that a dead-letter target gets: the event itself, with the attributes RequestID,
// ErrorCode and ErrorMessage.
DestinationMessage dead_letter_message(const EndedEvent& event);

// A message as a line of a file: its body alone, which is a record then, or, with attributes,
// {"body": the text, "messageAttributes": …}.
std::string to_line(const DestinationMessage& message);

// A file's name for what an ARN names: its last part, with '_' for what a file name should not
// hold. "arn:aws:sqs:us-east-1:123456789012:failed" gives "failed".
std::string destination_file_name(std::string_view arn);

}  // namespace lambdarium::live
