// The payloads that a caller gets when the platform, not the handler, has to explain what went
// wrong, and their texts. Pure functions; texts and the order of members are those of the service.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "models/base/time.h"

namespace lambdarium::runtime_api {

inline constexpr std::string_view kExitError = "Runtime.ExitError";
inline constexpr std::string_view kTimedOut = "Sandbox.Timedout";
inline constexpr std::string_view kSandboxFailure = "Sandbox.Failure";
inline constexpr std::string_view kInvalidEntrypoint = "Runtime.InvalidEntrypoint";
inline constexpr std::string_view kInvalidWorkingDir = "Runtime.InvalidWorkingDir";
inline constexpr std::string_view kTruncatedResponse = "Runtime.TruncatedResponse";
inline constexpr std::string_view kInvalidResponseMode = "Runtime.InvalidResponseModeHeader";
inline constexpr std::string_view kResponseTooLarge = "Function.ResponseSizeTooLarge";

// How a process ended: by exit(code), or by a signal (then it is not 0).
struct ExitStatus {
  std::int64_t code = 0;
  int signal = 0;
};

// "Runtime exited without providing a reason", "Runtime exited with error: exit status 1",
// "Runtime exited with error: signal: killed".
std::string describe_exit(ExitStatus status);

// "Task timed out after 3.00 seconds"
std::string describe_timeout(Duration timeout);

// {"errorType":"<type>","errorMessage":"RequestId: <id> Error: <message>"}
std::string platform_error_payload(std::string_view error_type, std::string_view request_id,
                                   std::string_view message);
std::string exit_error_payload(std::string_view request_id, ExitStatus status);
std::string timed_out_payload(std::string_view request_id, Duration timeout);

// A response over the limit: of a buffered one, unless another is named.
std::string response_too_large_payload();
std::string response_too_large_payload(std::int64_t bytes_max);

// An error without a body: {"errorMessage":"Unknown application error occurred"}, with the type if
// there is one.
std::string unknown_error_payload(std::string_view error_type);

// "Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]"; the candidates are
// joined by blanks.
std::string missing_bootstrap_message(std::string_view candidates);

}  // namespace lambdarium::runtime_api
