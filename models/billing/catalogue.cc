#include "models/billing/catalogue.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "models/base/nearest.h"
#include "models/billing/built_in.h"
#include "models/billing/tree.h"

namespace lambdarium::billing {
namespace {

constexpr std::string_view kSchema = "faas-price-catalogue/1";

bool parse_digits(std::string_view text, int& value) {
  if (text.empty()) return false;
  for (const char c : text) {
    if (c < '0' || c > '9') return false;
  }
  return std::from_chars(text.data(), text.data() + text.size(), value).ec == std::errc{};
}

int days_in_month(int year, int month) {
  constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return month == 2 && leap ? 29 : kDays[month - 1];
}

// One entry; messages name it.
class EntryReader {
 public:
  EntryReader(const Tree& tree, std::size_t index, std::string_view file)
      : tree_(tree), label_(fmt::format("entries[{}]", index)), file_(file) {}

  // Empty when the entry has no price (a unit is known but its rate is not).
  Result<std::optional<PriceEntry>> read() {
    PriceEntry entry;
    LAM_TRY(entry.id, string("id", true));
    label_ = entry.id;
    LAM_TRY(entry.meter, string("meter", true));
    LAM_TRY(entry.unit, string("unit", true));
    LAM_TRY(entry.as_of, string("as_of", false));
    LAM_TRY(entry.notes, string("notes", false));
    LAM_TRY(const std::string valid_from, string("valid_from", false));
    if (!valid_from.empty()) {
      auto date = parse_date(valid_from);
      if (!date) return fail("valid_from", fmt::format("\"{}\"", valid_from), "a date");
      entry.valid_from = *date;
    }
    if (const Tree* verified = tree_.find("verified")) entry.verified = verified->flag;
    if (const Tree* sources = tree_.find("source")) {
      if (sources->is(Tree::Kind::kString)) entry.sources.push_back(sources->text);
      for (const Tree& source : sources->items) entry.sources.push_back(source.text);
    }
    if (const Tree* grant = tree_.find("free_tier")) {
      if (const Tree* quantity = grant->find("quantity")) {
        LAM_TRY(entry.free_quantity, amount(*quantity, "free_tier.quantity"));
      }
    }
    LAM_TRY(const bool priced, read_prices(entry));
    if (!priced) return std::optional<PriceEntry>{};
    return std::optional<PriceEntry>{std::move(entry)};
  }

 private:
  Result<bool> read_prices(PriceEntry& entry) const {
    if (const Tree* price = tree_.find("price")) {
      PriceTier tier;
      LAM_TRY(tier.price, amount(*price, "price"));
      entry.tiers.push_back(tier);
      return true;
    }
    const Tree* tiers = tree_.find("tiers");
    if (tiers == nullptr) return false;
    if (!tiers->is(Tree::Kind::kList) || tiers->items.empty()) {
      return fail("tiers", tiers->shown(), "a list of tiers");
    }
    for (const Tree& item : tiers->items) {
      PriceTier tier;
      const Tree* price = item.find("price");
      if (price == nullptr) return fail("tiers[].price", "missing", "a decimal");
      LAM_TRY(tier.price, amount(*price, "tiers[].price"));
      if (const Tree* edge = item.find("up_to")) {
        LAM_TRY(tier.up_to, amount(*edge, "tiers[].up_to"));
      }
      if (!entry.tiers.empty() &&
          (!entry.tiers.back().up_to || (tier.up_to && *tier.up_to <= *entry.tiers.back().up_to))) {
        return fail("tiers[].up_to", item.find("up_to") ? item.find("up_to")->shown() : "null",
                    "above the tier before it, and null only in the last one");
      }
      entry.tiers.push_back(tier);
    }
    if (entry.tiers.back().up_to) {
      return fail("tiers[].up_to", entry.tiers.back().up_to->to_string(), "null in the last tier");
    }
    return true;
  }

  Result<Decimal> amount(const Tree& value, std::string_view field) const {
    const bool textual = value.is(Tree::Kind::kString) || value.is(Tree::Kind::kNumber);
    if (textual) {
      auto decimal = Decimal::parse(value.text);
      if (decimal && !decimal->is_negative()) return *decimal;
    }
    return fail(field, value.shown(), "a decimal of at least 0");
  }

  Result<std::string> string(std::string_view field, bool required) const {
    const Tree* value = tree_.find(field);
    if (value == nullptr && !required) return std::string{};
    if (value != nullptr && value->is(Tree::Kind::kString)) return value->text;
    return fail(field, value == nullptr ? "missing" : value->shown(), "a string");
  }

  Error fail(std::string_view field, std::string_view value, std::string_view right) const {
    return invalid_input(fmt::format("{}: {} is {}; it must be {}", label_, field, value, right),
                         {std::string{file_}, 0, 0});
  }

