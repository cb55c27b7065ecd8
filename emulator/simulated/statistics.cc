#include "emulator/simulated/statistics.h"

#include <algorithm>
#include <cmath>

namespace lambdarium::simulated {
namespace {

// A function's own percentiles are coarser the more functions there are, so that their tables stay
// in the cache and in memory.
int sub_bits_for(std::size_t functions) {
  return functions <= 64 ? 8 : functions <= 4096 ? 6 : 4;
}
std::size_t exact_for(std::size_t functions) {
  return functions <= 64 ? 16'384 : functions <= 4096 ? 512 : 64;
}

double seconds(Integrals::Wide ns) {
  return static_cast<double>(ns) * 1e-9;
}

// MB·ns as GB·s, a GB being 1024 MB.
double gb_seconds(Integrals::Wide mb_ns) {
  return static_cast<double>(mb_ns) * 1e-9 / 1024;
}

bool is_drop(fleet::RejectReason reason) {
  return reason == fleet::RejectReason::kNoMemory ||
         reason == fleet::RejectReason::kFunctionRemoved;
}

}  // namespace

double SparseQuantiles::quantile(double p) const {
  const std::uint64_t count = zeros_ + positive_.count();
  const auto rank = static_cast<std::uint64_t>(std::ceil(p * static_cast<double>(count)));
  if (rank <= zeros_) return 0;
  // Half a rank less, so that rounding cannot lift it to the next one.
  const double within = static_cast<double>(rank - zeros_) - 0.5;
  return to_seconds(positive_.quantile(within / static_cast<double>(positive_.count())));
}

Summary SparseQuantiles::summary() const {
  Summary s;
  s.count = zeros_ + positive_.count();
  s.positive = positive_.count();
  if (s.count == 0) return s;
  s.mean =
      positive_.mean_seconds() * static_cast<double>(s.positive) / static_cast<double>(s.count);
  s.p50 = quantile(0.5);
  s.p90 = quantile(0.9);
  s.p95 = quantile(0.95);
  s.p99 = quantile(0.99);
  s.p999 = quantile(0.999);
  s.max = to_seconds(positive_.max());
  return s;
}

Summary summarize(const Quantiles& quantiles) {
  Summary s;
  s.count = s.positive = quantiles.count();
  s.mean = quantiles.mean_seconds();
  s.p50 = to_seconds(quantiles.quantile(0.5));
  s.p90 = to_seconds(quantiles.quantile(0.9));
  s.p95 = to_seconds(quantiles.quantile(0.95));
  s.p99 = to_seconds(quantiles.quantile(0.99));
  s.p999 = to_seconds(quantiles.quantile(0.999));
  s.max = to_seconds(quantiles.max());
  return s;
}

Statistics::Statistics(const SimulationConfig& config, const std::vector<RunFunction>& functions)
    : warm_from_(at(config.warmup)),
      last_(at(config.warmup)),
      end_(at(config.warmup)),
      horizon_(is_generated(config) ? at(std::max(config.duration, config.warmup)) : kNever),
      slo_(config.slo_latency.value_or(kForever)),
      architecture_(config.platform.billing.architecture) {
  functions_.reserve(functions.size());
  for (std::size_t i = 0; i < functions.size(); ++i) {
    functions_.emplace_back(sub_bits_for(functions.size()), exact_for(functions.size()));
  }
}

void Statistics::rejected(const fleet::Effect& reject, Time arrival) {
  if (arrival >= warm_from_) ++rejected_[static_cast<std::size_t>(reject.reject)];
}

void Statistics::started(Time now, const fleet::Population& population) {
  if (now < warm_from_) return;
  ++started_;
  peak_ = std::max(peak_, population.total);
}

void Statistics::cold(const fleet::Effect& start, Time arrival) {
  if (arrival < warm_from_) return;
  ++cold_causes_[static_cast<std::size_t>(start.cause)];
  ++functions_[start.function].cold_starts;
}

void Statistics::retired(const fleet::Effect& retire, Time started, Time now) {
  if (now < warm_from_) return;
  ++retired_[static_cast<std::size_t>(retire.retire)];
  ++ended_;
  life_ns_ += (now - started).count();
}

Result<SimulationResult> Statistics::finish(const SimulationConfig& config,
                                            const std::vector<RunFunction>& functions) const {
  SimulationResult r;
  r.seed = config.seed;
  r.config_hash = config_hash(config);
  r.choices = describe(config);
  r.warmup = config.warmup;
  r.end = end_;
  r.simulated = simulated_;
  r.invocations = invocations_;
  r.completed = latency_.count();
  r.timed_out = timed_out_;
  r.errors = errors_;
  r.cold_causes = cold_causes_;
  r.rejected = rejected_;
  for (const std::uint64_t n : cold_causes_) r.cold_starts += n;
  for (std::size_t i = 0; i < kRejectReasons; ++i) {
    (is_drop(static_cast<fleet::RejectReason>(i)) ? r.dropped : r.throttled) += rejected_[i];
  }
  r.latency = summarize(latency_);
  r.service = summarize(service_);
  r.queue = queue_.summary();
  r.init = init_.summary();
  r.slo_target = config.slo_latency;
  r.slo_hits = slo_hits_;
  finish_environments(r);
  LAM_TRY_STATUS(finish_bill(config, functions, r));
  return r;
}

void Statistics::finish_environments(SimulationResult& result) const {
  const Integrals& sums = kept_ ? at_last_end_ : integrals_;
  EnvironmentFigures& e = result.environments;
  e.started = started_;
  e.expired = retired_[static_cast<std::size_t>(fleet::RetireReason::kExpired)];
  e.evicted = retired_[static_cast<std::size_t>(fleet::RetireReason::kEvicted)];
  e.lost = ended_ - e.expired - e.evicted;
  e.peak = peak_;
  // What is still running when generated arrivals stop would draw the means down.
  const Integrals& means = end_ > horizon_ ? at_horizon_ : sums;
  result.measured_s = to_seconds(std::min(end_, horizon_) - warm_from_);
  if (result.measured_s > 0) {
    e.mean_total = seconds(means.total) / result.measured_s;
    e.mean_idle = seconds(means.idle) / result.measured_s;
    e.mean_busy = seconds(means.total - means.idle) / result.measured_s;
  }
  if (ended_ > 0) e.mean_life_s = seconds(life_ns_) / static_cast<double>(ended_);
  result.memory_gb_s_busy = gb_seconds(sums.memory - sums.idle_memory);
  result.memory_gb_s_idle = gb_seconds(sums.idle_memory);
}

Status Statistics::finish_bill(const SimulationConfig& config,
                               const std::vector<RunFunction>& functions,
                               SimulationResult& result) const {
  const BillingConfig& settings = config.platform.billing;
  std::shared_ptr<const billing::Catalogue> catalogue = settings.loaded;
  if (catalogue == nullptr) {
    LAM_TRY(billing::Catalogue built_in, billing::Catalogue::built_in(settings.catalog));
    built_in.set_as_of(settings.as_of);
    catalogue = std::make_shared<const billing::Catalogue>(std::move(built_in));
  }
  billing::LambdaMeter all;
  result.functions.reserve(functions.size());
  for (std::size_t i = 0; i < functions.size(); ++i) {
    const PerFunction& f = functions_[i];
    billing::LambdaMeter meter = f.meter;
    const auto& own = functions[i].settings;
    if (own.provisioned_concurrency > 0 && end_ > warm_from_) {
      meter.add_provisioned(settings.architecture, own.memory_mb, own.provisioned_concurrency,
                            end_ - warm_from_);
    }
    LAM_TRY(const billing::Bill bill, meter.bill(*catalogue));
    all.merge(meter);
    result.functions.push_back({.name = functions[i].name,
                                .invocations = f.invocations,
                                .cold_starts = f.cold_starts,
                                .latency = summarize(f.latency),
                                .cost = bill.total()});
  }
  LAM_TRY(result.bill, all.bill(*catalogue, {.free_tier = settings.free_tier}));
  return result.bill.check();
}

}  // namespace lambdarium::simulated
