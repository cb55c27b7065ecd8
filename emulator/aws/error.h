// Errors of the Lambda API as values: HTTP status, x-amzn-ErrorType and the JSON body that SDKs
// match on.
//
// Thread: any. On failure: none.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "models/domain/http_message.h"

namespace lambdarium::aws {

// How the service spells the body: the member's case differs between exceptions, and some have no
// Type.
enum class ErrorShape : std::uint8_t {
  kLowerMessage,  // {"Type":"User","message":"…"}
  kUpperMessage,  // {"Type":"User","Message":"…"}
  kMessageOnly,   // {"message":"…"}
};

struct [[nodiscard]] AwsError {
  int status = 500;
  std::string_view type;  // a literal
  std::string message;
  ErrorShape shape = ErrorShape::kLowerMessage;
  std::string_view fault = "User";  // or "Service"
  std::string_view reason = {};     // of a throttle
};

template <class T>
using OrError = std::variant<T, AwsError>;

// 400 InvalidParameterValueException
AwsError invalid_parameter(std::string message);
// 400 ValidationException: "1 validation error detected: Value 'x' at 'field' failed to satisfy
// constraint: Member must …"
AwsError validation_error(std::string_view value, std::string_view field,
                          std::string_view constraint);
// The same for what several constraints found; each text is one of constraint_text()'s shape.
AwsError validation_errors(const std::vector<std::string>& constraints);
// "Value 'x' at 'field' failed to satisfy constraint: Member must …"
std::string constraint_text(std::string_view value, std::string_view field,
                            std::string_view constraint);
// 400 SerializationException: the body is not what the operation reads.
AwsError serialization_error(std::string message);
// 400 InvalidRequestContentException
AwsError invalid_request_content(std::string message);
// 404 ResourceNotFoundException
AwsError resource_not_found(std::string message);
AwsError function_not_found(std::string_view arn);
// 409 ResourceConflictException
AwsError resource_conflict(std::string message);
// "The operation cannot be performed at this time. The function is currently in the following
// state: Pending"
AwsError function_pending();
// "The operation cannot be performed at this time. An update is in progress for resource: <arn>"
AwsError update_in_progress(std::string_view arn);
// 412 PreconditionFailedException
AwsError revision_mismatch();
// 413 RequestEntityTooLargeException
AwsError request_too_large(std::string message);
// 415 UnsupportedMediaTypeException
AwsError unsupported_media_type(std::string_view content_type);
// 500 ServiceException
AwsError service_error(std::string message);
// 501: a real operation of Lambda that this version does not serve.
AwsError not_served(std::string_view operation);
// 404 UnknownOperationException
AwsError unknown_operation(std::string_view method, std::string_view path);

// Which limit refused an invocation.
enum class Throttle : std::uint8_t {
  kReservedConcurrency,     // ReservedFunctionConcurrentInvocationLimitExceeded
  kConcurrency,             // ConcurrentInvocationLimitExceeded: the account's unreserved pool
  kFunctionInvocationRate,  // FunctionInvocationRateLimitExceeded: new environments faster than the
                            // scaling rate
  kReservedInvocationRate,  // ReservedFunctionInvocationRateLimitExceeded
  kCallerRate,              // CallerRateLimitExceeded
};
std::string_view throttle_reason(Throttle throttle);
// 429 TooManyRequestsException "Rate Exceeded."
AwsError too_many_requests(Throttle throttle);

HttpResponse to_response(const AwsError& error, std::string_view request_id);

}  // namespace lambdarium::aws
