#include "models/billing/bill.h"

#include <fmt/format.h>

namespace lambdarium::billing {

Decimal Bill::total() const {
  Decimal sum;
  for (const BillLine& line : lines) sum += line.amount;
  return sum;
}

void Bill::add(std::string meter, std::string price_id, const Decimal& quantity, std::string unit,
               const Decimal& unit_price) {
  add(BillLine{.meter = std::move(meter),
               .price_id = std::move(price_id),
               .quantity = quantity,
               .unit = std::move(unit),
               .unit_price = unit_price,
               .amount = quantity * unit_price});
}

void Bill::add_tiered(const PriceEntry& entry, const Decimal& quantity, const Decimal& already) {
  if (!entry.tiered() || quantity.is_zero()) {
    add_flat(entry, quantity);
    return;
  }
  Decimal left = quantity;
  Decimal position = already;
  for (const PriceTier& tier : entry.tiers) {
    if (tier.up_to && *tier.up_to <= position) continue;
    const Decimal in_tier = tier.up_to ? min(left, *tier.up_to - position) : left;
    add(fmt::format("{} @{}", entry.meter, tier.price.to_string(15)), entry.id, in_tier, entry.unit,
        tier.price);
    position += in_tier;
    left -= in_tier;
    if (left <= Decimal{}) break;
  }
}

void Bill::add_flat(const PriceEntry& entry, const Decimal& quantity) {
  add(entry.meter, entry.id, quantity, entry.unit, entry.first_price());
}

Status Bill::check() const {
  for (const BillLine& line : lines) {
    if (!line.quantity.exact() || !line.unit_price.exact() || !line.amount.exact()) {
      return invalid_input(fmt::format(
          "the figures of '{}' are too large or have too many decimals to be kept exactly",
          line.meter));
    }
  }
  if (!total().exact()) {
    return invalid_input("the total is too large or has too many decimals to be kept exactly");
  }
  return {};
}

}  // namespace lambdarium::billing
