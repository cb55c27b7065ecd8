// Two kinds of timer. DeadlineTimer: exact to some tens of microseconds, for the head of a queue
// of one's own (batch windows, a core's "wake me at"). CoarseTimeout: cheap and late by up to
// two ticks, for the thousands of "this peer is too slow".
//
// - Owns: nothing but its registration; destroying either disarms it, also from inside its own
//   callback.
// - Thread: the loop's.
// - Calls back: once per arming, last, and never from inside arm(), set() or a destructor.

#pragma once

#include <cstdint>
#include <memory>

#include "models/base/time.h"
#include "models/base/unique_function.h"
#include "runtime-api/http/event_loop.h"

namespace lambdarium::http {

// One timerfd under the loop, since libuv's own timers count whole milliseconds.
class DeadlineTimer {
 public:
  // `on_due` is handed a fresh now(), which is at or after the armed time.
  DeadlineTimer(EventLoop& loop, UniqueFunction<void(Time now)> on_due);
  ~DeadlineTimer();
  DeadlineTimer(const DeadlineTimer&) = delete;
  DeadlineTimer& operator=(const DeadlineTimer&) = delete;

  // Replaces what was armed. A time in the past is due at once (in the next turn of the loop).
  // Moving the time later, and disarming, cost no system call: the descriptor fires at the old time
  // and is set again.
  void arm(Time at);
  void disarm();
  // kNever when disarmed.
  Time armed_for() const;

 private:
  struct Impl;
  Impl* impl_;  // freed in libuv's close callback
};

// A member of the loop's timing wheel.
class CoarseTimeout {
 public:
  static constexpr Duration kTick = 100ms;

  CoarseTimeout(EventLoop& loop, UniqueFunction<void()> on_timeout);
  ~CoarseTimeout();
  CoarseTimeout(const CoarseTimeout&) = delete;
  CoarseTimeout& operator=(const CoarseTimeout&) = delete;

  // Due between `after` and `after` + two ticks from now; kForever is the same as clear(). Costs a
  // few instructions, never a system call.
  void set(Duration after);
  void clear() { due_tick_ = kNotSet; }
  bool is_set() const { return due_tick_ != kNotSet; }

 private:
  friend class TimeoutWheel;
  static constexpr std::uint64_t kNotSet = UINT64_MAX;

  TimeoutWheel& wheel_;
  UniqueFunction<void()> on_timeout_;
  std::uint64_t due_tick_ = kNotSet;
  std::uint64_t linked_tick_ = kNotSet;  // the slot it is linked in, at or before due_tick_
  CoarseTimeout* next_ = nullptr;
  CoarseTimeout** back_ = nullptr;  // what points at this one; null when it is in no slot
};

}  // namespace lambdarium::http
