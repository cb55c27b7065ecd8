// Requests and answers of the queue service, free of their encoding: JSON (sqs_json.h) and Query
// (sqs_query.h) both read and write these.
//
// Thread: any.

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "emulator/queues/message.h"
#include "models/domain/http_message.h"

namespace lambdarium::aws {

enum class SqsOperation : std::uint8_t {
  kUnknown,
  kNotServed,  // known to SQS
  kChangeMessageVisibility,
  kChangeMessageVisibilityBatch,
  kCreateQueue,
  kDeleteMessage,
  kDeleteMessageBatch,
  kDeleteQueue,
  kGetQueueAttributes,
  kGetQueueUrl,
  kListDeadLetterSourceQueues,
  kListQueueTags,
  kListQueues,
  kPurgeQueue,
  kReceiveMessage,
  kSendMessage,
  kSendMessageBatch,
  kSetQueueAttributes,
  kTagQueue,
  kUntagQueue,
};
SqsOperation sqs_operation(std::string_view name);

// How a client speaks, and what it asks for; kind kNone: not to this service.
enum class SqsEncoding : std::uint8_t { kNone, kJson, kQuery };
SqsEncoding sqs_encoding(const HttpRequest& request);

// What is sent, of a message: SendMessage has one, SendMessageBatch several, with an id each.
struct SqsEntry {
  std::string id;
  std::optional<std::string> body;
  std::optional<std::int64_t> delay_s;
  std::optional<std::int64_t> visibility_s;
  std::optional<std::string> receipt_handle;
  queues::MessageAttributes attributes;
  queues::MessageAttributes system_attributes;
  std::string group_id;
  std::string deduplication_id;
};

// The union of what operations read; each looks at its own.
struct SqsRequest {
  SqsOperation operation = SqsOperation::kUnknown;
  std::string operation_name;
  std::string queue_url;  // of Query: the request's path where QueueUrl is missing
  std::string queue_name;
  std::string name_prefix;
  std::string next_token;
  std::optional<std::int64_t> max_results;
  std::optional<std::int64_t> max_messages;
  std::optional<std::int64_t> wait_s;
  std::map<std::string, std::string> attributes;
  std::map<std::string, std::string> tags;
  std::vector<std::string> tag_keys;
  std::vector<std::string> attribute_names;          // of the queue, or of messages (system's)
  std::vector<std::string> message_attribute_names;  // the sender's
  SqsEntry entry;
  std::vector<SqsEntry> entries;
};

// One result of a batch, or of SendMessage.
struct SqsSent {
  std::string id;
  std::string message_id;
  std::string md5_of_body;
  std::string md5_of_attributes;         // empty: there are none
  std::string md5_of_system_attributes;  // empty: there are none
};
struct SqsFailed {
  std::string id;
  queues::QueueError error;
};

struct SqsMessage {
  std::string message_id;
  std::string receipt_handle;
  std::string md5_of_body;
  std::string body;
  std::map<std::string, std::string> attributes;  // the system's
  std::string md5_of_attributes;
  queues::MessageAttributes message_attributes;
};

struct SqsAnswer {
  std::string queue_url;
  bool has_queue_url = false;
  std::vector<std::string> queue_urls;
  std::string next_token;
  std::map<std::string, std::string> attributes;
  std::map<std::string, std::string> tags;
  SqsSent sent;
  std::vector<SqsSent> successes;  // of a batch; only ids where nothing was sent
  std::vector<SqsFailed> failures;
  std::vector<SqsMessage> messages;
};

}  // namespace lambdarium::aws
