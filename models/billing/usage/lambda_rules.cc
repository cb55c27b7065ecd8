#include "models/billing/usage/lambda_rules.h"

#include <algorithm>

#include <fmt/format.h>

#include "models/base/nearest.h"
#include "models/domain/limits.h"

namespace lambdarium::billing {
namespace {

constexpr std::int64_t kInitMsMax =
    10'000;  // on demand; longer and INIT runs again inside the invocation
constexpr std::int64_t kTimeoutMsMax = kTimeoutSecondsMax * 1000;
constexpr Date kMillisecondStepsFrom{2020, 12, 1};

// GB of scratch disk above the free 512 MB; nothing when the field is left out.
std::optional<Decimal> scratch_gb(const Fields& fields) {
  const Names names = {"ephemeral_mb", "scratch_mb", "ephemeral_storage_mb", "tmp_mb"};
  if (!fields.has(names)) return std::nullopt;
  const Decimal mb = whole_between(fields, names, kEphemeralMbMin, kEphemeralMbMax, std::nullopt);
  return less_free(gigabytes_of_mb(mb), gigabytes_of_mb(kEphemeralMbMin));
}

// A share of the grant by another rule than the order of the parts.
void divide_grant(LambdaTotals& totals, const Fields& fields) {
  const std::string policy =
      fields.word_or({"free_split", "free_share", "free_tier_split"}, "first-come");
  if (policy == "first-come" || policy == "in-order" || policy == "time-order") return;
  auto& [x86, arm] = totals.by_architecture;
  const Decimal grant = x86.free_gb_s + arm.free_gb_s;
  const Decimal used = x86.gb_s + arm.gb_s;
  if (policy == "x86-first" || policy == "x86") {
    x86.free_gb_s = min(x86.gb_s, grant);
  } else if (policy == "arm64-first" || policy == "arm64") {
    x86.free_gb_s = grant - min(arm.gb_s, grant);
  } else if (policy == "proportional" || policy == "pro-rata") {
    x86.free_gb_s = used.is_zero() ? Decimal{} : grant * x86.gb_s / used;
  } else {
    fields.fail_field({"free_split", "free_share", "free_tier_split"},
                      "first-come, x86-first, arm64-first or proportional");
  }
  arm.free_gb_s = grant - x86.free_gb_s;
}

enum class Delivery : std::uint8_t { kRan, kTimedOut, kInitFailed, kRefused };

Delivery delivery(const Fields& fields) {
  struct Outcome {
    std::string_view name;
    Delivery delivery;
  };
  static constexpr Outcome kOutcomes[] = {
      {"ok", Delivery::kRan},
      {"success", Delivery::kRan},
      {"error", Delivery::kRan},
      {"function-error", Delivery::kRan},
      {"handler-error", Delivery::kRan},
      {"exception", Delivery::kRan},
      {"crash", Delivery::kRan},
      {"oom", Delivery::kRan},
      {"out-of-memory", Delivery::kRan},
      {"caller-gave-up", Delivery::kRan},
      {"client-timeout", Delivery::kRan},
      {"gateway-timeout", Delivery::kRan},
      {"timeout", Delivery::kTimedOut},
      {"timed-out", Delivery::kTimedOut},
      {"init-crash", Delivery::kInitFailed},
      {"init-error", Delivery::kInitFailed},
      {"init-failed", Delivery::kInitFailed},
      {"throttled", Delivery::kRefused},
      {"throttle", Delivery::kRefused},
      {"429", Delivery::kRefused},
      {"rejected", Delivery::kRefused},
      {"refused", Delivery::kRefused},
      {"dropped", Delivery::kRefused},
      {"denied", Delivery::kRefused},
      {"access-denied", Delivery::kRefused},
      {"permission", Delivery::kRefused},
      {"validation", Delivery::kRefused},
      {"invalid-request", Delivery::kRefused},
      {"service-error", Delivery::kRefused},
      {"service-5xx", Delivery::kRefused},
      {"platform-error", Delivery::kRefused},
  };
  const std::string name = fields.word_or({"outcome"}, "ok");
  std::vector<std::string_view> known;
  for (const Outcome& outcome : kOutcomes) {
    if (outcome.name == name) return outcome.delivery;
    known.push_back(outcome.name);
  }
  fields.fail(invalid_input(unknown_name_message("outcome", name, known)));
  return Delivery::kRefused;
}

}  // namespace

Decimal whole_between(const Fields& fields, Names names, std::int64_t low, std::int64_t high,
                      std::optional<std::int64_t> fallback) {
  const Decimal value = fallback ? fields.count_or(names, *fallback) : fields.count(names);
  if (fields.has(names) && (value < Decimal{low} || Decimal{high} < value)) {
    fields.fail_field(names, fmt::format("from {} to {}", low, high));
  }
  return value;
}

Decimal memory_gb(const Fields& fields) {
  return gigabytes_of_mb(
      whole_between(fields, {"memory_mb", "memory"}, kMemoryMbMin, kMemoryMbMax, std::nullopt));
}

LambdaTotals start_totals(const Fields& fields) {
  LambdaTotals totals;
  const bool granted = fields.flag_or({"free_tier_compute", "free_compute"}, fields.free_tier());
  if (granted) {
    totals.free_left = fields.price("aws.lambda.duration.x86").free_quantity.value_or(Decimal{});
  }
  return totals;
}

// Seconds of on-demand (or provisioned) run time of one function.
void add_seconds(LambdaTotals& totals, const Fields& fields, const Decimal& seconds,
                 bool provisioned) {
  LambdaTotals::PerArchitecture& own = totals.of(fields);
  const Decimal gb_s = memory_gb(fields) * seconds;
  if (provisioned) {
    own.provisioned = true;
    own.provisioned_run_gb_s += gb_s;
  } else {
    own.on_demand = true;
    own.gb_s += gb_s;
    const Decimal free = min(gb_s, totals.free_left);
    own.free_gb_s += free;
    totals.free_left -= free;
  }
  if (const auto scratch = scratch_gb(fields)) {
    own.scratch = true;
    own.scratch_gb_s += *scratch * seconds;
  }
}

void emit_requests(Bill& bill, const Fields& fields, const Decimal& requests) {
  const PriceEntry& entry = fields.price("aws.lambda.request");
  const bool granted = fields.flag_or({"free_tier_requests", "free_requests"}, fields.free_tier());
  const Decimal free = granted ? entry.free_quantity.value_or(Decimal{}) : Decimal{};
  bill.add_tiered(entry, less_free(requests, free));
}

void emit_run_time(Bill& bill, const Fields& fields, LambdaTotals& totals) {
  divide_grant(totals, fields);
  for (std::size_t i = 0; i < kArchitectures; ++i) {
    const LambdaTotals::PerArchitecture& own = totals.by_architecture[i];
    const std::string_view arch = short_name(static_cast<Architecture>(i));
    if (own.provisioned) {
      bill.add_flat(fields.price(fmt::format("aws.lambda.pc_duration.{}", arch)),
                    own.provisioned_run_gb_s);
    }
    if (own.on_demand) {
      bill.add_tiered(fields.price(fmt::format("aws.lambda.duration.{}", arch)),
                      own.gb_s - own.free_gb_s);
    }
    if (own.scratch) {
      bill.add_flat(fields.price(fmt::format("aws.lambda.ephemeral.{}", arch)), own.scratch_gb_s);
    }
  }
}

// The discount of a compute savings plan on duration and provisioned concurrency, as a line of its
// own.
void emit_savings_plan(Bill& bill, const Fields& fields) {
  const Names names = {"savings_plan_discount", "savings_plan"};
  if (!fields.has(names)) return;
  const Decimal discount = fields.number(names);
  const PriceEntry& most = fields.price("aws.lambda.savings_plan");
  if (most.first_price() < discount) {
    fields.fail_field(names, fmt::format("at most {}", most.first_price().to_string()));
  }
  Decimal covered;
  for (const BillLine& line : bill.lines) {
    if (line.price_id.starts_with("aws.lambda.duration") ||
        line.price_id.starts_with("aws.lambda.pc")) {
      covered += line.amount;
    }
  }
  bill.add("compute savings plan discount", most.id, covered, "USD", Decimal{} - discount);
}

std::optional<Date> date_of(const Fields& fields) {
  const Names names = {"at", "date", "when"};
  if (!fields.has(names)) return fields.catalogue().as_of();
  auto date = parse_date(fields.text(names));
  if (date) return *date;
  fields.fail_field(names, "a date such as 2025-08-01");
  return std::nullopt;
}

PackageType package_of(const Fields& fields) {
  if (fields.flag_or({"snapstart"}, false)) return PackageType::kSnapStart;
  if (fields.flag_or({"provisioned"}, false)) return PackageType::kProvisioned;
  const Names names = {"package", "package_type"};
  const bool custom = fields.text_or({"runtime"}, "").starts_with("provided");
  auto package = parse_package_type(fields.text_or(names, custom ? "zip-custom" : "zip-managed"));
  if (package) {
    return custom && *package == PackageType::kManagedZip ? PackageType::kCustomRuntime : *package;
  }
  fields.fail(package.error());
  return PackageType::kManagedZip;
}

// Billed milliseconds of one delivery, INIT included where it is billable. `common` holds what
// attempts of one event share.
Decimal billed_one(const Fields& fields, const Fields& common) {
  const Delivery outcome = delivery(fields);
  if (outcome == Delivery::kRefused) return {};
  const std::optional<Date> date = date_of(common);
  const PackageType package = package_of(common);
  const Decimal step = date && *date < kMillisecondStepsFrom ? Decimal{100} : Decimal{1};
  const Names timeout_names = {"timeout_ms"};
  const Fields& timed = fields.has(timeout_names) ? fields : common;
  const std::optional<Decimal> timeout =
      timed.has(timeout_names)
          ? std::optional{whole_between(timed, timeout_names, 1, kTimeoutMsMax, std::nullopt)}
          : std::nullopt;

  const Names init_names = {"init_ms", "init_duration_ms"};
  const Decimal init = fields.number_or(init_names, {});
  const Names run_names = {"duration_ms", "run_ms"};
  Decimal run;
  if (outcome == Delivery::kTimedOut && timeout && !fields.has(run_names)) {
    run = *timeout;
  } else if (outcome == Delivery::kInitFailed && !fields.has(run_names)) {
    run = fields.number_or({"second_init_ms", "retry_init_ms"}, init);
  } else {
    run = fields.number(run_names);
  }
  // Billed time lasts until the last extension is done with the invocation.
  run += fields.number_or({"extension_ms", "extensions_ms", "extension_overrun_ms"}, {});
  run = max(run, fields.number_or({"extension_end_ms", "last_extension_ms"}, {}));

  Decimal billable_init = init_billable(package, date) ? init : Decimal{};
  const bool on_demand = package != PackageType::kProvisioned && package != PackageType::kSnapStart;
  if (on_demand && Decimal{kInitMsMax} < init) {
    // The first attempt is given up after ten seconds and INIT runs again under the function's
    // timeout. Whether the abandoned attempt is billed since 2025-08 is not documented.
    run += fields.number_or({"second_init_ms", "retry_init_ms"}, init);
    const bool bill_first = common.flag_or({"bill_abandoned_init", "abandoned_init_billed"}, false);
    billable_init = bill_first ? Decimal{kInitMsMax} : Decimal{};
  }
  if (timeout) run = min(run, *timeout);
  const Decimal billed = round_up(max(billable_init + run, Decimal{1}), step);
  // SnapStart's restore is reported and rounded beside the run.
  const Decimal restore = fields.number_or({"restore_ms", "restore_duration_ms"}, {}).ceil();
  return billed + fields.number_or({"billed_restore_ms"}, restore);
}

bool counts_as_request(const Fields& fields) {
  return delivery(fields) != Delivery::kRefused;
}

}  // namespace lambdarium::billing
