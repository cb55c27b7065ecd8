#include "emulator/queues/event_filter.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "models/base/encoding.h"

namespace lambdarium::queues {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kNestingMax = 32;
constexpr std::size_t kBodyNestingMax = 200;

std::string lower(std::string_view text) {
  std::string out{text};
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

// --- whether a pattern is one

Status check_numeric(const Json& rule) {
  const bool pairs = rule.is_array() && (rule.size() == 2 || rule.size() == 4);
  if (!pairs) return invalid_input("numeric takes one or two comparisons, such as [\">\", 0]");
  for (std::size_t i = 0; i < rule.size(); i += 2) {
    static constexpr std::string_view kOperators[] = {"=", "<", "<=", ">", ">="};
    if (!rule[i].is_string() || !rule[i + 1].is_number() ||
        std::find(std::begin(kOperators), std::end(kOperators),
                  rule[i].get_ref<const std::string&>()) == std::end(kOperators)) {
      return invalid_input("numeric takes =, <, <=, > or >=, each with a number");
    }
  }
  return {};
}

bool is_scalar(const Json& value) {
  return value.is_null() || value.is_boolean() || value.is_number() || value.is_string();
}

Status check_anything_but(const Json& rule) {
  if (rule.is_object()) {
    const bool known = rule.size() == 1 && rule.begin()->is_string() &&
                       (rule.begin().key() == "prefix" || rule.begin().key() == "suffix" ||
                        rule.begin().key() == "equals-ignore-case");
    if (known) return {};
    return invalid_input("anything-but takes values, or one prefix, suffix or equals-ignore-case");
  }
  const bool good = rule.is_array() ? !rule.empty() && std::all_of(rule.begin(), rule.end(),
                                                                   [](const Json& value) {
                                                                     return value.is_string() ||
                                                                            value.is_number();
                                                                   })
                                    : rule.is_string() || rule.is_number();
  if (good) return {};
  return invalid_input("anything-but takes a text, a number or a list of them");
}

Status check_rule(const Json& rule) {
  if (is_scalar(rule)) return {};
  if (!rule.is_object() || rule.size() != 1) {
    return invalid_input("each rule is a value, or an object with one operator");
  }
  const std::string& name = rule.begin().key();
  const Json& argument = *rule.begin();
  if (name == "prefix" || name == "suffix" || name == "equals-ignore-case") {
    if (argument.is_string()) return {};
    return invalid_input(fmt::format("{} takes a text", name));
  }
  if (name == "exists") {
    if (argument.is_boolean()) return {};
    return invalid_input("exists takes true or false");
  }
  if (name == "numeric") return check_numeric(argument);
  if (name == "anything-but") return check_anything_but(argument);
  return invalid_input(
      fmt::format("the operator '{}' is not supported; known are prefix, suffix, "
                  "equals-ignore-case, anything-but, numeric and exists",
                  name.substr(0, 64)));
}

Status check_pattern(const Json& pattern) {
  if (!pattern.is_object()) return invalid_input("a pattern is a JSON object");
  for (const auto& [key, value] : pattern.items()) {
    if (key == "$or") {
      if (!value.is_array() || value.size() < 2) {
        return invalid_input("$or takes a list of at least two patterns");
      }
      for (const Json& choice : value) {
        LAM_TRY_STATUS(check_pattern(choice));
      }
    } else if (value.is_object()) {
      LAM_TRY_STATUS(check_pattern(value));
    } else if (value.is_array() && !value.empty()) {
      for (const Json& rule : value) {
        LAM_TRY_STATUS(check_rule(rule));
      }
    } else {
      return invalid_input(
          fmt::format("'{}' must be an object or a list that is not empty", key.substr(0, 64)));
    }
  }
  return {};
}

// --- whether it matches

bool compare(double actual, const std::string& operation, double wanted) {
  if (operation == "=") return actual == wanted;
  if (operation == "<") return actual < wanted;
  if (operation == "<=") return actual <= wanted;
  if (operation == ">") return actual > wanted;
  return actual >= wanted;
}

bool text_matches(const std::string& name, const std::string& text, const std::string& wanted) {
  if (name == "prefix") return text.starts_with(wanted);
  if (name == "suffix") return text.ends_with(wanted);
  return lower(text) == lower(wanted);
}

bool anything_but(const Json& argument, const Json& value) {
  if (argument.is_object()) {
    return value.is_string() &&
           !text_matches(argument.begin().key(), value.get_ref<const std::string&>(),
                         argument.begin()->get_ref<const std::string&>());
  }
  if (argument.is_array()) {
    return std::find(argument.begin(), argument.end(), value) == argument.end();
  }
  return value != argument;
}

// One value that is no list; null: the member is not there.
bool rule_matches(const Json& rule, const Json* value) {
  if (is_scalar(rule)) return value != nullptr && *value == rule;
  const std::string& name = rule.begin().key();
  const Json& argument = *rule.begin();
  // AWS: exists looks at leaves only.
  if (name == "exists") return argument.get<bool>() == (value != nullptr && !value->is_object());
  if (value == nullptr) return false;
  if (name == "anything-but") return is_scalar(*value) && anything_but(argument, *value);
  if (name == "numeric") {
    if (!value->is_number()) return false;
    for (std::size_t i = 0; i < argument.size(); i += 2) {
      if (!compare(value->get<double>(), argument[i].get_ref<const std::string&>(),
                   argument[i + 1].get<double>())) {
        return false;
      }
    }
    return true;
  }
  return value->is_string() && text_matches(name, value->get_ref<const std::string&>(),
                                            argument.get_ref<const std::string&>());
}

bool rules_match(const Json& rules, const Json* value) {
  return std::any_of(rules.begin(), rules.end(), [value](const Json& rule) {
    if (value == nullptr || !value->is_array() || value->empty()) return rule_matches(rule, value);
    return std::any_of(value->begin(), value->end(),
                       [&rule](const Json& item) { return rule_matches(rule, &item); });
  });
}

bool matches_value(const Json& pattern, const Json& event) {
  static const Json kEmptyObject = Json::object();
  for (const auto& [key, wanted] : pattern.items()) {
    if (key == "$or") {
      const bool any = std::any_of(wanted.begin(), wanted.end(), [&event](const Json& choice) {
        return matches_value(choice, event);
      });
      if (!any) return false;
      continue;
    }
    const auto found = event.find(key);
    const Json* value = found == event.end() ? nullptr : &*found;
    if (wanted.is_array()) {
      if (!rules_match(wanted, value)) return false;
    } else if (value == nullptr || !value->is_object()) {
      // Nothing below here exists, which a pattern may ask for.
      if (!matches_value(wanted, kEmptyObject)) return false;
    } else if (!matches_value(wanted, *value)) {
      return false;
    }
  }
  return true;
}

// Whether a pattern says something about what is inside of the body.
bool looks_into_body(const Json& pattern) {
  for (const auto& [key, value] : pattern.items()) {
    if (key == "body" && value.is_object()) return true;
    if (key == "$or" && std::any_of(value.begin(), value.end(), looks_into_body)) return true;
  }
  return false;
}

}  // namespace

Result<EventFilter> EventFilter::parse(const std::vector<std::string>& patterns) {
  if (patterns.size() > kFiltersMax) {
    return invalid_input(
        fmt::format("{} filters are given; {} are allowed", patterns.size(), kFiltersMax));
  }
  EventFilter filter;
  for (const std::string& text : patterns) {
    if (text.size() > kFilterPatternBytesMax) {
      return invalid_input(fmt::format("a filter pattern has {} characters; {} are allowed",
                                       text.size(), kFilterPatternBytesMax));
    }
    if (json_nesting(text) > kNestingMax) {
      return invalid_input(
          fmt::format("a filter pattern is nested more than {} deep", kNestingMax));
    }
    Json pattern = Json::parse(text, nullptr, false);
    if (pattern.is_discarded()) return invalid_input("a filter pattern is no JSON");
    LAM_TRY_STATUS(check_pattern(pattern));
    filter.patterns_.push_back(std::make_shared<const Json>(std::move(pattern)));
  }
  return filter;
}

bool EventFilter::matches(std::string_view record) const {
  if (patterns_.empty()) return true;
  const Json event = Json::parse(record, nullptr, false);
  if (!event.is_object()) return false;
  std::optional<Json> opened;  // with its body read as JSON
  return std::any_of(patterns_.begin(), patterns_.end(), [&](const auto& pattern) {
    if (!looks_into_body(*pattern)) return matches_value(*pattern, event);
    if (!opened) {
      opened = event;
      const auto body = event.find("body");
      if (body != event.end() && body->is_string()) {
        const auto& text = body->template get_ref<const std::string&>();
        Json inside =
            json_nesting(text) > kBodyNestingMax ? Json() : Json::parse(text, nullptr, false);
        if (inside.is_object()) (*opened)["body"] = std::move(inside);
      }
    }
    return opened->at("body").is_object() && matches_value(*pattern, *opened);
  });
}

}  // namespace lambdarium::queues
