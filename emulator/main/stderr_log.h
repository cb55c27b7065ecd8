// The program's log: one line on stderr for each event, `time level event name=value …`.
//
// Only main() creates one; everything else writes to the LogSink it was handed. The wall time is
// added here, so that nothing below reads a clock.
//
// Thread: any; a line is written with one call, so lines of different threads do not mix.

#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include "models/base/log.h"

namespace lambdarium::commands {

class StderrLogSink final : public LogSink {
 public:
  // Events below `least` are dropped. `color`: the level is painted.
  StderrLogSink(LogLevel least, bool color) : least_(least), color_(color) {}

  void write(LogLevel level, std::string_view event,
             std::initializer_list<LogField> fields) override;

 private:
  LogLevel least_;
  bool color_;
};

// "level event name=value …": values with spaces, quotes or control characters are quoted and
// escaped, so that one event stays one line whatever a handler or a peer put into it.
std::string format_log_line(LogLevel level, std::string_view event,
                            std::initializer_list<LogField> fields, bool color);

}  // namespace lambdarium::commands
