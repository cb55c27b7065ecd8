// GPU time: containers of Modal and RunPod, a pool of our own workers with its idle time as a line
// of its own, and the ways to divide one card between tenants.

#include <algorithm>

#include <fmt/format.h>

#include "models/base/nearest.h"
#include "models/billing/usage/fields.h"

namespace lambdarium::billing {
namespace {

// "A100-80" → "a100_80", as catalogue ids are written.
std::string card_id(const Fields& fields, Names names) {
  std::string card = fields.word_or(names, "");
  std::replace(card.begin(), card.end(), '-', '_');
  return card;
}

Bill price_modal(const Fields& fields) {
  const Decimal seconds = fields.seconds_of({"alive", "container"}).ceil() *
                          fields.count_or({"count", "containers"}, 1);
  const Names gpu_names = {"gpu"};
  const std::string gpu = card_id(fields, gpu_names);
  Bill bill;
  if (!gpu.empty() && gpu != "none") {
    bill.add_flat(fields.price("modal.gpu." + gpu),
                  seconds * fields.count_or({"gpus", "gpu_count"}, 1));
  }
  const Decimal cores = max(fields.number_or({"cores", "cpu_cores"}, {}), Decimal::ratio(1, 8));
  bill.add_flat(fields.price("modal.cpu"), cores * seconds);
  const Decimal gib = fields.number_or({"gib", "memory_gib"}, {});
  if (!gib.is_zero()) bill.add_flat(fields.price("modal.mem"), gib * seconds);
  return bill;
}

// The vendor sells classes of cards under one price.
std::string runpod_class(const Fields& fields) {
  struct Alias {
    std::string_view name;
    std::string_view id;
  };
  static constexpr Alias kAliases[] = {
      {"l4", "l4_a5000_3090"},       {"a5000", "l4_a5000_3090"}, {"3090", "l4_a5000_3090"},
      {"l4_class", "l4_a5000_3090"}, {"a4000", "a4000_16gb"},    {"16gb", "a4000_16gb"},
      {"4090", "4090_pro"},          {"a6000", "a6000_a40"},     {"a40", "a6000_a40"},
      {"a100", "a100_80"},           {"h100", "h100_pro"},       {"h200", "h200_pro"}};
  const std::string name = card_id(fields, {"gpu", "class", "worker"});
  for (const Alias& alias : kAliases) {
    if (alias.name == name) return std::string{alias.id};
  }
  return name;
}

Bill price_runpod(const Fields& fields) {
  const std::string mode = fields.word_or({"mode", "worker_type", "type"}, "flex");
  if (mode != "flex" && mode != "active") {
    fields.fail_field({"mode", "worker_type", "type"}, "flex or active");
  }
  const PriceEntry& entry = fields.price(fmt::format("runpod.{}.{}", mode, runpod_class(fields)));
  const Decimal count = fields.count_or({"count", "workers"}, 1);
  Decimal seconds;
  const Names uptimes = {"uptimes_s", "runs_s"};
  if (fields.has(uptimes)) {
    for (const Decimal& uptime : fields.numbers(uptimes)) seconds += uptime.ceil();
  } else if (const auto uptime = fields.seconds({"uptime", "alive", "worker"})) {
    seconds = uptime->ceil();
  } else {
    // Start-up, execution and the idle timeout are all billed.
    const Decimal idle =
        fields.seconds_or({"idle", "idle_timeout"}, mode == "flex" ? Decimal{5} : Decimal{});
    seconds = (fields.seconds_or({"boot", "start", "startup", "cold_start"}, {}) +
               fields.seconds_or({"load", "model_load"}, {}) +
               fields.seconds_of({"exec", "execution", "busy", "run"}) + idle)
                  .ceil();
  }
  Bill bill;
  bill.add_flat(entry, seconds * count);
  return bill;
}

Decimal card_hourly(const Fields& fields) {
  const Names own = {"hourly", "card_hourly", "price_hourly", "hourly_usd"};
  if (fields.has(own)) return fields.number(own);
  return fields.price(fmt::format("aws.ec2.{}", fields.text({"instance", "card"}))).first_price();
}

// --- A pool of workers
// ----------------------------------------

Bill price_pool(const Fields& fields) {
  const Decimal per_second = card_hourly(fields) / Decimal{3600};
  const Decimal least = fields.seconds_or({"min_bill", "minimum"}, 60);
  Decimal start;
  Decimal busy;
  Decimal idle;
  Decimal padding;  // up to the minimum of a start
  const auto add = [&](const Fields& worker) {
    const Decimal count = worker.count_or({"count"}, 1);
    const Decimal starting =
        worker.seconds_or({"boot"}, {}) + worker.seconds_or({"model_load", "load"}, {});
    const Decimal working = worker.seconds_or({"busy"}, {});
    const Decimal waiting = worker.seconds_or({"idle"}, {});
    start += starting * count;
    busy += working * count;
    idle += waiting * count;
    padding += less_free(least, starting + working + waiting) * count;
  };
  if (fields.has({"workers"})) {
    for (const Fields& worker : fields.parts({"workers"})) add(worker);
  } else {
    add(fields);
  }
  Bill bill;
  bill.add("worker start and model load", "", start, "second", per_second);
  bill.add("worker busy", "", busy, "second", per_second);
  bill.add("worker idle", "", idle, "second", per_second);
  if (!padding.is_zero()) bill.add("minimum of a start", "", padding, "second", per_second);
  return bill;
}

// --- Shares of a card
// ----------------------------------------

struct Partition {
  std::string_view name;
  std::int64_t compute;  // sevenths
  std::int64_t memory;   // eighths
};

// Of the 80 GB cards; a profile of another card has the same fractions.
constexpr Partition kPartitions[] = {{"1g", 1, 1},      {"1g.10gb", 1, 1}, {"1g.double", 1, 2},
                                     {"1g.20gb", 1, 2}, {"2g", 2, 2},      {"2g.20gb", 2, 2},
                                     {"3g", 3, 4},      {"3g.40gb", 3, 4}, {"4g", 4, 4},
                                     {"4g.40gb", 4, 4}, {"7g", 7, 8},      {"7g.80gb", 7, 8}};

struct Tenant {
  std::string label;
  Decimal compute;  // of the card, 0 to 1
  Decimal memory;
  Decimal hours;
};

Tenant read_tenant(const Fields& part, const Decimal& hours) {
  Tenant tenant;
  tenant.hours = part.number_or({"hours"}, hours);
  const Names profile_names = {"profile", "partition"};
  const std::string profile = part.text_or(profile_names, "");
  tenant.label = part.text_or({"name", "tenant", "id"}, profile);
  const Names compute = {"sevenths", "compute_sevenths"};
  const Names memory = {"eighths", "memory_eighths"};
  if (profile.empty()) {
    tenant.compute = part.number(compute) / Decimal{7};
    tenant.memory = part.number(memory) / Decimal{8};
    return tenant;
  }
  std::vector<std::string_view> known;
  for (const Partition& partition : kPartitions) {
    if (partition.name == profile) {
      tenant.compute = Decimal::ratio(partition.compute, 7);
      tenant.memory = Decimal::ratio(partition.memory, 8);
      return tenant;
    }
    known.push_back(partition.name);
  }
  part.fail(invalid_input(unknown_name_message("profile", profile, known)));
  return tenant;
}

Bill price_shares(const Fields& fields) {
  const Decimal hourly = card_hourly(fields);
  const Decimal hours = fields.number_or({"hours"}, 1);
  const Names policy_names = {"policy", "pricing"};
  std::string policy = fields.word_or(policy_names, "dominant");
  if (policy.ends_with("-share")) policy.resize(policy.size() - 6);
  const Names tenant_names = {"tenants", "partitions", "parts"};
  std::vector<Tenant> tenants;
  for (const Fields& part : fields.parts(tenant_names)) tenants.push_back(read_tenant(part, hours));
  Decimal compute;
  Decimal memory;
  Decimal dominant;
  for (const Tenant& tenant : tenants) {
    compute += tenant.compute;
    memory += tenant.memory;
    dominant += max(tenant.compute, tenant.memory);
  }
  if (Decimal{1} < compute || Decimal{1} < memory) {
    fields.fail_field(tenant_names,
                      "at most one card: 7 sevenths of compute and 8 eighths of memory");
  }
  const Decimal markup = fields.number_or({"market_factor", "premium"}, 2);
  Bill bill;
  for (const Tenant& tenant : tenants) {
    Decimal share = max(tenant.compute, tenant.memory);
    if (policy == "compute") {
      share = tenant.compute;
    } else if (policy == "memory") {
      share = tenant.memory;
    } else if (policy == "full-recovery" || policy == "full") {
      share = share / dominant;
    } else if (policy == "market") {
      share = share * markup;
    } else if (policy != "dominant") {
      fields.fail_field(policy_names, "compute, memory, dominant, full-recovery or market");
    }
    bill.add(fmt::format("share of the card, {}", tenant.label), "", tenant.hours, "hour",
             hourly * share);
  }
  return bill;
}

// Kernel or lease time over wall time.
Bill price_time_slices(const Fields& fields) {
  const Decimal per_second = card_hourly(fields) / Decimal{3600};
  Decimal used;
  Bill bill;
  for (const Fields& part : fields.parts({"tenants", "parts"})) {
    const Decimal seconds = part.seconds_of({"lease", "kernel", "busy"});
    used += seconds;
    bill.add(fmt::format("device time, {}", part.text_or({"name", "tenant", "id"}, "tenant")), "",
             seconds, "second", per_second);
  }
  if (const auto wall = fields.seconds({"wall"})) {
    if (*wall < used) fields.fail_field({"wall_s"}, "at least the device time of all tenants");
    bill.add("unsold device time", "", less_free(*wall, used), "second", per_second);
  }
  return bill;
}

}  // namespace

std::vector<UsageKind> gpu_kinds() {
  return {
      {"modal", price_modal},    {"runpod", price_runpod}, {"runpod.flex", price_runpod},
      {"gpu.pool", price_pool},  {"pool", price_pool},     {"gpu.share", price_shares},
      {"gpu.mig", price_shares}, {"mig", price_shares},    {"gpu.timeslice", price_time_slices}};
}

}  // namespace lambdarium::billing