  const Tree& tree_;
  std::string label_;
  std::string_view file_;
};

}  // namespace

std::string Date::to_string() const {
  return fmt::format("{:04}-{:02}-{:02}", year, month, day);
}

Result<Date> parse_date(std::string_view text) {
  Date date{0, 1, 1};
  const auto fail = [&] {
    return invalid_input(fmt::format("'{}' is not a date; write 2026-07-01", text.substr(0, 40)));
  };
  if (!parse_digits(text.substr(0, 4), date.year) || text.size() < 4) return fail();
  std::string_view rest = text.substr(4);
  if (rest.empty()) return date;
  if (rest[0] != '-' || rest.size() < 3 || !parse_digits(rest.substr(1, 2), date.month))
    return fail();
  if (date.month < 1 || date.month > 12) return fail();
  rest.remove_prefix(3);
  if (rest.empty()) return date;
  if (rest[0] != '-' || rest.size() < 3 || !parse_digits(rest.substr(1, 2), date.day))
    return fail();
  if (date.day < 1 || date.day > days_in_month(date.year, date.month)) return fail();
  rest.remove_prefix(3);
  if (!rest.empty() && rest[0] != 'T' && rest[0] != ' ') return fail();
  return date;
}

Result<Catalogue> Catalogue::parse(std::string_view json, std::string_view name) {
  const SourceMark file{std::string{name}, 0, 0};
  LAM_TRY(const Tree root, parse_tree(json, name));
  const Tree* schema = root.find("schema");
  if (schema == nullptr || schema->text != kSchema) {
    return invalid_input(fmt::format("schema is {}; it must be \"{}\"",
                                     schema == nullptr ? "missing" : schema->shown(), kSchema),
                         file);
  }
  Catalogue catalogue;
  catalogue.name_ = name;
  const Tree* currency = root.find("currency");
  catalogue.currency_ = currency != nullptr && !currency->text.empty() ? currency->text : "USD";
  const Tree* entries = root.find("entries");
  if (entries == nullptr || !entries->is(Tree::Kind::kList)) {
    return invalid_input(fmt::format("entries is {}; it must be a list",
                                     entries == nullptr ? "missing" : entries->shown()),
                         file);
  }
  for (std::size_t i = 0; i < entries->items.size(); ++i) {
    LAM_TRY(auto entry, EntryReader(entries->items[i], i, name).read());
    if (!entry) continue;
    auto& versions = catalogue.entries_[entry->id];
    for (const PriceEntry& other : versions) {
      if (other.valid_from == entry->valid_from) {
        return invalid_input(fmt::format("id \"{}\" is given twice for the same date", entry->id),
                             file);
      }
    }
    versions.push_back(std::move(*entry));
  }
  for (auto& [id, versions] : catalogue.entries_) {
    std::sort(versions.begin(), versions.end(),
              [](const PriceEntry& a, const PriceEntry& b) { return a.valid_from < b.valid_from; });
  }
  return catalogue;
}

Result<Catalogue> Catalogue::built_in(std::string_view name) {
  for (const BuiltInCatalogue& candidate : built_in_catalogues()) {
    if (candidate.name == name) return parse(candidate.json, name);
  }
  const std::vector<std::string_view> names = built_in_names();
  return invalid_input(unknown_name_message("price catalogue", name, names));
}

std::vector<std::string_view> Catalogue::built_in_names() {
  std::vector<std::string_view> names;
  for (const BuiltInCatalogue& candidate : built_in_catalogues()) names.push_back(candidate.name);
  return names;
}

const PriceEntry* Catalogue::find(std::string_view id) const {
  const auto found = entries_.find(id);
  if (found == entries_.end()) return nullptr;
  for (auto version = found->second.rbegin(); version != found->second.rend(); ++version) {
    if (!version->valid_from || !as_of_ || *version->valid_from <= *as_of_) return &*version;
  }
  return nullptr;
}

Result<const PriceEntry*> Catalogue::get(std::string_view id) const {
  if (const PriceEntry* entry = find(id)) return entry;
  if (entries_.contains(id)) {
    return not_found(fmt::format("price '{}' was not in force on {}", id, as_of_->to_string()));
  }
  std::vector<std::string_view> known;
  for (const auto& [key, versions] : entries_) known.push_back(key);
  const std::string nearest = nearest_name(id, known);
  return not_found(
      fmt::format("catalogue {} has no price '{}'{}", name_, id,
                  nearest.empty() ? "" : fmt::format("; the nearest is '{}'", nearest)));
}

std::vector<std::string_view> Catalogue::ids(std::string_view prefix) const {
  std::vector<std::string_view> result;
  for (auto it = entries_.lower_bound(prefix); it != entries_.end(); ++it) {
    if (!std::string_view{it->first}.starts_with(prefix)) break;
    result.push_back(it->first);
  }
  return result;
}

}  // namespace lambdarium::billing
