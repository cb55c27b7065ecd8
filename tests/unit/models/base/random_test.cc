#include "models/base/random.h"

#include <array>
#include <cmath>
#include <vector>

#include <boost/test/unit_test.hpp>

namespace lambdarium {
namespace {

BOOST_AUTO_TEST_SUITE(random_streams)

BOOST_AUTO_TEST_CASE(known_answers_of_the_generator) {
  // The first number of SplitMix64 from seed 0, as published.
  RandomStream zero;
  BOOST_TEST(zero.next() == 0xe220a8397b1dcdafULL);

  // Computed by a second implementation of the keying.
  RandomStream arrivals{1, "arrivals", 0};
  BOOST_TEST(arrivals.next() == 0x7e2f2678f89a742eULL);
  BOOST_TEST(arrivals.next() == 0x98d4d66780c2754eULL);
  BOOST_TEST(arrivals.next() == 0xe68b7f8ed40a5d60ULL);
  BOOST_TEST((RandomStream{1, "arrivals", 1}.next()) == 0xd269c0ad82d5091cULL);
}

BOOST_AUTO_TEST_CASE(seed_name_and_index_each_give_another_stream) {
  const std::uint64_t base = RandomStream{1, "a", 0}.next();
  BOOST_TEST((RandomStream{2, "a", 0}.next()) != base);
  BOOST_TEST((RandomStream{1, "b", 0}.next()) != base);
  BOOST_TEST((RandomStream{1, "a", 1}.next()) != base);
  BOOST_TEST((RandomStream{1, "a", 0}.next()) == base);
}

BOOST_AUTO_TEST_CASE(uniform_numbers_fill_the_unit_interval_evenly) {
  RandomStream random{1, "uniform"};
  std::array<int, 10> counts{};
  for (int i = 0; i < 100'000; ++i) {
    const double u = random.uniform();
    BOOST_REQUIRE(u >= 0.0);
    BOOST_REQUIRE(u < 1.0);
    ++counts[static_cast<std::size_t>(u * 10)];
  }
  for (const int count : counts) BOOST_TEST(std::abs(count - 10'000) < 400);
  for (int i = 0; i < 1000; ++i) {
    const double u = random.uniform_open();
    BOOST_REQUIRE(u > 0.0);
    BOOST_REQUIRE(u < 1.0);
  }
}

BOOST_AUTO_TEST_CASE(below_is_unbiased_and_never_reaches_its_bound) {
  RandomStream random{1, "below"};
  std::array<int, 7> counts{};
  for (int i = 0; i < 70'000; ++i) ++counts.at(random.below(7));
  for (const int count : counts) BOOST_TEST(std::abs(count - 10'000) < 400);
  BOOST_TEST(random.below(1) == 0U);
  // Two thirds of the range: a biased method would favour its first half.
  constexpr std::uint64_t kBound = 0xaaaaaaaaaaaaaaaaULL;
  int low = 0;
  for (int i = 0; i < 20'000; ++i) low += random.below(kBound) < kBound / 2 ? 1 : 0;
  BOOST_TEST(std::abs(low - 10'000) < 400);
}

BOOST_AUTO_TEST_CASE(normal_and_exponential_draws_have_their_moments) {
  RandomStream random{1, "moments"};
  double sum = 0;
  double squares = 0;
  double exponential = 0;
  constexpr int kDraws = 200'000;
  for (int i = 0; i < kDraws; ++i) {
    const double z = random.normal();
    sum += z;
    squares += z * z;
    exponential += random.exponential();
  }
  BOOST_TEST(std::abs(sum / kDraws) < 0.01);
  BOOST_TEST(squares / kDraws == 1.0, boost::test_tools::tolerance(0.02));
  BOOST_TEST(exponential / kDraws == 1.0, boost::test_tools::tolerance(0.02));
}

BOOST_AUTO_TEST_CASE(the_normal_quantile_inverts_the_distribution_function) {
  BOOST_TEST(std::abs(normal_quantile(0.5)) < 1e-15);
  BOOST_TEST(normal_quantile(0.975) == 1.959963984540054, boost::test_tools::tolerance(1e-12));
  BOOST_TEST(normal_quantile(0.001) == -3.090232306167813, boost::test_tools::tolerance(1e-12));
  for (const double p : {1e-12, 1e-6, 0.02425, 0.3, 0.6, 0.97575, 0.999999}) {
    const double back = 0.5 * std::erfc(-normal_quantile(p) / std::sqrt(2.0));
    BOOST_TEST(back == p, boost::test_tools::tolerance(1e-10));
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace lambdarium
