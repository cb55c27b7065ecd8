// A recorded run priced again: requests and run time from its invocations, everything that no
// invocation shows (provisioned time, scratch, HTTP units) from its own meters.
//
// Private to the bill command. Reads the disk.

#pragma once

#include <optional>
#include <string>

#include "models/base/result.h"
#include "models/billing/bill.h"
#include "models/billing/catalogue.h"

namespace lambdarium::commands {

// What the run was billed under; empty where it does not say.
struct RunBilling {
  std::string catalog;
  std::string as_of;
  bool free_tier = false;
};

struct RepricedRun {
  billing::Bill bill;
  std::optional<billing::Decimal> recorded_total;  // empty: the run has no meters (it was cut off)
};

Result<RunBilling> read_run_billing(const std::string& path);
Result<RepricedRun> reprice_run(const std::string& path, const billing::Catalogue& catalogue,
                                bool free_tier);

}  // namespace lambdarium::commands
