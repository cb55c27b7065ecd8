// The loop of virtual time. Private to this folder; simulate.h is the way in.
//
// Three things can be next: a pending completion or start (the heap), what the fleet wants to be
// woken for, and the next arrival of the trace. At the same instant they go in this order. An
// invocation is a slot that is reused when it has ended; its completion is stale, and skipped, if
// the fleet has given the invocation up before (a timeout).
//
// Thread: one at a time. Requires: the arguments outlive the driver.

#pragma once

#include <cstdint>
#include <vector>

#include "emulator/fleet/fleet.h"
#include "emulator/simulated/event_heap.h"
#include "emulator/simulated/recorder.h"
#include "emulator/simulated/simulate.h"
#include "emulator/simulated/statistics.h"

namespace lambdarium::simulated {

class Driver {
 public:
  Driver(const SimulationConfig& config, const std::vector<RunFunction>& functions,
         traces::TraceSource& source, Recorder* recorder, Progress* progress);

  Status run();
  const Statistics& statistics() const { return statistics_; }
  // Writes the environments that are left when the run has ended.
  void record_survivors();

 private:
  struct Invocation {
    Time arrival;
    Duration service{0};
    std::uint64_t ordinal = 0;  // of its function's arrivals: keys the draw of its cold start
    std::uint64_t number = 0;   // 0: free
    fleet::EnvironmentRef environment;
  };
  struct Environment {
    Time started;
    Time ready = kNever;
    Duration first_run{-1};  // what the first request takes, where the draw replaces the service
    fleet::FunctionId function = 0;
    std::uint32_t serial = 0;  // 0: gone
  };

  void add_functions();
  Status refill();
  void arrive(const TraceRecord& record);
  void happen();
  void wake(Time now);
  void step(const fleet::Event& event, Time now);
  void apply(Time now);
  void start(const fleet::Effect& effect, Time now);
  void dispatch(const fleet::Effect& effect, Time now);
  void retire(const fleet::Effect& effect, Time now);
  Duration draw_cold_start(const fleet::Effect& effect);
  std::uint32_t take_slot();
  // Frees the invocation's slot; nothing when it is free already.
  void release(fleet::InvocationId id);

  const SimulationConfig& config_;
  const std::vector<RunFunction>& functions_;
  traces::TraceSource& source_;
  Recorder* recorder_;
  Progress* progress_;

  fleet::Fleet fleet_;
  const fleet::Population& population_;
  Statistics statistics_;
  EventHeap heap_;
  std::vector<fleet::Effect> effects_;
  std::vector<Invocation> invocations_;
  std::vector<std::uint32_t> free_;
  std::size_t live_ = 0;
  std::uint64_t number_ = 0;  // of the last arrival
  std::vector<Environment> environments_;
  std::vector<std::uint64_t> ordinals_;  // arrivals so far, by function
  std::uint64_t provisioned_starts_ = 0;
  bool setting_up_ = false;

  std::vector<TraceRecord> batch_;
  std::size_t batch_size_ = 0;
  std::size_t batch_next_ = 0;
  Time last_arrival_{};
  Time last_wake_{};
  Time now_{};  // of the last event
  std::uint32_t idle_wakes_ = 0;
};

}  // namespace lambdarium::simulated
