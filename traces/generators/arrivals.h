// Arrival processes by name: when the requests of one function come.
//
// A process is a value: copy it to start again from where it stands. It draws only from the stream
// it is handed, so two processes with equal parameters and equal streams give equal arrivals.
//
//   poisson        rate_per_s
//   deterministic  rate_per_s or period_s; first_s (default: one period)
//   gamma          rate_per_s (or mean_s), and cv or shape      independent gamma gaps
//   weibull        rate_per_s (or mean_s or scale_s), shape     independent Weibull gaps
//   mmpp           rates_per_s [..], holding_s [..]             Poisson whose rate changes state,
//   each held exponentially long;
//                                                               states follow in a circle, the
//                                                               first is drawn by its share
//   diurnal        rate_per_s (mean), amplitude 0..1, period_s (86400), peak_s (50400)   Poisson
//   with a sinusoidal rate batch          rate_per_s (batches) or period_s, and size or mean_size
//   (geometric, at least 1) schedule       times_s [..] (exact instants), or rates_per_s [..] with
//   step_s: Poisson, the rate changes every step_s;
//                  period_s (times) or repeat: 1 (rates) starts over
//
// All take start_s (0: nothing arrives before) and end_s (nothing arrives at or after it).

#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "models/base/random.h"
#include "models/base/result.h"
#include "models/base/time.h"

namespace lambdarium::traces {

class ArrivalBuilder;  // of arrival_spec.cc

// A process as a configuration names it. A plain number is a list of one.
struct ArrivalSpec {
  std::string process;
  std::map<std::string, std::vector<double>, std::less<>> parameters;
  SourceMark where;  // goes into the error messages
};

std::span<const std::string_view> known_arrival_processes();

class ArrivalProcess {
 public:
  // The instant of the next arrival, never before the previous one; kNever when there are no more.
  Time next(RandomStream& random);

  // Mean arrivals a second over a long time; 0 for a schedule of exact times that does not repeat.
  double mean_rate_per_s() const { return mean_rate_; }

 private:
  friend class ArrivalBuilder;
  enum class Kind : std::uint8_t {
    kPoisson,
    kDeterministic,
    kGamma,
    kWeibull,
    kMmpp,
    kDiurnal,
    kBatch,
    kTimes,
    kRates,
  };

  double advance(RandomStream& random);
  double next_mmpp(RandomStream& random);
  double next_diurnal(RandomStream& random);
  double next_batch(RandomStream& random);
  double next_time();
  double next_stepped(RandomStream& random);

  Kind kind_ = Kind::kPoisson;
  double start_ = 0;
  double end_ = 0;  // seconds; infinity without an end
  double mean_rate_ = 0;
  double clock_ = 0;  // seconds from start_, of the last arrival
  double rate_ = 0;   // 1 / scale of the gaps
  double shape_ = 1;
  double period_ = 0;
  double amplitude_ = 0;
  double peak_ = 0;
  double mean_size_ = 1;
  bool geometric_ = false;
  bool repeats_ = false;
  std::uint64_t count_ = 0;    // arrivals so far, or what is left of a batch
  std::uint64_t state_ = 0;    // of a modulated process, or the place in a list
  double state_ends_ = -1;     // below zero: not started
  std::vector<double> rates_;  // or exact times
  std::vector<double> holding_;
};

// The error names the unknown process or parameter and the nearest known one, or the value that is
// out of range.
Result<ArrivalProcess> make_arrival_process(const ArrivalSpec& spec);

}  // namespace lambdarium::traces
