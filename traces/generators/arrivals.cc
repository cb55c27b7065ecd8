#include "traces/generators/arrivals.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "models/base/check.h"
#include "traces/generators/gamma.h"

namespace lambdarium::traces {

Time ArrivalProcess::next(RandomStream& random) {
  const double seconds = start_ + advance(random);
  if (!(seconds < end_)) return kNever;
  return at(from_seconds(seconds));
}

// Seconds from start_; infinity when there is nothing more.
double ArrivalProcess::advance(RandomStream& random) {
  switch (kind_) {
    case Kind::kPoisson:
      return clock_ += random.exponential() / rate_;
    case Kind::kDeterministic:
      // Multiplied, not summed: no drift over millions of periods.
      return clock_ + static_cast<double>(count_++) * period_;
    case Kind::kGamma:
      return clock_ += draw_gamma(random, shape_) / rate_;
    case Kind::kWeibull:
      return clock_ += std::pow(random.exponential(), 1 / shape_) / rate_;
    case Kind::kMmpp:
      return next_mmpp(random);
    case Kind::kDiurnal:
      return next_diurnal(random);
    case Kind::kBatch:
      return next_batch(random);
    case Kind::kTimes:
      return next_time();
    case Kind::kRates:
      return next_stepped(random);
  }
  LAM_CHECK(false, "an arrival process of no kind");
}

double ArrivalProcess::next_mmpp(RandomStream& random) {
  if (state_ends_ < 0) {
    double whole = 0;
    for (const double held : holding_) whole += held;
    double drawn = random.uniform() * whole;
    while (state_ + 1 < holding_.size() && drawn >= holding_[state_]) drawn -= holding_[state_++];
    state_ends_ = random.exponential() * holding_[state_];
  }
  for (;;) {
    // Without memory: a gap that does not fit is thrown away with the state.
    const double rate = rates_[state_];
    const double gap =
        rate > 0 ? random.exponential() / rate : std::numeric_limits<double>::infinity();
    if (clock_ + gap < state_ends_) return clock_ += gap;
    clock_ = state_ends_;
    if (start_ + clock_ > end_) return clock_;
    state_ = (state_ + 1) % rates_.size();
    state_ends_ = clock_ + random.exponential() * holding_[state_];
  }
}

double ArrivalProcess::next_diurnal(RandomStream& random) {
  // Thinning: candidates at the highest rate, each kept with the share of the rate at its time.
  for (;;) {
    clock_ += random.exponential() / (rate_ * (1 + amplitude_));
    const double angle = 2 * std::numbers::pi * (start_ + clock_ - peak_) / period_;
    const double share = (1 + amplitude_ * std::cos(angle)) / (1 + amplitude_);
    if (random.uniform() < share) return clock_;
  }
}

double ArrivalProcess::next_batch(RandomStream& random) {
  if (count_ > 0) {
    --count_;
    return clock_;
  }
  if (period_ > 0) {
    clock_ = static_cast<double>(++state_) * period_;
  } else {
    clock_ += random.exponential() / rate_;
  }
  if (geometric_ && mean_size_ > 1) {
    // 1 + the failures before a success of probability 1 / mean.
    const double failures = std::floor(-random.exponential() / std::log1p(-1 / mean_size_));
    count_ = static_cast<std::uint64_t>(std::min(failures, 1e15));
  } else {
    count_ = static_cast<std::uint64_t>(mean_size_) - 1;
  }
  return clock_;
}

double ArrivalProcess::next_time() {
  if (state_ == rates_.size()) {
    if (!repeats_) return std::numeric_limits<double>::infinity();
    state_ = 0;
    ++count_;
  }
  return rates_[state_++] + static_cast<double>(count_) * period_;
}

double ArrivalProcess::next_stepped(RandomStream& random) {
  for (;;) {
    if (state_ == rates_.size() && repeats_) state_ = 0;
    if (state_ >= rates_.size()) return std::numeric_limits<double>::infinity();
    const double step_end = static_cast<double>(count_ + 1) * period_;
    const double rate = rates_[state_];
    const double gap =
        rate > 0 ? random.exponential() / rate : std::numeric_limits<double>::infinity();
    if (clock_ + gap < step_end) return clock_ += gap;
    clock_ = step_end;
    if (start_ + clock_ > end_) return clock_;
    ++state_;
    ++count_;
  }
}

}  // namespace lambdarium::traces
