// From names and numbers to an arrival process.

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <optional>

#include <fmt/format.h>

#include "models/base/nearest.h"
#include "traces/generators/arrivals.h"

namespace lambdarium::traces {
namespace {

using Names = std::vector<std::string_view>;

constexpr double kInfinity = std::numeric_limits<double>::infinity();
// Gaps below a nanosecond are not gaps any more.
constexpr double kRateMax = 1e9;
constexpr double kSecondsMax = 4e9;

struct Process {
  std::string_view name;
  Names parameters;  // beside start_s and end_s
};

const std::array<Process, 8>& processes() {
  static const std::array<Process, 8> kProcesses{{
      {"poisson", {"rate_per_s", "mean_s"}},
      {"deterministic", {"rate_per_s", "period_s", "first_s"}},
      {"mmpp", {"rates_per_s", "holding_s"}},
      {"gamma", {"rate_per_s", "mean_s", "cv", "shape"}},
      {"weibull", {"rate_per_s", "mean_s", "scale_s", "shape"}},
      {"diurnal", {"rate_per_s", "amplitude", "period_s", "peak_s"}},
      {"batch", {"rate_per_s", "period_s", "size", "mean_size"}},
      {"schedule", {"times_s", "rates_per_s", "step_s", "period_s", "repeat"}},
  }};
  return kProcesses;
}

struct Bounds {
  double min = 0;
  double max = 0;
  bool min_allowed = true;  // whether min itself is
};
constexpr Bounds kRate{0, kRateMax, false};
constexpr Bounds kRateOrNone{0, kRateMax};
constexpr Bounds kSeconds{0, kSecondsMax};
constexpr Bounds kGap{1e-9, kSecondsMax};

// Reads parameters out of a spec; the first thing that is wrong is kept.
class Reader {
 public:
  explicit Reader(const ArrivalSpec& spec) : spec_(spec) {}

  bool has(std::string_view name) const { return spec_.parameters.contains(name); }

  double number(std::string_view name, Bounds bounds, std::optional<double> otherwise = {}) {
    const std::vector<double>* values = find(name);
    if (values == nullptr) {
      if (!otherwise) fail(fmt::format("{} needs the parameter {}", spec_.process, name));
      return otherwise.value_or(1);
    }
    if (values->size() != 1) {
      fail(fmt::format("{} takes one number, not {}", name, values->size()));
      return 1;
    }
    check(name, values->front(), bounds);
    return values->front();
  }

  std::vector<double> list(std::string_view name, Bounds bounds) {
    const std::vector<double>* values = find(name);
    if (values == nullptr || values->empty()) {
      fail(fmt::format("{} needs {} with at least one number", spec_.process, name));
      return {1};
    }
    for (const double value : *values) check(name, value, bounds);
    return *values;
  }

  // Of two ways to say the same, exactly one.
  bool either(std::string_view first, std::string_view second) {
    if (has(first) == has(second)) {
      fail(fmt::format("{} {} {} or {}{}", spec_.process, has(first) ? "takes" : "needs", first,
                       second, has(first) ? ", not both" : ""));
    }
    return has(first);
  }

  void fail(std::string message) {
    if (!error_) error_ = invalid_input("arrival: " + std::move(message), spec_.where);
  }
  const std::optional<Error>& error() const { return error_; }

 private:
  const std::vector<double>* find(std::string_view name) const {
    const auto found = spec_.parameters.find(name);
    return found == spec_.parameters.end() ? nullptr : &found->second;
  }

  void check(std::string_view name, double value, Bounds bounds) {
    const bool low = bounds.min_allowed ? value >= bounds.min : value > bounds.min;
    if (low && value <= bounds.max) return;
    fail(fmt::format("{} is {}; it must be {} {} and at most {}", name, value,
                     bounds.min_allowed ? "at least" : "above", bounds.min, bounds.max));
  }

  const ArrivalSpec& spec_;
  std::optional<Error> error_;
};

std::optional<Error> unknown_parameter(const ArrivalSpec& spec, const Process& process) {
  Names known = process.parameters;
  known.push_back("start_s");
  known.push_back("end_s");
  for (const auto& [name, values] : spec.parameters) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    return invalid_input(
        unknown_name_message(fmt::format("parameter of {} arrivals", spec.process), name, known),
        spec.where);
  }
  return std::nullopt;
}

double mean_of(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

}  // namespace

// Fills a process, one function for each kind: what it reads is what its line in arrivals.h says.
class ArrivalBuilder {
 public:
  explicit ArrivalBuilder(const ArrivalSpec& spec) : read_(spec) {}

  Result<ArrivalProcess> build(std::string_view name) {
    process_.start_ = read_.number("start_s", kSeconds, 0);
    process_.end_ = read_.number("end_s", {0, kInfinity}, kInfinity);
    if (name == "poisson") poisson();
    if (name == "deterministic") deterministic();
    if (name == "mmpp") mmpp();
    if (name == "gamma") gamma();
    if (name == "weibull") weibull();
    if (name == "diurnal") diurnal();
    if (name == "batch") batch();
    if (name == "schedule") schedule();
    if (read_.error()) return *read_.error();
    return process_;
  }

 private:
  using Kind = ArrivalProcess::Kind;

  // Arrivals a second from rate_per_s or from the mean gap.
  double mean_rate() {
    if (read_.either("rate_per_s", "mean_s")) return read_.number("rate_per_s", kRate);
    return 1 / read_.number("mean_s", kGap);
  }

  void poisson() {
    process_.kind_ = Kind::kPoisson;
    process_.rate_ = process_.mean_rate_ = mean_rate();
  }

