// Errors of the queue service as values. A kind has two names: the one of the JSON protocol's
// __type, and the code that Query answers and older SDKs know.
//
// Thread: any. On failure: none.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace lambdarium::queues {

enum class ErrorKind : std::uint8_t {
  kBatchEntryIdsNotDistinct,
  kBatchRequestTooLong,
  kEmptyBatchRequest,
  kInternalFailure,
  kInvalidAddress,
  kInvalidAction,
  kInvalidAttributeName,
  kInvalidAttributeValue,
  kInvalidBatchEntryId,
  kInvalidMessageContents,
  kInvalidParameterValue,
  kMalformedInput,
  kMessageNotInflight,
  kMissingParameter,
  kOverLimit,
  kQueueDoesNotExist,
  kQueueNameExists,
  kReceiptHandleIsInvalid,
  kTooManyEntries,
  kUnsupportedOperation,
};

struct [[nodiscard]] QueueError {
  ErrorKind kind = ErrorKind::kInternalFailure;
  std::string message;
};

template <class T>
using OrError = std::variant<T, QueueError>;

struct ErrorNames {
  std::string_view json;   // "QueueDoesNotExist"
  std::string_view query;  // "AWS.SimpleQueueService.NonExistentQueue"
  int status = 400;
  bool by_sender = true;
};
ErrorNames names_of(ErrorKind kind);

QueueError queue_does_not_exist();
QueueError missing_parameter(std::string_view name);
// "Value 901 for parameter DelaySeconds is invalid. Reason: <reason>"
QueueError invalid_value(std::string_view value, std::string_view parameter,
                         std::string_view reason);

}  // namespace lambdarium::queues
