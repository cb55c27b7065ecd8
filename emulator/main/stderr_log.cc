#include "emulator/main/stderr_log.h"

#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <ctime>

namespace lambdarium::commands {
namespace {

std::string_view paint(LogLevel level) {
  switch (level) {
    case LogLevel::kError:
      return "\x1b[31m";
    case LogLevel::kWarn:
      return "\x1b[33m";
    case LogLevel::kInfo:
      return "\x1b[32m";
    default:
      return "\x1b[2m";
  }
}

bool is_plain(std::string_view value) {
  if (value.empty()) return false;
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= 0x20 || byte == 0x7f || c == '"' || c == '\\' || c == '=') return false;
  }
  return true;
}

void append_value(std::string& line, std::string_view value) {
  if (is_plain(value)) {
    line += value;
    return;
  }
  line += '"';
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      line += '\\';
      line += c;
    } else if (c == '\n') {
      line += "\\n";
    } else if (byte < 0x20 || byte == 0x7f) {
      line += fmt::format("\\x{:02x}", byte);
    } else {
      line += c;
    }
  }
  line += '"';
}

std::string wall_time() {
  const auto now = std::chrono::system_clock::now();
  const std::time_t seconds = std::chrono::system_clock::to_time_t(now);
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch());
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", utc.tm_year + 1900,
                     utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec,
                     ms.count() % 1000);
}

}  // namespace

std::string format_log_line(LogLevel level, std::string_view event,
                            std::initializer_list<LogField> fields, bool color) {
  std::string line;
  if (color) line += paint(level);
  line += fmt::format("{:<5}", to_string(level));
  if (color) line += "\x1b[0m";
  line += ' ';
  line += event;
  for (const LogField& field : fields) {
    line += ' ';
    line += field.name;
    line += '=';
    append_value(line, field.value);
  }
  return line;
}

void StderrLogSink::write(LogLevel level, std::string_view event,
                          std::initializer_list<LogField> fields) {
  if (level < least_ || level == LogLevel::kOff) return;
  const std::string line = wall_time() + ' ' + format_log_line(level, event, fields, color_) + '\n';
  std::fwrite(line.data(), 1, line.size(), stderr);
}

}  // namespace lambdarium::commands
