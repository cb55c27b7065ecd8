// Writes what a simulation decides and how it goes into a RunSink.
//
// The driver's invocation ids carry the slot of the invocation (see invocation_ids.h); a record has
// the plain number. Thread: one at a time. Requires: the sink outlives the recorder.

#pragma once

#include <span>
#include <vector>

#include "emulator/fleet/fleet.h"
#include "emulator/simulated/config.h"
#include "emulator/simulated/result.h"
#include "models/domain/run_record.h"

namespace lambdarium::simulated {

class Recorder {
 public:
  Recorder(RunSink& sink, const SimulationConfig& config,
           const std::vector<RunFunction>& functions);

  void function_set(fleet::FunctionId id, Time now, std::span<const fleet::Effect> effects);
  void event(const fleet::Event& event, Time now, std::span<const fleet::Effect> effects);
  void invocation_charged(const fleet::Effect& charge, Time arrival);
  void invocation_rejected(const fleet::Effect& reject, Time arrival, Time now);
  void environment(const EnvironmentRecord& record) { sink_.environment(record); }
  // Takes samples of what was the case up to `now`.
  void sample(Time now, const fleet::Fleet& fleet) {
    while (next_sample_ < now) take_sample(fleet);
  }
  void finish(const SimulationResult& result);

 private:
  struct Sample {
    Time at;
    std::int64_t total;
    std::int64_t busy;
    std::int64_t idle;
    std::int64_t memory_mb;
    std::int64_t in_flight;
    std::int64_t queued;
  };
  void decisions(std::string_view event, std::string detail, Time now,
                 std::span<const fleet::Effect> effects);
  void take_sample(const fleet::Fleet& fleet);

  RunSink& sink_;
  const std::vector<RunFunction>& functions_;
  // The interval doubles whenever there are too many, so that a run of any length has about a
  // thousand.
  std::vector<Sample> samples_;
  Duration interval_{1s};
  Time next_sample_{};
};

}  // namespace lambdarium::simulated
