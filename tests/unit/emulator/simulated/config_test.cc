#include <boost/test/unit_test.hpp>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "emulator/simulated/config_reader.h"
#include "emulator/simulated/generated_source.h"
#include "emulator/simulated/simulate.h"

namespace lambdarium::simulated {
namespace {

// A file that goes away with the test.
class TemporaryFile {
 public:
  explicit TemporaryFile(std::string_view text, std::string_view suffix = ".yaml") {
    static int count = 0;
    path_ = std::filesystem::temp_directory_path() /
            ("lambdarium-config-" + std::to_string(reinterpret_cast<std::uintptr_t>(this)) + "-" +
             std::to_string(++count) + std::string{suffix});
    std::ofstream{path_, std::ios::binary} << text;
  }
  ~TemporaryFile() {
    std::error_code ignored;
    std::filesystem::remove(path_, ignored);
  }
  std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

constexpr std::string_view kFunction = R"(
workload:
  functions:
    - name: f
      arrival: {process: poisson, rate_per_s: 0.9}
      service: {distribution: exponential, mean_s: 1.991}
)";

// Every key that is promised, with a comment where the promise has one.
constexpr std::string_view kEverything = R"(seed: 1
duration_s: 1000000            # for generated arrivals
warmup_s: 0
workload:
  functions:
    - name: f
      memory_mb: 1024
      arrival:  {process: poisson, rate_per_s: 0.9}
      service:  {distribution: exponential, mean_s: 1.991}
      cold_start: {distribution: exponential, mean_s: 0.253}
      cold_start_mode: additive
      timeout_s: 900
      concurrency: 1
platform:
  account_concurrency: 1000
  scaling_rate: {environments: 1000, per_s: 10}
  memory_capacity_mb: null
  queue: {policy: reject}
  pending_start: start-another
  no_memory: drop
  eviction: {name: lru}
  reserved_concurrency: {}
  provisioned_concurrency: {}
policies:
  keep_alive: {name: fixed, ttl_s: 600, clock: finish}
  dispatch: {name: mru}
  prewarm: {name: none}
  scaling: {name: per-request}
  routing: {name: always-function}
  batching: {name: none}
  placement: {name: first-fit}
gpu: {devices: []}
slo: {latency_s: 1.0}
billing: {catalog: aws-us-east-1, as_of: 2026-07-01, architecture: x86_64, free_tier: false,
          init_billed: auto}
)";

Result<SimulationConfig> read(std::string_view text, const std::vector<std::string>& sets = {},
                              const CommandLineOverrides& overrides = {}) {
  const TemporaryFile file{text};
  return read_simulation_config({.file = file.path(), .sets = sets}, overrides);
}

SimulationConfig must_read(std::string_view text, const std::vector<std::string>& sets = {},
                           const CommandLineOverrides& overrides = {}) {
  auto config = read(text, sets, overrides);
  BOOST_REQUIRE_MESSAGE(config.ok(), (config.ok() ? "" : config.error().to_string()));
  return *std::move(config);
}

void expect_error(const Result<SimulationConfig>& result, const std::vector<std::string>& parts) {
  BOOST_REQUIRE(!result.ok());
  BOOST_TEST((result.error().code == ErrorCode::kInvalidInput));
  const std::string message = result.error().to_string();
  for (const std::string& part : parts) {
    BOOST_TEST(message.find(part) != std::string::npos, message << " lacks " << part);
  }
}

BOOST_AUTO_TEST_SUITE(configuration)

BOOST_AUTO_TEST_CASE(every_promised_key_is_known_and_the_defaults_are_the_promised_values) {
  const SimulationConfig all = must_read(kEverything);
  BOOST_TEST(all.workload.functions.size() == 1U);
  BOOST_TEST(all.workload.functions[0].memory_mb.value() == 1024);
  BOOST_TEST((all.slo_latency == Duration{1s}));
  const SimulationConfig few = must_read(kFunction);
  BOOST_TEST((few.duration == all.duration));
  BOOST_TEST(few.platform.fleet.account_concurrency.value() == 1000);
  BOOST_TEST(few.platform.fleet.scaling_rate->environments == 1000);
  BOOST_TEST((few.platform.fleet.scaling_rate->period == Duration{10s}));
  BOOST_TEST((few.platform.fleet.keep_alive.ttl == Duration{600s}));
  BOOST_TEST((few.platform.fleet.dispatch == policies::DispatchOrder::kMru));
  BOOST_TEST(few.platform.billing.bills_init());
}

BOOST_AUTO_TEST_CASE(json_is_read_as_well) {
  const SimulationConfig config = must_read(
      "{\"seed\": 9,\n\t\"workload\": {\"functions\": [{\"name\": \"f\", \"arrival\": "
      "{\"process\": "
      "\"poisson\", \"rate_per_s\": 2}, \"service\": 0.5}]},\n\t\"platform\": "
      "{\"account_concurrency\": null}}");
  BOOST_TEST(config.seed == 9U);
  BOOST_TEST(config.platform.fleet.seed == 9U);
  BOOST_TEST(!config.platform.fleet.account_concurrency.has_value());
  BOOST_TEST(config.workload.functions[0].service->text == "constant{value_s=0.5}");
}

BOOST_AUTO_TEST_CASE(null_and_inf_mean_without_a_limit) {
  const SimulationConfig config =
      must_read(kFunction, {"platform.account_concurrency=null", "platform.scaling_rate=null",
                            "policies.keep_alive.ttl_s=inf", "workload.functions.0.timeout_s=null",
                            "slo.latency_s=null", "billing.as_of=null",
                            "platform.queue={policy: fifo, max_length: inf, max_wait_s: null}"});
  BOOST_TEST(!config.platform.fleet.account_concurrency.has_value());
  BOOST_TEST(!config.platform.fleet.scaling_rate.has_value());
  BOOST_TEST((config.platform.fleet.keep_alive.ttl == kForever));
  BOOST_TEST((config.workload.functions[0].timeout == kForever));
  BOOST_TEST(!config.slo_latency.has_value());
  BOOST_TEST(!config.platform.fleet.queue.max_length.has_value());
  BOOST_TEST(!config.platform.fleet.queue.max_wait.has_value());
  BOOST_TEST((must_read(kFunction, {"policies.keep_alive.ttl_s=0"}).platform.fleet.keep_alive.ttl ==
              Duration::zero()));
}

BOOST_AUTO_TEST_CASE(set_replaces_adds_and_appends) {
  const SimulationConfig config =
      must_read(kFunction, {"workload.functions.0.memory_mb=2048", "workload.functions.1={name: g}",
                            "workload.functions.1.arrival={process: deterministic, period_s: 4}",
                            "workload.functions.1.service=1", "platform.reserved_concurrency.f=5",
                            "platform.provisioned_concurrency={g: 2}", "policies.dispatch.name=lru",
                            "policies.keep_alive.at_expiry=warm", "seed=18446744073709551615"});
  BOOST_TEST(config.workload.functions[0].memory_mb.value() == 2048);
  BOOST_TEST(config.workload.functions.size() == 2U);
  BOOST_TEST(config.platform.reserved.at("f").value == 5);
  BOOST_TEST(config.platform.provisioned.at("g").value == 2);
  BOOST_TEST((config.platform.fleet.dispatch == policies::DispatchOrder::kLru));
  BOOST_TEST((config.platform.fleet.at_expiry == fleet::AtExpiry::kWarm));
  BOOST_TEST(config.seed == UINT64_MAX);
}

BOOST_AUTO_TEST_CASE(the_command_line_wins) {
  const SimulationConfig config =
      must_read(kFunction, {"seed=3", "warmup_s=5"}, {.seed = 4, .warmup_s = 6.5});
  BOOST_TEST(config.seed == 4U);
  BOOST_TEST((config.warmup == Duration{6500ms}));
  const auto traced = read_simulation_config(
      {}, {.trace = "x.csv", .format = "simple", .functions = "f.csv", .spread = "poisson"});
  BOOST_REQUIRE(traced.ok());
  BOOST_TEST(traced->workload.trace->path == "x.csv");
  BOOST_TEST(traced->workload.trace->functions == "f.csv");
  BOOST_TEST((traced->workload.trace->spread == traces::Spread::kPoisson));
}

BOOST_AUTO_TEST_CASE(all_mistakes_are_found_at_once_with_their_places_and_the_nearest_names) {
  const TemporaryFile file{R"(durations: 3
workload:
  functions:
    - name: f
      arrival: {process: poison, rate_per_s: 0.9}
      service: {distribution: exponential, mean: 1.991}
platform:
  acount_concurrency: 1000
policies:
  keep_alive: {nam: fixed, ttl_s: -4}
)"};
  const auto result = read_simulation_config({.file = file.path()});
  expect_error(result, {file.path() + ":1:1: unknown key 'durations'; did you mean 'duration_s'?",
                        ":5:16: ", "'poisson'", ":6:16: ", "'mean_s'", ":8:3: ",
                        "'account_concurrency'", ":10:16: ", "'name'", ":10:35: ", "ttl_s: -4"});
}

BOOST_AUTO_TEST_CASE(a_policy_that_does_not_exist_is_never_ignored) {
  expect_error(read(kFunction, {"policies.prewarm.name=icebreaker"}),
               {"icebreaker", "known: none"});
  expect_error(read(kFunction, {"policies.scaling.name=kpa"}), {"known: per-request"});
  expect_error(read(kFunction, {"policies.routing.name=ucb1"}), {"known: always-function"});
  expect_error(read(kFunction, {"policies.batching.name=window"}), {"known: none"});
  expect_error(read(kFunction, {"policies.placement.name=best-fit"}), {"known: first-fit"});
  expect_error(read(kFunction, {"policies.keep_alive.name=hybrid-histogram"}), {"fixed", "none"});
  expect_error(read(kFunction, {"platform.eviction.name=landlord"}), {"lru", "greedy-dual"});
  expect_error(read(kFunction, {"policies.dispatch.name=mur"}), {"did you mean 'mru'?"});
  expect_error(read(kFunction, {"gpu.devices=[h100]"}), {"gpu.devices"});
}

BOOST_AUTO_TEST_CASE(values_out_of_range_or_of_another_kind_are_named) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"seed=-1", "seed"},
      {"seed=1.5", "1.5"},
      {"seed=010", "010"},
      {"duration_s=-08.5", "-08.5"},
      {"platform.account_concurrency=010", "010"},
      {"duration_s=soon", "soon"},
      {"platform.account_concurrency=1.5", "whole number"},
      {"platform.account_concurrency=-1", "-1"},
      {"platform.scaling_rate={environments: 0, per_s: 1}", "environments"},
      {"platform.scaling_rate=7", "map"},
      {"platform.memory_capacity_mb=0", "memory_capacity_mb"},
      {"platform.queue.max_length=3", "reject"},
      {"platform.reserved_concurrency=[f]", "map of function"},
      {"platform.reserved_concurrency.f=x", "whole number"},
      {"workload.functions.0.memory_mb=\"128\"", "the text '128'"},
      {"workload.functions.0.memory_mb=0", "memory_mb"},
      {"workload.functions.0.concurrency=0", "concurrency"},
      {"workload.functions.0.timeout_s=0", "timeout_s"},
      {"workload.functions.0.service=fast", "fast"},
      {"workload.functions.0.service={distribution: exponential, mean_s: x}", "mean_s"},
      {"workload.functions.5.name=x", "no position"},
      {"workload.functions.0.name.x=1", "single value"},
      {"workload.functions=3", "list"},
      {"workload.functions.1={name: f}", "another function named 'f'"},
      {"billing.free_tier=maybe", "neither true nor false"},
      {"billing.as_of=2026-13-01", "2026-13-01"},
      {"billing.catalog=aws-us-east-2", "aws-us-east-1"},
      {"billing.catalog=./no-such-file.json", "no-such-file.json"},
      {"slo.latency_s=-1", "latency_s"},
      {"nothing", "key=value"},
      {"a..b=1", "empty part"},
      {"seed={", "--set seed"},
      {"seed=!!int 3", "tag"},
  };
  for (const auto& [set, part] : cases) {
    BOOST_TEST_CONTEXT(set) {
      expect_error(read(kFunction, {set}), {part});
    }
  }
}

