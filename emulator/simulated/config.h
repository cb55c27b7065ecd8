// What a simulation is asked to do, as values: the workload, the platform, the policies, prices.
//
// The names in comments are the configuration's keys; config_reader.h fills this from YAML, JSON
// and --set. Code may fill it directly. Thread: any; a value.

#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "emulator/fleet/settings.h"
#include "models/base/result.h"
#include "models/base/time.h"
#include "models/billing/catalogue.h"
#include "models/billing/lambda_meter.h"
#include "models/timing/distribution.h"
#include "traces/formats/trace_source.h"
#include "traces/generators/arrivals.h"

namespace lambdarium::simulated {

// AWS's longest. A trace that does not say has no reason for less.
inline constexpr Duration kTimeoutDefault = 900s;

enum class ColdStartMode : std::uint8_t {
  kAdditive,  // the draw is the start of the environment; the service time follows
  kReplace,   // the draw is the whole first response; no service time is added
};

// A distribution with the text it was written as, which goes into the configuration's hash.
struct NamedDistribution {
  Distribution distribution;
  std::string text;
};

struct NamedArrivals {
  traces::ArrivalProcess process;
  std::string text;
};

// workload.functions[]: a generated function, or what a trace does not say about one of its own.
// workload.defaults: the same without name and arrival, for what neither says.
struct FunctionConfig {
  std::string name;
  std::optional<std::int64_t> memory_mb;
  std::optional<NamedArrivals> arrival;
  std::optional<NamedDistribution> service;
  std::optional<NamedDistribution> cold_start;
  std::optional<ColdStartMode> cold_start_mode;
  std::optional<Duration> timeout;  // kForever: none
  std::optional<std::int64_t> concurrency;
  SourceMark where;
};

struct TraceConfig {
  std::string path;
  std::string format;     // "" tells it from the header
  std::string functions;  // path of the functions file, or ""
  bool strict = false;
  traces::Spread spread = traces::Spread::kUniform;
};

struct WorkloadConfig {
  std::optional<TraceConfig> trace;
  std::vector<FunctionConfig> functions;
  FunctionConfig defaults;
};

// A limit for a function that is named before the functions are known.
struct NamedLimit {
  std::int64_t value = 0;
  SourceMark where;
};
using NamedLimits = std::map<std::string, NamedLimit, std::less<>>;

enum class InitBilled : std::uint8_t { kAuto, kYes, kNo };

struct BillingConfig {
  std::string catalog = "aws-us-east-1";             // a name, or the path of a file
  std::shared_ptr<const billing::Catalogue> loaded;  // null: the built-in one of that name
  std::optional<billing::Date> as_of = billing::Date{2026, 7, 1};
  billing::Architecture architecture = billing::Architecture::kX86;
  bool free_tier = false;
  InitBilled init_billed = InitBilled::kAuto;
  bool abandoned_init_billed = false;  // an init that failed and was run again in the invocation

  bool bills_init() const;  // with kAuto decided by the date
};

// The keys that an emulator and a simulation have in common.
struct PlatformConfig {
  fleet::PlatformSettings fleet;  // `seed` is the run's
  NamedLimits reserved;           // platform.reserved_concurrency
  NamedLimits provisioned;        // platform.provisioned_concurrency
  BillingConfig billing;
};

// The simulation's defaults: those of AWS, with its burst limit.
PlatformConfig default_platform();

struct SimulationConfig {
  std::uint64_t seed = 1;
  Duration duration = 1'000'000s;  // of generated arrivals; a trace ends by itself
  Duration warmup{0};
  WorkloadConfig workload;
  PlatformConfig platform = default_platform();
  std::optional<Duration> slo_latency;
};

// Whether requests come from arrival processes, which `duration` ends, and not from a trace.
bool is_generated(const SimulationConfig& config);

// One line for each choice that was made, "key = value", in a fixed order. Everything but the seed.
std::vector<std::string> describe(const SimulationConfig& config);
// Sixteen hexadecimal digits over describe(): equal configurations have equal hashes on every
// machine. Together with the seed it says what was simulated.
std::string config_hash(const SimulationConfig& config);

// What the simulator needs to know of a function.
struct RunFunction {
  std::string name;
  fleet::FunctionSettings settings;
  Distribution cold_start;
  ColdStartMode cold_start_mode = ColdStartMode::kAdditive;
};

// What the configuration and the workload say together: an entry of workload.functions, then the
// trace, then workload.defaults. Appends to `errors` what does not fit: limits for unknown
// functions, more reserved concurrency than the account has.
std::vector<RunFunction> resolve_functions(const SimulationConfig& config,
                                           const std::vector<TraceFunction>& functions,
                                           std::vector<Error>& errors);

}  // namespace lambdarium::simulated
