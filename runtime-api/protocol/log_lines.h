// The platform's own lines of a function's log, in text format. Pure functions; every line ends
// with a newline.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "models/base/time.h"
#include "runtime-api/protocol/error_payload.h"

namespace lambdarium::runtime_api {

// "2024-05-06T07:08:09.012Z"; negative times count back from 1970.
std::string iso_time_ms(std::int64_t epoch_ms);

// INIT_START Runtime Version: python:3.12⇥Runtime Version ARN: arn:…; without the second part when
// the ARN is empty.
std::string init_start_line(std::string_view runtime_version, std::string_view runtime_version_arn);

struct InitReport {
  Duration duration = Duration::zero();
  std::string_view phase = "init";   // init or invoke
  std::string_view status = {};      // timeout or error
  std::string_view error_type = {};  // with status error
};
std::string init_report_line(const InitReport& report);

std::string start_line(std::string_view request_id, std::string_view version);
std::string end_line(std::string_view request_id);

struct InvocationReport {
  std::string_view request_id;
  Duration duration = Duration::zero();
  std::int64_t billed_ms = 0;
  std::int64_t memory_mb = 0;
  std::int64_t max_memory_mb = 0;
  std::optional<Duration> init = {};  // of the invocation that waited for its environment
  std::string_view status = {};       // empty, timeout or error
  std::string_view error_type = {};   // with status error
};
std::string report_line(const InvocationReport& report);

// Appended to REPORT when the trace is sampled.
std::string xray_line(std::string_view trace_id, std::string_view segment_id);

// <time> <id> Task timed out after 3.00 seconds, followed by an empty line; goes before END.
std::string timed_out_line(std::int64_t epoch_ms, std::string_view request_id, Duration timeout);

// RequestId: <id> Error: Runtime exited with error: exit status 1, and the error type on a line of
// its own.
std::string exit_lines(std::string_view request_id, ExitStatus status);

// 2024/05/06/[$LATEST]<32 hexadecimal digits>
std::string log_stream_name(std::int64_t epoch_ms, std::string_view version,
                            std::string_view hex_digits);

}  // namespace lambdarium::runtime_api
