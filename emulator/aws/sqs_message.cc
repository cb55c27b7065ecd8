#include "emulator/aws/sqs_message.h"

#include <algorithm>

namespace lambdarium::aws {
namespace {

struct Name {
  std::string_view name;
  SqsOperation operation;
};

constexpr Name kNames[] = {
    {"AddPermission", SqsOperation::kNotServed},
    {"CancelMessageMoveTask", SqsOperation::kNotServed},
    {"ChangeMessageVisibility", SqsOperation::kChangeMessageVisibility},
    {"ChangeMessageVisibilityBatch", SqsOperation::kChangeMessageVisibilityBatch},
    {"CreateQueue", SqsOperation::kCreateQueue},
    {"DeleteMessage", SqsOperation::kDeleteMessage},
    {"DeleteMessageBatch", SqsOperation::kDeleteMessageBatch},
    {"DeleteQueue", SqsOperation::kDeleteQueue},
    {"GetQueueAttributes", SqsOperation::kGetQueueAttributes},
    {"GetQueueUrl", SqsOperation::kGetQueueUrl},
    {"ListDeadLetterSourceQueues", SqsOperation::kListDeadLetterSourceQueues},
    {"ListMessageMoveTasks", SqsOperation::kNotServed},
    {"ListQueueTags", SqsOperation::kListQueueTags},
    {"ListQueues", SqsOperation::kListQueues},
    {"PurgeQueue", SqsOperation::kPurgeQueue},
    {"ReceiveMessage", SqsOperation::kReceiveMessage},
    {"RemovePermission", SqsOperation::kNotServed},
    {"SendMessage", SqsOperation::kSendMessage},
    {"SendMessageBatch", SqsOperation::kSendMessageBatch},
    {"SetQueueAttributes", SqsOperation::kSetQueueAttributes},
    {"StartMessageMoveTask", SqsOperation::kNotServed},
    {"TagQueue", SqsOperation::kTagQueue},
    {"UntagQueue", SqsOperation::kUntagQueue},
};

bool names_an_action(std::string_view query) {
  return query.starts_with("Action=") || query.find("&Action=") != query.npos;
}

}  // namespace

SqsOperation sqs_operation(std::string_view name) {
  const auto* found =
      std::find_if(std::begin(kNames), std::end(kNames),
                   [name](const Name& candidate) { return candidate.name == name; });
  return found == std::end(kNames) ? SqsOperation::kUnknown : found->operation;
}

SqsEncoding sqs_encoding(const HttpRequest& request) {
  const std::string* target = request.headers.find("X-Amz-Target");
  if (target != nullptr && target->starts_with("AmazonSQS.")) return SqsEncoding::kJson;
  // Paths of other services begin with the date of their version: /2015-03-31/functions.
  const std::string_view path = request.path();
  if (path.size() > 5 && path[5] == '-' && path.starts_with("/20")) return SqsEncoding::kNone;
  if (names_an_action(request.query())) return SqsEncoding::kQuery;
  const std::string* type = request.headers.find("Content-Type");
  if (request.method == "POST" && type != nullptr &&
      type->starts_with("application/x-www-form-urlencoded")) {
    return SqsEncoding::kQuery;
  }
  return SqsEncoding::kNone;
}

}  // namespace lambdarium::aws
