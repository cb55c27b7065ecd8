// Small deterministic workloads for tests: records in, results and a memory of what was recorded
// out.

#pragma once

#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "emulator/simulated/simulate.h"

namespace lambdarium::simulated {

struct MemorySink final : RunSink {
  void meta(std::string_view key, std::string_view value) override {
    metas.emplace_back(std::string{key}, std::string{value});
  }
  void function(const FunctionRecord& record) override { functions.push_back(record); }
  void invocation(const InvocationRecord& record) override { invocations.push_back(record); }
  void environment(const EnvironmentRecord& record) override { environments.push_back(record); }
  void decision(const DecisionRecord& record) override { decisions.push_back(record); }
  void meter(const MeterRecord& record) override { meters.push_back(record); }
  void sample(const SampleRecord& record) override { samples.push_back(record); }

  std::vector<std::pair<std::string, std::string>> metas;
  std::vector<FunctionRecord> functions;
  std::vector<InvocationRecord> invocations;
  std::vector<EnvironmentRecord> environments;
  std::vector<DecisionRecord> decisions;
  std::vector<MeterRecord> meters;
  std::vector<SampleRecord> samples;
};

// A trace of requests to functions `a`, `b`, …, made by hand.
class Scenario {
 public:
  explicit Scenario(int functions = 1) {
    for (int i = 0; i < functions; ++i) {
      TraceFunction& f = trace_.functions.emplace_back();
      f.name = std::string(1, static_cast<char>('a' + i));
      f.memory_mb = 1024;
      f.cold_start = Duration::zero();
    }
    config.platform.fleet.account_concurrency.reset();
    config.platform.fleet.scaling_rate.reset();
  }

  TraceFunction& function(std::size_t i) { return trace_.functions[i]; }
  Scenario& request(Duration arrival, Duration service, std::uint32_t function = 0) {
    trace_.records.push_back({at(arrival), service, function});
    return *this;
  }

  SimulationResult run(RunSink* sink = nullptr) const {
    const auto source = traces::make_memory_source(trace_);
    auto result = simulate(config, *source, sink);
    BOOST_REQUIRE_MESSAGE(result.ok(), (result.ok() ? "" : result.error().to_string()));
    return *std::move(result);
  }

  SimulationConfig config;

 private:
  traces::Trace trace_;
};

}  // namespace lambdarium::simulated
