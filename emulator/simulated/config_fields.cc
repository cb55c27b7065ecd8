#include "emulator/simulated/config_fields.h"

#include <fmt/format.h>

#include <charconv>

#include "models/base/nearest.h"

namespace lambdarium::simulated {
namespace {

bool is_infinity(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  for (const std::string_view name : {"inf", ".inf", "Inf", ".Inf", "INF", ".INF", "infinity"}) {
    if (text == name) return true;
  }
  return false;
}

// "010": eight where YAML 1.1 is read, ten where YAML 1.2 is. It is no number here.
bool is_ambiguous(std::string_view text) {
  if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
  return text.size() > 1 && text[0] == '0' && text[1] >= '0' && text[1] <= '9';
}

std::string describe(const Range& range) {
  if (std::isinf(range.max))
    return fmt::format("{} or more{}", range.min, range.infinite ? ", or inf" : "");
  return fmt::format("{} to {}{}", range.min, range.max, range.infinite ? ", or inf" : "");
}

}  // namespace

std::string shown(const ConfigNode& node) {
  switch (node.kind) {
    case ConfigNode::Kind::kNull:
      return "null";
    case ConfigNode::Kind::kSequence:
      return "a list";
    case ConfigNode::Kind::kMap:
      return "a map";
    case ConfigNode::Kind::kScalar:
      break;
  }
  const bool is_long = node.text.size() > 80;
  return fmt::format("{}'{}{}'", node.quoted ? "the text " : "", node.text.substr(0, 80),
                     is_long ? "…" : "");
}

std::optional<double> parse_number(const ConfigNode& node) {
  if (node.kind != ConfigNode::Kind::kScalar || node.quoted) return std::nullopt;
  if (is_ambiguous(node.text)) return std::nullopt;
  if (is_infinity(node.text)) return std::numeric_limits<double>::infinity();
  std::string_view text = node.text;
  if (text.starts_with('+')) text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value)) {
    return std::nullopt;
  }
  return value;
}

Section::Section(const ConfigNode* node, std::string path, std::span<const std::string_view> known,
                 std::vector<Error>& errors)
    : node_(node), path_(std::move(path)), errors_(errors) {
  if (node == nullptr || node->is_null()) return;
  if (!node->is_map()) {
    errors_.push_back(
        invalid_input(fmt::format("{} must be a map of keys, not {}",
                                  path_.empty() ? "the configuration" : path_, shown(*node)),
                      node->where));
    node_ = nullptr;
    return;
  }
  for (const ConfigNode::Member& member : node->members) {
    bool is_known = false;
    for (const std::string_view name : known) is_known |= name == member.key;
    if (is_known) continue;
    const std::string within = path_.empty() ? "" : fmt::format(" in {}", path_);
    errors_.push_back(invalid_input(
        unknown_name_message(fmt::format("key{}", within), member.key, known), member.where));
  }
}

const ConfigNode* Section::find(std::string_view key) const {
  return node_ == nullptr ? nullptr : node_->find(key);
}

std::string Section::path(std::string_view key) const {
  return path_.empty() ? std::string{key} : fmt::format("{}.{}", path_, key);
}

void Section::fail(std::string_view key, const std::string& message) {
  const ConfigNode* node = find(key);
  errors_.push_back(invalid_input(fmt::format("{}: {}", path(key), message),
                                  node == nullptr ? SourceMark{} : node->where));
}

bool Section::is_null(std::string_view key) const {
  const ConfigNode* node = find(key);
  return node != nullptr && node->is_null();
}

std::optional<double> Section::number(std::string_view key, const Range& range) {
  const ConfigNode* node = find(key);
  if (node == nullptr) return std::nullopt;
  const std::optional<double> value = parse_number(*node);
  if (!value) {
    fail(key, fmt::format("{} is not a number", shown(*node)));
    return std::nullopt;
  }
  if (std::isinf(*value) ? !range.infinite : (*value < range.min || *value > range.max)) {
    fail(key, fmt::format("{} is outside {}", node->text, describe(range)));
    return std::nullopt;
  }
  return value;
}

