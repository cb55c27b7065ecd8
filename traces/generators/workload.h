// A whole trace out of a few parameters: functions of unequal popularity, each with a rhythm,
// durations and memory of its own.
//
// The defaults are fitted to public measurements; workload.cc has each figure with its source.
// Arrivals are made while they are read, in memory that grows with the functions, not with the
// invocations; the number of invocations is exact. The same specification gives the same trace on
// every machine.
//
// Thread: one at a time. On failure: generate_workload() names the parameter that is out of range;
// reading cannot fail.

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "models/base/result.h"
#include "models/base/time.h"
#include "traces/formats/trace_source.h"

namespace lambdarium::traces {

struct WorkloadSpec {
  std::uint64_t seed = 1;
  std::uint32_t functions = 400;
  std::uint64_t invocations = 2'000'000;  // at least one for each function
  Duration span = 24h;

  // Popularity of the function of rank r of N: r^-zipf_exponent * exp(-tail_cut * r / N).
  double zipf_exponent = 1.13;
  double tail_cut = 7.1;

  // Rate over the day: 1 + diurnal_amplitude * cos(2 pi (t - diurnal_peak) / 24 h), from midnight;
  // timers do not follow it.
  double diurnal_amplitude = 0.25;
  Duration diurnal_peak = 13h;

  // Means of the functions are lognormal around the median; popular functions are faster by
  // popularity^-duration_slope.
  Duration duration_median = 1s;
  double duration_sigma = 2.34;
  double duration_slope = 0.2;
  Duration duration_min = 1ms;
  Duration duration_max = 900s;  // the longest that Lambda allows

  std::vector<std::string> names;  // of the functions by rank; the others are f001, f002, …
};

Result<std::unique_ptr<TraceSource>> generate_workload(const WorkloadSpec& spec);

// Two minutes of some hundred short calls over the named functions: a first look that ends soon.
WorkloadSpec short_workload(std::uint64_t seed, std::vector<std::string> names);

}  // namespace lambdarium::traces
