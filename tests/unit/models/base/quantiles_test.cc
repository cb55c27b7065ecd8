#include "models/base/quantiles.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "models/base/random.h"

namespace lambdarium {
namespace {

// The definition: the smallest value that at least p of all values do not exceed.
Duration nearest_rank(std::vector<Duration> values, double p) {
  std::sort(values.begin(), values.end());
  const double rank = std::ceil(p * static_cast<double>(values.size()));
  return values[rank < 1 ? 0 : static_cast<std::size_t>(rank) - 1];
}

BOOST_AUTO_TEST_SUITE(quantiles)

BOOST_AUTO_TEST_CASE(nothing_has_zeros_for_figures) {
  const Quantiles empty;
  BOOST_TEST(empty.count() == 0U);
  BOOST_TEST(empty.mean_seconds() == 0);
  BOOST_TEST((empty.quantile(0.5) == 0ns));
  BOOST_TEST((empty.min() == 0ns));
  BOOST_TEST((empty.max() == 0ns));
}

BOOST_AUTO_TEST_CASE(small_streams_give_exact_nearest_ranks) {
  Quantiles quantiles;
  for (const int ms : {40, 10, 30, 20}) quantiles.add(ms * 1ms);
  BOOST_TEST((quantiles.quantile(0) == 10ms));
  BOOST_TEST((quantiles.quantile(0.25) == 10ms));
  BOOST_TEST((quantiles.quantile(0.2501) == 20ms));
  BOOST_TEST((quantiles.quantile(0.5) == 20ms));
  BOOST_TEST((quantiles.quantile(0.75) == 30ms));
  BOOST_TEST((quantiles.quantile(1) == 40ms));
  quantiles.add(50ms);  // after a question, the order is found again
  BOOST_TEST((quantiles.quantile(1) == 50ms));
  BOOST_TEST(quantiles.mean_seconds() == 0.03, boost::test_tools::tolerance(1e-12));
}

BOOST_AUTO_TEST_CASE(exact_figures_equal_the_definition_on_random_streams) {
  RandomStream random{3, "quantiles"};
  for (const std::size_t size : {1U, 2U, 3U, 99U, 1000U}) {
    Quantiles quantiles;
    std::vector<Duration> values;
    for (std::size_t i = 0; i < size; ++i) {
      values.push_back(from_seconds(random.exponential()));
      quantiles.add(values.back());
    }
    for (const double p : {0.0, 0.01, 0.5, 0.9, 0.95, 0.99, 0.999, 1.0}) {
      BOOST_TEST((quantiles.quantile(p) == nearest_rank(values, p)));
    }
  }
}

BOOST_AUTO_TEST_CASE(long_streams_stay_within_the_width_of_a_bucket) {
  constexpr std::size_t kLimit = 100;
  RandomStream random{4, "quantiles"};
  Quantiles quantiles{10, kLimit};
  std::vector<Duration> values;
  for (int i = 0; i < 20'000; ++i) {
    values.push_back(from_seconds(std::exp(3 * random.normal())));
    quantiles.add(values.back());
  }
  for (const double p : {0.01, 0.5, 0.9, 0.99, 0.999}) {
    const double exact = to_seconds(nearest_rank(values, p));
    BOOST_TEST(std::abs(to_seconds(quantiles.quantile(p)) - exact) <= exact / 1000);
  }
  BOOST_TEST(quantiles.count() == 20'000U);
  BOOST_TEST((quantiles.max() == *std::max_element(values.begin(), values.end())));
  BOOST_TEST((quantiles.min() == *std::min_element(values.begin(), values.end())));
}

BOOST_AUTO_TEST_CASE(the_last_exact_value_and_the_first_counted_one_agree) {
  Quantiles at_limit{10, 4};
  Quantiles over_limit{10, 4};
  for (int i = 1; i <= 4; ++i) at_limit.add(i * 1ms);
  for (int i = 1; i <= 5; ++i) over_limit.add(i * 1ms);
  BOOST_TEST((at_limit.quantile(0.5) == 2ms));
  const double median = to_ms(over_limit.quantile(0.5));
  BOOST_TEST(median == 3.0, boost::test_tools::tolerance(1e-3));
}

BOOST_AUTO_TEST_CASE(merging_equals_adding_everything_to_one) {
  for (const std::size_t limit : {std::size_t{50}, std::size_t{1000}}) {
    RandomStream random{5, "quantiles"};
    Quantiles all{10, limit};
    Quantiles left{10, limit};
    Quantiles right{10, limit};
    for (int i = 0; i < 400; ++i) {
      const Duration value = from_seconds(random.exponential());
      all.add(value);
      (i % 3 == 0 ? left : right).add(value);
    }
    left.merge(right);
    BOOST_TEST(left.count() == all.count());
    BOOST_TEST(left.mean_seconds() == all.mean_seconds(), boost::test_tools::tolerance(1e-12));
    for (const double p : {0.1, 0.5, 0.99}) {
      BOOST_TEST((left.quantile(p) == all.quantile(p)));
    }
  }
}

BOOST_AUTO_TEST_CASE(negative_values_count_as_zero_and_the_longest_is_kept) {
  Quantiles quantiles{10, 1};
  quantiles.add(-5ms);
  quantiles.add(kForever);
  quantiles.add(0ns);
  BOOST_TEST((quantiles.min() == 0ns));
  BOOST_TEST((quantiles.max() == kForever));
  BOOST_TEST((quantiles.quantile(1) == kForever));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace lambdarium
