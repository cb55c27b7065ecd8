// Keep-alive: closed forms for Poisson arrivals without service time, renewal arrivals, and a
// published example.

#include <array>

#include "tests/sim/replications.h"

namespace lambdarium::simulated {
namespace {

BOOST_AUTO_TEST_SUITE(keep_alive)

struct PoissonCase {
  double rate;
  double ttl_s;
  double cold;
  double resident;
  double life_s;
  double idle_s;  // for each request
};

BOOST_AUTO_TEST_CASE(poisson_arrivals_without_service_time_match_the_closed_form) {
  constexpr std::array<PoissonCase, 6> kCases{{
      {1.0 / 600, 600, 0.367879441, 0.632120559, 1030.969097075, 379.272335297},
      {1.0 / 900, 600, 0.513417119, 0.486582881, 852.960636949, 437.924592871},
      {1.0 / 300, 600, 0.135335283, 0.864664717, 1916.716829679, 259.399415029},
      {0.01, 60, 0.548811636, 0.451188364, 82.211880039, 45.118836391},
      {1.0 / 3600, 600, 0.846481725, 0.153518275, 652.897486316, 552.665790394},
      {0.05, 30, 0.22313016, 0.77686984, 69.633781407, 15.537396797},
  }};
  for (const PoissonCase& c : kCases) {
    SimulationConfig config = open_house(c.rate, Distribution::constant(1ns));
    config.platform.fleet.keep_alive.ttl = from_seconds(c.ttl_s);
    config.duration = from_seconds(50'000 / c.rate);
    const auto results = replicate(config);
    check_close(
        "cold",
        estimate(results,
                 [](const SimulationResult& r) { return ratio(r.cold_starts, r.invocations); }),
        c.cold, 0.01);
    check_close(
        "resident",
        estimate(results, [](const SimulationResult& r) { return r.environments.mean_total; }),
        c.resident, 0.01);
    check_close(
        "life",
        estimate(results, [](const SimulationResult& r) { return r.environments.mean_life_s; }),
        c.life_s, 0.01);
    check_close("idle",
                estimate(results,
                         [](const SimulationResult& r) {
                           return r.memory_gb_s_idle / static_cast<double>(r.invocations);
                         }),
                c.idle_s, 0.01);
  }
}

BOOST_AUTO_TEST_CASE(renewal_arrivals_are_cold_when_the_gap_is_longer_than_the_time_to_live) {
  struct Case {
    traces::ArrivalSpec spec;
    double cold;
    double idle_s;
  };
  const std::vector<Case> cases{
      {{.process = "gamma", .parameters = {{"mean_s", {600}}, {"shape", {4}}}, .where = {}},
       0.43347012,
       482.779911112},
      {{.process = "weibull", .parameters = {{"scale_s", {300}}, {"shape", {0.5}}}, .where = {}},
       0.243116734,
       247.838569493},
      {{.process = "weibull", .parameters = {{"scale_s", {600}}, {"shape", {2}}}, .where = {}},
       0.367879441,
       448.094479687},
  };
  for (const Case& c : cases) {
    SimulationConfig config = open_house(1, Distribution::constant(1ns));
    auto process = traces::make_arrival_process(c.spec);
    BOOST_REQUIRE_MESSAGE(process.ok(), (process.ok() ? "" : process.error().to_string()));
    config.workload.functions[0].arrival = NamedArrivals{*std::move(process), "renewal"};
    config.platform.fleet.keep_alive.ttl = 600s;
    config.duration = 20'000'000s;
    const auto results = replicate(config);
    check_close(
        "cold",
        estimate(results,
                 [](const SimulationResult& r) { return ratio(r.cold_starts, r.invocations); }),
        c.cold, 0.01);
    check_close("idle",
                estimate(results,
                         [](const SimulationResult& r) {
                           return r.memory_gb_s_idle / static_cast<double>(r.invocations);
                         }),
                c.idle_s, 0.01);
  }
}

// The documented example of SimFaaS, "scale per request, newest first": bands of four standard
// deviations around its means.
SimulationConfig published_example() {
  SimulationConfig config = open_house(0.9, Distribution::exponential(1.991));
  FunctionConfig& f = config.workload.functions[0];
  f.cold_start = NamedDistribution{Distribution::exponential(2.244), "exponential"};
  f.cold_start_mode = ColdStartMode::kReplace;
  config.platform.fleet.keep_alive.ttl = 600s;
  config.platform.fleet.dispatch = policies::DispatchOrder::kNewest;
  config.duration = 1'000'000s;
  return config;
}

BOOST_AUTO_TEST_CASE(the_published_example_falls_into_its_bands) {
  const auto results = replicate(published_example());
  const SimulationResult& one = results.front();
  const auto within = [](double value, double low, double high) {
    BOOST_TEST(value >= low);
    BOOST_TEST(value <= high);
  };
  within(static_cast<double>(one.invocations), 896'000, 904'000);
  within(ratio(one.cold_starts, one.invocations), 0.00119, 0.00150);
  within(one.environments.mean_life_s, 5700, 7050);
  within(one.environments.mean_total, 7.59, 7.83);
  within(one.environments.mean_busy, 1.784, 1.802);
  within(one.environments.mean_idle, 5.79, 6.03);

  // With twenty runs the means are within one standard deviation.
  const auto mean = [&](auto figure) { return estimate(results, figure).mean; };
  within(mean([](const SimulationResult& r) { return ratio(r.cold_starts, r.invocations); }),
         0.001347 - 0.0000386, 0.001347 + 0.0000386);
  within(mean([](const SimulationResult& r) { return r.environments.mean_life_s; }), 6379 - 168,
         6379 + 168);
  within(mean([](const SimulationResult& r) { return r.environments.mean_total; }), 7.7065 - 0.0291,
         7.7065 + 0.0291);
  within(mean([](const SimulationResult& r) { return r.environments.mean_busy; }), 1.7932 - 0.0022,
         1.7932 + 0.0022);
  within(mean([](const SimulationResult& r) { return r.environments.mean_idle; }), 5.9133 - 0.0277,
         5.9133 + 0.0277);
}

BOOST_AUTO_TEST_CASE(taking_the_least_recently_used_environment_keeps_more_of_them_warm) {
  SimulationConfig config = open_house(0.9, Distribution::exponential(1.991));
  config.platform.fleet.keep_alive.ttl = 10s;
  config.duration = 300'000s;
  config.platform.fleet.dispatch = policies::DispatchOrder::kMru;
  const SimulationResult mru = run(config);
  config.platform.fleet.dispatch = policies::DispatchOrder::kLru;
  const SimulationResult lru = run(config);
  BOOST_TEST(lru.invocations == mru.invocations);
  const double fewer = ratio(mru.cold_starts, lru.cold_starts);
  BOOST_TEST(fewer > 3.5);
  BOOST_TEST(fewer < 5.5);
  const double more_idle = lru.memory_gb_s_idle / mru.memory_gb_s_idle;
  BOOST_TEST(more_idle > 1.4);
  BOOST_TEST(more_idle < 1.7);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace lambdarium::simulated