  void deterministic() {
    process_.kind_ = Kind::kDeterministic;
    process_.period_ = read_.either("rate_per_s", "period_s")
                           ? 1 / read_.number("rate_per_s", kRate)
                           : read_.number("period_s", kGap);
    process_.clock_ = read_.number("first_s", kSeconds, process_.period_);
    process_.mean_rate_ = 1 / process_.period_;
  }

  void mmpp() {
    process_.kind_ = Kind::kMmpp;
    process_.rates_ = read_.list("rates_per_s", kRateOrNone);
    process_.holding_ = read_.list("holding_s", {1e-6, kSecondsMax});
    if (process_.rates_.size() != process_.holding_.size()) {
      return read_.fail(fmt::format("rates_per_s has {} states, holding_s has {}",
                                    process_.rates_.size(), process_.holding_.size()));
    }
    double calls = 0;
    double whole = 0;
    for (std::size_t i = 0; i < process_.rates_.size(); ++i) {
      calls += process_.rates_[i] * process_.holding_[i];
      whole += process_.holding_[i];
    }
    process_.mean_rate_ = calls / whole;
    if (calls <= 0) read_.fail("rates_per_s has no state with a rate above 0");
  }

  void gamma() {
    process_.kind_ = Kind::kGamma;
    process_.mean_rate_ = mean_rate();
    if (read_.either("cv", "shape")) {
      const double cv = read_.number("cv", {1e-3, 30});
      process_.shape_ = 1 / (cv * cv);
    } else {
      process_.shape_ = read_.number("shape", {1e-3, 1e6});
    }
    process_.rate_ = process_.mean_rate_ * process_.shape_;
  }

  void weibull() {
    process_.kind_ = Kind::kWeibull;
    process_.shape_ = read_.number("shape", {0.05, 1e3});
    const double mean_gap = std::tgamma(1 + 1 / process_.shape_);  // of scale 1
    if (!read_.has("scale_s")) {
      process_.mean_rate_ = mean_rate();
      process_.rate_ = process_.mean_rate_ * mean_gap;
      return;
    }
    if (read_.has("rate_per_s") || read_.has("mean_s")) {
      read_.fail("weibull takes one of rate_per_s, mean_s and scale_s");
    }
    process_.rate_ = 1 / read_.number("scale_s", kGap);
    process_.mean_rate_ = process_.rate_ / mean_gap;
  }

  void diurnal() {
    process_.kind_ = Kind::kDiurnal;
    process_.rate_ = process_.mean_rate_ = read_.number("rate_per_s", kRate);
    process_.amplitude_ = read_.number("amplitude", {0, 1}, 0.5);
    process_.period_ = read_.number("period_s", kGap, 86'400);
    process_.peak_ = read_.number("peak_s", kSeconds, 50'400);
  }

  void batch() {
    process_.kind_ = Kind::kBatch;
    if (read_.either("rate_per_s", "period_s")) {
      process_.rate_ = read_.number("rate_per_s", kRate);
    } else {
      process_.period_ = read_.number("period_s", kGap);
    }
    process_.geometric_ = !read_.either("size", "mean_size");
    process_.mean_size_ = read_.number(process_.geometric_ ? "mean_size" : "size", {1, 1e6});
    if (!process_.geometric_ && process_.mean_size_ != std::floor(process_.mean_size_)) {
      read_.fail(fmt::format("size is {}; it must be a whole number", process_.mean_size_));
    }
    process_.mean_rate_ =
        process_.mean_size_ * (process_.period_ > 0 ? 1 / process_.period_ : process_.rate_);
  }

  void schedule() {
    if (read_.either("times_s", "rates_per_s")) {
      exact_times();
    } else {
      stepped_rates();
    }
  }

  void exact_times() {
    process_.kind_ = Kind::kTimes;
    process_.rates_ = read_.list("times_s", kSeconds);
    std::sort(process_.rates_.begin(), process_.rates_.end());
    if (read_.has("step_s") || read_.has("repeat")) {
      read_.fail("step_s and repeat go with rates_per_s; times_s repeats by period_s");
    }
    process_.repeats_ = read_.has("period_s");
    if (!process_.repeats_) return;
    process_.period_ = read_.number("period_s", kGap);
    process_.mean_rate_ = static_cast<double>(process_.rates_.size()) / process_.period_;
    if (process_.rates_.back() - process_.rates_.front() > process_.period_) {
      read_.fail(
          fmt::format("period_s is {}, shorter than the times it repeats", process_.period_));
    }
  }

  void stepped_rates() {
    process_.kind_ = Kind::kRates;
    process_.rates_ = read_.list("rates_per_s", kRateOrNone);
    process_.period_ = read_.number("step_s", {1e-6, kSecondsMax});
    process_.repeats_ = read_.number("repeat", {0, 1}, 0) != 0;
    process_.mean_rate_ = mean_of(process_.rates_);
    if (process_.mean_rate_ <= 0) read_.fail("rates_per_s has no rate above 0");
    if (read_.has("period_s")) read_.fail("period_s goes with times_s; rates_per_s has step_s");
  }

  Reader read_;
  ArrivalProcess process_;
};

std::span<const std::string_view> known_arrival_processes() {
  static const Names kNames = [] {
    Names names;
    for (const Process& process : processes()) names.push_back(process.name);
    return names;
  }();
  return kNames;
}

Result<ArrivalProcess> make_arrival_process(const ArrivalSpec& spec) {
  const auto& all = processes();
  const auto known = std::find_if(all.begin(), all.end(), [&spec](const Process& process) {
    return process.name == spec.process;
  });
  if (known == all.end()) {
    return invalid_input(
        unknown_name_message("arrival process", spec.process, known_arrival_processes()),
        spec.where);
  }
  if (auto error = unknown_parameter(spec, *known)) return *std::move(error);
  return ArrivalBuilder{spec}.build(spec.process);
}

}  // namespace lambdarium::traces