std::optional<std::int64_t> Section::integer(std::string_view key, std::int64_t min,
                                             std::int64_t max) {
  const ConfigNode* node = find(key);
  if (node == nullptr) return std::nullopt;
  const std::optional<double> value = parse_number(*node);
  if (!value || std::isinf(*value) || *value != std::floor(*value)) {
    fail(key, fmt::format("{} is not a whole number", shown(*node)));
    return std::nullopt;
  }
  if (*value < static_cast<double>(min) || *value > static_cast<double>(max)) {
    fail(key, fmt::format("{} is outside {} to {}", node->text, min, max));
    return std::nullopt;
  }
  return static_cast<std::int64_t>(*value);
}

void Section::read(std::string_view key, std::int64_t& out, std::int64_t min, std::int64_t max) {
  if (is_null(key)) return;
  if (const auto value = integer(key, min, max)) out = *value;
}

void Section::read(std::string_view key, std::optional<std::int64_t>& out, std::int64_t min,
                   std::int64_t max) {
  const ConfigNode* node = find(key);
  if (node == nullptr) return;
  const std::optional<double> value = parse_number(*node);
  if (node->is_null() || (value && std::isinf(*value))) {
    out.reset();
  } else if (const auto whole = integer(key, min, max)) {
    out = *whole;
  }
}

void Section::read(std::string_view key, std::uint64_t& out) {
  const ConfigNode* node = find(key);
  if (node == nullptr || node->is_null()) return;
  const std::string& text = node->text;
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (node->kind != ConfigNode::Kind::kScalar || node->quoted || is_ambiguous(text) ||
      error != std::errc{} || end != text.data() + text.size()) {
    fail(key, fmt::format("{} is not a whole number from 0 to 2^64-1", shown(*node)));
    return;
  }
  out = value;
}

void Section::read(std::string_view key, bool& out) {
  const ConfigNode* node = find(key);
  if (node == nullptr || node->is_null()) return;
  if (!node->quoted && node->text == "true") {
    out = true;
  } else if (!node->quoted && node->text == "false") {
    out = false;
  } else {
    fail(key, fmt::format("{} is neither true nor false", shown(*node)));
  }
}

void Section::read(std::string_view key, std::string& out) {
  const ConfigNode* node = find(key);
  if (node == nullptr || node->is_null()) return;
  if (node->kind != ConfigNode::Kind::kScalar) {
    fail(key, fmt::format("must be a text, not {}", shown(*node)));
    return;
  }
  out = node->text;
}

void Section::read_seconds(std::string_view key, Duration& out, Range range) {
  if (is_null(key)) {
    if (range.infinite) out = kForever;
    return;
  }
  if (const auto value = number(key, range)) out = from_seconds(*value);
}

void Section::read_seconds(std::string_view key, std::optional<Duration>& out, Range range) {
  if (is_null(key)) {
    out.reset();
  } else if (const auto value = number(key, range)) {
    out = from_seconds(*value);
    if (std::isinf(*value)) out.reset();
  }
}

void Section::read_name(std::string_view key, std::span<const std::string_view> names,
                        std::size_t& out) {
  const ConfigNode* node = find(key);
  if (node == nullptr || node->is_null()) return;
  if (node->kind != ConfigNode::Kind::kScalar) {
    fail(key, fmt::format("must be a name, not {}", shown(*node)));
    return;
  }
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i] == node->text) {
      out = i;
      return;
    }
  }
  std::string known;
  for (const std::string_view name : names)
    known += fmt::format("{}{}", known.empty() ? "" : ", ", name);
  const std::string nearest = nearest_name(node->text, names);
  fail(key, fmt::format("unknown name {}; {}known: {}", shown(*node),
                        nearest.empty() ? "" : fmt::format("did you mean '{}'? ", nearest), known));
}

}  // namespace lambdarium::simulated
