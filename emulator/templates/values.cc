#include "emulator/templates/values.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "models/base/nearest.h"

namespace lambdarium::templates {
namespace {

using namespace std::string_view_literals;

bool one_of(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

// YAML 1.1's octal numbers; the decimal value, or nothing.
std::optional<std::uint64_t> octal_value(std::string_view text) {
  if (text.size() < 2 || text[0] != '0') return std::nullopt;
  std::uint64_t value = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value, 8);
  if (failed != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

std::string shown(std::string_view text) {
  constexpr std::size_t kShown = 100;
  return text.size() <= kShown ? std::string{text} : std::string{text.substr(0, kShown)} + "…";
}

std::string unknown_message(std::string_view what, std::string_view name,
                            std::span<const std::string_view> known) {
  // Comparing costs the product of both lengths, and no name that is known is long.
  constexpr std::size_t kCompared = 128;
  if (name.size() > kCompared) return fmt::format("unknown {} '{}'", what, shown(name));
  return unknown_name_message(what, name, known);
}

std::string scalar_value(const Node& node) {
  if (!node.plain) return node.text;
  const std::string_view text = node.text;
  if (one_of(text, {"true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON"})) return "true";
  if (one_of(text, {"false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF"})) {
    return "false";
  }
  if (const auto octal = octal_value(text)) return std::to_string(*octal);
  return node.text;
}

void Values::wrong_kind(const Field& field, std::string_view wanted) {
  if (field.value->kind == Node::Kind::kInvalid) return;
  diagnostics_.error(field.where, fmt::format("{} must be {}, not {}", shown(field.key), wanted,
                                              kind_name(*field.value)));
}

std::optional<std::string> Values::text(const Node& node, Position where, std::string_view name) {
  if (!node.is_scalar()) {
    wrong_kind({std::string{name}, where, std::make_shared<Node>(node)}, "a text");
    return std::nullopt;
  }
  std::string value = scalar_value(node);
  if (value != node.text && !one_of(node.text, {"True", "TRUE", "False", "FALSE"})) {
    diagnostics_.note(node.where,
                      fmt::format("YAML reads {} as {}; put it in quotes if the text is "
                                  "meant",
                                  node.text, value));
  }
  return value;
}

std::optional<std::string> Values::text(const Field& field) {
  return text(*field.value, field.where, field.key);
}

std::optional<std::int64_t> Values::integer(const Field& field, std::int64_t min, std::int64_t max,
                                            std::string_view unit) {
  const Node& node = *field.value;
  if (!node.is_scalar()) {
    wrong_kind(field, "a number");
    return std::nullopt;
  }
  const std::string& digits = node.text;
  std::int64_t value = 0;
  const auto [end, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  const bool whole = failed == std::errc{} && end == digits.data() + digits.size();
  const bool padded = digits.size() > 1 && (digits[0] == '0' || digits.starts_with("-0"));
  if (padded && whole) {
    diagnostics_.error(node.where,
                       fmt::format("{} '{}' starts with a zero, which YAML reads as octal; "
                                   "write it without",
                                   field.key, shown(digits)));
    return std::nullopt;
  }
  if (!whole && failed != std::errc::result_out_of_range) {
    diagnostics_.error(node.where,
                       fmt::format("{} '{}' is not a whole number", field.key, shown(digits)));
    return std::nullopt;
  }
  if (!whole || value < min || value > max) {
    diagnostics_.error(
        node.where, fmt::format("{} {} is outside {}..{}{}{}", field.key, shown(digits), min, max,
                                unit.empty() ? "" : " ", unit));
    return std::nullopt;
  }
  return value;
}

const Node* Values::map(const Field& field) {
  if (field.value->is_map()) return field.value.get();
  wrong_kind(field, "a map");
  return nullptr;
}

const Node* Values::list(const Field& field) {
  if (field.value->is_list()) return field.value.get();
  wrong_kind(field, "a list");
  return nullptr;
}

std::map<std::string, std::string> Values::text_map(const Field& field) {
  std::map<std::string, std::string> texts;
  const Node* node = map(field);
  if (node == nullptr) return texts;
  for (const Field& entry : node->fields) {
    if (const auto value = text(entry)) texts[entry.key] = *value;
  }
  return texts;
}

std::vector<std::string> Values::text_list(const Field& field) {
  std::vector<std::string> texts;
  const Node* node = list(field);
  if (node == nullptr) return texts;
  for (const NodePtr& item : node->items) {
    if (const auto value = text(*item, item->where, field.key + "'s item")) texts.push_back(*value);
  }
  return texts;
}

void Values::unknown(Position where, std::string_view what, std::string_view name,
                     std::span<const std::string_view> known) {
  diagnostics_.error(where, unknown_message(what, name, known));
}

void Values::check_keys(const Node& node, std::string_view what,
                        std::span<const std::string_view> known) {
  for (const Field& field : node.fields) {
    // Keys that are no text have been reported, and stand here under a name that nobody writes.
    if (field.key.starts_with('\x01')) continue;
    if (std::find(known.begin(), known.end(), field.key) == known.end()) {
      unknown(field.where, what, field.key, known);
    }
  }
}

}  // namespace lambdarium::templates
