#include "runtime-api/protocol/log_lines.h"

#include <chrono>

#include <fmt/compile.h>
#include <fmt/format.h>

namespace lambdarium::runtime_api {
namespace {

std::chrono::year_month_day date_of(std::int64_t epoch_ms, std::chrono::milliseconds& time_of_day) {
  const std::chrono::sys_time<std::chrono::milliseconds> moment{
      std::chrono::milliseconds{epoch_ms}};
  const auto day = std::chrono::floor<std::chrono::days>(moment);
  time_of_day = moment - day;
  return std::chrono::year_month_day{day};
}

std::string status_part(std::string_view status, std::string_view error_type) {
  std::string part = fmt::format("Status: {}", status);
  if (!error_type.empty()) part += fmt::format("\tError Type: {}", error_type);
  return part;
}

}  // namespace

std::string iso_time_ms(std::int64_t epoch_ms) {
  std::chrono::milliseconds time_of_day{};
  const auto date = date_of(epoch_ms, time_of_day);
  const std::int64_t ms = time_of_day.count();
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     ms / 3'600'000, ms / 60'000 % 60, ms / 1000 % 60, ms % 1000);
}

std::string init_start_line(std::string_view runtime_version,
                            std::string_view runtime_version_arn) {
  if (runtime_version_arn.empty()) {
    return fmt::format("INIT_START Runtime Version: {}\n", runtime_version);
  }
  return fmt::format("INIT_START Runtime Version: {}\tRuntime Version ARN: {}\n", runtime_version,
                     runtime_version_arn);
}

std::string init_report_line(const InitReport& report) {
  std::string line = fmt::format("INIT_REPORT Init Duration: {:.2f} ms\tPhase: {}",
                                 to_ms(report.duration), report.phase);
  if (!report.status.empty()) line += '\t' + status_part(report.status, report.error_type);
  return line + '\n';
}

std::string start_line(std::string_view request_id, std::string_view version) {
  return fmt::format(FMT_COMPILE("START RequestId: {} Version: {}\n"), request_id, version);
}

std::string end_line(std::string_view request_id) {
  return fmt::format(FMT_COMPILE("END RequestId: {}\n"), request_id);
}

std::string report_line(const InvocationReport& report) {
  std::string line =
      fmt::format(FMT_COMPILE("REPORT RequestId: {}\tDuration: {:.2f} ms\tBilled Duration: {} ms\t"
                              "Memory Size: {} MB\tMax Memory Used: {} MB\t"),
                  report.request_id, to_ms(report.duration), report.billed_ms, report.memory_mb,
                  report.max_memory_mb);
  if (report.init) line += fmt::format("Init Duration: {:.2f} ms\t", to_ms(*report.init));
  // The service ends the line with a tab, except behind a status.
  if (!report.status.empty()) line += status_part(report.status, report.error_type);
  return line + '\n';
}

std::string xray_line(std::string_view trace_id, std::string_view segment_id) {
  return fmt::format("XRAY TraceId: {}\tSegmentId: {}\tSampled: true\t\n", trace_id, segment_id);
}

std::string timed_out_line(std::int64_t epoch_ms, std::string_view request_id, Duration timeout) {
  return fmt::format("{} {} {}\n\n", iso_time_ms(epoch_ms), request_id, describe_timeout(timeout));
}

std::string exit_lines(std::string_view request_id, ExitStatus status) {
  return fmt::format("RequestId: {} Error: {}\n{}\n", request_id, describe_exit(status),
                     kExitError);
}

std::string log_stream_name(std::int64_t epoch_ms, std::string_view version,
                            std::string_view hex_digits) {
  std::chrono::milliseconds time_of_day{};
  const auto date = date_of(epoch_ms, time_of_day);
  return fmt::format("{:04}/{:02}/{:02}/[{}]{}", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     version, hex_digits);
}

}  // namespace lambdarium::runtime_api
