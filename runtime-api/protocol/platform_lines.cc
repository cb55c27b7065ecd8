#include "runtime-api/protocol/platform_lines.h"

#include <array>
#include <cmath>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "runtime-api/protocol/json_text.h"

namespace lambdarium::runtime_api {
namespace {

// A line longer than this passes unread: nothing is held back without bound.
constexpr std::size_t kLineBytesMax = 256u << 10;

constexpr std::array<std::string_view, 6> kLevels{"TRACE", "DEBUG", "INFO",
                                                  "WARN",  "ERROR", "FATAL"};

// Milliseconds with the microseconds as decimals, as the service writes them.
std::string milliseconds(Duration duration) {
  return fmt::format("{:.3f}", to_ms(duration));
}

std::string member(std::string_view name, std::string_view text) {
  return text.empty() ? std::string{} : fmt::format(",\"{}\":{}", name, json_quote(text));
}

std::string status_of(const InvocationReport& report, bool failed) {
  if (!report.status.empty()) return std::string{report.status};
  return failed ? "error" : "success";
}

}  // namespace

Severity parse_severity(std::string_view name) {
  std::string upper{name};
  for (char& c : upper) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  if (upper == "WARNING") upper = "WARN";
  if (upper == "CRITICAL") upper = "FATAL";
  for (std::size_t i = 0; i < kLevels.size(); ++i) {
    if (upper == kLevels[i]) return static_cast<Severity>(i);
  }
  return Severity::kInfo;
}

std::string PlatformLines::record(std::int64_t epoch_ms, Severity severity, std::string_view type,
                                  std::string_view fields) const {
  if (severity < least_) return {};
  return fmt::format("{{\"time\":\"{}\",\"type\":\"platform.{}\",\"record\":{{{}}}}}\n",
                     iso_time_ms(epoch_ms), type, fields);
}

std::string PlatformLines::init_start(std::int64_t epoch_ms, const InitStart& start) const {
  if (!json_) return init_start_line(start.runtime_version, "");
  std::string fields = fmt::format("\"initializationType\":{},\"phase\":{}",
                                   json_quote(start.initialization_type), json_quote(start.phase));
  fields += member("runtimeVersion", start.runtime_version);
  fields += member("functionName", start.function_name);
  fields += member("functionVersion", start.function_version);
  return record(epoch_ms, Severity::kInfo, "initStart", fields);
}

std::string PlatformLines::init_report(std::int64_t epoch_ms, std::string_view initialization_type,
                                       const InitReport& report) const {
  if (!json_) return report.status.empty() ? std::string{} : init_report_line(report);
  const bool success = report.status.empty();
  const Severity severity = success ? Severity::kDebug : Severity::kWarn;
  const std::string head = fmt::format("\"initializationType\":{},\"phase\":{}",
                                       json_quote(initialization_type), json_quote(report.phase));
  const std::string outcome = member("status", success ? "success" : report.status) +
                              member("errorType", report.error_type);
  return record(epoch_ms, severity, "initRuntimeDone", head + outcome) +
         record(epoch_ms, severity, "initReport",
                fmt::format("{}{},\"metrics\":{{\"durationMs\":{}}}", head, outcome,
                            milliseconds(report.duration)));
}

std::string PlatformLines::start(std::int64_t epoch_ms, std::string_view request_id,
                                 std::string_view version) const {
  if (!json_) return start_line(request_id, version);
  return record(
      epoch_ms, Severity::kInfo, "start",
      fmt::format("\"requestId\":{}{}", json_quote(request_id), member("version", version)));
}

// In JSON the report says so.
std::string PlatformLines::timed_out(std::int64_t epoch_ms, std::string_view request_id,
                                     Duration timeout) const {
  return json_ ? std::string{} : timed_out_line(epoch_ms, request_id, timeout);
}

std::string PlatformLines::exited(std::string_view request_id, ExitStatus status) const {
  return json_ ? std::string{} : exit_lines(request_id, status);
}

std::string PlatformLines::end(std::int64_t epoch_ms, const InvocationReport& report,
                               bool failed) const {
  if (!json_) return end_line(report.request_id) + report_line(report);
  const std::string status = status_of(report, failed);
  const bool success = status == "success";
  const std::string head = fmt::format("\"requestId\":{}", json_quote(report.request_id));
  const std::string outcome = member("status", status) + member("errorType", report.error_type);
  std::string metrics = fmt::format(
      "\"durationMs\":{},\"billedDurationMs\":{},\"memorySizeMB\":{},\"maxMemoryUsedMB\":{}",
      milliseconds(report.duration), report.billed_ms, report.memory_mb, report.max_memory_mb);
  if (report.init) metrics += fmt::format(",\"initDurationMs\":{}", milliseconds(*report.init));
  return record(epoch_ms, success ? Severity::kDebug : Severity::kWarn, "runtimeDone",
                fmt::format("{}{},\"metrics\":{{\"durationMs\":{}}}", head, outcome,
                            milliseconds(report.duration))) +
         record(epoch_ms, success ? Severity::kInfo : Severity::kWarn, "report",
                fmt::format("{},\"metrics\":{{{}}}{}", head, metrics, outcome));
}

bool LevelFilter::passes(std::string_view line) const {
  const std::size_t first = line.find_first_not_of(" \t");
  if (first == std::string_view::npos || line[first] != '{') return true;
  // Cheap for most lines of functions that do not log in JSON levels.
  if (least_ == Severity::kTrace) return true;
  const auto parsed = nlohmann::json::parse(line, nullptr, false);
  if (!parsed.is_object()) return true;
  const auto level = parsed.find("level");
  const bool named = level != parsed.end() && level->is_string();
  return (named ? parse_severity(level->get_ref<const std::string&>()) : Severity::kInfo) >= least_;
}

std::string_view LevelFilter::filter(std::string_view bytes) {
  if (!active_) return bytes;
  passed_.clear();
  while (!bytes.empty()) {
    const std::size_t newline = bytes.find('\n');
    const bool whole = newline != std::string_view::npos;
    const std::string_view piece = bytes.substr(0, whole ? newline + 1 : bytes.size());
    bytes.remove_prefix(piece.size());
    if (!whole || !held_.empty()) {
      held_ += piece;
      const bool too_long = held_.size() > kLineBytesMax;
      if (!whole && !too_long) break;
      const std::string line = std::exchange(held_, {});
      if (too_long || passes(line)) passed_ += line;
    } else if (passes(piece)) {
      passed_ += piece;
    }
  }
  return passed_;
}

std::string_view LevelFilter::finish() {
  passed_ = std::exchange(held_, {});
  if (!passed_.empty() && !passes(passed_)) passed_.clear();
  return passed_;
}

}  // namespace lambdarium::runtime_api
