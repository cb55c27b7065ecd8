// How fast the simulator is: invocations per second on one core, for a generated trace of two
// million invocations over 400 functions, and for a trace file if one is given.
//
//   simulator_bench [--trace FILE] [--format NAME] [--invocations N] [--functions N] [--repeat N]
//
// Prints one JSON object a line. A figure is the best of the repetitions; reading or making the
// trace is not part of it.

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "emulator/simulated/simulate.h"
#include "traces/generators/workload.h"

namespace {

using namespace lambdarium;

struct Options {
  std::string trace;
  std::string format;
  std::uint64_t invocations = 2'000'000;
  std::uint32_t functions = 400;
  int repeat = 5;
};

simulated::SimulationConfig make_config() {
  simulated::SimulationConfig config;
  config.platform.fleet.account_concurrency.reset();
  config.platform.fleet.scaling_rate.reset();
  config.workload.defaults.cold_start =
      simulated::NamedDistribution{Distribution::lognormal(0.25, 0.4), "lognormal"};
  // As the command does: prices are read before a simulation, not in each.
  auto prices = billing::Catalogue::built_in(config.platform.billing.catalog);
  if (prices.ok()) {
    prices->set_as_of(config.platform.billing.as_of);
    config.platform.billing.loaded = std::make_shared<const billing::Catalogue>(*prices);
  }
  return config;
}

long peak_resident_kib() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss;
}

int measure(std::string_view name, const traces::Trace& trace, int repeat) {
  const simulated::SimulationConfig config = make_config();
  double best_s = 1e9;
  std::uint64_t cold_starts = 0;
  const long before = peak_resident_kib();
  for (int i = 0; i < repeat; ++i) {
    const auto source = traces::make_shared_memory_source(trace);
    const auto begin = std::chrono::steady_clock::now();
    const auto result = simulated::simulate(config, *source);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    if (!result.ok()) {
      fmt::print(stderr, "simulator_bench: {}\n", result.error().to_string());
      return 1;
    }
    best_s = std::min(best_s, took.count());
    cold_starts = result->cold_starts;
  }
  fmt::print(
      "{{\"bench\": \"simulator\", \"trace\": \"{}\", \"invocations\": {}, \"functions\": {}, "
      "\"cold_starts\": {}, \"wall_s\": {:.6f}, \"invocations_per_s\": {:.0f}, "
      "\"resident_growth_kib\": {}}}\n",
      name, trace.records.size(), trace.functions.size(), cold_starts, best_s,
      static_cast<double>(trace.records.size()) / best_s, peak_resident_kib() - before);
  return 0;
}

int run(std::string_view name, Result<std::unique_ptr<traces::TraceSource>> source, int repeat) {
  if (!source.ok()) {
    fmt::print(stderr, "simulator_bench: {}\n", source.error().to_string());
    return 1;
  }
  const Result<traces::Trace> trace = traces::read_all(**source);
  if (!trace.ok()) {
    fmt::print(stderr, "simulator_bench: {}\n", trace.error().to_string());
    return 1;
  }
  return measure(name, *trace, repeat);
}

bool parse(int argc, char** argv, Options& options) {
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view key = argv[i];
    const char* value = argv[i + 1];
    if (key == "--trace") {
      options.trace = value;
    } else if (key == "--format") {
      options.format = value;
    } else if (key == "--invocations") {
      options.invocations = std::strtoull(value, nullptr, 10);
    } else if (key == "--functions") {
      options.functions = static_cast<std::uint32_t>(std::strtoul(value, nullptr, 10));
    } else if (key == "--repeat") {
      options.repeat = std::max(1, std::atoi(value));
    } else {
      return false;
    }
  }
  return argc % 2 == 1;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  if (!parse(argc, argv, options)) {
    fmt::print(stderr,
               "usage: simulator_bench [--trace FILE] [--format NAME] [--invocations N] "
               "[--functions N] [--repeat N]\n");
    return 2;
  }
  int failed = 0;
  if (!options.trace.empty()) {
    traces::TraceOptions open;
    open.path = options.trace;
    open.format = options.format;
    failed |= run("file", traces::open_trace(open), std::max(options.repeat, 100));
  }
  traces::WorkloadSpec spec;
  spec.invocations = options.invocations;
  spec.functions = options.functions;
  failed |= run("generated", traces::generate_workload(spec), options.repeat);
  return failed;
}
