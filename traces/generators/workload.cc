// Sources of the figures (all are statistics of published data, none of it is carried here):
//
// - Popularity: Azure Functions Trace 2019, a day of 400 sampled applications (3,924,191 calls). On
// a double logarithmic scale the
//   first 50 ranks fall with slope -1.13; further down they fall faster, as r^-1.13 * exp(-7.1 r /
//   N): that gives 29.7 % of the calls to the first rank (28.2 % in the data), 86 calls to rank 200
//   (79) and 1 to rank 400 (1).
// - Rhythm: the same file's variance-to-mean ratio of calls a minute has the quartiles 1.0, 2.8
// and 13.5; an eight-hour sample of
//   340 functions has 0.8, 1.0 and 1.3, with half of the functions on timers. For independent gaps
//   that ratio is their squared coefficient of variation in the long run, hence four equal classes:
//   0.1 (timers), 1 (Poisson), 2 and 4.
// - Day: hourly means of the 400 applications lie between 0.79 and 1.29 of the day's mean, but for
// one hour of 1.87; the highest
//   are around 13 h.
// - Durations: half of the functions average below 1 s and 96 % below 60 s (M. Shahrad et al.,
// "Serverless in the Wild", USENIX
//   ATC 2020): a lognormal of median 1 s and sigma ln(60) / 1.75 = 2.34. Calls and duration of a
//   function correlate between not at all (400 applications) and with slope -0.38 (340 functions).
//   Within a function, the logarithm's deviation by its quartiles has the median 0.31 (400) and
//   0.44 (340), and nine of ten stay below 1.5 and 2.0.
// - Memory: half of the applications use up to 170 MB, 90 % up to 400 MB (same paper): sigma ln(400
// / 170) / 1.28 = 0.67, taken up
//   to the next of the sizes people choose.
// - Cold starts: 620 configurations of hello-world functions measured on the service in June 2026
// (the public lambda-perf series):
//   median init duration 140 ms, 95th percentile 417 ms: sigma ln(417 / 140) / 1.645 = 0.66.

#include "traces/generators/workload.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <numeric>

#include <fmt/format.h>

#include "models/base/random.h"
#include "traces/generators/gamma.h"

namespace lambdarium::traces {
namespace {

constexpr std::uint32_t kFunctionsMax = 1'000'000;
constexpr std::uint64_t kInvocationsMax = 100'000'000'000;
constexpr Duration kSpanMax = 24h * 3660;

constexpr std::array<double, 4> kGapVariation{0.1, 1, 2, 4};
constexpr double kWithinSigmaMedian = 0.4;
constexpr double kWithinSigmaSpread = 0.8;
constexpr std::array<std::int64_t, 6> kMemorySizesMb{128, 256, 512, 1024, 1769, 3008};
constexpr double kMemoryMedianMb = 170;
constexpr double kMemorySigma = 0.67;
constexpr double kColdStartMedianS = 0.140;
constexpr double kColdStartSigma = 0.66;

// How much of the day's calls has come by a share of the span: piecewise linear, ascending, from 0
// to 1.
class DayShape {
 public:
  DayShape(const WorkloadSpec& spec) : knots_(kPieces + 1) {
    const double day = to_seconds(Duration{24h});
    for (std::size_t i = 0; i < kPieces; ++i) {
      const double share = (static_cast<double>(i) + 0.5) / kPieces;
      const double t = share * to_seconds(spec.span) - to_seconds(spec.diurnal_peak);
      const double rate = 1 + spec.diurnal_amplitude * std::cos(2 * std::numbers::pi * t / day);
      knots_[i + 1] = knots_[i] + std::max(rate, 1e-9);
    }
    const double whole = knots_.back();
    for (double& knot : knots_) knot /= whole;
  }

  // The share of the span at which the share `calls` has come. `piece` is the caller's place, which
  // only goes forward.
  double when(double calls, std::size_t& piece) const {
    while (piece + 1 < kPieces && knots_[piece + 1] <= calls) ++piece;
    const double part = (calls - knots_[piece]) / (knots_[piece + 1] - knots_[piece]);
    return (static_cast<double>(piece) + part) / kPieces;
  }

