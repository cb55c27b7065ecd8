// What a simulation found, as values. The names are those of `simulate --json`.

#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "emulator/fleet/types.h"
#include "models/base/time.h"
#include "models/billing/bill.h"
#include "traces/formats/trace_source.h"

namespace lambdarium::simulated {

// A distribution's figures, in seconds; percentiles are nearest-rank.
struct Summary {
  std::uint64_t count = 0;
  std::uint64_t positive = 0;  // how many were above zero
  double mean = 0;
  double p50 = 0;
  double p90 = 0;
  double p95 = 0;
  double p99 = 0;
  double p999 = 0;
  double max = 0;
};

struct FunctionResult {
  std::string name;
  std::uint64_t invocations = 0;
  std::uint64_t cold_starts = 0;
  Summary latency;
  billing::Decimal cost;  // without free quantities, which belong to the account
};

struct EnvironmentFigures {
  std::uint64_t started = 0;
  std::uint64_t expired = 0;  // reclaimed by keep-alive
  std::uint64_t evicted = 0;
  std::uint64_t lost = 0;  // ended by a timeout
  std::int64_t peak = 0;
  // Exact means over the measured time. Busy includes those that start.
  double mean_total = 0;
  double mean_busy = 0;
  double mean_idle = 0;
  double mean_life_s = 0;  // of those that ended, from start to end
};

inline constexpr std::size_t kColdCauses = 7;     // by fleet::ColdCause
inline constexpr std::size_t kRejectReasons = 8;  // by fleet::RejectReason

struct SimulationResult {
  std::uint64_t seed = 0;
  std::string config_hash;
  std::vector<std::string> choices;  // describe(config)

  Duration warmup{0};
  Time end;  // the last completion of the run
  // What means over time are taken over: from the warm-up's end to `end`, or to the end of
  // generated arrivals if that is earlier. Totals (memory, cost) go on to `end`.
  double measured_s = 0;
  std::uint64_t simulated = 0;  // invocations in all, the warm-up's too
  // All below leave out what arrived during the warm-up.
  std::uint64_t invocations = 0;  // = completed + throttled + dropped + timed_out + errors
  std::uint64_t completed = 0;
  std::uint64_t throttled = 0;  // turned away at a limit, or out of the queue
  std::uint64_t dropped = 0;    // no memory for it
  std::uint64_t timed_out = 0;
  std::uint64_t errors = 0;
  std::uint64_t cold_starts = 0;
  std::array<std::uint64_t, kColdCauses> cold_causes{};
  std::array<std::uint64_t, kRejectReasons> rejected{};

  // Of completed invocations: latency = queue + init + service.
  Summary latency;
  Summary queue;
  Summary init;  // zero for a warm one
  Summary service;

  EnvironmentFigures environments;
  double memory_gb_s_busy = 0;
  double memory_gb_s_idle = 0;

  std::optional<Duration> slo_target;
  std::uint64_t slo_hits = 0;

  billing::Bill bill;
  std::vector<FunctionResult> functions;
  traces::ReadReport trace;  // broken rows

  // Of invocations that ran, the share that completed within the target.
  double slo_hit_ratio() const {
    const std::uint64_t ran = completed + timed_out + errors;
    return ran == 0 ? 0 : static_cast<double>(slo_hits) / static_cast<double>(ran);
  }
};

}  // namespace lambdarium::simulated
