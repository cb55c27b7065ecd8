#include "models/timing/distribution.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "models/base/check.h"

namespace lambdarium {
namespace {

// Of the pieces between neighbouring points, flat outside them.
double piecewise_mean(const std::vector<double>& x, const std::vector<double>& y) {
  double sum = y.front() * x.front() + y.back() * (1 - x.back());
  for (std::size_t i = 1; i < x.size(); ++i) {
    sum += (x[i] - x[i - 1]) * (y[i] + y[i - 1]) / 2;
  }
  return sum;
}

}  // namespace

Distribution Distribution::constant(Duration value) {
  LAM_CHECK(value >= Duration::zero());
  return {Kind::kConstant, to_seconds(value)};
}

Distribution Distribution::uniform(double min_s, double max_s) {
  LAM_CHECK(min_s >= 0 && max_s >= min_s);
  return {Kind::kUniform, min_s, max_s - min_s};
}

Distribution Distribution::exponential(double mean_s) {
  LAM_CHECK(mean_s >= 0);
  return {Kind::kExponential, mean_s};
}

Distribution Distribution::lognormal(double median_s, double sigma) {
  LAM_CHECK(median_s > 0 && sigma >= 0);
  return {Kind::kLognormal, std::log(median_s), sigma};
}

Distribution Distribution::gamma(double mean_s, double shape) {
  LAM_CHECK(mean_s >= 0 && shape > 0);
  return {Kind::kGamma, mean_s / shape, shape};
}

Distribution Distribution::weibull(double scale_s, double shape) {
  LAM_CHECK(scale_s >= 0 && shape > 0);
  return {Kind::kWeibull, scale_s, 1 / shape};
}

Distribution Distribution::pareto(double minimum_s, double alpha) {
  LAM_CHECK(minimum_s >= 0 && alpha > 0);
  return {Kind::kPareto, minimum_s, 1 / alpha};
}

Distribution Distribution::hyperexponential(double p, double mean1_s, double mean2_s) {
  LAM_CHECK(p >= 0 && p <= 1 && mean1_s >= 0 && mean2_s >= 0);
  return {Kind::kHyperexponential, p, mean1_s, mean2_s};
}

Distribution Distribution::empirical(std::vector<double> values_s) {
  LAM_CHECK(!values_s.empty());
  Table table;
  double sum = 0;
  for (const double value : values_s) {
    LAM_CHECK(value >= 0);
    sum += value;
  }
  table.mean = sum / static_cast<double>(values_s.size());
  table.y = std::move(values_s);
  Distribution result{Kind::kEmpirical, 1};
  result.table_ = std::make_shared<const Table>(std::move(table));
  return result;
}

Distribution Distribution::percentiles(std::vector<std::pair<double, double>> points) {
  LAM_CHECK(!points.empty());
  std::sort(points.begin(), points.end());
  Table table;
  for (const auto& [percent, seconds] : points) {
    LAM_CHECK(percent >= 0 && percent <= 100 && seconds >= 0);
    LAM_CHECK(table.y.empty() || seconds >= table.y.back());
    table.x.push_back(percent / 100);
    table.y.push_back(seconds);
  }
  table.mean = piecewise_mean(table.x, table.y);
  Distribution result{Kind::kPercentiles, 1};
  result.table_ = std::make_shared<const Table>(std::move(table));
  return result;
}

double Distribution::sample_s(RandomStream& random) const {
  switch (kind_) {
    case Kind::kConstant:
      return a_;
    case Kind::kUniform:
      return a_ + b_ * random.uniform();
    case Kind::kExponential:
      return a_ * random.exponential();
    case Kind::kLognormal:
      return std::exp(a_ + b_ * random.normal());
    case Kind::kGamma:
      return sample_gamma(random);
    case Kind::kWeibull:
      return a_ * std::pow(random.exponential(), b_);
    case Kind::kPareto:
      return a_ * std::pow(random.uniform_open(), -b_);
    case Kind::kHyperexponential:
      // Two draws always, so that a stream's position does not depend on the branch.
      return (random.uniform() < a_ ? b_ : c_) * random.exponential();
    case Kind::kEmpirical:
      return a_ * table_->y[random.below(table_->y.size())];
    case Kind::kPercentiles:
      return a_ * sample_percentiles(random);
  }
  return 0;
}

double Distribution::sample_gamma(RandomStream& random) const {
  // Marsaglia and Tsang's squeeze; a shape below one is drawn one higher and brought back by a
  // power of a uniform.
  const bool boosted = b_ < 1;
  const double d = (boosted ? b_ + 1 : b_) - 1.0 / 3.0;
  const double c = 1 / std::sqrt(9 * d);
  for (;;) {
    const double z = random.normal();
    const double t = 1 + c * z;
    if (t <= 0) continue;
    const double v = t * t * t;
    const double u = random.uniform_open();
    if (std::log(u) < 0.5 * z * z + d - d * v + d * std::log(v)) {
      const double boost = boosted ? std::pow(random.uniform_open(), 1 / b_) : 1.0;
      return a_ * d * v * boost;
    }
  }
}

double Distribution::sample_percentiles(RandomStream& random) const {
  const std::vector<double>& x = table_->x;
  const std::vector<double>& y = table_->y;
  const double u = random.uniform();
  const auto above = std::upper_bound(x.begin(), x.end(), u);
  if (above == x.begin()) return y.front();
  if (above == x.end()) return y.back();
  const auto i = static_cast<std::size_t>(above - x.begin());
  return y[i - 1] + (y[i] - y[i - 1]) * (u - x[i - 1]) / (x[i] - x[i - 1]);
}

double Distribution::mean_s() const {
  switch (kind_) {
    case Kind::kConstant:
    case Kind::kExponential:
      return a_;
    case Kind::kUniform:
      return a_ + b_ / 2;
    case Kind::kLognormal:
      return std::exp(a_ + b_ * b_ / 2);
    case Kind::kGamma:
      return a_ * b_;
    case Kind::kWeibull:
      return a_ * std::tgamma(1 + b_);
    case Kind::kPareto:
      return b_ >= 1 ? std::numeric_limits<double>::infinity() : a_ / (1 - b_);
    case Kind::kHyperexponential:
      return a_ * b_ + (1 - a_) * c_;
    case Kind::kEmpirical:
    case Kind::kPercentiles:
      return a_ * table_->mean;
  }
  return 0;
}

Distribution Distribution::scaled(double factor) const {
  LAM_CHECK(factor >= 0);
  if (factor == 0) return {};
  Distribution result = *this;
  switch (kind_) {
    case Kind::kLognormal:
      result.a_ += std::log(factor);
      break;
    case Kind::kUniform:
      result.a_ *= factor;
      result.b_ *= factor;
      break;
    case Kind::kHyperexponential:
      result.b_ *= factor;
      result.c_ *= factor;
      break;
    default:
      result.a_ *= factor;
  }
  return result;
}

}  // namespace lambdarium