 private:
  static constexpr std::size_t kPieces = 4096;
  std::vector<double> knots_;
};

// The calls of one function, in order. As many gaps as calls lie on a circle that is cut at a
// random point: no call is more likely at the ends, and a timer gets a random phase. Gaps are drawn
// again from the same stream instead of being kept.
class FunctionCalls {
 public:
  FunctionCalls(const WorkloadSpec& spec, std::uint32_t index, std::uint64_t calls,
                double log_mean_s)
      : calls_(calls),
        left_(calls),
        origin_(spec.seed, "workload/gaps", index),
        gaps_(origin_),
        draws_(spec.seed, "workload/durations", index) {
    RandomStream traits{spec.seed, "workload/rhythm", index};
    const double variation = kGapVariation[traits.below(kGapVariation.size())];
    shape_ = 1 / (variation * variation);
    timer_ = variation < 1;
    const double spread = kWithinSigmaSpread * traits.normal();
    sigma_ = std::clamp(kWithinSigmaMedian * std::exp(spread), 0.0, 1.5);
    mu_ = log_mean_s - sigma_ * sigma_ / 2;

    RandomStream ahead = origin_;
    for (std::uint64_t i = 0; i < calls; ++i) whole_ += gap(ahead);
    const double cut = traits.uniform() * whole_;
    double sum = 0;
    while (drawn_ < calls && (drawn_ == 0 || sum <= cut)) {
      sum += gap(gaps_);
      ++drawn_;
    }
    passed_ = std::max(0.0, sum - cut);
    if (!(whole_ > 0)) whole_ = 1;
  }

  bool done() const { return left_ == 0; }

  // Requires: not done().
  Time arrival(const DayShape& day, Duration span) {
    const double calls = std::min(passed_ / whole_, 1.0);
    const double share = timer_ ? calls : day.when(calls, piece_);
    const auto ns = static_cast<std::int64_t>(share * static_cast<double>(span.count()));
    return at(std::clamp(Duration{ns}, Duration{0}, span - 1ns));
  }
  Duration draw_duration(const WorkloadSpec& spec) {
    return std::clamp(from_seconds(std::exp(mu_ + sigma_ * draws_.normal())), spec.duration_min,
                      spec.duration_max);
  }
  void advance() {
    if (--left_ == 0) return;
    if (drawn_ == calls_) {
      gaps_ = origin_;
      drawn_ = 0;
    }
    passed_ += gap(gaps_);
    ++drawn_;
  }

 private:
  double gap(RandomStream& random) const {
    return shape_ == 1 ? random.exponential() : draw_gamma(random, shape_);
  }

  std::uint64_t calls_;
  std::uint64_t left_;
  RandomStream origin_;
  RandomStream gaps_;
  RandomStream draws_;
  double shape_ = 1;
  bool timer_ = false;
  double mu_ = 0;
  double sigma_ = 0;
  std::uint64_t drawn_ = 0;  // gaps since the origin
  double whole_ = 0;
  double passed_ = 0;
  std::size_t piece_ = 0;
};

// How many calls each rank gets: shares rounded down, at least one, and the rest by largest
// remainder.
std::vector<std::uint64_t> split_calls(const WorkloadSpec& spec,
                                       const std::vector<double>& weights) {
  const double whole = std::accumulate(weights.begin(), weights.end(), 0.0);
  const auto spare = static_cast<double>(spec.invocations - weights.size());
  std::vector<std::uint64_t> calls(weights.size());
  std::vector<std::size_t> order(weights.size());
  std::vector<double> rest(weights.size());
  std::uint64_t given = 0;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const double share = spare * weights[i] / whole;
    calls[i] = 1 + static_cast<std::uint64_t>(share);
    rest[i] = share - std::floor(share);
    order[i] = i;
    given += calls[i];
  }
  std::stable_sort(order.begin(), order.end(),
                   [&rest](std::size_t a, std::size_t b) { return rest[a] > rest[b]; });
  for (std::size_t i = 0; given < spec.invocations; ++i, ++given) ++calls[order[i % order.size()]];
  for (std::size_t i = 0; given > spec.invocations; i = (i + 1) % calls.size()) {
    if (calls[i] > 1) --calls[i], --given;
  }
  return calls;
}

std::vector<double> popularity(const WorkloadSpec& spec) {
  std::vector<double> weights(spec.functions);
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const auto rank = static_cast<double>(i + 1);
    weights[i] = std::pow(rank, -spec.zipf_exponent) *
                 std::exp(-spec.tail_cut * rank / static_cast<double>(spec.functions));
  }
  return weights;
}

class WorkloadSource final : public TraceSource {
 public:
  explicit WorkloadSource(const WorkloadSpec& spec) : spec_(spec), day_(spec) {
    const std::vector<double> weights = popularity(spec);
    const std::vector<std::uint64_t> counts = split_calls(spec, weights);
    double log_mean = 0;
    for (const double weight : weights) log_mean += std::log(weight) / spec.functions;
    for (std::uint32_t i = 0; i < spec.functions; ++i) {
      add_function(i, counts[i], std::log(weights[i]) - log_mean);
    }
    report_.rows = spec.invocations;
    std::make_heap(heap_.begin(), heap_.end(), later);
  }

  Result<std::size_t> read(std::span<TraceRecord> out) override {
    std::size_t count = 0;
    for (; count < out.size() && !heap_.empty(); ++count) {
      std::pop_heap(heap_.begin(), heap_.end(), later);
      Pending& next = heap_.back();
      FunctionCalls& calls = calls_[next.function];
      out[count] = {.arrival = next.arrival,
                    .duration = calls.draw_duration(spec_),
                    .function = next.function};
      calls.advance();
      if (calls.done()) {
        heap_.pop_back();
      } else {
        next.arrival = calls.arrival(day_, spec_.span);
        std::push_heap(heap_.begin(), heap_.end(), later);
      }
    }
    return count;
  }

