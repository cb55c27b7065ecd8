#include "emulator/queues/error.h"

#include <fmt/format.h>

namespace lambdarium::queues {

ErrorNames names_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kBatchEntryIdsNotDistinct:
      return {"BatchEntryIdsNotDistinct", "AWS.SimpleQueueService.BatchEntryIdsNotDistinct"};
    case ErrorKind::kBatchRequestTooLong:
      return {"BatchRequestTooLong", "AWS.SimpleQueueService.BatchRequestTooLong"};
    case ErrorKind::kEmptyBatchRequest:
      return {"EmptyBatchRequest", "AWS.SimpleQueueService.EmptyBatchRequest"};
    case ErrorKind::kInternalFailure:
      return {"InternalFailure", "InternalFailure", 500, false};
    case ErrorKind::kInvalidAddress:
      return {"InvalidAddress", "InvalidAddress", 404};
    case ErrorKind::kInvalidAction:
      return {"InvalidAction", "InvalidAction"};
    case ErrorKind::kInvalidAttributeName:
      return {"InvalidAttributeName", "InvalidAttributeName"};
    case ErrorKind::kInvalidAttributeValue:
      return {"InvalidAttributeValue", "InvalidAttributeValue"};
    case ErrorKind::kInvalidBatchEntryId:
      return {"InvalidBatchEntryId", "AWS.SimpleQueueService.InvalidBatchEntryId"};
    case ErrorKind::kInvalidMessageContents:
      return {"InvalidMessageContents", "InvalidMessageContents"};
    case ErrorKind::kInvalidParameterValue:
      return {"InvalidParameterValueException", "InvalidParameterValue"};
    case ErrorKind::kMalformedInput:
      return {"SerializationException", "MalformedInput"};
    case ErrorKind::kMessageNotInflight:
      return {"MessageNotInflight", "AWS.SimpleQueueService.MessageNotInflight"};
    case ErrorKind::kMissingParameter:
      return {"MissingRequiredParameterException", "MissingParameter"};
    case ErrorKind::kOverLimit:
      return {"OverLimit", "OverLimit", 403};
    case ErrorKind::kQueueDoesNotExist:
      return {"QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue"};
    case ErrorKind::kQueueNameExists:
      return {"QueueNameExists", "QueueAlreadyExists"};
    case ErrorKind::kReceiptHandleIsInvalid:
      return {"ReceiptHandleIsInvalid", "ReceiptHandleIsInvalid", 404};
    case ErrorKind::kTooManyEntries:
      return {"TooManyEntriesInBatchRequest",
              "AWS.SimpleQueueService.TooManyEntriesInBatchRequest"};
    case ErrorKind::kUnsupportedOperation:
      return {"UnsupportedOperation", "AWS.SimpleQueueService.UnsupportedOperation"};
  }
  return {"InternalFailure", "InternalFailure", 500, false};
}

QueueError queue_does_not_exist() {
  return {ErrorKind::kQueueDoesNotExist, "The specified queue does not exist."};
}

QueueError missing_parameter(std::string_view name) {
  return {ErrorKind::kMissingParameter,
          fmt::format("The request must contain the parameter {}.", name)};
}

QueueError invalid_value(std::string_view value, std::string_view parameter,
                         std::string_view reason) {
  return {
      ErrorKind::kInvalidParameterValue,
      fmt::format("Value {} for parameter {} is invalid. Reason: {}", value, parameter, reason)};
}

}  // namespace lambdarium::queues
