// Kinds of the family "lambda": a month from averages, single invocations with their edge cases,
// asynchronous events, provisioned concurrency. Rules: one rounding of init + run for each
// invocation, free quantity before tiers, no compute grant for functions with provisioned
// concurrency.

#include <fmt/format.h>

#include "models/billing/usage/lambda_rules.h"
#include "models/domain/limits.h"

namespace lambdarium::billing {
namespace {

constexpr std::int64_t kProvisionedStepSeconds = 300;

// --- lambda.month
// ----------------------------------------

Decimal month_seconds(const Fields& fields, const Decimal& invocations) {
  const Names billed = {"avg_billed_ms", "billed_ms"};
  const Names measured = {"avg_duration_ms", "duration_ms"};
  Decimal ms = !fields.has(billed) && fields.has(measured) ? fields.number(measured).ceil()
                                                           : fields.number(billed);
  ms = ms * invocations;
  const Names cold = {"cold_starts", "inits"};
  if (fields.has(cold) && init_billable(package_of(fields), date_of(fields))) {
    ms += fields.count(cold) * fields.number({"avg_init_ms", "init_ms"});
  }
  return ms / Decimal{1000};
}

void add_month(LambdaTotals& totals, const Fields& fields) {
  const Decimal invocations = fields.count({"invocations", "requests", "count"});
  totals.requests += invocations;
  add_seconds(totals, fields, month_seconds(fields, invocations), false);
}

Bill price_month(const Fields& fields) {
  LambdaTotals totals = start_totals(fields);
  if (fields.has({"parts", "functions"})) {
    for (const Fields& part : fields.parts({"parts", "functions"}))
      add_month(totals, part.with_defaults(fields));
  } else {
    add_month(totals, fields);
  }
  Bill bill;
  emit_run_time(bill, fields, totals);
  emit_requests(bill, fields, totals.requests);
  emit_savings_plan(bill, fields);
  return bill;
}

// --- lambda.invocations
// ----------------------------------------

void add_invocations(LambdaTotals& totals, const Fields& fields, const Fields& common) {
  const Decimal count = fields.count_or({"count", "invocations"}, 1);
  if (counts_as_request(fields)) totals.requests += count;
  const bool provisioned = package_of(fields) == PackageType::kProvisioned;
  add_seconds(totals, fields, billed_one(fields, common) * count / Decimal{1000}, provisioned);
}

Bill price_invocations(const Fields& fields) {
  LambdaTotals totals = start_totals(fields);
  add_invocations(totals, fields, fields);
  Bill bill;
  emit_run_time(bill, fields, totals);
  emit_requests(bill, fields, totals.requests);
  return bill;
}

// Parts may leave out what the case says for all of them.
Bill price_many_invocations(const Fields& fields) {
  LambdaTotals totals = start_totals(fields);
  for (const Fields& part : fields.parts({"parts"})) {
    add_invocations(totals, part.with_defaults(fields), part.with_defaults(fields));
  }
  Bill bill;
  emit_run_time(bill, fields, totals);
  emit_requests(bill, fields, totals.requests);
  return bill;
}

// --- lambda.async
// ----------------------------------------

Bill price_async(const Fields& fields) {
  LambdaTotals totals = start_totals(fields);
  const Decimal events = fields.count_or({"events", "count"}, 1);
  const Names size = {"event_bytes", "payload_bytes", "bytes"};
  const Decimal bytes = whole_between(fields, size, 0, kAsyncPayloadBytesMax, 0);
  constexpr std::int64_t kIncluded = 256 * 1024;
  constexpr std::int64_t kStep = 64 * 1024;
  const Decimal extra = (less_free(bytes, kIncluded) / Decimal{kStep}).ceil();
  // Not documented: whether a retry of a large event repeats its extra units. By default they count
  // once for each event.
  const bool repeat = fields.flag_or(
      {"retry_repeats_units", "units_on_retry", "extra_units_on_retry", "size_units_on_retry"},
      false);
  Decimal delivered;
  Decimal milliseconds;
  for (const Fields& attempt : fields.parts({"attempts"})) {
    if (!counts_as_request(attempt)) continue;
    delivered += 1;
    milliseconds += billed_one(attempt, fields);
  }
  Decimal units = delivered;
  if (!delivered.is_zero()) units += repeat ? extra * delivered : extra;
  totals.requests = units * events;
  add_seconds(totals, fields, milliseconds * events / Decimal{1000}, false);
  Bill bill;
  emit_run_time(bill, fields, totals);
  emit_requests(bill, fields, totals.requests);
  return bill;
}

// --- lambda.pc
// ----------------------------------------

// Configured concurrency × memory × the enabled period, rounded up to five minutes.
void emit_configured(Bill& bill, const Fields& fields) {
  const Decimal memory = memory_gb(fields);
  const Names periods = {"pc_periods_s", "periods_s"};
  std::vector<Decimal> enabled;
  if (fields.has(periods)) {
    enabled = fields.numbers(periods);
  } else {
    enabled.push_back(fields.number({"enabled_s", "pc_enabled_s"}));
  }
  Decimal seconds;
  for (const Decimal& period : enabled) seconds += round_up(period, kProvisionedStepSeconds);
  const Decimal concurrency = fields.count({"pc", "concurrency", "provisioned_concurrency"});
  bill.add_flat(fields.price(fmt::format("aws.lambda.pc.{}", short_name(fields.architecture()))),
                concurrency * memory * seconds);
}

Bill price_provisioned(const Fields& fields) {
  LambdaTotals totals;  // no compute grant for functions with provisioned concurrency
  if (fields.flag_or({"free_tier_compute", "free_compute"}, false)) totals = start_totals(fields);
  const Decimal invocations = fields.count({"pc_invocations", "invocations"});
  totals.requests = invocations;
  const Names busy = {"busy_s", "pc_busy_s"};
  const Decimal seconds =
      fields.has(busy)
          ? fields.number(busy)
          : invocations * fields.number({"pc_avg_billed_ms", "avg_billed_ms"}) / Decimal{1000};
  add_seconds(totals, fields, seconds, true);
  const Decimal spilled =
      fields.count_or({"od_invocations", "spill_invocations", "spillover_invocations"}, {});
  if (!spilled.is_zero()) {
    const Decimal ms = fields.number({"od_avg_billed_ms", "spill_avg_billed_ms"});
    totals.requests += spilled;
    add_seconds(totals, fields, spilled * ms / Decimal{1000}, false);
  }
  Bill bill;
  emit_configured(bill, fields);
  emit_run_time(bill, fields, totals);
  emit_requests(bill, fields, totals.requests);
  emit_savings_plan(bill, fields);
  return bill;
}

}  // namespace

std::vector<UsageKind> lambda_kinds() {
  return {{"lambda.month", price_month},
          {"lambda.month.multi", price_month},
          {"lambda.month.pc", price_provisioned},
          {"lambda.pc", price_provisioned},
          {"lambda.invocations", price_invocations},
          {"lambda.invocations.multi", price_many_invocations},
          {"lambda.async", price_async}};
}

}  // namespace lambdarium::billing
