#include "models/timing/distribution.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

namespace lambdarium {
namespace {

constexpr int kDraws = 200'000;

std::vector<double> draws(const Distribution& distribution, int count = kDraws) {
  RandomStream random{7, "distribution-test"};
  std::vector<double> values(static_cast<std::size_t>(count));
  for (double& value : values) value = distribution.sample_s(random);
  std::sort(values.begin(), values.end());
  return values;
}

double mean(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

double scv(const std::vector<double>& values) {
  const double m = mean(values);
  double sum = 0;
  for (const double value : values) sum += (value - m) * (value - m);
  return sum / static_cast<double>(values.size()) / (m * m);
}

double quantile(const std::vector<double>& sorted, double p) {
  return sorted[static_cast<std::size_t>(p * static_cast<double>(sorted.size() - 1))];
}

Distribution make(const DistributionSpec& spec) {
  auto made = make_distribution(spec);
  BOOST_REQUIRE_MESSAGE(made.ok(), (made.ok() ? std::string{} : made.error().to_string()));
  return *std::move(made);
}

std::string error_of(const DistributionSpec& spec) {
  const auto made = make_distribution(spec);
  return made.ok() ? std::string{"accepted"} : made.error().to_string();
}

DistributionSpec spec(std::string name, std::vector<DistributionSpec::Number> numbers) {
  return {.name = std::move(name),
          .numbers = std::move(numbers),
          .lists = {},
          .tables = {},
          .where = {}};
}

BOOST_AUTO_TEST_SUITE(distribution)

BOOST_AUTO_TEST_CASE(means_and_variations_meet_the_closed_forms) {
  struct Case {
    DistributionSpec spec;
    double mean;
    double scv;
  };
  const double weibull_mean = 2.0 * std::tgamma(1.5);
  const Case cases[] = {
      {spec("constant", {{"value_s", 0.25}}), 0.25, 0},
      {spec("uniform", {{"min_s", 1}, {"max_s", 3}}), 2, 1.0 / 12},
      {spec("exponential", {{"mean_s", 1.991}}), 1.991, 1},
      {spec("exponential", {{"rate_per_s", 4}}), 0.25, 1},
      {spec("lognormal", {{"mean_s", 2}, {"cv", 0.5}}), 2, 0.25},
      {spec("lognormal", {{"mean_s", 2}, {"scv", 0.25}}), 2, 0.25},
      {spec("lognormal", {{"mu", 0}, {"sigma", 0.5}}), std::exp(0.125), std::expm1(0.25)},
      {spec("lognormal", {{"median_s", 1}, {"sigma", 0.5}}), std::exp(0.125), std::expm1(0.25)},
      {spec("gamma", {{"mean_s", 3}, {"cv", 0.5}}), 3, 0.25},
      {spec("gamma", {{"mean_s", 3}, {"shape", 0.5}}), 3, 2},
      {spec("gamma", {{"mean_s", 3}, {"cv", 0}}), 3, 0},
      {spec("erlang", {{"k", 4}, {"mean_s", 2}}), 2, 0.25},
      {spec("weibull", {{"scale_s", 2}, {"shape", 2}}), weibull_mean,
       std::tgamma(2) / (std::tgamma(1.5) * std::tgamma(1.5)) - 1},
      {spec("weibull", {{"mean_s", 5}, {"shape", 1}}), 5, 1},
      {spec("pareto", {{"alpha", 5}, {"minimum_s", 1}}), 1.25, 1.0 / 15},
      {spec("pareto", {{"alpha", 5}, {"mean_s", 1.25}}), 1.25, 1.0 / 15},
      {spec("hyperexponential", {{"p", 0.25}, {"mean1_s", 4}, {"mean2_s", 1}}), 1.75,
       (2 * (0.25 * 16 + 0.75) / (1.75 * 1.75)) - 1},
      {spec("hyperexponential", {{"mean_s", 2}, {"scv", 4}}), 2, 4},
  };
  for (const Case& c : cases) {
    BOOST_TEST_CONTEXT(c.spec.name << " " << c.mean) {
      const Distribution made = make(c.spec);
      BOOST_TEST(made.mean_s() == c.mean, boost::test_tools::tolerance(1e-9));
      const std::vector<double> values = draws(made);
      BOOST_TEST(std::abs(mean(values) - c.mean) <= 0.02 * c.mean);
      BOOST_TEST(std::abs(scv(values) - c.scv) <= 0.1 * c.scv + 1e-9);
      BOOST_TEST(values.front() >= 0);
    }
  }
}

BOOST_AUTO_TEST_CASE(quantiles_meet_the_inverse_distribution_functions) {
  const std::vector<double> exponential = draws(Distribution::exponential(2));
  const std::vector<double> weibull = draws(Distribution::weibull(2, 0.7));
  const std::vector<double> pareto = draws(Distribution::pareto(1, 1.5));
  const std::vector<double> lognormal = draws(Distribution::lognormal(3, 0.8));
  for (const double p : {0.1, 0.5, 0.9, 0.99}) {
    const double tail = -std::log(1 - p);
    BOOST_TEST(quantile(exponential, p) == 2 * tail, boost::test_tools::tolerance(0.03));
    BOOST_TEST(quantile(weibull, p) == 2 * std::pow(tail, 1 / 0.7),
               boost::test_tools::tolerance(0.04));
    BOOST_TEST(quantile(pareto, p) == std::pow(1 - p, -1 / 1.5),
               boost::test_tools::tolerance(0.04));
    BOOST_TEST(quantile(lognormal, p) == 3 * std::exp(0.8 * normal_quantile(p)),
               boost::test_tools::tolerance(0.03));
  }
  BOOST_TEST(pareto.front() >= 1);
}

BOOST_AUTO_TEST_CASE(empirical_draws_every_value_and_no_other) {
  DistributionSpec given{.name = "empirical",
                         .numbers = {},
                         .lists = {{"values_s", {1, 2, 4}}},
                         .tables = {},
                         .where = {}};
  const Distribution made = make(given);
  BOOST_TEST(made.mean_s() == 7.0 / 3, boost::test_tools::tolerance(1e-12));
  const std::vector<double> values = draws(made, 30'000);
  BOOST_TEST(values.front() == 1);
  BOOST_TEST(values.back() == 4);
  BOOST_TEST(std::count(values.begin(), values.end(), 2.0) > 9'500);
  BOOST_TEST(std::count(values.begin(), values.end(), 2.0) < 10'500);
}

BOOST_AUTO_TEST_CASE(percentiles_are_linear_between_points_and_flat_outside) {
  const DistributionSpec given{.name = "percentiles",
                               .numbers = {},
                               .lists = {},
                               .tables = {{"points", {{90, 3}, {10, 1}, {50, 2}}}},  // any order
                               .where = {}};
  const Distribution made = make(given);
  // 0.1 × 1 + 0.4 × 1.5 + 0.4 × 2.5 + 0.1 × 3
  BOOST_TEST(made.mean_s() == 2.0, boost::test_tools::tolerance(1e-12));
  const std::vector<double> values = draws(made);
  BOOST_TEST(values.front() == 1);
  BOOST_TEST(values.back() == 3);
  BOOST_TEST(quantile(values, 0.05) == 1);
  BOOST_TEST(quantile(values, 0.3) == 1.5, boost::test_tools::tolerance(0.01));
  BOOST_TEST(quantile(values, 0.7) == 2.5, boost::test_tools::tolerance(0.01));
  BOOST_TEST(quantile(values, 0.95) == 3);
}

BOOST_AUTO_TEST_CASE(the_mean_of_a_heavy_tail_is_infinite_and_its_draws_saturate) {
  const Distribution made = Distribution::pareto(1, 0.05);
  BOOST_TEST(std::isinf(made.mean_s()));
  RandomStream random{1, "heavy"};
  Duration longest{};
  for (int i = 0; i < 10'000; ++i) longest = std::max(longest, made.sample(random));
  BOOST_TEST((longest == kForever));
}

BOOST_AUTO_TEST_CASE(scaling_multiplies_every_draw) {
  for (const Distribution& base :
       {Distribution::constant(2s), Distribution::uniform(1, 2), Distribution::exponential(3),
        Distribution::lognormal(1, 0.5), Distribution::gamma(2, 0.4), Distribution::weibull(1, 2),
        Distribution::pareto(1, 3), Distribution::hyperexponential(0.3, 1, 5),
        Distribution::empirical({1, 5}), Distribution::percentiles({{0, 1}, {100, 9}})}) {
    RandomStream one{3, "scaled"};
    RandomStream two{3, "scaled"};
    const Distribution tripled = base.scaled(3);
    BOOST_TEST(tripled.mean_s() == 3 * base.mean_s(), boost::test_tools::tolerance(1e-12));
    for (int i = 0; i < 20; ++i) {
      BOOST_TEST(tripled.sample_s(two) == 3 * base.sample_s(one),
                 boost::test_tools::tolerance(1e-9));
    }
    BOOST_TEST(base.scaled(0).is_zero());
  }
}

BOOST_AUTO_TEST_CASE(the_same_stream_gives_the_same_draws) {
  const Distribution made = Distribution::gamma(1, 2.5);
  RandomStream one{11, "a", 4};
  RandomStream two{11, "a", 4};
  for (int i = 0; i < 100; ++i) BOOST_TEST((made.sample(one) == made.sample(two)));
}

BOOST_AUTO_TEST_CASE(what_is_wrong_in_a_specification_is_named) {
  const std::pair<DistributionSpec, std::string> cases[] = {
      {spec("exponental", {}), "unknown distribution 'exponental'; did you mean 'exponential'?"},
      {spec("", {}), "a distribution needs a name: exponential, lognormal, …"},
      {spec("exponential", {{"meen_s", 1}}),
       "unknown parameter of exponential 'meen_s'; did you mean 'mean_s'?"},
      {spec("exponential", {}), "exponential needs mean_s or rate_per_s"},
      {spec("exponential", {{"mean_s", 1}, {"rate_per_s", 1}}),
       "exponential takes mean_s or rate_per_s, not both"},
      {spec("exponential", {{"mean_s", 1}, {"mean_s", 2}}), "mean_s of exponential is given twice"},
      {spec("exponential", {{"mean_s", -1}}), "mean_s of exponential is -1; it must be at least 0"},
      {spec("exponential", {{"rate_per_s", 0}}),
       "rate_per_s of exponential is 0; it must be above 0"},
      {spec("exponential", {{"mean_s", std::nan("")}}),
       "mean_s of exponential is nan; it must be at least 0"},
      {spec("uniform", {{"min_s", 2}, {"max_s", 1}}), "max_s of uniform is 1, below min_s 2"},
      {spec("lognormal", {{"mean_s", 1}}), "lognormal needs cv, scv or sigma"},
      {spec("lognormal", {{"mu", 1}, {"sigma", 1}, {"mean_s", 1}}),
       "lognormal takes mu and sigma, or a mean and a spread; mean_s does not go with mu"},
      {spec("erlang", {{"k", 1.5}, {"mean_s", 1}}),
       "k of erlang is 1.5; it must be a whole number"},
      {spec("pareto", {{"alpha", 1}, {"mean_s", 1}}),
       "alpha of pareto is 1; with mean_s it must be above 1, because the mean is infinite "
       "otherwise (give minimum_s instead)"},
      {spec("hyperexponential", {{"p", 1.5}, {"mean1_s", 1}, {"mean2_s", 1}}),
       "p of hyperexponential is 1.5; it must be from 0 to 1"},
      {spec("empirical", {}), "empirical needs values_s, a list of at least one number"},
      {spec("empirical", {{"values_s", 1}}), "values_s of empirical cannot be a single number"},
      {spec("percentiles", {}),
       "percentiles needs points, a table such as {0: 0.1, 50: 0.2, 100: 1.5}"},
  };
  for (const auto& [given, message] : cases) BOOST_TEST(error_of(given) == message);

  const auto points = [](std::vector<std::pair<double, double>> table) {
    return error_of({.name = "percentiles",
                     .numbers = {},
                     .lists = {},
                     .tables = {{"points", std::move(table)}},
                     .where = {"sim.yaml", 3, 7}});
  };
  BOOST_TEST(points({{101, 1}}) ==
             "sim.yaml:3:7: points of percentiles has percentile 101; it must be from 0 to 100");
  BOOST_TEST(points({{0, 2}, {50, 1}}) ==
             "sim.yaml:3:7: points of percentiles falls from 2 at percentile 0 to 1 at 50");
  BOOST_TEST(points({{50, 1}, {50, 1}}) ==
             "sim.yaml:3:7: points of percentiles has percentile 50 twice");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace lambdarium
