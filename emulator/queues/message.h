// A message, and the rules that one must keep before it is accepted.
//
// What a sender said never changes and is shared between the queue, the disk's thread and those who
// receive it; what happens to the message is the queue's.
//
// Thread: any. On failure: QueueError.

#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "emulator/queues/error.h"
#include "models/base/time.h"

namespace lambdarium::queues {

using QueueId = std::uint64_t;     // never used again
using MessageKey = std::uint64_t;  // ascending in the order of sending

inline constexpr std::int64_t kMessageBytesMax = 1'048'576;
inline constexpr std::int64_t kDelaySecondsMax = 900;
inline constexpr std::size_t kMessageAttributesMax = 10;
inline constexpr std::size_t kBatchEntriesMax = 10;

struct MessageAttribute {
  std::string type;   // "String", "Number.int", "Binary"
  std::string value;  // of a Binary: its bytes

  bool is_binary() const { return type.starts_with("Binary"); }
  bool operator==(const MessageAttribute&) const = default;
};
using MessageAttributes = std::map<std::string, MessageAttribute>;

// Times are since 1970.
struct Message {
  MessageKey key = 0;
  std::string id;  // UUID
  std::string body;
  MessageAttributes attributes;
  std::string trace_header;  // AWSTraceHeader; empty: none
  std::string group_id;      // MessageGroupId; empty: none
  std::string sender;        // SenderId
  Time sent{};

  std::int64_t bytes() const;  // as limits count them: body, attributes' names, types and values
  std::int64_t weight() const { return bytes() + 512; }  // in memory, about
};

// What happened to it so far.
struct MessageState {
  QueueId queue = 0;
  Time visible_at{};  // hidden before
  Time first_received = kNever;
  std::int64_t receive_count = 0;
  // Since it came to this queue, which is what a redrive policy counts.
  std::int64_t receive_count_here = 0;
  std::string dead_letter_source = {};  // ARN of the queue that gave it up; empty: none

  bool operator==(const MessageState&) const = default;
};

// What is wrong with a message of a queue that takes `bytes_max` bytes at most.
std::optional<QueueError> find_problem(const Message& message, std::int64_t bytes_max);

// Bound to one receipt: the message and how often it had been received.
std::string make_receipt_handle(std::string_view message_id, MessageKey key, std::int64_t count);
struct Receipt {
  MessageKey key = 0;
  std::int64_t count = 0;
  std::string message_id;
};
OrError<Receipt> parse_receipt_handle(std::string_view handle);

}  // namespace lambdarium::queues
