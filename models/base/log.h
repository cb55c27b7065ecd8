// Log lines: an event name and fields, given to a sink. Libraries write to the sink they were
// handed; main() chooses where it goes. The sink adds the wall time, so that nothing below it reads
// a clock.

#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace lambdarium {

enum class LogLevel : std::uint8_t { kTrace, kDebug, kInfo, kWarn, kError, kOff };

struct LogField {
  std::string_view name;
  std::string value;
};

class LogSink {
 public:
  virtual ~LogSink() = default;
  virtual void write(LogLevel level, std::string_view event,
                     std::initializer_list<LogField> fields) = 0;

  void debug(std::string_view event, std::initializer_list<LogField> fields = {}) {
    write(LogLevel::kDebug, event, fields);
  }
  void info(std::string_view event, std::initializer_list<LogField> fields = {}) {
    write(LogLevel::kInfo, event, fields);
  }
  void warn(std::string_view event, std::initializer_list<LogField> fields = {}) {
    write(LogLevel::kWarn, event, fields);
  }
  void error(std::string_view event, std::initializer_list<LogField> fields = {}) {
    write(LogLevel::kError, event, fields);
  }
};

// Drops everything.
class NullLogSink final : public LogSink {
 public:
  void write(LogLevel, std::string_view, std::initializer_list<LogField>) override {}
};

// "trace", "debug", "info", "warn", "error", "off"; false when the name is none of these.
bool parse_log_level(std::string_view name, LogLevel& level);
std::string_view to_string(LogLevel level);

}  // namespace lambdarium
