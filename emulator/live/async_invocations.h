// Asynchronous invocations (InvocationType Event): accepted at once, then run, and run again when
// they fail.
//
// AWS's rules: after a function error two more attempts, one and two minutes later; after a
// throttle another try after one second, doubled up to five minutes, until the event is six hours
// old. The request id stays the same. `time_scale` divides the waits.
//
// Owns: the events under way, in memory: they end with the program. Thread: the loop's.

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "emulator/live/fleet_driver.h"
#include "models/base/log.h"
#include "runtime-api/http/event_loop.h"
#include "runtime-api/http/timer.h"

namespace lambdarium::live {

class AsyncInvocations {
 public:
  AsyncInvocations(http::EventLoop& loop, FleetDriver& driver, LogSink& log, double time_scale = 1);

  // `order.done` is not used. Events waiting or running are bounded: false when there are too many.
  [[nodiscard]] bool accept(Order order);

 private:
  struct Event {
    Order order;  // a copy of it is submitted for each attempt
    Time accepted;
    Time due;
    std::int64_t order_of_arrival = 0;
    int failures = 0;
    int throttles = 0;
  };
  void attempt(std::unique_ptr<Event> event);
  void completed(std::unique_ptr<Event> event, const Completion& completion);
  void retry(std::unique_ptr<Event> event, Duration wait);
  void run_due(Time now);

  http::EventLoop& loop_;
  FleetDriver& driver_;
  LogSink& log_;
  double time_scale_;
  std::int64_t accepted_ = 0;
  std::int64_t under_way_ = 0;
  std::vector<std::unique_ptr<Event>> waiting_;  // a heap by due time
  http::DeadlineTimer timer_;
};

}  // namespace lambdarium::live
