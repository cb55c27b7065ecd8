// The platform's lines in a function's log (START, END, REPORT, INIT_START …), in the right place
// among the function's own.
//
// A runtime's answer and its output come over different channels, and the answer may be read first.
// Lines that follow an invocation therefore wait for the end of the loop's turn; so do the START
// lines behind them.
//
// Thread: the loop's. Calls back: what end() was given, last.

#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "emulator/live/log_output.h"
#include "models/base/unique_function.h"
#include "runtime-api/http/event_loop.h"
#include "runtime-api/http/timer.h"

namespace lambdarium::live {

class PlatformLog {
 public:
  PlatformLog(http::EventLoop& loop, LogOutput& output);
  ~PlatformLog();

  // Text that belongs here and now: what a function printed, INIT lines.
  void write(std::string_view function, std::string_view text);
  // Text at the end of this turn, then the callback.
  void defer(std::string_view function, std::string text,
             UniqueFunction<void(std::string_view)> then);

 private:
  struct Deferred {
    std::string function;
    std::string text;
    UniqueFunction<void(std::string_view text)> then;
  };
  void run_deferred();
  void flush_soon();

  http::EventLoop& loop_;
  LogOutput& output_;
  std::vector<Deferred> deferred_;
  http::CoarseTimeout flush_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace lambdarium::live
