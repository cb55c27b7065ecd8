// Queueing formulas that the fleet must hit: Erlang's B and C, a finite queue, and no limit at all.

#include <array>

#include "tests/sim/replications.h"

namespace lambdarium::simulated {
namespace {

BOOST_AUTO_TEST_SUITE(erlang)

struct LossCase {
  double rate;
  double service_s;
  std::int64_t concurrency;
  double rejected;
  double busy;
};

constexpr std::array<LossCase, 8> kLossCases{{
    {3, 1, 5, 0.110054348, 2.669836957},
    {0.9, 1.991, 3, 0.179030075, 1.471096008},
    {8, 1, 10, 0.121661064, 7.026711486},
    {50, 0.5, 30, 0.052603172, 23.684920694},
    {90, 1, 100, 0.02695738, 87.573835758},
    {2, 0.25, 1, 0.333333333, 0.333333333},
    {950, 1, 1000, 0.003649294, 946.533170996},
    {10, 2, 15, 0.329996927, 13.400061452},
}};

// Erlang's B by its recursion, so that the figures of the table are checked too.
double erlang_b(double offered, std::int64_t servers) {
  double b = 1;
  for (std::int64_t k = 1; k <= servers; ++k) {
    b = offered * b / (static_cast<double>(k) + offered * b);
  }
  return b;
}

SimulationConfig loss_system(const LossCase& c, Distribution service, double arrivals) {
  SimulationConfig config = open_house(c.rate, std::move(service));
  config.platform.fleet.account_concurrency = c.concurrency;
  config.warmup = from_seconds(20 * c.service_s);
  config.duration = config.warmup + from_seconds(arrivals / c.rate);
  return config;
}

void check_loss(const LossCase& c, const Distribution& service, double arrivals,
                const std::string& name) {
  const auto results = replicate(loss_system(c, service, arrivals));
  const auto rejected = estimate(results, [](const SimulationResult& r) {
    BOOST_TEST(r.throttled ==
               r.rejected[static_cast<std::size_t>(fleet::RejectReason::kAccountConcurrency)]);
    BOOST_TEST(r.completed + r.throttled == r.invocations);
    return ratio(r.throttled, r.invocations);
  });
  const auto busy =
      estimate(results, [](const SimulationResult& r) { return r.environments.mean_busy; });
  check_close(name + " rejected", rejected, c.rejected, c.rejected < 0.01 ? 0.05 : 0.015);
  check_close(name + " busy", busy, c.busy, 0.005);
  for (const SimulationResult& r : results) {
    BOOST_TEST(r.environments.peak <= c.concurrency);
    BOOST_TEST(r.queue.max == 0.0);
  }
}

BOOST_AUTO_TEST_CASE(a_fleet_that_rejects_at_its_limit_loses_what_erlang_b_says) {
  for (const LossCase& c : kLossCases) {
    const double offered = c.rate * c.service_s;
    const double blocked = erlang_b(offered, c.concurrency);
    BOOST_TEST(std::abs(blocked - c.rejected) < 1e-8);
    BOOST_TEST(std::abs(offered * (1 - blocked) - c.busy) < 1e-6);
    check_loss(c, Distribution::exponential(c.service_s), 200'000,
               "λ " + std::to_string(c.rate) + " c " + std::to_string(c.concurrency));
  }
}

BOOST_AUTO_TEST_CASE(the_loss_depends_on_the_mean_of_the_service_time_alone) {
  for (const LossCase& c : {kLossCases[0], kLossCases[3], kLossCases[7]}) {
    check_loss(c, Distribution::constant(from_seconds(c.service_s)), 200'000, "constant");
    // Mean = median · exp(σ²/2).
    check_loss(c, Distribution::lognormal(c.service_s * std::exp(-0.5), 1.0), 200'000, "lognormal");
  }
}

struct QueueCase {
  double rate;
  double mu;
  std::int64_t servers;
  double waits;  // P(wait)
  double wait_s;
  double p95_s;
};

constexpr std::array<QueueCase, 6> kQueueCases{{
    {0.5, 1, 1, 0.5, 1, 4.605170186},
    {8, 1, 10, 0.409180151, 0.204590075, 1.05106626},
    {45, 1, 50, 0.363864467, 0.072772893, 0.39695169},
    {3, 2, 2, 0.642857143, 0.642857143, 2.553899521},
    {18, 1, 20, 0.550769005, 0.275384502, 1.199646243},
    {190, 2, 100, 0.506456854, 0.050645685, 0.231541613},
}};

BOOST_AUTO_TEST_CASE(a_fleet_that_queues_at_its_limit_waits_as_erlang_c_says) {
  for (const QueueCase& c : kQueueCases) {
    SimulationConfig config = open_house(c.rate, Distribution::exponential(1 / c.mu));
    config.platform.fleet.account_concurrency = c.servers;
    config.platform.fleet.queue.order = policies::QueueOrder::kFifo;
    config.warmup = from_seconds(200 / c.mu);
    config.duration = config.warmup + from_seconds(300'000 / c.rate);
    const auto results = replicate(config);
    const std::string name = "λ " + std::to_string(c.rate) + " c " + std::to_string(c.servers);
    check_close(
        name + " P(wait)",
        estimate(results,
                 [](const SimulationResult& r) { return ratio(r.queue.positive, r.queue.count); }),
        c.waits, 0.02);
    check_close(name + " mean wait",
                estimate(results, [](const SimulationResult& r) { return r.queue.mean; }), c.wait_s,
                0.03);
    check_close(name + " mean latency",
                estimate(results, [](const SimulationResult& r) { return r.latency.mean; }),
                c.wait_s + 1 / c.mu, 0.02);
    check_close(name + " p95 wait",
                estimate(results, [](const SimulationResult& r) { return r.queue.p95; }), c.p95_s,
                0.05);
    for (const SimulationResult& r : results) BOOST_TEST(r.completed == r.invocations);
  }
}

struct FiniteCase {
  double rate;
  double mu;
  std::int64_t servers;
  std::int64_t system;
  double blocked;
  double wait_s;
};

BOOST_AUTO_TEST_CASE(a_queue_of_bounded_length_blocks_and_waits_as_the_formula_says) {
  constexpr std::array<FiniteCase, 4> kCases{{
      {9, 1, 10, 20, 0.029510062, 0.263927588},
      {12, 1, 10, 20, 0.179665916, 0.635969442},
      {0.9, 1, 1, 5, 0.12602255, 1.790285952},
      {20, 2, 8, 16, 0.214728699, 0.319321738},
  }};
  for (const FiniteCase& c : kCases) {
    SimulationConfig config = open_house(c.rate, Distribution::exponential(1 / c.mu));
    config.platform.fleet.account_concurrency = c.servers;
    config.platform.fleet.queue.order = policies::QueueOrder::kFifo;
    config.platform.fleet.queue.max_length = c.system - c.servers;
    config.warmup = from_seconds(100 / c.mu);
    config.duration = config.warmup + from_seconds(200'000 / c.rate);
    const auto results = replicate(config);
    check_close(
        "blocked",
        estimate(results,
                 [](const SimulationResult& r) { return ratio(r.throttled, r.invocations); }),
        c.blocked, 0.02);
    check_close("wait", estimate(results, [](const SimulationResult& r) { return r.queue.mean; }),
                c.wait_s, 0.02);
  }
}

BOOST_AUTO_TEST_CASE(without_a_limit_the_busy_environments_are_the_offered_load) {
  for (const auto& service :
       {Distribution::exponential(2), Distribution::constant(2s), Distribution::gamma(2, 0.5)}) {
    SimulationConfig config = open_house(5, service);
    config.warmup = 200s;
    config.duration = 40'200s;
    const auto results = replicate(config);
    check_close(
        "busy",
        estimate(results, [](const SimulationResult& r) { return r.environments.mean_busy; }), 10,
        0.005);
    check_close(
        "busy memory",
        estimate(results, [](const SimulationResult& r) { return r.memory_gb_s_busy / 40'000; }),
        10, 0.005);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace lambdarium::simulated
