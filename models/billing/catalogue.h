// A price catalogue: dated list prices, read from a file of schema "faas-price-catalogue/1".
//
// An entry has one price or tiers (cumulative upper edges), an optional monthly free quantity, and
// may be valid from a date on. Entries of one id with different dates are versions of one price; a
// catalogue is asked "as of" a day.
//
// Thread: any; immutable once loaded. On failure: an Error that names the entry and the field.

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "models/base/result.h"
#include "models/billing/money.h"

namespace lambdarium::billing {

// A calendar day, ordered.
struct Date {
  int year = 0;
  int month = 0;
  int day = 0;

  friend auto operator<=>(const Date&, const Date&) = default;
  std::string to_string() const;  // 2026-07-01
};

// "2026-07-01", "2026-07" (its first day), "2026", or a timestamp that begins with a full date.
Result<Date> parse_date(std::string_view text);

struct PriceTier {
  std::optional<Decimal> up_to;  // cumulative upper edge in units; empty: unbounded
  Decimal price;
};

struct PriceEntry {
  std::string id;
  std::string meter;
  std::string unit;
  std::vector<PriceTier> tiers;          // at least one; a flat price is one unbounded tier
  std::optional<Decimal> free_quantity;  // for each month
  std::optional<Date> valid_from;
  std::string as_of;  // date of the source, as the file says it
  std::vector<std::string> sources;
  bool verified = false;
  std::string notes;

  bool tiered() const { return tiers.size() > 1; }
  const Decimal& first_price() const { return tiers.front().price; }
};

class Catalogue {
 public:
  // `name` is for messages: the file, or "aws-us-east-1".
  static Result<Catalogue> parse(std::string_view json, std::string_view name);
  // The catalogue that the program carries: "aws-us-east-1".
  static Result<Catalogue> built_in(std::string_view name);
  static std::vector<std::string_view> built_in_names();

  // The version in force on `as_of` (without a date: the newest); null when there is none.
  const PriceEntry* find(std::string_view id) const;
  // Not-found error with the nearest known id.
  Result<const PriceEntry*> get(std::string_view id) const;
  // Ids that begin with `prefix`, in order.
  std::vector<std::string_view> ids(std::string_view prefix) const;

  void set_as_of(std::optional<Date> date) { as_of_ = date; }
  std::optional<Date> as_of() const { return as_of_; }
  const std::string& name() const { return name_; }
  const std::string& currency() const { return currency_; }
  std::size_t size() const { return entries_.size(); }

 private:
  std::string name_;
  std::string currency_;
  std::optional<Date> as_of_;
  // Versions by date, oldest first.
  std::map<std::string, std::vector<PriceEntry>, std::less<>> entries_;
};

}  // namespace lambdarium::billing
