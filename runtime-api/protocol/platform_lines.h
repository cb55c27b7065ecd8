// What the platform says in a function's log, in the format that the function chose: lines of text
// (log_lines.h), or one JSON object a line, as the Telemetry API's envelope, filtered by the
// function's system log level. And the filter of what the function itself prints.
//
// Pure. An empty text means: nothing is said. Thread: any, one at a time. On failure: none.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "models/base/time.h"
#include "models/domain/function.h"
#include "runtime-api/protocol/log_lines.h"

namespace lambdarium::runtime_api {

// From the most to the least talkative. What is no known level is kInfo, as on the service.
enum class Severity : std::uint8_t { kTrace, kDebug, kInfo, kWarn, kError, kFatal };
Severity parse_severity(std::string_view name);

class PlatformLines {
 public:
  explicit PlatformLines(const LoggingSettings& logging)
      : json_(logging.json), least_(parse_severity(logging.system_level)) {}

  struct InitStart {
    std::string_view initialization_type = "on-demand";
    std::string_view phase = "init";
    std::string_view runtime_version = {};
    std::string_view function_name = {};
    std::string_view function_version = {};
  };
  std::string init_start(std::int64_t epoch_ms, const InitStart& start) const;
  // In text, only an init that failed is reported: REPORT has the time of one that succeeded.
  std::string init_report(std::int64_t epoch_ms, std::string_view initialization_type,
                          const InitReport& report) const;
  std::string start(std::int64_t epoch_ms, std::string_view request_id,
                    std::string_view version) const;
  std::string timed_out(std::int64_t epoch_ms, std::string_view request_id, Duration timeout) const;
  std::string exited(std::string_view request_id, ExitStatus status) const;
  // END and REPORT; in JSON what the runtime did and the report. `failed`: the handler reported an
  // error.
  std::string end(std::int64_t epoch_ms, const InvocationReport& report, bool failed) const;

 private:
  std::string record(std::int64_t epoch_ms, Severity severity, std::string_view type,
                     std::string_view fields) const;

  bool json_;
  Severity least_;
};

// Cuts what a function prints into lines and leaves out those below the function's application log
// level: JSON objects whose "level" says so. Everything else passes as it is.
class LevelFilter {
 public:
  explicit LevelFilter(const LoggingSettings& logging)
      : active_(logging.json), least_(parse_severity(logging.application_level)) {}

  // What of it passes; what follows the last newline is held back until its line is whole. The
  // result is valid until the next call, and as long as `bytes`.
  std::string_view filter(std::string_view bytes);
  // What was held back, at the end of the output.
  std::string_view finish();

 private:
  bool passes(std::string_view line) const;

  bool active_;
  Severity least_;
  std::string held_;
  std::string passed_;
};

}  // namespace lambdarium::runtime_api
