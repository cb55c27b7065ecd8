#include "emulator/simulated/simulate.h"

#include <boost/test/unit_test.hpp>

#include "emulator/fleet/fleet.h"
#include "emulator/fleet/text.h"
#include "emulator/simulated/generated_source.h"
#include "emulator/simulated/report.h"
#include "tests/unit/emulator/simulated/scenario.h"

namespace lambdarium::simulated {
namespace {

std::uint64_t cold_because(const SimulationResult& r, fleet::ColdCause cause) {
  return r.cold_causes[static_cast<std::size_t>(cause)];
}

BOOST_AUTO_TEST_SUITE(simulating)

BOOST_AUTO_TEST_CASE(an_empty_trace_gives_zeros) {
  const SimulationResult r = Scenario{}.run();
  BOOST_TEST(r.invocations == 0U);
  BOOST_TEST(to_seconds(r.end) == 0.0);
  BOOST_TEST(r.environments.mean_total == 0.0);
  BOOST_TEST(r.bill.total().is_zero());
}

// Arrivals every 4 s from t = 4 on, warm 1 s, cold 10 s in all, time to live 30 s: cold at 4, 8 and
// 12, never again; the two surplus environments expire at 47 and 51 after a life of 43 s each.
BOOST_AUTO_TEST_CASE(surplus_environments_of_a_cold_beginning_expire_and_one_stays) {
  Scenario s;
  s.function(0).cold_start = 9s;
  s.config.platform.fleet.keep_alive.ttl = 30s;
  s.config.platform.fleet.dispatch = policies::DispatchOrder::kNewest;
  for (int t = 4; t <= 400; t += 4) s.request(std::chrono::seconds{t}, 1s);
  MemorySink sink;
  const SimulationResult r = s.run(&sink);
  BOOST_TEST(r.invocations == 100U);
  BOOST_TEST(r.cold_starts == 3U);
  BOOST_TEST(cold_because(r, fleet::ColdCause::kFirst) == 1U);
  BOOST_TEST(cold_because(r, fleet::ColdCause::kConcurrency) == 2U);
  BOOST_TEST(r.environments.expired == 2U);
  BOOST_TEST(r.environments.peak == 3);
  BOOST_TEST(r.environments.mean_life_s == 43.0);
  std::vector<std::int64_t> ends;
  for (const EnvironmentRecord& e : sink.environments) {
    if (e.ended_ns >= 0) ends.push_back(e.ended_ns / 1'000'000'000);
  }
  BOOST_TEST(ends == (std::vector<std::int64_t>{47, 51}), boost::test_tools::per_element());
  BOOST_TEST(sink.environments.size() == 3U);
  BOOST_TEST(to_seconds(r.end) == 401.0);
}

BOOST_AUTO_TEST_CASE(a_gap_longer_than_the_time_to_live_is_always_cold) {
  const auto cold_at = [](Duration ttl, fleet::AtExpiry at_expiry) {
    Scenario s;
    s.config.platform.fleet.keep_alive.ttl = ttl;
    s.config.platform.fleet.at_expiry = at_expiry;
    for (int i = 0; i < 10; ++i) s.request(i * 601s, 500ms);
    return s.run().cold_starts;
  };
  BOOST_TEST(cold_at(600s, fleet::AtExpiry::kCold) == 10U);
  BOOST_TEST(cold_at(600s, fleet::AtExpiry::kWarm) == 10U);
  // The boundary: the request comes at the very instant of the expiry.
  BOOST_TEST(cold_at(600s + 500ms, fleet::AtExpiry::kCold) == 10U);
  BOOST_TEST(cold_at(600s + 500ms, fleet::AtExpiry::kWarm) == 1U);
  BOOST_TEST(cold_at(600s + 500ms + 1ns, fleet::AtExpiry::kCold) == 1U);
  BOOST_TEST(cold_at(Duration::zero(), fleet::AtExpiry::kCold) == 10U);
  BOOST_TEST(cold_at(kForever, fleet::AtExpiry::kCold) == 1U);
}

BOOST_AUTO_TEST_CASE(at_the_same_instant_completions_come_before_arrivals) {
  Scenario s;
  s.request(0s, 2s).request(2s, 2s).request(4s, 2s);
  const SimulationResult r = s.run();
  BOOST_TEST(r.cold_starts == 1U);
  BOOST_TEST(r.environments.peak == 1);
}

BOOST_AUTO_TEST_CASE(a_start_that_takes_no_time_serves_its_request_before_the_next_arrival) {
  Scenario s;
  s.request(0s, 0s).request(0s, 0s).request(0s, 1s).request(0s, 1s);
  const SimulationResult r = s.run();
  BOOST_TEST(r.completed == 4U);
  BOOST_TEST(r.cold_starts == 2U);
}

BOOST_AUTO_TEST_CASE(integrals_are_exact_and_idle_memory_ends_with_the_last_completion) {
  Scenario s;
  s.function(0).cold_start = 1s;
  s.request(10s, 2s).request(20s, 3s);
  const SimulationResult r = s.run();
  BOOST_TEST(to_seconds(r.end) == 23.0);
  // Busy 10–13 (its start included) and 20–23, idle 13–20, of 23 s.
  BOOST_TEST(r.environments.mean_busy == 6.0 / 23);
  BOOST_TEST(r.environments.mean_idle == 7.0 / 23);
  BOOST_TEST(r.environments.mean_total == 13.0 / 23);
  BOOST_TEST(r.memory_gb_s_busy == 6.0);
  BOOST_TEST(r.memory_gb_s_idle == 7.0);
  BOOST_TEST(r.latency.mean == 3.0);
  BOOST_TEST(r.init.mean == 0.5);
  BOOST_TEST(r.init.max == 1.0);
  BOOST_TEST(r.service.mean == 2.5);
}

BOOST_AUTO_TEST_CASE(what_is_turned_away_after_the_last_completion_does_not_prolong_the_run) {
  Scenario s{2};
  s.function(1).memory_mb = 4096;
  s.config.platform.fleet.memory_capacity_mb = 2048;
  s.request(0s, 1s, 0).request(100s, 1s, 1);
  const SimulationResult r = s.run();
  BOOST_TEST(r.completed == 1U);
  BOOST_TEST(r.dropped == 1U);
  BOOST_TEST(to_seconds(r.end) == 1.0);
  BOOST_TEST(r.memory_gb_s_busy == 1.0);
  BOOST_TEST(r.memory_gb_s_idle == 0.0);
  BOOST_TEST(r.latency.count == 1U);
}

BOOST_AUTO_TEST_CASE(a_memory_bound_host_evicts_the_least_recently_used) {
  Scenario s{3};
  s.config.platform.fleet.memory_capacity_mb = 2048;
  s.request(0s, 1s, 0).request(2s, 1s, 1).request(4s, 1s, 2).request(6s, 1s, 0).request(8s, 1s, 2);
  const SimulationResult r = s.run();
  BOOST_TEST(r.cold_starts == 4U);
  BOOST_TEST(cold_because(r, fleet::ColdCause::kEvicted) == 1U);
  BOOST_TEST(r.environments.evicted == 2U);
  BOOST_TEST(r.environments.peak == 2);
}

BOOST_AUTO_TEST_CASE(an_invocation_ends_at_its_timeout_and_takes_its_environment_along) {
  Scenario s;
  s.function(0).timeout = 3s;
  s.request(0s, 3s).request(10s, 3s + 1ns).request(20s, 1s);
  MemorySink sink;
  const SimulationResult r = s.run(&sink);
  BOOST_TEST(r.completed == 2U);
  BOOST_TEST(r.timed_out == 1U);
  BOOST_TEST(r.latency.count == 2U);
  BOOST_TEST(r.environments.lost == 1U);
  BOOST_TEST(r.cold_starts == 2U);
  BOOST_TEST(cold_because(r, fleet::ColdCause::kLost) == 1U);
  BOOST_REQUIRE(sink.invocations.size() == 3U);
  BOOST_TEST(sink.invocations[1].outcome == "timeout");
  BOOST_TEST(sink.invocations[1].duration_ns == 3'000'000'000);
  // 3,000 + 3,000 + 1,000 ms of 1 GB, and three requests.
  BOOST_TEST(r.bill.total().to_string(15) == "0.0001172669");
}

BOOST_AUTO_TEST_CASE(a_completion_that_was_given_up_does_not_end_the_next_invocation_of_its_slot) {
  Scenario s;
  s.function(0).timeout = 2s;
  s.function(0).concurrency = 2;
  // The second and the first share an environment; the first times out while the second goes on.
  s.request(0s, 10s).request(1s, 500ms).request(3s, 1s).request(9s, 1500ms);
  const SimulationResult r = s.run();
  BOOST_TEST(r.timed_out == 1U);
  BOOST_TEST(r.completed == 3U);
  BOOST_TEST(r.latency.max == 1.5);
}

BOOST_AUTO_TEST_CASE(an_environment_serves_as_many_requests_at_once_as_it_is_configured_for) {
  Scenario s;
  s.function(0).concurrency = 3;
  for (int i = 0; i < 7; ++i) s.request(0s, 1s);
  const SimulationResult r = s.run();
  // The starts take no time, so each request finds the environment before it ready.
  BOOST_TEST(r.environments.started == 3U);
  BOOST_TEST(r.completed == 7U);
}

BOOST_AUTO_TEST_CASE(a_replacing_cold_start_is_the_whole_response) {
  Scenario s;
  s.config.workload.functions.push_back({});
  FunctionConfig& f = s.config.workload.functions.back();
  f.name = "a";
  f.cold_start = NamedDistribution{Distribution::constant(5s), "5"};
  f.cold_start_mode = ColdStartMode::kReplace;
  s.request(0s, 1s).request(10s, 1s);
  const SimulationResult replaced = s.run();
  BOOST_TEST(replaced.latency.max == 5.0);
  BOOST_TEST(replaced.latency.mean == 3.0);
  f.cold_start_mode = ColdStartMode::kAdditive;
  BOOST_TEST(s.run().latency.max == 6.0);
}

BOOST_AUTO_TEST_CASE(limits_throttle_and_the_reasons_are_counted) {
  Scenario s{2};
  s.config.platform.fleet.account_concurrency = 3;
  s.config.platform.reserved.emplace("b", NamedLimit{1, {}});
  for (int i = 0; i < 4; ++i) s.request(0s, 1s, 0);
  for (int i = 0; i < 3; ++i) s.request(0s, 1s, 1);
  const SimulationResult r = s.run();
  BOOST_TEST(r.completed == 3U);
  BOOST_TEST(r.throttled == 4U);
  BOOST_TEST(r.rejected[static_cast<std::size_t>(fleet::RejectReason::kAccountConcurrency)] == 2U);
  BOOST_TEST(r.rejected[static_cast<std::size_t>(fleet::RejectReason::kReservedConcurrency)] == 2U);
  BOOST_TEST(r.latency.count == 3U);
}

BOOST_AUTO_TEST_CASE(a_queue_makes_requests_wait_and_the_shortest_first_if_so_ordered) {
  Scenario s;
  s.config.platform.fleet.account_concurrency = 1;
  s.config.platform.fleet.queue.order = policies::QueueOrder::kSjf;
  s.request(0s, 4s).request(1s, 3s).request(2s, 1s);
  const SimulationResult r = s.run();
  BOOST_TEST(r.completed == 3U);
  BOOST_TEST(r.queue.max == 4.0);   // 1 → 5
  BOOST_TEST(r.queue.mean == 2.0);  // 0, 4, 2
  BOOST_TEST(r.queue.positive == 2U);
  BOOST_TEST(r.latency.max == 7.0);
}

BOOST_AUTO_TEST_CASE(waiting_for_too_long_ends_the_run_as_well) {
  Scenario s;
  s.config.platform.fleet.account_concurrency = 1;
  s.config.platform.fleet.queue.order = policies::QueueOrder::kFifo;
  s.config.platform.fleet.queue.max_wait = 2s;
  s.request(0s, 10s).request(1s, 1s);
  const SimulationResult r = s.run();
  BOOST_TEST(r.throttled == 1U);
  BOOST_TEST(r.completed == 1U);
  BOOST_TEST(to_seconds(r.end) == 10.0);
}

BOOST_AUTO_TEST_CASE(provisioned_environments_are_there_from_the_start_and_are_billed) {
  Scenario s;
  s.function(0).cold_start = 5s;
  s.config.platform.provisioned.emplace("a", NamedLimit{2, {}});
  for (int i = 0; i < 3; ++i) s.request(0s, 1s);
  const SimulationResult r = s.run();
  BOOST_TEST(r.cold_starts == 1U);
  BOOST_TEST(r.latency.p50 == 1.0);
  BOOST_TEST(r.latency.max == 6.0);
  BOOST_TEST(r.bill.lines.size() == 4U);  // requests, on demand, provisioned twice
}

BOOST_AUTO_TEST_CASE(the_warm_up_is_in_no_figure) {
  Scenario s;
  s.function(0).cold_start = 1s;
  s.request(0s, 5s).request(8s, 2s).request(20s, 4s);
  s.config.warmup = 10s;
  const SimulationResult r = s.run();
  BOOST_TEST(r.simulated == 3U);
  BOOST_TEST(r.invocations == 1U);
  BOOST_TEST(r.completed == 1U);
  BOOST_TEST(r.cold_starts == 0U);
  BOOST_TEST(r.environments.started == 0U);
  BOOST_TEST(r.environments.peak == 1);
  BOOST_TEST(r.latency.max == 4.0);
  BOOST_TEST(r.memory_gb_s_busy == 4.0);
  BOOST_TEST(r.memory_gb_s_idle == 10.0);
  BOOST_TEST(r.environments.mean_busy == 4.0 / 14);
  BOOST_TEST(r.functions[0].invocations == 1U);
  BOOST_TEST(r.bill.total().to_string(15) == "0.0000668668");
}

BOOST_AUTO_TEST_CASE(an_objective_counts_what_ran_within_it) {
  Scenario s;
  s.function(0).timeout = 5s;
  s.config.slo_latency = 2s;
  s.request(0s, 1s).request(10s, 2s).request(20s, 2s + 1ns).request(30s, 6s);
  const SimulationResult r = s.run();
  BOOST_TEST(r.slo_hits == 2U);
  BOOST_TEST(r.slo_hit_ratio() == 0.5);
}

BOOST_AUTO_TEST_CASE(a_limit_for_a_function_that_does_not_exist_is_an_error) {
  Scenario s;
  s.config.platform.reserved.emplace("aa",
                                     NamedLimit{1, {.file = "c.yaml", .line = 3, .column = 5}});
  traces::Trace trace;
  trace.functions.emplace_back().name = "a";
  const auto source = traces::make_memory_source(trace);
  const auto result = simulate(s.config, *source);
  BOOST_REQUIRE(!result.ok());
  BOOST_TEST(result.error().to_string().find("c.yaml:3:5") != std::string::npos);
  BOOST_TEST(result.error().to_string().find("'aa'") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

SimulationConfig busy_config(std::uint64_t seed) {
  SimulationConfig config;
  config.seed = seed;
  config.duration = 2000s;
  for (int i = 0; i < 5; ++i) {
    FunctionConfig& f = config.workload.functions.emplace_back();
    f.name = "f" + std::to_string(i);
    f.memory_mb = 128 << i;
    auto process = traces::make_arrival_process(
        {.process = "poisson", .parameters = {{"rate_per_s", {0.5 + i}}}, .where = {}});
    f.arrival = NamedArrivals{*std::move(process), "poisson"};
    f.service = NamedDistribution{Distribution::lognormal(0.5, 1.0), "lognormal"};
    f.cold_start = NamedDistribution{Distribution::exponential(0.5), "exponential"};
    f.timeout = 10s;
  }
  config.platform.fleet.account_concurrency = 12;
  config.platform.fleet.memory_capacity_mb = 12'000;
  config.platform.fleet.queue.order = policies::QueueOrder::kFifo;
  config.platform.fleet.queue.max_wait = 1s;
  config.platform.fleet.keep_alive.ttl = 2s;
  config.platform.fleet.dispatch = policies::DispatchOrder::kRandom;
  return config;
}

SimulationResult run(const SimulationConfig& config, RunSink* sink = nullptr) {
  const auto source = make_generated_source(config);
  auto result = simulate(config, *source, sink);
  BOOST_REQUIRE(result.ok());
  return *std::move(result);
}

BOOST_AUTO_TEST_SUITE(runs)

BOOST_AUTO_TEST_CASE(of_the_same_seed_are_the_same_to_the_byte_with_or_without_a_record) {
  const SimulationConfig config = busy_config(7);
  MemorySink sink;
  const std::string first = to_json(run(config), 1.0);
  BOOST_TEST(to_json(run(config), 1.0) == first);
  BOOST_TEST(to_json(run(config, &sink), 1.0) == first);
  BOOST_TEST(to_json(run(busy_config(8)), 1.0) != first);
}

BOOST_AUTO_TEST_CASE(count_every_invocation_once) {
  MemorySink sink;
  const SimulationResult r = run(busy_config(3), &sink);
  BOOST_TEST(r.completed + r.throttled + r.dropped + r.timed_out + r.errors == r.invocations);
  BOOST_TEST(r.simulated == r.invocations);
  BOOST_TEST(sink.invocations.size() == r.invocations);
  BOOST_TEST(r.throttled > 0U);
  BOOST_TEST(r.timed_out > 0U);
  BOOST_TEST(r.environments.evicted > 0U);
  BOOST_TEST(r.environments.expired > 0U);
  std::uint64_t of_functions = 0;
  billing::Decimal cost;
  for (const FunctionResult& f : r.functions) {
    of_functions += f.invocations;
    cost += f.cost;
  }
  BOOST_TEST(of_functions == r.invocations);
  BOOST_TEST((cost == r.bill.total()));
  BOOST_TEST(sink.environments.size() == r.environments.started);
  const double parts = r.queue.mean + r.init.mean + r.service.mean;
  BOOST_TEST(r.latency.mean == parts, boost::test_tools::tolerance(1e-9));
}

BOOST_AUTO_TEST_CASE(draw_the_same_requests_and_cold_starts_whatever_the_policy) {
  SimulationConfig config = busy_config(5);
  config.platform.fleet.account_concurrency.reset();
  config.platform.fleet.memory_capacity_mb.reset();
  for (FunctionConfig& f : config.workload.functions) f.timeout = kForever;
  const SimulationResult warm = run(config);
  config.platform.fleet.keep_alive.name = policies::KeepAliveName::kNone;
  const SimulationResult cold = run(config);
  BOOST_TEST(warm.invocations == cold.invocations);
  BOOST_TEST(warm.service.mean == cold.service.mean);
  BOOST_TEST(cold.cold_starts == cold.invocations);
  // What is cold under both draws the same: the longest cold start of the one is no longer than
  // that of the other.
  BOOST_TEST(warm.init.max <= cold.init.max);
  BOOST_TEST(warm.cold_starts < cold.cold_starts);
}

BOOST_AUTO_TEST_CASE(record_decisions_that_the_core_repeats) {
  const SimulationConfig config = busy_config(11);
  MemorySink sink;
  (void)run(config, &sink);
  std::string settings;
  for (const auto& [key, value] : sink.metas) {
    if (key == "fleet") settings = value;
  }
  const auto platform = fleet::parse_platform(settings);
  BOOST_REQUIRE(platform.ok());
  fleet::Fleet again{*platform};
  std::vector<fleet::Effect> effects;
  std::size_t next = 0;
  std::size_t different = 0;
  for (const DecisionRecord& d : sink.decisions) {
    if (!d.command.empty()) {
      const bool same = next < effects.size() && describe(effects[next]) == d.detail;
      different += same ? 0U : 1U;
      ++next;
      continue;
    }
    BOOST_TEST(next == effects.size());
    effects.clear();
    next = 0;
    const Time now = at(Duration{d.at_ns});
    if (d.event == "function-set") {
      const auto set = fleet::parse_function_set(d.detail);
      BOOST_REQUIRE(set.ok());
      again.set_function(set->id, set->settings, now, effects);
    } else {
      const auto event = fleet::parse_event(d.event, d.detail);
      BOOST_REQUIRE(event.ok());
      again.step(*event, now, effects);
    }
  }
  BOOST_TEST(different == 0U);
  BOOST_TEST(sink.decisions.size() > 10'000U);
}

BOOST_AUTO_TEST_CASE(take_samples_whose_number_does_not_grow_with_the_length) {
  SimulationConfig config = busy_config(2);
  MemorySink small;
  config.duration = 100s;
  (void)run(config, &small);
  BOOST_TEST(small.samples.size() >= 6U * 100);
  MemorySink large;
  config.duration = 20'000s;
  (void)run(config, &large);
  BOOST_TEST(large.samples.size() <= 6U * 2048);
  BOOST_TEST(large.samples.size() >= 6U * 1024);
  for (const SampleRecord& sample : large.samples) BOOST_TEST(sample.value >= 0.0);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace lambdarium::simulated
