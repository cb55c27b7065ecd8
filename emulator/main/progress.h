// How far long work has come, on stderr: a bar with rate and ETA on a terminal, one line every few
// seconds elsewhere, nothing with
// --quiet.
//
// Reads the monotonic clock, at most every few thousand items; nothing decides by it. Thread: one.

#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "emulator/main/context.h"

namespace lambdarium::commands {

class Progress {
 public:
  // `what` is a plural: "records". `expected` is 0 when unknown.
  Progress(const Context& context, std::string what, std::uint64_t expected);
  ~Progress();  // clears the bar
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // How many items are done in all. Cheap enough to be called for every batch.
  void update(std::uint64_t done);

 private:
  using Clock = std::chrono::steady_clock;
  void print(std::uint64_t done, Clock::time_point now);

  bool quiet_;
  bool terminal_;
  std::string what_;
  std::uint64_t expected_;
  Clock::time_point started_;
  Clock::time_point next_;
  bool bar_shown_ = false;
};

}  // namespace lambdarium::commands
