#include "traces/generators/arrivals.h"

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <string>
#include <vector>

using namespace lambdarium;
using namespace lambdarium::traces;

namespace {

using Parameters = std::map<std::string, std::vector<double>, std::less<>>;

ArrivalProcess make(std::string name, Parameters parameters) {
  auto process = make_arrival_process(
      {.process = std::move(name), .parameters = std::move(parameters), .where = {}});
  BOOST_REQUIRE_MESSAGE(process.ok(), (process.ok() ? "" : process.error().message));
  return *std::move(process);
}

std::string error_of(std::string name, Parameters parameters) {
  const auto process = make_arrival_process({.process = std::move(name),
                                             .parameters = std::move(parameters),
                                             .where = {.file = "c.yaml", .line = 7}});
  BOOST_REQUIRE(!process.ok());
  BOOST_TEST(process.error().where.line == 7);
  return process.error().message;
}

struct Gaps {
  double mean = 0;
  double variation = 0;  // standard deviation over mean
};

Gaps gaps_of(ArrivalProcess process, int count) {
  RandomStream random{5, "test"};
  double sum = 0;
  double squares = 0;
  Time last = process.next(random);
  for (int i = 0; i < count; ++i) {
    const Time next = process.next(random);
    BOOST_REQUIRE((next >= last));
    const double gap = to_seconds(next - last);
    sum += gap;
    squares += gap * gap;
    last = next;
  }
  const double mean = sum / count;
  return {mean, std::sqrt(squares / count - mean * mean) / mean};
}

std::vector<double> all_seconds(ArrivalProcess process, std::size_t most = 1000) {
  RandomStream random{5, "test"};
  std::vector<double> seconds;
  for (Time t = process.next(random); t != kNever && seconds.size() < most;
       t = process.next(random)) {
    seconds.push_back(to_seconds(t));
  }
  return seconds;
}

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(arrival_processes)

BOOST_AUTO_TEST_CASE(renewal_processes_have_the_mean_and_variation_asked_for) {
  struct Case {
    const char* name;
    Parameters parameters;
    double mean;
    double variation;
  };
  for (const Case& c : std::vector<Case>{
           {"poisson", {{"rate_per_s", {4}}}, 0.25, 1},
           {"poisson", {{"mean_s", {3}}}, 3, 1},
           {"deterministic", {{"rate_per_s", {8}}}, 0.125, 0},
           {"gamma", {{"rate_per_s", {2}}, {"cv", {2}}}, 0.5, 2},
           {"gamma", {{"mean_s", {600}}, {"shape", {4}}}, 600, 0.5},
           {"weibull", {{"scale_s", {300}}, {"shape", {0.5}}}, 600, std::sqrt(5.0)},
           {"weibull", {{"rate_per_s", {10}}, {"shape", {1}}}, 0.1, 1},
       }) {
    const ArrivalProcess process = make(c.name, c.parameters);
    BOOST_TEST(process.mean_rate_per_s() == 1 / c.mean, boost::test_tools::tolerance(1e-9));
    const Gaps gaps = gaps_of(process, 200'000);
    BOOST_TEST_CONTEXT(c.name) {
      BOOST_TEST(gaps.mean == c.mean, boost::test_tools::tolerance(0.03));
      BOOST_TEST(std::abs(gaps.variation - c.variation) < 0.03 * (c.variation + 0.1));
    }
  }
}

BOOST_AUTO_TEST_CASE(deterministic_begins_after_one_period_and_does_not_drift) {
  BOOST_TEST(
      all_seconds(make("deterministic", {{"period_s", {4}}}), 3) == (std::vector<double>{4, 8, 12}),
      boost::test_tools::per_element());
  BOOST_TEST(all_seconds(make("deterministic", {{"period_s", {4}}, {"first_s", {0}}}), 2) ==
                 (std::vector<double>{0, 4}),
             boost::test_tools::per_element());
  ArrivalProcess thirds = make("deterministic", {{"rate_per_s", {3}}});
  RandomStream random;
  Time last{};
  for (int i = 0; i < 3'000'000; ++i) last = thirds.next(random);
  BOOST_TEST((last == at(1'000'000s)));
}

BOOST_AUTO_TEST_CASE(start_and_end_bound_every_process) {
  const auto seconds =
      all_seconds(make("deterministic", {{"period_s", {1}}, {"start_s", {10}}, {"end_s", {13}}}));
  BOOST_TEST(seconds == (std::vector<double>{11, 12}), boost::test_tools::per_element());
  for (const double t :
       all_seconds(make("poisson", {{"rate_per_s", {5}}, {"start_s", {10}}, {"end_s", {20}}}))) {
    BOOST_TEST((t >= 10 && t < 20));
  }
}

BOOST_AUTO_TEST_CASE(a_modulated_process_has_its_mean_rate_and_quiet_states) {
  const ArrivalProcess process = make("mmpp", {{"rates_per_s", {0, 40}}, {"holding_s", {3, 1}}});
  BOOST_TEST(process.mean_rate_per_s() == 10.0);
  const Gaps gaps = gaps_of(process, 400'000);
  BOOST_TEST(gaps.mean == 0.1, boost::test_tools::tolerance(0.05));
  BOOST_TEST(gaps.variation > 2.0);
}

BOOST_AUTO_TEST_CASE(a_diurnal_process_peaks_at_its_peak) {
  ArrivalProcess process =
      make("diurnal",
           {{"rate_per_s", {10}}, {"amplitude", {0.8}}, {"period_s", {1000}}, {"peak_s", {250}}});
  RandomStream random{1, "d"};
  std::vector<int> quarters(4);
  const int whole = 100'000;
  for (int i = 0; i < whole; ++i) {
    const double t = std::fmod(to_seconds(process.next(random)), 1000.0);
    ++quarters[static_cast<std::size_t>(t / 250)];
  }
  // From the integral of 1 + 0.8 cos: 0.25 + 0.8 / (2 pi) in the quarters that touch the peak.
  const double high = whole * (0.25 + 0.8 / 6.283185307);
  BOOST_TEST(quarters[0] == high, boost::test_tools::tolerance(0.03));
  BOOST_TEST(quarters[1] == high, boost::test_tools::tolerance(0.03));
  BOOST_TEST(quarters[2] + quarters[3] == whole - 2 * high, boost::test_tools::tolerance(0.05));
}

BOOST_AUTO_TEST_CASE(batches_come_at_one_instant) {
  BOOST_TEST(all_seconds(make("batch", {{"period_s", {2}}, {"size", {3}}}), 7) ==
                 (std::vector<double>{2, 2, 2, 4, 4, 4, 6}),
             boost::test_tools::per_element());
  const ArrivalProcess process = make("batch", {{"rate_per_s", {1}}, {"mean_size", {5}}});
  BOOST_TEST(process.mean_rate_per_s() == 5.0);
  BOOST_TEST(gaps_of(process, 300'000).mean == 0.2, boost::test_tools::tolerance(0.03));
}

BOOST_AUTO_TEST_CASE(a_schedule_is_exact_times_or_rates_by_steps) {
  BOOST_TEST(
      all_seconds(make("schedule", {{"times_s", {5, 1, 1}}})) == (std::vector<double>{1, 1, 5}),
      boost::test_tools::per_element());
  BOOST_TEST(all_seconds(make("schedule", {{"times_s", {1, 5}}, {"period_s", {10}}}), 5) ==
                 (std::vector<double>{1, 5, 11, 15, 21}),
             boost::test_tools::per_element());
  const auto once =
      all_seconds(make("schedule", {{"rates_per_s", {0, 100, 0, 10}}, {"step_s", {1}}}));
  BOOST_TEST(once.size() > 60U);
  for (const double t : once) BOOST_TEST(((t >= 1 && t < 2) || (t >= 3 && t < 4)));
  const ArrivalProcess again =
      make("schedule", {{"rates_per_s", {0, 30}}, {"step_s", {1}}, {"repeat", {1}}});
  BOOST_TEST(gaps_of(again, 100'000).mean == 1.0 / 15, boost::test_tools::tolerance(0.03));
}

BOOST_AUTO_TEST_CASE(equal_streams_give_equal_arrivals_and_a_copy_goes_on_alone) {
  ArrivalProcess one = make("gamma", {{"rate_per_s", {2}}, {"cv", {3}}});
  RandomStream random{9, "x"};
  (void)one.next(random);
  ArrivalProcess two = one;
  RandomStream copy = random;
  for (int i = 0; i < 100; ++i) BOOST_TEST((one.next(random) == two.next(copy)));
}

BOOST_AUTO_TEST_CASE(mistakes_are_named) {
  BOOST_TEST(contains(error_of("poison", {}), "did you mean 'poisson'?"));
  BOOST_TEST(contains(error_of("poisson", {{"rate_pers", {1}}}), "did you mean 'rate_per_s'?"));
  BOOST_TEST(contains(error_of("poisson", {}), "needs rate_per_s or mean_s"));
  BOOST_TEST(contains(error_of("poisson", {{"rate_per_s", {1}}, {"mean_s", {1}}}), "not both"));
  BOOST_TEST(contains(error_of("poisson", {{"rate_per_s", {0}}}), "rate_per_s is 0"));
  BOOST_TEST(contains(error_of("poisson", {{"rate_per_s", {-1}}}), "rate_per_s is -1"));
  BOOST_TEST(contains(error_of("poisson", {{"rate_per_s", {NAN}}}), "rate_per_s is nan"));
  BOOST_TEST(contains(error_of("poisson", {{"rate_per_s", {1, 2}}}), "one number, not 2"));
  BOOST_TEST(contains(error_of("diurnal", {{"rate_per_s", {1}}, {"amplitude", {1.1}}}),
                      "amplitude is 1.1"));
  BOOST_TEST(contains(error_of("mmpp", {{"rates_per_s", {1, 2}}, {"holding_s", {1}}}), "2 states"));
  BOOST_TEST(contains(error_of("mmpp", {{"rates_per_s", {0}}, {"holding_s", {1}}}), "above 0"));
  BOOST_TEST(contains(error_of("batch", {{"rate_per_s", {1}}, {"size", {1.5}}}), "whole number"));
  BOOST_TEST(contains(error_of("batch", {{"rate_per_s", {1}}, {"size", {0}}}), "size is 0"));
  BOOST_TEST(contains(error_of("schedule", {}), "needs times_s or rates_per_s"));
  BOOST_TEST(contains(error_of("schedule", {{"times_s", {}}}), "at least one number"));
  BOOST_TEST(contains(error_of("weibull", {{"scale_s", {1}}, {"rate_per_s", {1}}, {"shape", {1}}}),
                      "one of rate_per_s, mean_s and scale_s"));
}

BOOST_AUTO_TEST_SUITE_END()
