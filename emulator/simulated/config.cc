#include "emulator/simulated/config.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "models/base/nearest.h"

namespace lambdarium::simulated {
namespace {

std::string text_of(Duration d) {
  return d == kForever ? std::string{"inf"} : fmt::format("{}", to_seconds(d));
}

template <class T>
std::string text_of(const std::optional<T>& value, std::string_view none = "null") {
  if (!value) return std::string{none};
  if constexpr (std::is_same_v<T, Duration>) {
    return text_of(*value);
  } else {
    return fmt::format("{}", *value);
  }
}

std::string_view text_of(bool value) {
  return value ? "true" : "false";
}

class Lines {
 public:
  template <class T>
  void add(std::string_view key, const T& value) {
    lines_.push_back(fmt::format("{} = {}", key, value));
  }
  std::vector<std::string> take() { return std::move(lines_); }

 private:
  std::vector<std::string> lines_;
};

void describe_function(const FunctionConfig& f, const std::string& prefix, Lines& lines) {
  if (!f.name.empty()) lines.add(prefix + "name", f.name);
  if (f.memory_mb) lines.add(prefix + "memory_mb", *f.memory_mb);
  if (f.arrival) lines.add(prefix + "arrival", f.arrival->text);
  if (f.service) lines.add(prefix + "service", f.service->text);
  if (f.cold_start) lines.add(prefix + "cold_start", f.cold_start->text);
  if (f.cold_start_mode) {
    lines.add(prefix + "cold_start_mode",
              *f.cold_start_mode == ColdStartMode::kAdditive ? "additive" : "replace");
  }
  if (f.timeout) lines.add(prefix + "timeout_s", text_of(*f.timeout));
  if (f.concurrency) lines.add(prefix + "concurrency", *f.concurrency);
}

void describe_workload(const SimulationConfig& config, Lines& lines) {
  if (const auto& trace = config.workload.trace) {
    lines.add("workload.trace.path", trace->path);
    lines.add("workload.trace.format", trace->format.empty() ? "auto" : trace->format);
    lines.add("workload.trace.functions", trace->functions.empty() ? "none" : trace->functions);
    lines.add("workload.trace.spread", traces::to_string(trace->spread));
  } else {
    lines.add("duration_s", text_of(config.duration));
  }
  describe_function(config.workload.defaults, "workload.defaults.", lines);
  for (std::size_t i = 0; i < config.workload.functions.size(); ++i) {
    describe_function(config.workload.functions[i], fmt::format("workload.functions.{}.", i),
                      lines);
  }
}

void describe_limits(const NamedLimits& limits, std::string_view key, Lines& lines) {
  if (limits.empty()) lines.add(key, "{}");
  for (const auto& [name, limit] : limits) lines.add(fmt::format("{}.{}", key, name), limit.value);
}

void describe_platform(const PlatformConfig& platform, Lines& lines) {
  const fleet::PlatformSettings& f = platform.fleet;
  lines.add("platform.account_concurrency", text_of(f.account_concurrency));
  lines.add("platform.scaling_rate",
            f.scaling_rate
                ? fmt::format("{{environments: {}, per_s: {}}}", f.scaling_rate->environments,
                              to_seconds(f.scaling_rate->period))
                : "null");
  lines.add("platform.memory_capacity_mb", text_of(f.memory_capacity_mb));
  lines.add("platform.memory_held_from", "start");
  lines.add("platform.queue.policy", to_string(f.queue.order));
  lines.add("platform.queue.max_length", text_of(f.queue.max_length));
  lines.add("platform.queue.max_wait_s", text_of(f.queue.max_wait));
  lines.add("platform.pending_start",
            f.pending_start == fleet::PendingStart::kWait ? "wait" : "start-another");
  lines.add("platform.no_memory", f.no_memory == fleet::NoMemory::kQueue ? "queue" : "drop");
  lines.add("platform.eviction.name", to_string(f.eviction));
  lines.add("platform.eviction.amount", "minimum");
  describe_limits(platform.reserved, "platform.reserved_concurrency", lines);
  describe_limits(platform.provisioned, "platform.provisioned_concurrency", lines);
}

void describe_policies(const fleet::PlatformSettings& f, Lines& lines) {
  lines.add("policies.keep_alive.name", to_string(f.keep_alive.name));
  lines.add("policies.keep_alive.ttl_s", text_of(f.keep_alive.ttl));
  lines.add("policies.keep_alive.clock", to_string(f.keep_alive.clock));
  lines.add("policies.keep_alive.at_expiry",
            f.at_expiry == fleet::AtExpiry::kWarm ? "warm" : "cold");
  lines.add("policies.keep_alive.expiry", "exact");
  lines.add("policies.dispatch.name", to_string(f.dispatch));
  lines.add("policies.prewarm.name", "none");
  lines.add("policies.scaling.name", "per-request");
  lines.add("policies.routing.name", "always-function");
  lines.add("policies.batching.name", "none");
  lines.add("policies.placement.name", "first-fit");
  lines.add("policies.same_time", "completions, expiries, arrivals");
}

void describe_billing(const BillingConfig& billing, Lines& lines) {
  lines.add("billing.catalog", billing.catalog);
  lines.add("billing.as_of", billing.as_of ? billing.as_of->to_string() : "null");
  lines.add("billing.architecture", billing::short_name(billing.architecture));
  lines.add("billing.free_tier", text_of(billing.free_tier));
  lines.add("billing.init_billed", text_of(billing.bills_init()));
  // Nothing fails in a simulation: its hash need not know of it.
  if (billing.abandoned_init_billed) lines.add("billing.abandoned_init_billed", "true");
}

// A trace may have thousands of functions: the message names the nearest, or only how many there
// are.
Error unknown_function(std::string_view key, std::string_view name,
                       const std::vector<std::string_view>& names, const SourceMark& where) {
  const std::string nearest = nearest_name(name, names);
  return invalid_input(fmt::format("{}: the workload has no function '{}'; {}", key, name,
                                   nearest.empty() ? fmt::format("it has {}", names.size())
                                                   : fmt::format("did you mean '{}'?", nearest)),
                       where);
}

template <class Functions>
std::vector<std::string_view> names_of(const Functions& functions) {
  std::vector<std::string_view> names;
  names.reserve(functions.size());
  for (const auto& f : functions) names.emplace_back(f.name);
  return names;
}

using NamedFunctions = std::unordered_map<std::string_view, std::size_t>;

void apply_limits(const NamedLimits& limits, std::string_view key, const NamedFunctions& by_name,
                  std::vector<RunFunction>& functions, std::vector<Error>& errors,
                  void (*set)(fleet::FunctionSettings&, std::int64_t)) {
  for (const auto& [name, limit] : limits) {
    const auto found = by_name.find(name);
    if (found == by_name.end()) {
      errors.push_back(unknown_function(key, name, names_of(functions), limit.where));
      continue;
    }
    set(functions[found->second].settings, limit.value);
  }
}

template <class T>
T first_of(const std::optional<T>& a, std::optional<T> b, const std::optional<T>& c, T otherwise) {
  return a ? *a : b ? *b : c.value_or(otherwise);
}

RunFunction resolve(const FunctionConfig& own, const TraceFunction& traced,
                    const FunctionConfig& defaults, bool init_billed) {
  const auto known = [](auto value, bool is_known) {
    return is_known ? std::optional{value} : std::nullopt;
  };
  RunFunction f;
  f.name = traced.name;
  f.settings.memory_mb = first_of(own.memory_mb, known(traced.memory_mb, traced.memory_mb > 0),
                                  defaults.memory_mb, kMemoryMbDefault);
  f.settings.timeout =
      first_of(own.timeout, known(traced.timeout, traced.timeout > Duration::zero()),
               defaults.timeout, kTimeoutDefault);
  f.settings.concurrency =
      first_of(own.concurrency, known(traced.concurrency, traced.concurrency > 0),
               defaults.concurrency, std::int64_t{1});
  f.settings.init_billed = init_billed;
  if (own.cold_start) {
    f.cold_start = own.cold_start->distribution;
  } else if (traced.cold_start >= Duration::zero()) {
    f.cold_start = Distribution::constant(traced.cold_start);
  } else if (defaults.cold_start) {
    f.cold_start = defaults.cold_start->distribution;
  }
  f.cold_start_mode = first_of(own.cold_start_mode, std::optional<ColdStartMode>{},
                               defaults.cold_start_mode, ColdStartMode::kAdditive);
  f.settings.cold_start_cost = from_seconds(f.cold_start.mean_s());
  return f;
}

void check_limits(const SimulationConfig& config, const std::vector<RunFunction>& functions,
                  std::vector<Error>& errors) {
  std::int64_t reserved = 0;
  for (const RunFunction& f : functions) {
    reserved += f.settings.reserved_concurrency.value_or(0);
    const std::int64_t provisioned = f.settings.provisioned_concurrency;
    if (f.settings.reserved_concurrency && provisioned > *f.settings.reserved_concurrency) {
      errors.push_back(invalid_input(
          fmt::format("platform.provisioned_concurrency: {} for '{}' is above its reserved "
                      "concurrency of {}",
                      provisioned, f.name, *f.settings.reserved_concurrency),
          config.platform.provisioned.find(f.name)->second.where));
    }
  }
  const auto account = config.platform.fleet.account_concurrency;
  if (account && reserved > *account) {
    errors.push_back(invalid_input(
        fmt::format("platform.reserved_concurrency: {} in all is above the account's {}", reserved,
                    *account),
        config.platform.reserved.begin()->second.where));
  }
}

}  // namespace

bool BillingConfig::bills_init() const {
  if (init_billed != InitBilled::kAuto) return init_billed == InitBilled::kYes;
  return billing::init_billable(billing::PackageType::kManagedZip, as_of);
}

PlatformConfig default_platform() {
  PlatformConfig platform;
  platform.fleet.scaling_rate = fleet::ScalingRate{};
  return platform;
}

bool is_generated(const SimulationConfig& config) {
  if (config.workload.trace) return false;
  return std::any_of(config.workload.functions.begin(), config.workload.functions.end(),
                     [](const FunctionConfig& f) { return f.arrival.has_value(); });
}

std::vector<std::string> describe(const SimulationConfig& config) {
  Lines lines;
  lines.add("warmup_s", text_of(config.warmup));
  describe_workload(config, lines);
  describe_platform(config.platform, lines);
  describe_policies(config.platform.fleet, lines);
  lines.add("slo.latency_s", text_of(config.slo_latency));
  describe_billing(config.platform.billing, lines);
  return lines.take();
}

std::string config_hash(const SimulationConfig& config) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;  // FNV-1a
  for (const std::string& line : describe(config)) {
    for (const char c : line) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
    hash = (hash ^ '\n') * 0x100000001b3ULL;
  }
  return fmt::format("{:016x}", hash);
}