  const std::vector<TraceFunction>& functions() const override { return functions_; }
  const ReadReport& report() const override { return report_; }
  std::uint64_t expected_records() const override { return spec_.invocations; }

 private:
  struct Pending {
    Time arrival;
    std::uint32_t function;
  };
  static bool later(const Pending& a, const Pending& b) {
    return a.arrival != b.arrival ? a.arrival > b.arrival : a.function > b.function;
  }

  void add_function(std::uint32_t index, std::uint64_t count, double log_popularity) {
    RandomStream traits{spec_.seed, "workload/function", index};
    TraceFunction function;
    function.name =
        index < spec_.names.size() ? spec_.names[index] : fmt::format("f{:03}", index + 1);
    const double memory = kMemoryMedianMb * std::exp(kMemorySigma * traits.normal());
    function.memory_mb = kMemorySizesMb.back();
    for (auto size = kMemorySizesMb.rbegin(); size != kMemorySizesMb.rend(); ++size) {
      if (static_cast<double>(*size) >= memory) function.memory_mb = *size;
    }
    function.cold_start =
        from_seconds(kColdStartMedianS * std::exp(kColdStartSigma * traits.normal()));
    functions_.push_back(std::move(function));
    const double log_mean_s = std::log(to_seconds(spec_.duration_median)) -
                              spec_.duration_slope * log_popularity +
                              spec_.duration_sigma * traits.normal();
    calls_.emplace_back(spec_, index, count, log_mean_s);
    heap_.push_back({calls_.back().arrival(day_, spec_.span), index});
  }

  WorkloadSpec spec_;
  DayShape day_;
  std::vector<TraceFunction> functions_;
  std::vector<FunctionCalls> calls_;
  std::vector<Pending> heap_;  // the next call of each function that has one
  ReadReport report_;
};

Status check(const WorkloadSpec& spec) {
  const auto wrong = [](std::string_view what, const auto& value, std::string_view right) {
    return invalid_input(fmt::format("{} is {}; it must be {}", what, value, right));
  };
  if (spec.functions < 1 || spec.functions > kFunctionsMax) {
    return wrong("functions", spec.functions, "from 1 to 1000000");
  }
  if (spec.invocations < spec.functions || spec.invocations > kInvocationsMax) {
    return wrong("invocations", spec.invocations,
                 fmt::format("from the number of functions, {}, to 100000000000", spec.functions));
  }
  if (spec.span < 1ms || spec.span > kSpanMax) {
    return wrong("duration", fmt::format("{} s", to_seconds(spec.span)),
                 "from 0.001 s to ten years");
  }
  if (!(spec.zipf_exponent >= 0 && spec.zipf_exponent <= 10)) {
    return wrong("the Zipf exponent", spec.zipf_exponent, "from 0 to 10");
  }
  if (!(spec.tail_cut >= 0 && spec.tail_cut <= 100)) {
    return wrong("tail_cut", spec.tail_cut, "from 0 to 100");
  }
  if (!(spec.diurnal_amplitude >= 0 && spec.diurnal_amplitude <= 1)) {
    return wrong("the diurnal amplitude", spec.diurnal_amplitude, "from 0 to 1");
  }
  if (!(spec.duration_sigma >= 0 && spec.duration_sigma <= 10) ||
      !(spec.duration_slope >= 0 && spec.duration_slope <= 2)) {
    return invalid_input("duration_sigma must be from 0 to 10 and duration_slope from 0 to 2");
  }
  if (spec.duration_median <= Duration::zero() || spec.duration_min < Duration::zero() ||
      spec.duration_max < spec.duration_min || spec.duration_max > 24h * 365) {
    return invalid_input("durations must be positive, the longest at least the shortest");
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<TraceSource>> generate_workload(const WorkloadSpec& spec) {
  LAM_TRY_STATUS(check(spec));
  return std::unique_ptr<TraceSource>{std::make_unique<WorkloadSource>(spec)};
}

WorkloadSpec short_workload(std::uint64_t seed, std::vector<std::string> names) {
  WorkloadSpec spec;
  spec.seed = seed;
  spec.functions = static_cast<std::uint32_t>(names.size());
  spec.invocations = 200 * names.size();
  spec.span = 120s;
  // Few functions: all should be seen, and none should keep the machine busy for long.
  spec.zipf_exponent = 0.7;
  spec.tail_cut = 0;
  spec.duration_median = 40ms;
  spec.duration_sigma = 0.7;
  spec.duration_max = 1s;
  spec.names = std::move(names);
  return spec;
}

}  // namespace lambdarium::traces
