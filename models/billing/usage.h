// Usage cases: a month of Lambda, a fleet of instances, a GPU share … priced from a catalogue.
//
// A file is {"cases": [{"id", "input": {"kind", …}}]}; every kind belongs to a family (usage/*.cc),
// and known_kinds() lists them. `expected` and other members beside `input` are ignored.
//
// Thread: any; pure. On failure: a file that is not of this form is an Error; a case that cannot be
// priced carries its own.

#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "models/base/result.h"
#include "models/billing/bill.h"
#include "models/billing/catalogue.h"

namespace lambdarium::billing {

struct Tree;

struct UsageCase {
  std::string id;
  std::string title;  // may be empty
  std::string kind;
  std::shared_ptr<const Tree> input;
  std::optional<Error> error;  // the input has no form that could be priced
};

struct PricedCase {
  std::string id;
  std::optional<Bill> bill;  // exactly one of the two
  std::optional<Error> error;
  std::vector<std::string> ignored;  // fields of the input that no rule of its kind reads
};

// `name` is the file, for messages. A case that has an id is never an error of the whole file.
Result<std::vector<UsageCase>> parse_usage(std::string_view json, std::string_view name);

PricedCase price_case(const UsageCase& usage, const Catalogue& catalogue);

std::vector<std::string_view> known_kinds();

}  // namespace lambdarium::billing
