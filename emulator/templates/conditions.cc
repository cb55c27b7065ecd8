#include <fmt/format.h>

#include "emulator/templates/resolver.h"

namespace lambdarium::templates {

NodePtr Resolver::fn_if(const Node& argument, Position where) {
  if (!argument.is_list() || argument.items.size() != 3 || !argument.items[0]->is_scalar()) {
    return fail(where, "Fn::If takes a list of a condition's name and two values");
  }
  const bool holds = condition(argument.items[0]->text, argument.items[0]->where);
  return resolve(argument.items[holds ? 1 : 2]);
}

bool Resolver::condition(const std::string& name, Position where) {
  if (const auto known = condition_values_.find(name); known != condition_values_.end()) {
    return known->second;
  }
  const Field* field = conditions_ == nullptr ? nullptr : conditions_->find(name);
  if (field == nullptr) {
    std::vector<std::string_view> known;
    if (conditions_ != nullptr) {
      for (const Field& other : conditions_->fields) known.emplace_back(other.key);
    }
    (void)fail(where, known.empty()
                          ? fmt::format("unknown condition '{}'; there are none", shown(name))
                          : unknown_message("condition", name, known));
    return false;
  }
  if (!conditions_open_.insert(name).second) {
    (void)fail(field->where, fmt::format("the condition '{}' depends on itself", shown(name)));
    return false;
  }
  const bool value = evaluate(field->value, field->where);
  conditions_open_.erase(name);
  condition_values_[name] = value;
  return value;
}

bool Resolver::evaluate(const NodePtr& node, Position where) {
  if (node->is_map() && node->fields.size() == 1) {
    const Field& field = node->fields[0];
    if (field.key == "Condition" || is_condition_function(field.key)) {
      return evaluate_call(field.key, *field.value, node->where);
    }
  }
  (void)fail(where, "a condition is one of Fn::Equals, Fn::And, Fn::Or, Fn::Not and Condition");
  return false;
}

bool Resolver::evaluate_call(const std::string& function, const Node& argument, Position where) {
  if (function == "Condition") {
    if (argument.is_scalar()) return condition(argument.text, argument.where);
    (void)fail(where, "Condition takes the name of a condition");
    return false;
  }
  const std::size_t count = argument.is_list() ? argument.items.size() : 0;
  if (function == "Fn::Equals") {
    std::string left;
    std::string right;
    if (count != 2) {
      (void)fail(where, "Fn::Equals takes a list of two values");
      return false;
    }
    const bool good = text_of(argument.items[0], "Fn::Equals's first value", left) &&
                      text_of(argument.items[1], "Fn::Equals's second value", right);
    return good && left == right;
  }
  if (function == "Fn::Not") {
    if (count == 1) return !evaluate(argument.items[0], where);
    (void)fail(where, "Fn::Not takes a list of one condition");
    return false;
  }
  if (count < 2 || count > 10) {
    (void)fail(where, fmt::format("{} takes a list of 2 to 10 conditions", function));
    return false;
  }
  // Every operand is looked at, so that every mistake is found.
  std::size_t holding = 0;
  for (const NodePtr& item : argument.items) holding += evaluate(item, where) ? 1 : 0;
  return function == "Fn::And" ? holding == count : holding > 0;
}

}  // namespace lambdarium::templates