BOOST_AUTO_TEST_CASE(documents_that_are_broken_or_too_clever_are_refused) {
  expect_error(read("a: [1, 2"), {":"});
  expect_error(read("seed: 1\nseed: 2\n"), {":2:1: ", "twice"});
  expect_error(read("- 1\n- 2\n"), {"must be a map"});
  expect_error(read("seed: 1\n---\nseed: 2\n"), {"more than one document"});
  expect_error(read(std::string(100, '[') + std::string(100, ']')), {"levels deep"});
  std::string bomb = "a0: &a0 [1,1,1,1,1,1,1,1,1,1]\n";
  for (int i = 1; i < 9; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    std::string line = "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + before;
    for (int k = 1; k < 10; ++k) line += ", " + before;
    bomb += line + "]\n";
  }
  expect_error(read(bomb), {"more than"});
  expect_error(read_simulation_config({.file = "/nonexistent/c.yaml"}), {"cannot be opened"});
}

BOOST_AUTO_TEST_CASE(a_run_needs_a_workload_and_only_one) {
  expect_error(read("seed: 1\n"), {"no workload"});
  expect_error(read_simulation_config({}), {"--trace"});
  expect_error(read_simulation_config({}, {.format = "simple"}), {"need a --trace"});
  expect_error(read(kFunction, {}, {.trace = "x.csv"}), {"come from the trace"});
  expect_error(read("workload: {functions: [{name: f}]}"), {"needs an arrival process"});
  expect_error(read(kFunction, {}, {.warmup_s = -1.0}), {"--warmup"});
}

