// The one thread on which protocols and cores run: sockets, timers, children and posted work
// take turns on it.
//
// - Owns: the libuv loop. Every object that takes an EventLoop& must be destroyed before it.
// - Thread: construct, run and destroy on one thread, the loop thread. Only post() may be called
//   from others.
// - Calls back: always from run() or run_until(), one callback at a time; a callback may call
//   anything here again.
// - On failure: construction aborts the program (no descriptors left at start-up); nothing else
//   fails.

#pragma once

#include <cstdint>
#include <memory>

#include "models/base/time.h"
#include "models/base/unique_function.h"

struct uv_loop_s;  // libuv's, for the files of this folder

namespace lambdarium::http {

class TimeoutWheel;

struct EventLoopOptions {
  // Threads of the pool behind queue_work(), shared with name look-ups. Counts for the first loop
  // of the process only: libuv makes one pool, on first use.
  int pool_threads = 4;
};

class EventLoop {
 public:
  // Also ignores SIGPIPE in this process: a peer that is gone is an error of a write, not a signal.
  explicit EventLoop(EventLoopOptions options = {});
  // Waits for work that is on the pool and for children that were told to die.
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  // Runs until stop(). May be called again afterwards.
  void run();
  // Lets run() return after the callback that is being run. From other threads: post() a call of
  // it.
  void stop();
  // Runs until the condition holds (checked after each turn of the loop) or the limit has passed;
  // says whether it held. For tests, and for waiting at shutdown.
  bool run_until(UniqueFunction<bool()> condition, Duration limit);

  // Nanoseconds of the monotonic clock since this loop was constructed; a fresh reading each time.
  Time now() const;
  // Nanoseconds since 1970 by the wall clock; a fresh reading. For deadlines told to others and for
  // dates.
  std::int64_t unix_ns() const;

  // Runs the function on the loop thread, soon, in order of posting. Any thread. What is posted
  // after the last run() has ended is destroyed without being called.
  void post(UniqueFunction<void()> function);
  // The same from the loop thread itself, without waking anything: runs in the next turn of the
  // loop.
  void defer(UniqueFunction<void()> function);
  // Runs `work` on a thread of the pool, then `done` on the loop thread. `work` must not touch what
  // the loop thread uses meanwhile.
  void queue_work(UniqueFunction<void()> work, UniqueFunction<void()> done);

  // Calls back with SIGINT or SIGTERM each time one arrives, instead of letting it end the process.
  // An empty function restores the default.
  void on_stop_signal(UniqueFunction<void(int signal)> callback);

  uv_loop_s* uv() const;
  TimeoutWheel& timeouts() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace lambdarium::http
