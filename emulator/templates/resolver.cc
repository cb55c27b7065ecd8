#include "emulator/templates/resolver.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace lambdarium::templates {
namespace {

// The functions that are evaluated here; conditions have their own.
constexpr std::array<std::string_view, 18> kFunctions{
    "Ref",     "Fn::GetAtt",    "Fn::Sub",         "Fn::Join",   "Fn::Select", "Fn::Split",
    "Fn::If",  "Fn::FindInMap", "Fn::ImportValue", "Fn::Equals", "Fn::And",    "Fn::Or",
    "Fn::Not", "Condition",     "Fn::Base64",      "Fn::Cidr",   "Fn::GetAZs", "Fn::Transform"};
constexpr std::array<std::string_view, 8> kNotServed{
    "Fn::Base64",       "Fn::Cidr",   "Fn::GetAZs",  "Fn::Transform",
    "Fn::ToJsonString", "Fn::Length", "Fn::ForEach", "Fn::RefAll"};

constexpr std::size_t kTextMax = 1U << 20U;
constexpr std::size_t kNodeBytes = 128;  // roughly, of a node and what holds it

bool is_function(std::string_view key) {
  return key == "Ref" || key == "Condition" || key.starts_with("Fn::");
}

template <std::size_t N>
bool contains(const std::array<std::string_view, N>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool invalid(const NodePtr& node) {
  return node->kind == Node::Kind::kInvalid;
}

}  // namespace

Resolver::Resolver(const Node& root, const TemplateOptions& options, Diagnostics& diagnostics)
    : root_(root), options_(options), diagnostics_(diagnostics) {}

NodePtr Resolver::fail(Position where, std::string message) {
  if (!quiet_) diagnostics_.error(where, std::move(message));
  return make_special(Node::Kind::kInvalid, where);
}

bool Resolver::spend(std::size_t bytes, Position where) {
  if (bytes <= budget_) {
    budget_ -= bytes;
    return true;
  }
  // Said once, also where nothing else is said: without it the template would silently be another.
  if (budget_ > 0) diagnostics_.error(where, "the template is too large once it is evaluated");
  budget_ = 0;
  return false;
}

NodePtr Resolver::produce(std::string text, Position where) {
  if (text.size() > kTextMax) {
    return fail(where,
                fmt::format("the text is longer than {} bytes once it is evaluated", kTextMax));
  }
  if (!spend(text.size(), where)) return make_special(Node::Kind::kInvalid, where);
  return make_scalar(std::move(text), where);
}

void Resolver::note(Position where, std::string message) {
  if (!quiet_) diagnostics_.note(where, std::move(message));
}

NodePtr Resolver::resolve_quietly(const NodePtr& node) {
  const bool before = std::exchange(quiet_, true);
  NodePtr value = resolve(node);
  quiet_ = before;
  return value;
}

NodePtr Resolver::resolve(const NodePtr& node) {
  if (!spend(kNodeBytes * (1 + node->items.size() + node->fields.size()), node->where)) {
    return make_special(Node::Kind::kInvalid, node->where);
  }
  if (node->is_list()) {
    std::vector<NodePtr> items;
    for (const NodePtr& item : node->items) {
      NodePtr value = resolve(item);
      if (value->kind != Node::Kind::kNoValue && !invalid(value)) items.push_back(std::move(value));
    }
    return make_list(std::move(items), node->where);
  }
  if (!node->is_map()) return node;
  if (node->fields.size() == 1 && is_function(node->fields[0].key)) {
    const Field& field = node->fields[0];
    // A lone `Condition` is a function within conditions only; elsewhere it may be anybody's key.
    if (field.key != "Condition") return call(field.key, field.value, node->where);
  }
  auto map = std::make_shared<Node>();
  map->kind = Node::Kind::kMap;
  map->where = node->where;
  for (const Field& field : node->fields) {
    if (field.key.starts_with("Fn::") && node->fields.size() > 1) {
      (void)fail(field.where,
                 fmt::format("{} stands beside other keys; a function must be alone in "
                             "its map",
                             shown(field.key)));
      continue;
    }
    NodePtr value = resolve(field.value);
    if (value->kind == Node::Kind::kNoValue) continue;
    map->fields.push_back({field.key, field.where, std::move(value)});
  }
  return map;
}

NodePtr Resolver::call(const std::string& function, const NodePtr& argument, Position where) {
  static const std::map<std::string_view, Handler> handlers{
      {"Ref", &Resolver::fn_ref},
      {"Fn::GetAtt", &Resolver::fn_get_att},
      {"Fn::Sub", &Resolver::fn_sub},
      {"Fn::Join", &Resolver::fn_join},
      {"Fn::Select", &Resolver::fn_select},
      {"Fn::Split", &Resolver::fn_split},
      {"Fn::If", &Resolver::fn_if},
      {"Fn::FindInMap", &Resolver::fn_find_in_map},
      {"Fn::ImportValue", &Resolver::fn_import_value},
  };
  const auto handler = handlers.find(function);
  if (handler != handlers.end()) return (this->*handler->second)(*argument, where);
  if (is_condition_function(function)) {
    return make_scalar(evaluate_call(function, *argument, where) ? "true" : "false", where);
  }
  if (contains(kNotServed, function) || function.starts_with("Fn::ForEach::")) {
    return fn_not_served(function, where);
  }
  return fail(where, unknown_message("function", function, kFunctions));
}

NodePtr Resolver::fn_not_served(const std::string& function, Position where) {
  note(where, fmt::format("{} is not evaluated here; what it stands for is left out", function));
  return make_special(Node::Kind::kNoValue, where);
}

bool Resolver::text_of(const NodePtr& node, std::string_view what, std::string& text) {
  const NodePtr value = resolve(node);
  if (value->is_scalar()) {
    text = scalar_value(*value);
    return true;
  }
  if (!invalid(value)) {
    (void)fail(node->where, fmt::format("{} must be a text, not {}", what, kind_name(*value)));
  }
  return false;
}

// --- texts

NodePtr Resolver::fn_sub(const Node& argument, Position where) {
  if (argument.is_scalar()) return expand(argument.text, {}, where);
  if (!argument.is_list() || argument.items.size() != 2 || !argument.items[0]->is_scalar() ||
      !argument.items[1]->is_map()) {
    return fail(where, "Fn::Sub takes a text, or a list of a text and a map");
  }
  std::map<std::string, std::string> variables;
  bool good = true;
  for (const Field& field : argument.items[1]->fields) {
    std::string value;
    good = text_of(field.value, fmt::format("Fn::Sub's '{}'", shown(field.key)), value) && good;
    variables[field.key] = value;
  }
  if (!good) return make_special(Node::Kind::kInvalid, where);
  return expand(argument.items[0]->text, variables, where);
}

NodePtr Resolver::expand(const std::string& text,
                         const std::map<std::string, std::string>& variables, Position where) {
  std::string out;
  bool good = true;
  std::size_t from = 0;
  while (out.size() <= kTextMax) {
    const std::size_t open = text.find("${", from);
    const std::size_t close = open == std::string::npos ? open : text.find('}', open);
    if (close == std::string::npos) break;
    out += text.substr(from, open - from);
    from = close + 1;
    const std::string name = text.substr(open + 2, close - open - 2);
    if (name.starts_with('!')) {
      out += "${" + name.substr(1) + "}";
      continue;
    }
    if (const auto variable = variables.find(name); variable != variables.end()) {
      out += variable->second;
      continue;
    }
    const std::size_t dot = name.find('.');
    const NodePtr value = dot == std::string::npos
                              ? ref(name, where)
                              : attribute(name.substr(0, dot), name.substr(dot + 1), where);
    if (value->is_scalar()) {
      out += value->text;
    } else {
      good = false;
      if (!invalid(value)) {
        (void)fail(where, fmt::format("Fn::Sub's ${{{}}} is not a text", shown(name)));
      }
    }
  }
  out += text.substr(from);
  return good ? produce(std::move(out), where) : make_special(Node::Kind::kInvalid, where);
}

NodePtr Resolver::fn_join(const Node& argument, Position where) {
  if (!argument.is_list() || argument.items.size() != 2) {
    return fail(where, "Fn::Join takes a list of a separator and a list");
  }
  std::string separator;
  if (!text_of(argument.items[0], "Fn::Join's separator", separator)) {
    return make_special(Node::Kind::kInvalid, where);
  }
  const NodePtr list = resolve(argument.items[1]);
  if (invalid(list)) return list;
  if (!list->is_list()) return fail(where, "Fn::Join takes a list of a separator and a list");
  std::string out;
  bool first = true;
  for (const NodePtr& item : list->items) {
    if (out.size() > kTextMax) break;
    if (!item->is_scalar()) {
      return fail(item->where,
                  fmt::format("Fn::Join joins texts, and this is {}", kind_name(*item)));
    }
    if (!first) out += separator;
    first = false;
    out += scalar_value(*item);
  }
  return produce(std::move(out), where);
}

NodePtr Resolver::fn_select(const Node& argument, Position where) {
  if (!argument.is_list() || argument.items.size() != 2) {
    return fail(where, "Fn::Select takes a list of an index and a list");
  }
  std::string text;
  if (!text_of(argument.items[0], "Fn::Select's index", text)) {
    return make_special(Node::Kind::kInvalid, where);
  }
  const NodePtr list = resolve(argument.items[1]);
  if (invalid(list)) return list;
  if (!list->is_list()) return fail(where, "Fn::Select takes a list of an index and a list");
  std::size_t index = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), index);
  if (failed != std::errc{} || end != text.data() + text.size() || index >= list->items.size()) {
    return fail(where, fmt::format("Fn::Select's index '{}' is not in a list of {}", shown(text),
                                   list->items.size()));
  }
  return list->items[index];
}

