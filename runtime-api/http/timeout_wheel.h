// The timing wheel behind CoarseTimeout: one libuv timer for all of them, running only while one is
// linked.
//
// A timeout that moves later stays in its slot and is moved when the slot comes up, so that a
// connection which sets its timeout with every request costs two stores.

#pragma once

#include <uv.h>

#include <array>
#include <cstdint>

#include "runtime-api/http/timer.h"

namespace lambdarium::http {

class TimeoutWheel {
 public:
  explicit TimeoutWheel(uv_loop_t* loop);
  TimeoutWheel(const TimeoutWheel&) = delete;
  TimeoutWheel& operator=(const TimeoutWheel&) = delete;

  void set(CoarseTimeout& timeout, Duration after);
  // Before a timeout's memory goes.
  void forget(CoarseTimeout& timeout);
  // Closes the libuv timer. Timeouts may still be forgotten afterwards, not set.
  void close();

 private:
  static constexpr std::size_t kSlots = 1024;

  std::uint64_t current_tick() const;
  void link(CoarseTimeout& timeout, std::uint64_t tick);
  void unlink(CoarseTimeout& timeout);
  void on_tick();
  void visit_slot(std::uint64_t tick);

  uv_loop_t* loop_;
  uv_timer_t ticker_;
  std::uint64_t last_tick_ = 0;  // all slots up to it have been visited
  std::size_t linked_ = 0;
  std::array<CoarseTimeout*, kSlots> slots_{};
  CoarseTimeout* due_ = nullptr;      // the slot that is being visited
  CoarseTimeout* running_ = nullptr;  // whose callback runs; null once it was destroyed from there
};

}  // namespace lambdarium::http
