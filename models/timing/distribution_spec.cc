// make_distribution: from names and numbers that a user wrote to a Distribution, with every range
// checked.

#include <algorithm>
#include <cmath>
#include <optional>
#include <span>

#include <fmt/format.h>

#include "models/base/nearest.h"
#include "models/timing/distribution.h"

namespace lambdarium {
namespace {

struct Shape {
  std::string_view name;
  std::vector<std::string_view> parameters;
  std::vector<std::string_view> lists;
  std::vector<std::string_view> tables;
};

const std::vector<Shape>& shapes() {
  static const std::vector<Shape> all = {
      {"constant", {"value_s", "mean_s"}, {}, {}},
      {"uniform", {"min_s", "max_s"}, {}, {}},
      {"exponential", {"mean_s", "rate_per_s"}, {}, {}},
      {"lognormal", {"mean_s", "median_s", "cv", "scv", "sigma", "mu"}, {}, {}},
      {"gamma", {"mean_s", "cv", "scv", "shape", "scale_s"}, {}, {}},
      {"erlang", {"k", "mean_s"}, {}, {}},
      {"weibull", {"scale_s", "mean_s", "shape"}, {}, {}},
      {"pareto", {"alpha", "minimum_s", "mean_s"}, {}, {}},
      {"hyperexponential", {"p", "mean1_s", "mean2_s", "mean_s", "cv", "scv"}, {}, {}},
      {"empirical", {}, {"values_s"}, {}},
      {"percentiles", {}, {}, {"points"}},
  };
  return all;
}

// Reads parameters of one spec; the first thing wrong is kept and everything after it is harmless.
class Reader {
 public:
  explicit Reader(const DistributionSpec& spec) : spec_(spec) {}

  Status check_names(const Shape& shape) const {
    std::vector<std::string_view> known = shape.parameters;
    known.insert(known.end(), shape.lists.begin(), shape.lists.end());
    known.insert(known.end(), shape.tables.begin(), shape.tables.end());
    std::vector<std::string_view> seen;
    const auto check = [&](std::string_view name, const std::vector<std::string_view>& right_kind,
                           std::string_view form) -> Status {
      if (std::find(known.begin(), known.end(), name) == known.end()) {
        return fail(unknown_name_message(fmt::format("parameter of {}", spec_.name), name, known));
      }
      if (std::find(right_kind.begin(), right_kind.end(), name) == right_kind.end()) {
        return fail(fmt::format("{} of {} cannot be {}", name, spec_.name, form));
      }
      if (std::find(seen.begin(), seen.end(), name) != seen.end()) {
        return fail(fmt::format("{} of {} is given twice", name, spec_.name));
      }
      seen.push_back(name);
      return {};
    };
    for (const auto& number : spec_.numbers) {
      LAM_TRY_STATUS(check(number.name, shape.parameters, "a single number"));
    }
    for (const auto& list : spec_.lists) {
      LAM_TRY_STATUS(check(list.name, shape.lists, "a list"));
    }
    for (const auto& table : spec_.tables) {
      LAM_TRY_STATUS(check(table.name, shape.tables, "a table"));
    }
    return {};
  }

  std::optional<double> find(std::string_view name) const {
    for (const auto& number : spec_.numbers) {
      if (number.name == name) return number.value;
    }
    return std::nullopt;
  }

  bool has(std::string_view name) const { return find(name).has_value(); }

  // A finite value of at least `low` (above it when `open`).
  Result<double> number(std::string_view name, double low, bool open,
                        double high = HUGE_VAL) const {
    const std::optional<double> value = find(name);
    if (!value) return fail(fmt::format("{} needs {}", spec_.name, name));
    const bool good =
        std::isfinite(*value) && (open ? *value > low : *value >= low) && *value <= high;
    if (good) return *value;
    const std::string range = std::isfinite(high) ? fmt::format("from {} to {}", low, high)
                              : open              ? fmt::format("above {}", low)
                                                  : fmt::format("at least {}", low);
    return fail(fmt::format("{} of {} is {}; it must be {}", name, spec_.name, *value, range));
  }

  Result<double> seconds(std::string_view name) const { return number(name, 0, false); }
  Result<double> positive(std::string_view name) const { return number(name, 0, true); }

  // Exactly one of the names must be there.
  Result<std::string_view> one_of(std::span<const std::string_view> names) const {
    std::optional<std::string_view> found;
    for (const std::string_view name : names) {
      if (!has(name)) continue;
      if (found) return fail(fmt::format("{} takes {} or {}, not both", spec_.name, *found, name));
      found = name;
    }
    if (found) return *found;
    std::string list;
    for (std::size_t i = 0; i < names.size(); ++i) {
      list += fmt::format("{}{}", i == 0 ? "" : i + 1 == names.size() ? " or " : ", ", names[i]);
    }
    return fail(fmt::format("{} needs {}", spec_.name, list));
  }

