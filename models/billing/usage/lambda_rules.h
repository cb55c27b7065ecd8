// What the Lambda kinds share: how one invocation is billed, and how a month's totals become lines.
//
// Private to models/billing. Thread: any; pure.

#pragma once

#include <array>
#include <optional>

#include "models/billing/usage/fields.h"

namespace lambdarium::billing {

// What a case adds up to before prices.
struct LambdaTotals {
  struct PerArchitecture {
    Decimal gb_s;
    Decimal provisioned_run_gb_s;
    Decimal scratch_gb_s;
    Decimal free_gb_s;
    bool on_demand = false;
    bool provisioned = false;
    bool scratch = false;
  };
  Decimal requests;
  Decimal free_left;  // of the month's GB-seconds, handed out in the order of the parts
  std::array<PerArchitecture, kArchitectures> by_architecture{};

  PerArchitecture& of(const Fields& fields) {
    return by_architecture[static_cast<std::size_t>(fields.architecture())];
  }
};

LambdaTotals start_totals(const Fields& fields);
// Seconds of on-demand (or provisioned) run time of one function.
void add_seconds(LambdaTotals& totals, const Fields& fields, const Decimal& seconds,
                 bool provisioned);
void emit_run_time(Bill& bill, const Fields& fields, LambdaTotals& totals);
void emit_requests(Bill& bill, const Fields& fields, const Decimal& requests);
// The discount of a compute savings plan on duration and provisioned concurrency, as a line of its
// own.
void emit_savings_plan(Bill& bill, const Fields& fields);

Decimal memory_gb(const Fields& fields);
// The day the case speaks of; the catalogue's where it says nothing.
std::optional<Date> date_of(const Fields& fields);
PackageType package_of(const Fields& fields);
// False for what never reached the handler: throttled, refused, failed by the service.
bool counts_as_request(const Fields& fields);
// Billed milliseconds of one delivery, INIT included where it is billable. `common` holds what
// attempts of one event share.
Decimal billed_one(const Fields& fields, const Fields& common);
// A whole number in a range; required without `fallback`.
Decimal whole_between(const Fields& fields, Names names, std::int64_t low, std::int64_t high,
                      std::optional<std::int64_t> fallback);

}  // namespace lambdarium::billing
