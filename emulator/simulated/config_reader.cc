#include "emulator/simulated/config_reader.h"

#include <fmt/format.h>

#include <array>
#include <fstream>
#include <sstream>

#include "emulator/simulated/config_fields.h"

namespace lambdarium::simulated {
namespace {

constexpr std::int64_t kCountMax = 1'000'000'000;
constexpr double kSecondsMax = 9e9;  // 285 years, what 64 bits of nanoseconds hold
constexpr Range kSeconds{.min = 0, .max = kSecondsMax};
constexpr Range kSecondsOrForever{.min = 0, .max = kSecondsMax, .infinite = true};

// Files of prices are told from names by a dot or a slash.
void load_catalogue(Section& section, BillingConfig& billing) {
  const std::string& name = billing.catalog;
  const bool is_file = name.find_first_of("./") != std::string::npos;
  Result<billing::Catalogue> loaded = [&]() -> Result<billing::Catalogue> {
    if (!is_file) return billing::Catalogue::built_in(name);
    std::ifstream file{name, std::ios::binary};
    if (!file) return invalid_input(fmt::format("the file '{}' cannot be opened", name));
    std::ostringstream text;
    text << file.rdbuf();
    return billing::Catalogue::parse(text.str(), name);
  }();
  if (!loaded.ok()) {
    section.fail("catalog", loaded.error().message);
    return;
  }
  loaded->set_as_of(billing.as_of);
  billing.loaded = std::make_shared<const billing::Catalogue>(*std::move(loaded));
}

void read_billing(const ConfigNode* node, BillingConfig& billing, std::vector<Error>& errors) {
  Section section{
      node,
      "billing",
      {"catalog", "as_of", "architecture", "free_tier", "init_billed", "abandoned_init_billed"},
      errors};
  section.read("catalog", billing.catalog);
  if (const ConfigNode* as_of = section.find("as_of"); as_of != nullptr && as_of->is_null()) {
    billing.as_of.reset();
  } else if (as_of != nullptr) {
    std::string text;
    section.read("as_of", text);
    const Result<billing::Date> date = billing::parse_date(text);
    if (date.ok()) {
      billing.as_of = *date;
    } else {
      section.fail("as_of", date.error().message);
    }
  }
  if (section.has("architecture")) {
    std::string text;
    section.read("architecture", text);
    const Result<billing::Architecture> architecture = billing::parse_architecture(text);
    if (architecture.ok()) {
      billing.architecture = *architecture;
    } else {
      section.fail("architecture", architecture.error().message);
    }
  }
  section.read("free_tier", billing.free_tier);
  constexpr std::array<std::string_view, 3> kInitBilled{"auto", "true", "false"};
  section.read_enum("init_billed", kInitBilled, billing.init_billed);
  section.read("abandoned_init_billed", billing.abandoned_init_billed);
  load_catalogue(section, billing);
}

void read_limits(const ConfigNode* node, std::string_view key, std::int64_t min,
                 NamedLimits& limits, std::vector<Error>& errors) {
  if (node == nullptr || node->is_null()) return;
  const std::string path = fmt::format("platform.{}", key);
  if (!node->is_map()) {
    errors.push_back(invalid_input(
        fmt::format("{} must be a map of function to number, not {}", path, shown(*node)),
        node->where));
    return;
  }
  std::vector<std::string_view>
      names;  // every name is a key here; whether it exists is known later
  for (const ConfigNode::Member& member : node->members) names.emplace_back(member.key);
  Section section{node, path, names, errors};
  for (const ConfigNode::Member& member : node->members) {
    NamedLimit limit{.value = -1, .where = member.where};
    section.read(member.key, limit.value, min, kCountMax);
    if (limit.value >= min) limits.emplace(member.key, limit);
  }
}

void read_queue(const ConfigNode* node, policies::QueuePolicy& queue, std::vector<Error>& errors) {
  Section section{node, "platform.queue", {"policy", "max_length", "max_wait_s"}, errors};
  section.read_enum("policy", policies::queue_order_names(), queue.order);
  section.read("max_length", queue.max_length, 0, kCountMax);
  section.read_seconds("max_wait_s", queue.max_wait, kSecondsOrForever);
  if (queue.order == policies::QueueOrder::kReject) {
    for (const std::string_view key : {"max_length", "max_wait_s"}) {
      const ConfigNode* value = section.find(key);
      if (value != nullptr && !value->is_null()) {
        section.fail(key, "has no meaning with the policy 'reject', which queues nothing");
      }
    }
  }
}

void read_scaling_rate(const ConfigNode* node, fleet::PlatformSettings& settings,
                       std::vector<Error>& errors) {
  if (node == nullptr) return;
  if (node->is_null()) {
    settings.scaling_rate.reset();
    return;
  }
  Section section{node, "platform.scaling_rate", {"environments", "per_s"}, errors};
  fleet::ScalingRate rate;
  section.read("environments", rate.environments, 1, kCountMax);
  section.read_seconds("per_s", rate.period, {.min = 1e-9, .max = kSecondsMax});
  settings.scaling_rate = rate;
}

void read_eviction(const ConfigNode* node, fleet::PlatformSettings& settings,
                   std::vector<Error>& errors) {
  Section section{node, "platform.eviction", {"name", "amount"}, errors};
  section.read_enum("name", policies::eviction_names(), settings.eviction);
  constexpr std::array<std::string_view, 1> kAmounts{"minimum"};
  section.read_only("amount", kAmounts);
}

void read_platform(const ConfigNode* node, PlatformConfig& platform, std::vector<Error>& errors) {
  Section section{
      node,
      "platform",
      {"account_concurrency", "scaling_rate", "memory_capacity_mb", "memory_held_from", "queue",
       "pending_start", "no_memory", "eviction", "reserved_concurrency", "provisioned_concurrency"},
      errors};
  fleet::PlatformSettings& f = platform.fleet;
  section.read("account_concurrency", f.account_concurrency, 0, kCountMax);
  section.read("memory_capacity_mb", f.memory_capacity_mb, 1, 1'000'000'000'000);
  constexpr std::array<std::string_view, 1> kHeldFrom{"start"};
  section.read_only("memory_held_from", kHeldFrom);
  constexpr std::array<std::string_view, 2> kPendingStart{"start-another", "wait"};
  section.read_enum("pending_start", kPendingStart, f.pending_start);
  constexpr std::array<std::string_view, 2> kNoMemory{"drop", "queue"};
  section.read_enum("no_memory", kNoMemory, f.no_memory);
  read_scaling_rate(section.find("scaling_rate"), f, errors);
  read_queue(section.find("queue"), f.queue, errors);
  read_eviction(section.find("eviction"), f, errors);
  read_limits(section.find("reserved_concurrency"), "reserved_concurrency", 0, platform.reserved,
              errors);
  read_limits(section.find("provisioned_concurrency"), "provisioned_concurrency", 0,
              platform.provisioned, errors);
}

// Families of which one policy exists so far: any other name is an error, never ignored.
void read_single_policy(const ConfigNode* node, std::string_view family, std::string_view only,
                        std::vector<Error>& errors) {
  Section section{node, fmt::format("policies.{}", family), {"name"}, errors};
  section.read_only("name", std::array{only});
}

void read_policies(const ConfigNode* node, fleet::PlatformSettings& f, std::vector<Error>& errors) {
  Section section{node,
                  "policies",
                  {"keep_alive", "dispatch", "prewarm", "scaling", "routing", "batching",
                   "placement", "same_time"},
                  errors};
  Section keep_alive{section.find("keep_alive"),
                     "policies.keep_alive",
                     {"name", "ttl_s", "clock", "at_expiry", "expiry"},
                     errors};
  keep_alive.read_enum("name", policies::keep_alive_names(), f.keep_alive.name);
  keep_alive.read_seconds("ttl_s", f.keep_alive.ttl, kSecondsOrForever);
  constexpr std::array<std::string_view, 3> kClocks{"finish", "arrival", "first-idle"};
  keep_alive.read_enum("clock", kClocks, f.keep_alive.clock);
  constexpr std::array<std::string_view, 2> kAtExpiry{"cold", "warm"};
  keep_alive.read_enum("at_expiry", kAtExpiry, f.at_expiry);
  constexpr std::array<std::string_view, 1> kExpiry{"exact"};
  keep_alive.read_only("expiry", kExpiry);

  Section dispatch{section.find("dispatch"), "policies.dispatch", {"name"}, errors};
  dispatch.read_enum("name", policies::dispatch_order_names(), f.dispatch);
  read_single_policy(section.find("prewarm"), "prewarm", "none", errors);
  read_single_policy(section.find("scaling"), "scaling", "per-request", errors);
  read_single_policy(section.find("routing"), "routing", "always-function", errors);
  read_single_policy(section.find("batching"), "batching", "none", errors);
  read_single_policy(section.find("placement"), "placement", "first-fit", errors);
  constexpr std::array<std::string_view, 1> kSameTime{"completions, expiries, arrivals"};
  section.read_only("same_time", kSameTime);
}

void read_gpu(const ConfigNode* node, std::vector<Error>& errors) {
  Section section{node, "gpu", {"devices"}, errors};
  const ConfigNode* devices = section.find("devices");
  if (devices == nullptr || devices->is_null()) return;
  if (!devices->is_sequence()) {
    section.fail("devices", fmt::format("must be a list, not {}", shown(*devices)));
  } else if (!devices->items.empty()) {
    section.fail("devices", "GPU devices cannot be simulated; leave the list empty");
  }
}

SimulationConfig interpret(const ConfigNode& root, std::vector<Error>& errors) {
  SimulationConfig config;
  Section section{&root,
                  "",
                  {"seed", "duration_s", "warmup_s", "workload", "platform", "policies", "gpu",
                   "slo", "billing"},
                  errors};
  section.read("seed", config.seed);
  section.read_seconds("duration_s", config.duration, kSeconds);
  section.read_seconds("warmup_s", config.warmup, kSeconds);
  config.workload = read_workload(section.find("workload"), errors);
  read_platform(section.find("platform"), config.platform, errors);
  read_policies(section.find("policies"), config.platform.fleet, errors);
  read_gpu(section.find("gpu"), errors);
  Section slo{section.find("slo"), "slo", {"latency_s"}, errors};
  slo.read_seconds("latency_s", config.slo_latency, kSecondsOrForever);
  read_billing(section.find("billing"), config.platform.billing, errors);
  config.platform.fleet.abandoned_init_billed = config.platform.billing.abandoned_init_billed;
  return config;
}

ConfigNode read_sources(const ConfigSources& sources, std::vector<Error>& errors) {
  ConfigNode root;
  if (!sources.file.empty()) {
    Result<ConfigNode> read = read_config_file(sources.file);
    if (read.ok()) {
      root = *std::move(read);
    } else {
      errors.push_back(read.error());
    }
  }
  for (const std::string& set : sources.sets) {
    const Status assigned = assign(root, set);
    if (!assigned.ok()) errors.push_back(assigned.error());
  }
  return root;
}

void apply(const CommandLineOverrides& overrides, SimulationConfig& config,
           std::vector<Error>& errors) {
  if (overrides.seed) config.seed = *overrides.seed;
  if (overrides.warmup_s) {
    if (*overrides.warmup_s >= 0 && *overrides.warmup_s <= kSecondsMax) {
      config.warmup = from_seconds(*overrides.warmup_s);
    } else {
      errors.push_back(invalid_input(
          fmt::format("--warmup: {} is outside 0 to {}", *overrides.warmup_s, kSecondsMax)));
    }
  }
  auto& trace = config.workload.trace;
  if (!overrides.trace.empty()) {
    if (!trace) trace.emplace();
    trace->path = overrides.trace;
  }
  const bool needs_trace = !overrides.format.empty() || !overrides.functions.empty() ||
                           !overrides.spread.empty() || overrides.strict;
  if (!trace) {
    if (needs_trace) {
      errors.push_back(
          invalid_input("--format, --functions, --spread and --strict need a --trace to read"));
    }
    return;
  }
  if (!overrides.format.empty()) trace->format = overrides.format;
  if (!overrides.functions.empty()) trace->functions = overrides.functions;
  if (overrides.strict) trace->strict = true;
  if (!overrides.spread.empty()) {
    const Result<traces::Spread> spread = traces::parse_spread(overrides.spread);
    if (spread.ok()) {
      trace->spread = *spread;
    } else {
      errors.push_back(invalid_input("--spread: " + spread.error().message));
    }
  }
}

void check_workload(const SimulationConfig& config, std::vector<Error>& errors) {
  const WorkloadConfig& workload = config.workload;
  if (!workload.trace && workload.functions.empty()) {
    errors.push_back(invalid_input(
        "there is no workload: give --trace FILE, or workload.functions in the configuration"));
  }
  if (workload.trace && workload.defaults.service) {
    errors.push_back(invalid_input("workload.defaults.service: service times come from the trace",
                                   workload.defaults.where));
  }
  for (const FunctionConfig& f : workload.functions) {
    if (workload.trace && (f.arrival || f.service)) {
      errors.push_back(invalid_input(
          fmt::format("workload.functions: '{}' has generated arrivals or service times, but the "
                      "requests come from the trace {}",
                      f.name, workload.trace->path),
          f.where));
    } else if (!workload.trace && !f.arrival) {
      errors.push_back(invalid_input(
          fmt::format("workload.functions: '{}' needs an arrival process", f.name), f.where));
    } else if (!workload.trace && !f.service && !workload.defaults.service) {
      errors.push_back(invalid_input(
          fmt::format("workload.functions: '{}' needs a service time", f.name), f.where));
    }
  }
}

}  // namespace

Error join_errors(const std::vector<Error>& errors) {
  std::string message;
  for (const Error& error : errors) {
    if (!message.empty()) message += '\n';
    message += error.to_string();
  }
  return invalid_input(std::move(message));
}

Result<SimulationConfig> read_simulation_config(const ConfigSources& sources,
                                                const CommandLineOverrides& overrides) {
  std::vector<Error> errors;
  const ConfigNode root = read_sources(sources, errors);
  if (!errors.empty()) return join_errors(errors);  // what a broken document says is not known
  SimulationConfig config = interpret(root, errors);
  apply(overrides, config, errors);
  config.platform.fleet.seed = config.seed;
  if (errors.empty()) check_workload(config, errors);
  if (!errors.empty()) return join_errors(errors);
  return config;
}

Result<PlatformConfig> read_platform_config(const ConfigSources& sources) {
  std::vector<Error> errors;
  const ConfigNode root = read_sources(sources, errors);
  if (!errors.empty()) return join_errors(errors);
  SimulationConfig config = interpret(root, errors);
  if (!errors.empty()) return join_errors(errors);
  config.platform.fleet.seed = config.seed;
  return std::move(config.platform);
}

}  // namespace lambdarium::simulated
