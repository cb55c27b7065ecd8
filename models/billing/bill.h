// A bill: priced lines and their exact sum.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "models/base/result.h"
#include "models/billing/catalogue.h"
#include "models/billing/money.h"

namespace lambdarium::billing {

struct BillLine {
  std::string meter;
  std::string price_id;  // empty where the price is not one of the catalogue's
  Decimal quantity;
  std::string unit;
  Decimal unit_price;
  Decimal amount;
};

struct Bill {
  std::vector<BillLine> lines;
  std::string currency = "USD";

  Decimal total() const;

  void add(BillLine line) { lines.push_back(std::move(line)); }
  // quantity × unit_price.
  void add(std::string meter, std::string price_id, const Decimal& quantity, std::string unit,
           const Decimal& unit_price);

  // Walks the entry's tiers with `quantity` (what is left after the free quantity): one line a tier
  // that is used,
  // "<meter> @<price>" where the entry has tiers; for nothing, one line of quantity 0.
  // `already`: units of this month that came before and moved the tier.
  void add_tiered(const PriceEntry& entry, const Decimal& quantity, const Decimal& already = {});
  // One line at the entry's first price, under the entry's meter.
  void add_flat(const PriceEntry& entry, const Decimal& quantity);

  // An error when a figure left the range of exact arithmetic.
  Status check() const;
};

}  // namespace lambdarium::billing
