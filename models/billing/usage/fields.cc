#include "models/billing/usage/fields.h"

#include <algorithm>

#include <fmt/format.h>

namespace lambdarium::billing {

Fields::Fields(const Tree& tree, const Catalogue& catalogue, std::string path)
    : tree_(&tree),
      catalogue_(&catalogue),
      path_(std::move(path)),
      state_(std::make_shared<State>()) {}

const Tree* Fields::find(Names names) const {
  const Tree* found = nullptr;
  for (const std::string_view name : names) {
    const Tree* value = tree_->find(name);
    if (defaults_ != nullptr) {
      state_->read.emplace_back(name);
      if (value == nullptr) value = defaults_->find(name);
    }
    if (value == nullptr) continue;
    if (path_.empty()) state_->read.emplace_back(name);
    if (found == nullptr) found = value;
  }
  return found;
}

Decimal Fields::convert(const Tree& value, std::string_view name, bool whole) const {
  const auto wrong = [&](std::string_view right) {
    fail(
        invalid_input(fmt::format("{}{} is {}; it must be {}", path_, name, value.shown(), right)));
    return Decimal{};
  };
  const std::string_view right = whole ? "a whole number of at least 0" : "a decimal of at least 0";
  if (!value.is(Tree::Kind::kString) && !value.is(Tree::Kind::kNumber)) return wrong(right);
  auto decimal = Decimal::parse(value.text);
  if (!decimal || decimal->is_negative()) return wrong(right);
  if (whole && !decimal->is_integer()) return wrong(right);
  return *decimal;
}

Decimal Fields::number(Names names) const {
  if (const Tree* value = find(names)) return convert(*value, *names.begin(), false);
  fail(invalid_input(fmt::format("{}{} is missing", path_, *names.begin())));
  return {};
}

Decimal Fields::number_or(Names names, const Decimal& fallback) const {
  const Tree* value = find(names);
  return value == nullptr ? fallback : convert(*value, *names.begin(), false);
}

Decimal Fields::count(Names names) const {
  if (const Tree* value = find(names)) return convert(*value, *names.begin(), true);
  fail(invalid_input(fmt::format("{}{} is missing", path_, *names.begin())));
  return {};
}

Decimal Fields::count_or(Names names, const Decimal& fallback) const {
  const Tree* value = find(names);
  return value == nullptr ? fallback : convert(*value, *names.begin(), true);
}

std::optional<Decimal> Fields::scaled(Names stems, std::span<const Suffix> suffixes) const {
  for (const std::string_view stem : stems) {
    for (const Suffix& suffix : suffixes) {
      const std::string name = fmt::format("{}_{}", stem, suffix.text);
      if (!has({name})) continue;
      return number({name}) * Decimal::ratio(suffix.numerator, suffix.denominator);
    }
  }
  return std::nullopt;
}

std::optional<Decimal> Fields::seconds(Names stems) const {
  static constexpr Suffix kSuffixes[] = {{"s", 1, 1},        {"seconds", 1, 1},  {"ms", 1, 1000},
                                         {"minutes", 60, 1}, {"min", 60, 1},     {"hours", 3600, 1},
                                         {"h", 3600, 1},     {"days", 86'400, 1}};
  return scaled(stems, kSuffixes);
}

Decimal Fields::seconds_or(Names stems, const Decimal& fallback) const {
  return seconds(stems).value_or(fallback);
}

Decimal Fields::seconds_of(Names stems) const {
  if (const auto value = seconds(stems)) return *value;
  fail(invalid_input(fmt::format("{}{}_s is missing", path_, *stems.begin())));
  return {};
}

std::optional<Decimal> Fields::bytes(Names stems) const {
  static constexpr Suffix kSuffixes[] = {{"bytes", 1, 1},
                                         {"kb", 1 << 10, 1},
                                         {"mb", 1 << 20, 1},
                                         {"gb", 1 << 30, 1},
                                         {"tb", std::int64_t{1} << 40, 1}};
  return scaled(stems, kSuffixes);
}

Decimal Fields::bytes_or(Names stems, const Decimal& fallback) const {
  return bytes(stems).value_or(fallback);
}

bool Fields::flag_or(Names names, bool fallback) const {
  const Tree* value = find(names);
  if (value == nullptr) return fallback;
  if (!value->is(Tree::Kind::kBool)) {
    fail_field(names, "true or false");
    return fallback;
  }
  return value->flag;
}

std::string Fields::text(Names names) const {
  const Tree* value = find(names);
  if (value == nullptr) {
    fail(invalid_input(fmt::format("{}{} is missing", path_, *names.begin())));
    return {};
  }
  if (value->is(Tree::Kind::kString) || value->is(Tree::Kind::kNumber)) return value->text;
  fail_field(names, "a string");
  return {};
}

std::string Fields::text_or(Names names, std::string_view fallback) const {
  return has(names) ? text(names) : std::string{fallback};
}

std::string Fields::word_or(Names names, std::string_view fallback) const {
  std::string word = text_or(names, fallback);
  for (char& c : word) {
    if (c == '_' || c == ' ') c = '-';
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return word;
}

std::vector<Fields> Fields::parts(Names names) const {
  std::vector<Fields> result;
  const Tree* value = find(names);
  if (value == nullptr || !value->is(Tree::Kind::kList)) {
    fail_field(names, "a list of objects");
    return result;
  }
  for (std::size_t i = 0; i < value->items.size(); ++i) {
    if (!value->items[i].is(Tree::Kind::kObject)) {
      fail_field(names, "a list of objects");
      return {};
    }
    Fields part{value->items[i], *catalogue_, fmt::format("{}{}[{}].", path_, *names.begin(), i)};
    part.state_ = state_;
    result.push_back(std::move(part));
  }
  return result;
}

std::vector<Decimal> Fields::numbers(Names names) const {
  std::vector<Decimal> result;
  const Tree* value = find(names);
  if (value == nullptr || !value->is(Tree::Kind::kList)) {
    fail_field(names, "a list of decimals");
    return result;
  }
  for (std::size_t i = 0; i < value->items.size(); ++i) {
    result.push_back(convert(value->items[i], fmt::format("{}[{}]", *names.begin(), i), false));
  }
  return result;
}

std::vector<std::pair<Decimal, Decimal>> Fields::intervals(Names names) const {
  std::vector<std::pair<Decimal, Decimal>> result;
  const Tree* value = find(names);
  const std::string_view right = "a list of [start, end] with end at or after start";
  if (value == nullptr || !value->is(Tree::Kind::kList)) {
    fail_field(names, right);
    return result;
  }
  for (std::size_t i = 0; i < value->items.size(); ++i) {
    const Tree& pair = value->items[i];
    if (!pair.is(Tree::Kind::kList) || pair.items.size() != 2) {
      fail_field(names, right);
      return {};
    }
    const std::string name = fmt::format("{}[{}]", *names.begin(), i);
    const Decimal start = convert(pair.items[0], name, false);
    const Decimal end = convert(pair.items[1], name, false);
    if (end < start) {
      fail_field(names, right);
      return {};
    }
    result.emplace_back(start, end);
  }
  return result;
}

Architecture Fields::architecture() const {
  auto parsed = parse_architecture(text_or({"arch", "architecture"}, "x86"));
  if (!parsed) {
    fail_field({"arch", "architecture"}, "x86 or arm64");
    return Architecture::kX86;
  }
  return *parsed;
}

const PriceEntry& Fields::price(std::string_view id) const {
  static const PriceEntry kNone = [] {
    PriceEntry entry;
    entry.tiers.emplace_back();
    return entry;
  }();
  auto entry = catalogue_->get(id);
  if (entry) return **entry;
  fail(entry.error());
  return kNone;
}

Fields Fields::with_defaults(const Fields& whole) const {
  Fields result = *this;
  result.defaults_ = whole.tree_;
  return result;
}

void Fields::fail(Error error) const {
  if (!state_->error) state_->error = std::move(error);
}

void Fields::fail_field(Names names, std::string_view right) const {
  const Tree* value = find(names);
  fail(invalid_input(fmt::format("{}{} is {}; it must be {}", path_, *names.begin(),
                                 value == nullptr ? "missing" : value->shown(), right)));
}

std::vector<std::string> Fields::unread() const {
  std::vector<std::string> result;
  for (const auto& [name, value] : tree_->members) {
    if (std::find(state_->read.begin(), state_->read.end(), name) == state_->read.end()) {
      result.push_back(name);
    }
  }
  return result;
}

Decimal gigabytes_of_mb(const Decimal& mb) {
  return mb / Decimal{1024};
}

Decimal gigabytes_of_bytes(const Decimal& bytes) {
  return bytes / Decimal{1024LL * 1024 * 1024};
}

Decimal less_free(const Decimal& quantity, const Decimal& free) {
  return max(quantity - free, Decimal{});
}

}  // namespace lambdarium::billing