NodePtr Resolver::fn_split(const Node& argument, Position where) {
  if (!argument.is_list() || argument.items.size() != 2) {
    return fail(where, "Fn::Split takes a list of a separator and a text");
  }
  std::string separator;
  std::string text;
  if (!text_of(argument.items[0], "Fn::Split's separator", separator) ||
      !text_of(argument.items[1], "Fn::Split's text", text)) {
    return make_special(Node::Kind::kInvalid, where);
  }
  if (separator.empty()) return fail(where, "Fn::Split's separator is empty");
  std::vector<NodePtr> parts;
  std::size_t from = 0;
  for (;;) {
    const std::size_t found = text.find(separator, from);
    if (!spend(kNodeBytes, where)) break;
    parts.push_back(make_scalar(text.substr(from, found - from), where));
    if (found == std::string::npos) break;
    from = found + separator.size();
  }
  return make_list(std::move(parts), where);
}

NodePtr Resolver::fn_find_in_map(const Node& argument, Position where) {
  if (!argument.is_list() || argument.items.size() < 3 || argument.items.size() > 4) {
    return fail(where, "Fn::FindInMap takes a list of a map's name and two keys");
  }
  std::array<std::string, 3> keys;
  constexpr std::array<std::string_view, 3> kWhat{
      "Fn::FindInMap's map", "Fn::FindInMap's first key", "Fn::FindInMap's second key"};
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (!text_of(argument.items[i], kWhat[i], keys[i])) {
      return make_special(Node::Kind::kInvalid, where);
    }
  }
  const Field* fallback = nullptr;
  if (argument.items.size() == 4) fallback = argument.items[3]->find("DefaultValue");
  const Node* here = mappings_;
  constexpr std::array<std::string_view, 3> kLevel{"mapping", "key of the mapping",
                                                   "second key of the mapping"};
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const Field* next = here == nullptr ? nullptr : here->find(keys[i]);
    if (next == nullptr) {
      if (fallback != nullptr) return resolve(fallback->value);
      std::vector<std::string_view> known;
      if (here != nullptr) {
        for (const Field& field : here->fields) known.emplace_back(field.key);
      }
      return fail(where, unknown_message(kLevel[i], keys[i], known));
    }
    if (i == 2) return resolve(next->value);
    if (!next->value->is_map()) {
      return fail(next->where, fmt::format("{} must be a map", shown(next->key)));
    }
    here = next->value.get();
  }
  return make_special(Node::Kind::kInvalid, where);
}

NodePtr Resolver::fn_import_value(const Node& argument, Position where) {
  std::string name;
  if (!text_of(std::make_shared<Node>(argument), "Fn::ImportValue's name", name)) {
    return make_special(Node::Kind::kInvalid, where);
  }
  note(where,
       fmt::format("the export '{}' of another stack is not known here; its name stands for it",
                   shown(name)));
  return make_scalar(std::move(name), where);
}

}  // namespace lambdarium::templates
