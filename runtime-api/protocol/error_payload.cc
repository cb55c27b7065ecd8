#include "runtime-api/protocol/error_payload.h"

#include <csignal>

#include <fmt/format.h>

#include "models/domain/limits.h"
#include "runtime-api/protocol/json_text.h"

namespace lambdarium::runtime_api {
namespace {

// The words that the service uses: those of its supervisor's language, not of strsignal().
std::string signal_name(int signal) {
  switch (signal) {
    case SIGABRT:
      return "aborted";
    case SIGALRM:
      return "alarm clock";
    case SIGBUS:
      return "bus error";
    case SIGFPE:
      return "floating point exception";
    case SIGHUP:
      return "hangup";
    case SIGILL:
      return "illegal instruction";
    case SIGINT:
      return "interrupt";
    case SIGKILL:
      return "killed";
    case SIGPIPE:
      return "broken pipe";
    case SIGQUIT:
      return "quit";
    case SIGSEGV:
      return "segmentation fault";
    case SIGSYS:
      return "bad system call";
    case SIGTERM:
      return "terminated";
    case SIGTRAP:
      return "trace/breakpoint trap";
    case SIGUSR1:
      return "user defined signal 1";
    case SIGUSR2:
      return "user defined signal 2";
    case SIGXCPU:
      return "CPU time limit exceeded";
    case SIGXFSZ:
      return "file size limit exceeded";
    default:
      return fmt::format("signal {}", signal);
  }
}

}  // namespace

std::string describe_exit(ExitStatus status) {
  if (status.signal != 0) {
    return fmt::format("Runtime exited with error: signal: {}", signal_name(status.signal));
  }
  if (status.code != 0) {
    return fmt::format("Runtime exited with error: exit status {}", status.code);
  }
  return "Runtime exited without providing a reason";
}

std::string describe_timeout(Duration timeout) {
  return fmt::format("Task timed out after {:.2f} seconds", to_seconds(timeout));
}

std::string platform_error_payload(std::string_view error_type, std::string_view request_id,
                                   std::string_view message) {
  return fmt::format(R"({{"errorType":{},"errorMessage":{}}})", json_quote(error_type),
                     json_quote(fmt::format("RequestId: {} Error: {}", request_id, message)));
}

std::string exit_error_payload(std::string_view request_id, ExitStatus status) {
  return platform_error_payload(kExitError, request_id, describe_exit(status));
}

std::string timed_out_payload(std::string_view request_id, Duration timeout) {
  return platform_error_payload(kTimedOut, request_id, describe_timeout(timeout));
}

std::string response_too_large_payload() {
  return response_too_large_payload(kSyncPayloadBytesMax);
}

std::string response_too_large_payload(std::int64_t bytes_max) {
  return fmt::format(
      R"({{"errorMessage":"Response payload size exceeded maximum allowed payload size )"
      R"(({} bytes).","errorType":"{}"}})",
      bytes_max, kResponseTooLarge);
}

std::string unknown_error_payload(std::string_view error_type) {
  if (error_type.empty()) return R"({"errorMessage":"Unknown application error occurred"})";
  return fmt::format(R"({{"errorMessage":"Unknown application error occurred","errorType":{}}})",
                     json_quote(error_type));
}

std::string missing_bootstrap_message(std::string_view candidates) {
  return fmt::format("Couldn't find valid bootstrap(s): [{}]", candidates);
}

}  // namespace lambdarium::runtime_api
