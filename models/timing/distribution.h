// How long something takes, as a value that can be drawn from.
//
// A Distribution is small, copied freely and drawn from without allocation or virtual call; the
// tables of `empirical` and `percentiles` are shared between copies. Every draw is a Duration of
// zero or more. The same stream gives the same draws.
//
// Configuration readers fill a DistributionSpec from whatever they read (YAML, JSON, a case file)
// and call make_distribution, which checks every name and every range.
//
// Thread: any; a Distribution is immutable.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "models/base/random.h"
#include "models/base/result.h"
#include "models/base/time.h"

namespace lambdarium {

// A distribution as the user wrote it: `{distribution: lognormal, mean_s: 0.2, cv: 0.5}`.
struct DistributionSpec {
  struct Number {
    std::string name;
    double value = 0;
  };
  struct List {
    std::string name;
    std::vector<double> values;
  };
  struct Table {
    std::string name;
    std::vector<std::pair<double, double>> points;  // in any order
  };

  std::string name;             // exponential, lognormal, …
  std::vector<Number> numbers;  // scalar parameters: mean_s, cv, …
  std::vector<List> lists;      // values_s
  std::vector<Table> tables;    // points: percentile (0 to 100) to seconds
  SourceMark where;             // put into every error
};

// The names make_distribution knows, in the order of the documentation.
const std::vector<std::string_view>& known_distributions();

class Distribution {
 public:
  enum class Kind : std::uint8_t {
    kConstant,
    kUniform,
    kExponential,
    kLognormal,
    kGamma,  // and erlang
    kWeibull,
    kPareto,
    kHyperexponential,
    kEmpirical,
    kPercentiles,
  };

  Distribution() = default;  // constant zero

  // Shorthands for code. Arguments are in range (seconds are at least 0, shapes above 0): a
  // violation is a bug.
  static Distribution constant(Duration value);
  static Distribution uniform(double min_s, double max_s);
  static Distribution exponential(double mean_s);
  static Distribution lognormal(double median_s, double sigma);
  static Distribution gamma(double mean_s, double shape);
  static Distribution weibull(double scale_s, double shape);
  static Distribution pareto(double minimum_s, double alpha);
  static Distribution hyperexponential(double p, double mean1_s, double mean2_s);
  static Distribution empirical(std::vector<double> values_s);  // not empty
  // Inverse distribution function, linear between points (percentile, seconds), flat outside them;
  // not empty.
  static Distribution percentiles(std::vector<std::pair<double, double>> points);

  Duration sample(RandomStream& random) const { return from_seconds(sample_s(random)); }
  double sample_s(RandomStream& random) const;

  // Expected value; infinite for a pareto of alpha <= 1.
  double mean_s() const;

  // The same shape, `factor` times as long. Requires factor >= 0.
  Distribution scaled(double factor) const;

  Kind kind() const { return kind_; }
  // True when every draw is zero.
  bool is_zero() const { return kind_ == Kind::kConstant && a_ == 0; }

 private:
  struct Table {
    std::vector<double> x;  // percentiles: probabilities in [0, 1], ascending; empirical: empty
    std::vector<double> y;  // seconds
    double mean = 0;
  };

  Distribution(Kind kind, double a, double b = 0, double c = 0)
      : kind_(kind), a_(a), b_(b), c_(c) {}

  double sample_gamma(RandomStream& random) const;
  double sample_percentiles(RandomStream& random) const;

  Kind kind_ = Kind::kConstant;
  // constant: value; uniform: min, width; exponential: mean; lognormal: mu, sigma; gamma: scale,
  // shape; weibull: scale, 1/shape; pareto: minimum, 1/alpha; hyperexponential: p, mean1, mean2;
  // tables: factor.
  double a_ = 0;
  double b_ = 0;
  double c_ = 0;
  std::shared_ptr<const Table> table_;
};

// Parameters by name:
//   constant {value_s | mean_s}            uniform {min_s, max_s}              exponential {mean_s
//   | rate_per_s} lognormal {mean_s | median_s, cv | scv | sigma} or {mu, sigma}             gamma
//   {mean_s, cv | scv | shape} or {shape, scale_s} erlang {mean_s, k}                     weibull
//   {scale_s | mean_s, shape}   pareto {minimum_s | mean_s, alpha} hyperexponential {p, mean1_s,
//   mean2_s} or {mean_s, cv | scv} (balanced means) empirical {values_s: [..]} percentiles {points:
//   {0: .., 50: .., 99: ..}}
// Errors (kInvalidInput) name the parameter, the value and what would be right; an unknown name
// comes with the nearest known.
Result<Distribution> make_distribution(const DistributionSpec& spec);

}  // namespace lambdarium
