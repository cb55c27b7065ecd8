// A fleet in virtual time: the emulator's own core, driven by an event queue and timing models
// instead of sockets and processes.
//
//   same instant: completions and starts, then expiries and timeouts, then arrivals; then by
//   sequence
//
// Memory is that of the invocations in flight and of the environments, whatever the length of the
// trace. The same configuration, seed and source give the same result to the last bit.
//
// Thread: one at a time for one simulation; separate ones are independent. On failure:
// kInvalidInput when configuration and workload do not fit together, or what the source answers
// when it cannot be read.

#pragma once

#include "emulator/simulated/config.h"
#include "emulator/simulated/result.h"
#include "models/domain/run_record.h"

namespace lambdarium::simulated {

// Told now and then (every few thousand invocations) how far a simulation is.
class Progress {
 public:
  virtual ~Progress() = default;
  // `expected`: invocations there will be, 0 when that is not known.
  virtual void advanced(std::uint64_t invocations, std::uint64_t expected, Time now) = 0;
};

// `sink` and `progress` may be null. With a sink every invocation, environment and decision is
// recorded, which takes most of the time.
Result<SimulationResult> simulate(const SimulationConfig& config, traces::TraceSource& source,
                                  RunSink* sink = nullptr, Progress* progress = nullptr);

}  // namespace lambdarium::simulated
