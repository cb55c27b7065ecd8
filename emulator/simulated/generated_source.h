// Requests of generated functions as a trace: one arrival process and one service-time distribution
// a function, merged.
//
// Every function draws from streams of its own, keyed (seed, purpose, index), and a request's
// service time is drawn at its arrival: two policies see the same requests. Memory does not grow
// with the length of the run. Thread: one at a time.

#pragma once

#include <memory>

#include "emulator/simulated/config.h"
#include "traces/formats/trace_source.h"

namespace lambdarium::simulated {

// Requires: every function of the workload has an arrival process, and a service time of its own or
// from the defaults.
std::unique_ptr<traces::TraceSource> make_generated_source(const SimulationConfig& config);

// The workload of a configuration: its trace, opened, or its generated functions.
Result<std::unique_ptr<traces::TraceSource>> open_workload(const SimulationConfig& config);

}  // namespace lambdarium::simulated
