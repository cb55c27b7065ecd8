#include "emulator/aws/error.h"

#include <utility>

#include <fmt/format.h>

#include "models/base/encoding.h"

namespace lambdarium::aws {

AwsError invalid_parameter(std::string message) {
  return {.status = 400, .type = "InvalidParameterValueException", .message = std::move(message)};
}

AwsError validation_error(std::string_view value, std::string_view field,
                          std::string_view constraint) {
  return validation_errors({constraint_text(value, field, constraint)});
}

std::string constraint_text(std::string_view value, std::string_view field,
                            std::string_view constraint) {
  return fmt::format("Value '{}' at '{}' failed to satisfy constraint: {}", value, field,
                     constraint);
}

AwsError validation_errors(const std::vector<std::string>& constraints) {
  return {.status = 400,
          .type = "ValidationException",
          .message = fmt::format("{} validation error{} detected: {}", constraints.size(),
                                 constraints.size() == 1 ? "" : "s", fmt::join(constraints, "; ")),
          .shape = ErrorShape::kMessageOnly};
}

AwsError serialization_error(std::string message) {
  return {.status = 400,
          .type = "SerializationException",
          .message = std::move(message),
          .shape = ErrorShape::kMessageOnly};
}

AwsError invalid_request_content(std::string message) {
  return {.status = 400, .type = "InvalidRequestContentException", .message = std::move(message)};
}

AwsError resource_not_found(std::string message) {
  return {.status = 404,
          .type = "ResourceNotFoundException",
          .message = std::move(message),
          .shape = ErrorShape::kUpperMessage};
}

AwsError function_not_found(std::string_view arn) {
  return resource_not_found(fmt::format("Function not found: {}", arn));
}

AwsError resource_conflict(std::string message) {
  return {.status = 409, .type = "ResourceConflictException", .message = std::move(message)};
}

AwsError function_pending() {
  return resource_conflict(
      "The operation cannot be performed at this time. The function is currently in the following "
      "state: Pending");
}

AwsError update_in_progress(std::string_view arn) {
  return resource_conflict(fmt::format(
      "The operation cannot be performed at this time. An update is in progress for resource: {}",
      arn));
}

AwsError revision_mismatch() {
  return {.status = 412,
          .type = "PreconditionFailedException",
          .message =
              "The Revision Id provided does not match the latest Revision Id. Call the "
              "GetFunction/GetAlias API to retrieve the latest Revision Id"};
}

AwsError request_too_large(std::string message) {
  return {.status = 413,
          .type = "RequestEntityTooLargeException",
          .message = std::move(message),
          .shape = ErrorShape::kMessageOnly};
}

AwsError unsupported_media_type(std::string_view content_type) {
  return {
      .status = 415,
      .type = "UnsupportedMediaTypeException",
      .message = fmt::format("The content type of the request body is not JSON: {}", content_type)};
}

AwsError service_error(std::string message) {
  return {.status = 500,
          .type = "ServiceException",
          .message = std::move(message),
          .shape = ErrorShape::kUpperMessage,
          .fault = "Service"};
}

AwsError not_served(std::string_view operation) {
  return {.status = 501,
          .type = "NotImplementedException",
          .message = fmt::format("The operation {} is not served by this version of Lambdarium",
                                 operation),
          .shape = ErrorShape::kUpperMessage};
}

AwsError unknown_operation(std::string_view method, std::string_view path) {
  return {.status = 404,
          .type = "UnknownOperationException",
          .message = fmt::format("Unable to find an operation of Lambda for {} {}", method, path),
          .shape = ErrorShape::kMessageOnly};
}

std::string_view throttle_reason(Throttle throttle) {
  switch (throttle) {
    case Throttle::kReservedConcurrency:
      return "ReservedFunctionConcurrentInvocationLimitExceeded";
    case Throttle::kConcurrency:
      return "ConcurrentInvocationLimitExceeded";
    case Throttle::kFunctionInvocationRate:
      return "FunctionInvocationRateLimitExceeded";
    case Throttle::kReservedInvocationRate:
      return "ReservedFunctionInvocationRateLimitExceeded";
    case Throttle::kCallerRate:
      return "CallerRateLimitExceeded";
  }
  return "ConcurrentInvocationLimitExceeded";
}

AwsError too_many_requests(Throttle throttle) {
  return {.status = 429,
          .type = "TooManyRequestsException",
          .message = "Rate Exceeded.",
          .reason = throttle_reason(throttle)};
}

HttpResponse to_response(const AwsError& error, std::string_view request_id) {
  HttpResponse response;
  response.status = error.status;
  response.headers.add("Content-Type", "application/json");
  response.headers.add("x-amzn-RequestId", std::string{request_id});
  response.headers.add("x-amzn-ErrorType", std::string{error.type});
  std::string& body = response.body;
  body = "{";
  if (!error.reason.empty()) body += fmt::format(R"("Reason":"{}",)", error.reason);
  if (error.shape != ErrorShape::kMessageOnly) body += fmt::format(R"("Type":"{}",)", error.fault);
  body += error.shape == ErrorShape::kUpperMessage ? R"("Message":)" : R"("message":)";
  append_json_string(body, error.message);
  body += '}';
  return response;
}

}  // namespace lambdarium::aws
