// Reads the members of a usage case by name, exactly, and remembers the first thing that was wrong.
//
// A pricing rule reads what it needs and computes; a wrong field reads as zero, and the error is
// reported instead of the bill. A name list holds one meaning: the first is the documented name,
// the others are spellings that mean the same.
//
// Private to models/billing. Thread: one at a time.

#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "models/base/result.h"
#include "models/billing/bill.h"
#include "models/billing/catalogue.h"
#include "models/billing/lambda_meter.h"
#include "models/billing/tree.h"

namespace lambdarium::billing {

using Names = std::initializer_list<std::string_view>;

class Fields {
 public:
  // `tree` and `catalogue` must outlive this. `path` prefixes names in messages ("parts[0].").
  Fields(const Tree& tree, const Catalogue& catalogue, std::string path = {});

  bool has(Names names) const { return find(names) != nullptr; }

  // A decimal of at least 0, as a string or a number; required, or with a default.
  Decimal number(Names names) const;
  Decimal number_or(Names names, const Decimal& fallback) const;
  // A whole number of at least 0.
  Decimal count(Names names) const;
  Decimal count_or(Names names, const Decimal& fallback) const;

  // A length of time in seconds, from "<stem>_s", "_ms", "_minutes", "_hours" or "_days"; empty
  // when there is none.
  std::optional<Decimal> seconds(Names stems) const;
  Decimal seconds_or(Names stems, const Decimal& fallback) const;
  // Required: the error names "<first stem>_s".
  Decimal seconds_of(Names stems) const;
  // A size in bytes, from "<stem>_bytes", "_kb", "_mb" or "_gb" (1024 each).
  std::optional<Decimal> bytes(Names stems) const;
  Decimal bytes_or(Names stems, const Decimal& fallback) const;

  bool flag_or(Names names, bool fallback) const;
  std::string text(Names names) const;
  std::string text_or(Names names, std::string_view fallback) const;
  // Lower case, with spaces and underscores as hyphens: for names of a choice.
  std::string word_or(Names names, std::string_view fallback) const;

  // Objects of a list. Errors inside them are reported here.
  std::vector<Fields> parts(Names names) const;
  // Members that this part lacks are read from `whole`.
  Fields with_defaults(const Fields& whole) const;
  std::vector<Decimal> numbers(Names names) const;
  // A list of [start, end] pairs.
  std::vector<std::pair<Decimal, Decimal>> intervals(Names names) const;

  Architecture architecture() const;  // field "arch"; x86 when left out
  bool free_tier() const { return flag_or({"free_tier"}, false); }

  // A catalogue's entry; a missing one becomes this case's error and prices at zero.
  const PriceEntry& price(std::string_view id) const;
  const Catalogue& catalogue() const { return *catalogue_; }

  void fail(Error error) const;
  // "<field> is <value>; it must be <right>".
  void fail_field(Names names, std::string_view right) const;
  const std::optional<Error>& error() const { return state_->error; }
  // Top-level members that were not asked for.
  std::vector<std::string> unread() const;

 private:
  struct State {
    std::optional<Error> error;
    std::vector<std::string> read;
  };

  struct Suffix {
    std::string_view text;
    std::int64_t numerator;
    std::int64_t denominator;
  };

  const Tree* find(Names names) const;
  std::optional<Decimal> scaled(Names stems, std::span<const Suffix> suffixes) const;
  Decimal convert(const Tree& value, std::string_view name, bool whole) const;

  const Tree* tree_;
  const Tree* defaults_ = nullptr;
  const Catalogue* catalogue_;
  std::string path_;
  std::shared_ptr<State> state_;  // shared with the parts
};

using PricingRule = Bill (*)(const Fields& fields);

struct UsageKind {
  std::string_view name;
  PricingRule price;
};

// The families, one file each.
std::vector<UsageKind> lambda_kinds();
std::vector<UsageKind> lambda_extra_kinds();
std::vector<UsageKind> gateway_kinds();
std::vector<UsageKind> aws_kinds();
std::vector<UsageKind> cloud_kinds();
std::vector<UsageKind> gpu_kinds();

// Common arithmetic of the families.
Decimal gigabytes_of_mb(const Decimal& mb);                       // / 1024
Decimal gigabytes_of_bytes(const Decimal& bytes);                 // / 1024^3
Decimal less_free(const Decimal& quantity, const Decimal& free);  // at least 0

}  // namespace lambdarium::billing