  Error fail(std::string message) const { return invalid_input(std::move(message), spec_.where); }

 private:
  const DistributionSpec& spec_;
};

constexpr std::string_view kMeanOrMedian[] = {"mean_s", "median_s"};
constexpr std::string_view kSpread[] = {"cv", "scv", "sigma"};
constexpr std::string_view kGammaSpread[] = {"cv", "scv", "shape"};
constexpr std::string_view kVariation[] = {"cv", "scv"};
constexpr std::string_view kScaleOrMean[] = {"scale_s", "mean_s"};
constexpr std::string_view kMinimumOrMean[] = {"minimum_s", "mean_s"};
constexpr std::string_view kMeanOrRate[] = {"mean_s", "rate_per_s"};
constexpr std::string_view kValueOrMean[] = {"value_s", "mean_s"};

Result<Distribution> make_lognormal(const Reader& reader) {
  if (reader.has("mu")) {
    LAM_TRY(const double mu, reader.number("mu", -700, false, 700));
    LAM_TRY(const double sigma, reader.number("sigma", 0, false, 50));
    for (const std::string_view name : {"mean_s", "median_s", "cv", "scv"}) {
      if (reader.has(name)) {
        return reader.fail(
            fmt::format("lognormal takes mu and sigma, or a mean and a spread; {} "
                        "does not go with mu",
                        name));
      }
    }
    return Distribution::lognormal(std::exp(mu), sigma);
  }
  LAM_TRY(const std::string_view location, reader.one_of(kMeanOrMedian));
  LAM_TRY(const double seconds, reader.seconds(location));
  LAM_TRY(const std::string_view spread, reader.one_of(kSpread));
  LAM_TRY(const double value, reader.seconds(spread));
  const double scv = spread == "cv" ? value * value : value;
  const double sigma = spread == "sigma" ? value : std::sqrt(std::log1p(scv));
  if (seconds == 0) return Distribution{};
  return Distribution::lognormal(
      location == "mean_s" ? seconds * std::exp(-sigma * sigma / 2) : seconds, sigma);
}

Result<Distribution> make_gamma(const Reader& reader) {
  if (reader.has("scale_s")) {
    LAM_TRY(const double scale, reader.positive("scale_s"));
    LAM_TRY(const double shape, reader.positive("shape"));
    if (reader.has("mean_s")) {
      return reader.fail("gamma takes mean_s or scale_s, not both");
    }
    return Distribution::gamma(scale * shape, shape);
  }
  LAM_TRY(const double mean, reader.seconds("mean_s"));
  LAM_TRY(const std::string_view spread, reader.one_of(kGammaSpread));
  LAM_TRY(const double value, reader.number(spread, 0, spread == "shape"));
  if (value == 0) return Distribution::uniform(mean, mean);  // no variation
  const double shape = spread == "shape" ? value
                       : spread == "scv" ? 1 / value
                                         : 1 / (value * value);
  return Distribution::gamma(mean, shape);
}

Result<Distribution> make_hyperexponential(const Reader& reader) {
  if (!reader.has("mean_s")) {
    LAM_TRY(const double p, reader.number("p", 0, false, 1));
    LAM_TRY(const double mean1, reader.seconds("mean1_s"));
    LAM_TRY(const double mean2, reader.seconds("mean2_s"));
    return Distribution::hyperexponential(p, mean1, mean2);
  }
  LAM_TRY(const double mean, reader.seconds("mean_s"));
  LAM_TRY(const std::string_view spread, reader.one_of(kVariation));
  LAM_TRY(const double value, reader.number(spread, 1, false));
  const double scv = spread == "cv" ? value * value : value;
  // Balanced means: both branches carry half of the mean.
  const double p = (1 + std::sqrt((scv - 1) / (scv + 1))) / 2;
  const double mean2 = p >= 1 ? 0 : mean / (2 * (1 - p));
  return Distribution::hyperexponential(p, mean / (2 * p), mean2);
}

Result<Distribution> make_empirical(const Reader& reader, const DistributionSpec& spec) {
  if (spec.lists.empty() || spec.lists.front().values.empty()) {
    return reader.fail("empirical needs values_s, a list of at least one number");
  }
  for (const double value : spec.lists.front().values) {
    if (!std::isfinite(value) || value < 0) {
      return reader.fail(
          fmt::format("values_s of empirical holds {}; it must be at least 0", value));
    }
  }
  return Distribution::empirical(spec.lists.front().values);
}

Result<Distribution> make_percentiles(const Reader& reader, const DistributionSpec& spec) {
  if (spec.tables.empty() || spec.tables.front().points.empty()) {
    return reader.fail("percentiles needs points, a table such as {0: 0.1, 50: 0.2, 100: 1.5}");
  }
  auto points = spec.tables.front().points;
  for (const auto& [percent, seconds] : points) {
    if (!(percent >= 0 && percent <= 100)) {
      return reader.fail(fmt::format(
          "points of percentiles has percentile {}; it must be from 0 to 100", percent));
    }
    if (!std::isfinite(seconds) || seconds < 0) {
      return reader.fail(
          fmt::format("points of percentiles has {} at percentile {}; it must be at least 0",
                      seconds, percent));
    }
  }
  std::sort(points.begin(), points.end());
  for (std::size_t i = 1; i < points.size(); ++i) {
    if (points[i].first == points[i - 1].first) {
      return reader.fail(
          fmt::format("points of percentiles has percentile {} twice", points[i].first));
    }
    if (points[i].second < points[i - 1].second) {
      return reader.fail(fmt::format(
          "points of percentiles falls from {} at percentile {} to {} at {}", points[i - 1].second,
          points[i - 1].first, points[i].second, points[i].first));
    }
  }
  return Distribution::percentiles(std::move(points));
}

Result<Distribution> make_heavy_tailed(const Reader& reader, std::string_view name) {
  if (name == "weibull") {
    LAM_TRY(const std::string_view location, reader.one_of(kScaleOrMean));
    LAM_TRY(const double seconds, reader.seconds(location));
    LAM_TRY(const double shape, reader.number("shape", 0.01, false, 1e6));
    return Distribution::weibull(
        location == "mean_s" ? seconds / std::tgamma(1 + 1 / shape) : seconds, shape);
  }
  LAM_TRY(const double alpha, reader.positive("alpha"));
  LAM_TRY(const std::string_view location, reader.one_of(kMinimumOrMean));
  LAM_TRY(const double seconds, reader.seconds(location));
  if (location == "minimum_s") return Distribution::pareto(seconds, alpha);
  if (alpha <= 1) {
    return reader.fail(fmt::format(
        "alpha of pareto is {}; with mean_s it must be above 1, because the mean is infinite "
        "otherwise (give minimum_s instead)",
        alpha));
  }
  return Distribution::pareto(seconds * (alpha - 1) / alpha, alpha);
}

}  // namespace

const std::vector<std::string_view>& known_distributions() {
  static const std::vector<std::string_view> names = [] {
    std::vector<std::string_view> result;
    for (const Shape& shape : shapes()) result.push_back(shape.name);
    return result;
  }();
  return names;
}

Result<Distribution> make_distribution(const DistributionSpec& spec) {
  const Reader reader{spec};
  const auto shape = std::find_if(shapes().begin(), shapes().end(),
                                  [&](const Shape& s) { return s.name == spec.name; });
  if (spec.name.empty())
    return reader.fail("a distribution needs a name: exponential, lognormal, …");
  if (shape == shapes().end()) {
    return reader.fail(unknown_name_message("distribution", spec.name, known_distributions()));
  }
  LAM_TRY_STATUS(reader.check_names(*shape));

  if (spec.name == "constant") {
    LAM_TRY(const std::string_view which, reader.one_of(kValueOrMean));
    LAM_TRY(const double value, reader.seconds(which));
    return Distribution::constant(from_seconds(value));
  }
  if (spec.name == "uniform") {
    LAM_TRY(const double low, reader.seconds("min_s"));
    LAM_TRY(const double high, reader.seconds("max_s"));
    if (high < low) {
      return reader.fail(fmt::format("max_s of uniform is {}, below min_s {}", high, low));
    }
    return Distribution::uniform(low, high);
  }
  if (spec.name == "exponential") {
    LAM_TRY(const std::string_view which, reader.one_of(kMeanOrRate));
    LAM_TRY(const double value, reader.number(which, 0, which == "rate_per_s"));
    return Distribution::exponential(which == "mean_s" ? value : 1 / value);
  }
  if (spec.name == "erlang") {
    LAM_TRY(const double k, reader.number("k", 1, false, 1e6));
    LAM_TRY(const double mean, reader.seconds("mean_s"));
    if (k != std::floor(k)) {
      return reader.fail(fmt::format("k of erlang is {}; it must be a whole number", k));
    }
    return Distribution::gamma(mean, k);
  }
  if (spec.name == "lognormal") return make_lognormal(reader);
  if (spec.name == "gamma") return make_gamma(reader);
  if (spec.name == "hyperexponential") return make_hyperexponential(reader);
  if (spec.name == "empirical") return make_empirical(reader, spec);
  if (spec.name == "percentiles") return make_percentiles(reader, spec);
  return make_heavy_tailed(reader, spec.name);
}

}  // namespace lambdarium