BOOST_AUTO_TEST_CASE(the_hash_depends_on_what_was_chosen_and_on_nothing_else) {
  const std::string hash = config_hash(must_read(kFunction));
  BOOST_TEST(hash.size() == 16U);
  BOOST_TEST(config_hash(must_read(kFunction, {"seed=5"})) == hash);
  BOOST_TEST(config_hash(must_read(kFunction, {"policies.keep_alive.ttl_s=600.0"})) == hash);
  BOOST_TEST(config_hash(must_read(kFunction, {"policies.keep_alive.ttl_s=601"})) != hash);
  BOOST_TEST(config_hash(must_read(kFunction, {"workload.functions.0.service.mean_s=2"})) != hash);
  BOOST_TEST(config_hash(must_read(kFunction, {"platform.reserved_concurrency.f=5"})) != hash);
  // The order of keys is not a choice.
  BOOST_TEST(config_hash(must_read(R"(
workload:
  functions:
    - service: {mean_s: 1.991, distribution: exponential}
      arrival: {rate_per_s: 0.9, process: poisson}
      name: f
)")) == hash);
}

BOOST_AUTO_TEST_CASE(what_was_studied_can_be_served) {
  const TemporaryFile file{kEverything};
  const auto platform = read_platform_config(
      {.file = file.path(),
       .sets = {"policies.keep_alive.ttl_s=30", "platform.account_concurrency=7"}});
  BOOST_REQUIRE(platform.ok());
  BOOST_TEST((platform->fleet.keep_alive.ttl == Duration{30s}));
  BOOST_TEST(platform->fleet.account_concurrency.value() == 7);
  BOOST_TEST(read_platform_config({}).ok());
  BOOST_TEST(!read_platform_config({.file = {}, .sets = {"platform.acount_concurrency=7"}}).ok());
}

BOOST_AUTO_TEST_CASE(distributions_and_arrivals_take_lists_and_tables) {
  const SimulationConfig config = must_read(
      kFunction, {"workload.functions.0.service={distribution: percentiles, points: {0: 0.1, 50: "
                  "0.2, 100: 1}}",
                  "workload.functions.0.cold_start={distribution: empirical, values_s: [1, 2, 3]}",
                  "workload.functions.0.arrival={process: schedule, times_s: [1, 2, 5]}"});
  const auto source = open_workload(config);
  BOOST_REQUIRE(source.ok());
  const auto result = simulate(config, **source);
  BOOST_REQUIRE(result.ok());
  BOOST_TEST(result->invocations == 3U);
  BOOST_TEST(result->init.max >= 1.0);
  BOOST_TEST(
      must_read(kFunction, {"workload.functions.0.service={distribution: percentiles, points: [[0, "
                            "0.1], [50, 0.2], [100, 1]]}"})
          .workload.functions[0]
          .service->text == config.workload.functions[0].service->text);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace lambdarium::simulated