std::vector<RunFunction> resolve_functions(const SimulationConfig& config,
                                           const std::vector<TraceFunction>& functions,
                                           std::vector<Error>& errors) {
  NamedFunctions by_name;
  for (std::size_t i = 0; i < functions.size(); ++i) by_name.emplace(functions[i].name, i);

  static const FunctionConfig kNothing;
  std::vector<const FunctionConfig*> own(functions.size(), &kNothing);
  for (const FunctionConfig& entry : config.workload.functions) {
    const auto found = by_name.find(entry.name);
    if (found != by_name.end()) {
      own[found->second] = &entry;
      continue;
    }
    errors.push_back(
        unknown_function("workload.functions", entry.name, names_of(functions), entry.where));
  }

  std::vector<RunFunction> resolved;
  resolved.reserve(functions.size());
  const bool init_billed = config.platform.billing.bills_init();
  for (std::size_t i = 0; i < functions.size(); ++i) {
    resolved.push_back(resolve(*own[i], functions[i], config.workload.defaults, init_billed));
  }
  apply_limits(config.platform.reserved, "platform.reserved_concurrency", by_name, resolved, errors,
               [](fleet::FunctionSettings& s, std::int64_t n) { s.reserved_concurrency = n; });
  apply_limits(config.platform.provisioned, "platform.provisioned_concurrency", by_name, resolved,
               errors,
               [](fleet::FunctionSettings& s, std::int64_t n) { s.provisioned_concurrency = n; });
  check_limits(config, resolved, errors);
  return resolved;
}

}  // namespace lambdarium::simulated
