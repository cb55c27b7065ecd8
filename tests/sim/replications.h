// Stochastic tests: the same configuration under many seeds, and the mean of a figure with its
// confidence.

#pragma once

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <string>
#include <vector>

#include "emulator/simulated/generated_source.h"
#include "emulator/simulated/simulate.h"

namespace lambdarium::simulated {

inline constexpr int kReplications = 20;

struct Estimate {
  double mean = 0;
  double error = 0;  // standard error of the mean

  double z(double expected) const {
    const double difference = mean - expected;
    return error > 0 ? difference / error : (difference == 0 ? 0 : INFINITY);
  }
};

inline Estimate estimate(const std::vector<double>& values) {
  Estimate e;
  const auto n = static_cast<double>(values.size());
  for (const double v : values) e.mean += v / n;
  double squares = 0;
  for (const double v : values) squares += (v - e.mean) * (v - e.mean);
  e.error = std::sqrt(squares / (n - 1) / n);
  return e;
}

inline NamedArrivals poisson(double rate_per_s) {
  auto process = traces::make_arrival_process(
      {.process = "poisson", .parameters = {{"rate_per_s", {rate_per_s}}}, .where = {}});
  BOOST_REQUIRE(process.ok());
  return {*std::move(process), "poisson"};
}

inline FunctionConfig poisson_function(double rate_per_s, Distribution service) {
  FunctionConfig f;
  f.name = "f";
  f.memory_mb = 1024;
  f.arrival = poisson(rate_per_s);
  f.service = NamedDistribution{std::move(service), "service"};
  f.timeout = kForever;
  return f;
}

// One function without limits and without cold-start time, whose environments live for ever.
inline SimulationConfig open_house(double rate_per_s, Distribution service) {
  SimulationConfig config;
  config.workload.functions.push_back(poisson_function(rate_per_s, std::move(service)));
  config.platform.fleet.account_concurrency.reset();
  config.platform.fleet.scaling_rate.reset();
  config.platform.fleet.keep_alive.ttl = kForever;
  return config;
}

inline SimulationResult run(const SimulationConfig& config) {
  const auto source = make_generated_source(config);
  auto result = simulate(config, *source);
  BOOST_REQUIRE_MESSAGE(result.ok(), (result.ok() ? "" : result.error().to_string()));
  return *std::move(result);
}

// Seeds 1, 2, … of the same configuration.
inline std::vector<SimulationResult> replicate(SimulationConfig config, int times = kReplications) {
  std::vector<SimulationResult> results;
  for (int i = 1; i <= times; ++i) {
    config.seed = static_cast<std::uint64_t>(i);
    results.push_back(run(config));
  }
  return results;
}

template <class Figure>
Estimate estimate(const std::vector<SimulationResult>& results, Figure figure) {
  std::vector<double> values;
  for (const SimulationResult& r : results) values.push_back(figure(r));
  return estimate(values);
}

// The rule for stochastic checks: no more than four standard errors away, and the error itself
// small enough to mean something.
inline void check_close(const std::string& what, const Estimate& e, double expected,
                        double relative_error_max) {
  BOOST_TEST(std::abs(e.z(expected)) <= 4.0,
             what << ": " << e.mean << " ± " << e.error << ", expected " << expected);
  BOOST_TEST(std::abs(e.mean - expected) <= relative_error_max * expected,
             what << ": " << e.mean << " is too far from " << expected);
}

inline double ratio(std::uint64_t part, std::uint64_t all) {
  return static_cast<double>(part) / static_cast<double>(all);
}

}  // namespace lambdarium::simulated
