#include "emulator/main/bill_run.h"

#include <fmt/format.h>

#include <array>
#include <cstdint>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

#include "emulator/store/run_store.h"
#include "models/billing/lambda_meter.h"

namespace lambdarium::commands {
namespace {

using billing::Catalogue;
using billing::Decimal;
using billing::PriceEntry;

constexpr std::string_view kRequest = "invocation request";
constexpr std::string_view kDuration = "on-demand duration ";
constexpr std::string_view kProvisionedRun = "duration on provisioned environments ";

// The value of "key = value" in the configuration a simulation records; empty where there is none.
std::string config_value(std::string_view config, std::string_view key) {
  const std::string start = fmt::format("{} = ", key);
  while (!config.empty()) {
    const std::string_view line = config.substr(0, config.find('\n'));
    if (line.starts_with(start)) return std::string{line.substr(start.size())};
    config.remove_prefix(std::min(line.size() + 1, config.size()));
  }
  return {};
}

// The run's meters by name, tiers of one price together.
struct RecordedMeters {
  std::map<std::string, Decimal, std::less<>> quantities;
  std::optional<Decimal> total;

  Decimal quantity(std::string_view meter) const {
    const auto found = quantities.find(meter);
    return found == quantities.end() ? Decimal{} : found->second;
  }
};

Result<RecordedMeters> read_meters(const store::RunReader& run) {
  LAM_TRY(const std::vector<MeterRecord> rows, store::read_all(run.meters()));
  RecordedMeters meters;
  for (const MeterRecord& row : rows) {
    LAM_TRY(const Decimal quantity, Decimal::parse(row.quantity));
    meters.quantities[row.meter.substr(0, row.meter.find(" @"))] += quantity;
    if (row.amount.empty()) continue;
    LAM_TRY(const Decimal amount, Decimal::parse(row.amount));
    meters.total = meters.total.value_or(Decimal{}) + amount;
  }
  return meters;
}

struct RecordedUsage {
  std::int64_t requests = 0;
  Decimal gb_s;
};

Result<RecordedUsage> read_usage(const store::RunReader& run) {
  // A simulation leaves the invocations of its warm-up out of every figure, the bill included.
  std::int64_t counted_from_ns = 0;
  const std::string warmup = config_value(run.meta("config"), "warmup_s");
  if (!warmup.empty()) {
    if (const auto seconds = Decimal::parse(warmup)) {
      counted_from_ns = from_seconds(seconds->to_double()).count();
    }
  }
  RecordedUsage usage;
  std::int64_t mb_ms = 0;
  LAM_TRY(auto rows, run.invocations());
  InvocationRecord row;
  while (rows.next(row)) {
    // Throttled and dropped calls have no billed time.
    if (row.billed_ms < 0 || row.memory_mb < 0 || row.arrival_ns < counted_from_ns) continue;
    if (row.outcome == "throttled" || row.outcome == "dropped") continue;
    ++usage.requests;
    std::int64_t product = 0;
    if (__builtin_mul_overflow(row.memory_mb, row.billed_ms, &product) ||
        __builtin_add_overflow(mb_ms, product, &mb_ms)) {
      return invalid_input(
          fmt::format("invocation {}: memory_mb {} × billed_ms {} is more than a bill can hold",
                      row.id, row.memory_mb, row.billed_ms));
    }
  }
  LAM_TRY_STATUS(rows.status());
  usage.gb_s = billing::gb_seconds(mb_ms);
  return usage;
}

// The catalogue's entry of a meter that a run recorded under its name.
const PriceEntry* entry_of_meter(const Catalogue& catalogue, std::string_view meter) {
  for (const std::string_view prefix : {"aws.lambda.", "aws.apigw."}) {
    for (const std::string_view id : catalogue.ids(prefix)) {
      const PriceEntry* entry = catalogue.find(id);
      if (entry != nullptr && entry->meter == meter) return entry;
    }
  }
  return nullptr;
}

// On-demand GB-seconds of each architecture. Invocations do not say which one they ran on: with one
// architecture in the meters all of them did, with both the meters' own figures are taken.
struct OnDemand {
  std::array<Decimal, billing::kArchitectures> gb_s{};
  bool net_of_grant = false;
};

OnDemand on_demand(const RecordedMeters& meters, const RecordedUsage& usage) {
  OnDemand result;
  std::array<bool, billing::kArchitectures> seen{};
  Decimal provisioned;
  for (std::size_t i = 0; i < billing::kArchitectures; ++i) {
    const std::string_view arch = billing::short_name(static_cast<billing::Architecture>(i));
    const std::string duration = fmt::format("{}{}", kDuration, arch);
    seen[i] = meters.quantities.contains(duration) ||
              meters.quantities.contains(fmt::format("{}{}", kProvisionedRun, arch));
    result.gb_s[i] = meters.quantity(duration);
    provisioned += meters.quantity(fmt::format("{}{}", kProvisionedRun, arch));
  }
  if (seen[0] && seen[1]) {
    result.net_of_grant = true;
    return result;
  }
  const std::size_t only = seen[1] ? 1 : 0;
  result.gb_s = {};
  // Meters are written with twelve decimals: what is left of nothing must not become negative.
  const Decimal left = usage.gb_s - provisioned;
  result.gb_s[only] = max(left, Decimal{}) < Decimal::ratio(1, 1'000'000'000) ? Decimal{} : left;
  return result;
}

}  // namespace

Result<RunBilling> read_run_billing(const std::string& path) {
  LAM_TRY(const auto run, store::RunReader::open(path));
  const std::string config = run->meta("config");
  RunBilling result;
  result.catalog = config_value(config, "billing.catalog");
  result.as_of = config_value(config, "billing.as_of");
  if (result.as_of == "null") result.as_of.clear();
  result.free_tier = config_value(config, "billing.free_tier") == "true";
  return result;
}

Result<RepricedRun> reprice_run(const std::string& path, const Catalogue& catalogue,
                                bool free_tier) {
  LAM_TRY(const auto run, store::RunReader::open(path));
  LAM_TRY(const RecordedMeters meters, read_meters(*run));
  LAM_TRY(const RecordedUsage usage, read_usage(*run));
  const OnDemand durations = on_demand(meters, usage);

  RepricedRun result;
  result.recorded_total = meters.total;
  result.bill.currency = catalogue.currency();
  bool any = false;
  for (std::size_t i = 0; i < billing::kArchitectures; ++i) {
    const std::string_view arch = billing::short_name(static_cast<billing::Architecture>(i));
    LAM_TRY(const PriceEntry* entry, catalogue.get(fmt::format("aws.lambda.duration.{}", arch)));
    if (durations.gb_s[i].is_zero() && (any || i == 0)) continue;
    Decimal gb_s = durations.gb_s[i];
    if (free_tier && !durations.net_of_grant) {
      gb_s = max(gb_s - entry->free_quantity.value_or(Decimal{}), Decimal{});
    }
    any = true;
    result.bill.add_tiered(*entry, gb_s);
  }
  for (const auto& [meter, quantity] : meters.quantities) {
    if (meter == kRequest || meter.starts_with(kDuration)) continue;
    const PriceEntry* entry = entry_of_meter(catalogue, meter);
    if (entry == nullptr) {
      return not_found(fmt::format("catalogue {} has no price for the run's meter '{}'",
                                   catalogue.name(), meter));
    }
    result.bill.add_tiered(*entry, quantity);
  }
  LAM_TRY(const PriceEntry* request, catalogue.get("aws.lambda.request"));
  Decimal requests = usage.requests;
  if (free_tier) {
    requests = max(requests - request->free_quantity.value_or(Decimal{}), Decimal{});
  }
  result.bill.add_tiered(*request, requests);
  LAM_TRY_STATUS(result.bill.check());
  return result;
}

}  // namespace lambdarium::commands
