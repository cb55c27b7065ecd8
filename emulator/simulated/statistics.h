// The figures of a run while it runs: counts, percentiles and exact time integrals. What arrives,
// and the time that passes, before the warm-up's end is in none of them.
//
// What happens for each event is defined here, so that it is inlined into the driver.

#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "emulator/fleet/fleet.h"
#include "emulator/simulated/config.h"
#include "emulator/simulated/result.h"
#include "models/base/quantiles.h"
#include "models/billing/lambda_meter.h"

namespace lambdarium::simulated {

// Percentiles of values that are mostly zero (waiting times, cold starts): zeros are only counted.
class SparseQuantiles {
 public:
  void add(Duration value) {
    if (value <= Duration::zero()) {
      ++zeros_;
    } else {
      positive_.add(value);
    }
  }
  Summary summary() const;

 private:
  double quantile(double p) const;

  std::uint64_t zeros_ = 0;
  Quantiles positive_;
};

Summary summarize(const Quantiles& quantiles);

// Integrals of the population over time, in environment·ns and MB·ns.
struct Integrals {
  __extension__ using Wide = __int128;
  Wide total = 0;
  Wide idle = 0;
  Wide memory = 0;
  Wide idle_memory = 0;

  void add(const fleet::Population& p, std::int64_t ns) {
    total += static_cast<Wide>(p.total) * ns;
    idle += static_cast<Wide>(p.idle) * ns;
    memory += static_cast<Wide>(p.memory_mb) * ns;
    idle_memory += static_cast<Wide>(p.idle_memory_mb) * ns;
  }
};

class Statistics {
 public:
  Statistics(const SimulationConfig& config, const std::vector<RunFunction>& functions);

  // Time passes to `now` with the population as it is.
  void advance(Time now, const fleet::Population& population) {
    if (now <= last_) return;
    // The run ends with its last completion: what comes after it counts only if another one
    // follows.
    if (!kept_) {
      at_last_end_ = integrals_;
      kept_ = true;
    }
    if (now > horizon_ && last_ <= horizon_) [[unlikely]] {
      at_horizon_ = integrals_;
      at_horizon_.add(population, (horizon_ - last_).count());
    }
    integrals_.add(population, (now - last_).count());
    if (population.total > peak_) peak_ = population.total;
    last_ = now;
  }

  void arrived(std::uint32_t function, Time now) {
    ++simulated_;
    if (now < warm_from_) return;
    ++invocations_;
    ++functions_[function].invocations;
  }

  // An invocation that ran has ended now.
  void charged(const fleet::Effect& charge, Time arrival, Time now) {
    end_ = now;
    kept_ = false;
    if (arrival < warm_from_) return;
    PerFunction& f = functions_[charge.function];
    f.meter.add_invocation({.architecture = architecture_,
                            .memory_mb = charge.memory_mb,
                            .billed_ms = charge.billed_ms,
                            .provisioned = charge.provisioned});
    if (charge.outcome != fleet::Outcome::kOk) {
      ++(charge.outcome == fleet::Outcome::kTimedOut ? timed_out_ : errors_);
      return;
    }
    const Duration latency = now - arrival;
    latency_.add(latency);
    service_.add(charge.run);
    queue_.add(charge.queued);
    init_.add(charge.init);
    f.latency.add(latency);
    if (latency <= slo_) ++slo_hits_;
  }

  void rejected(const fleet::Effect& reject, Time arrival);
  void started(Time now, const fleet::Population& population);
  // An environment was started for an invocation that arrived then.
  void cold(const fleet::Effect& start, Time arrival);
  void retired(const fleet::Effect& retire, Time started, Time now);

  Result<SimulationResult> finish(const SimulationConfig& config,
                                  const std::vector<RunFunction>& functions) const;
  std::uint64_t simulated() const { return simulated_; }

 private:
  struct PerFunction {
    PerFunction(int sub_bits, std::size_t exact) : latency(sub_bits, exact) {}
    std::uint64_t invocations = 0;
    std::uint64_t cold_starts = 0;
    billing::LambdaMeter meter;
    Quantiles latency;
  };

  void finish_environments(SimulationResult& result) const;
  Status finish_bill(const SimulationConfig& config, const std::vector<RunFunction>& functions,
                     SimulationResult& result) const;

  Time warm_from_;
  Time last_;
  Time end_;      // the last completion
  Time horizon_;  // means over time end here at the latest
  Duration slo_;
  billing::Architecture architecture_;
  bool kept_ = false;
  Integrals integrals_;
  Integrals at_last_end_;
  Integrals at_horizon_;
  std::int64_t peak_ = 0;

  std::uint64_t simulated_ = 0;
  std::uint64_t invocations_ = 0;
  std::uint64_t timed_out_ = 0;
  std::uint64_t errors_ = 0;
  std::uint64_t slo_hits_ = 0;
  Quantiles latency_;
  Quantiles service_;
  SparseQuantiles queue_;
  SparseQuantiles init_;
  std::vector<PerFunction> functions_;

  std::uint64_t started_ = 0;
  std::uint64_t ended_ = 0;
  Integrals::Wide life_ns_ = 0;
  std::array<std::uint64_t, 8> retired_{};  // by RetireReason
  std::array<std::uint64_t, kColdCauses> cold_causes_{};
  std::array<std::uint64_t, kRejectReasons> rejected_{};
};

}  // namespace lambdarium::simulated
