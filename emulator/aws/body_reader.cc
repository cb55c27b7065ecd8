#include "emulator/aws/body_reader.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include <fmt/format.h>

#include "emulator/aws/json_check.h"
#include "models/base/encoding.h"

namespace lambdarium::aws {

namespace {

using Json = nlohmann::json;

// Settings that are only repeated are written out again, which recurses.
constexpr std::size_t kNestingMax = 64;

std::string_view type_name(const Json& value) {
  if (value.is_string()) return "STRING_VALUE";
  if (value.is_boolean()) return value.get<bool>() ? "TRUE_VALUE" : "FALSE_VALUE";
  if (value.is_number_float()) return "DECIMAL_VALUE";
  if (value.is_number()) return "NUMBER_VALUE";
  if (value.is_array()) return "Start of list found where not expected: it";
  return "Start of structure or map found where not expected: it";
}

}  // namespace

OrError<Json> parse_body(std::string_view body) {
  if (body.empty()) return Json::object();
  if (json_nesting(body) > kNestingMax) {
    return serialization_error(fmt::format("The body is nested more than {} deep", kNestingMax));
  }
  Json document = Json::parse(body, nullptr, /*allow_exceptions=*/false);
  if (document.is_discarded()) {
    return invalid_request_content(
        fmt::format("Could not parse request body into json: {}",
                    find_json_problem(body).value_or("a number is out of range")));
  }
  if (!document.is_object()) return serialization_error("The body must be a JSON object");
  return document;
}

BodyReader::BodyReader(Json& object, std::string fields)
    : object_(object), fields_(std::move(fields)) {}

Json* BodyReader::member(const char* name) const {
  const auto it = object_.find(name);
  return it == object_.end() || it->is_null() ? nullptr : &*it;
}

void BodyReader::wrong_type(const Json& value, std::string_view wanted) {
  if (wrong_type_) return;
  wrong_type_ =
      serialization_error(fmt::format("{} can not be converted to {}", type_name(value), wanted));
}

std::string BodyReader::field(const char* name) const {
  std::string text{name};
  if (!text.empty() && text[0] >= 'A' && text[0] <= 'Z') {
    text[0] = static_cast<char>(text[0] - 'A' + 'a');
  }
  return fields_ + text;
}

bool BodyReader::has(const char* name) const {
  return member(name) != nullptr;
}

std::optional<std::string> BodyReader::string(const char* name) {
  const Json* value = member(name);
  if (value == nullptr) return std::nullopt;
  if (value->is_string()) return value->get_ref<const std::string&>();
  wrong_type(*value, "a String");
  return std::nullopt;
}

std::optional<std::string> BodyReader::take_string(const char* name) {
  Json* value = member(name);
  if (value == nullptr) return std::nullopt;
  if (value->is_string()) return std::move(value->get_ref<std::string&>());
  wrong_type(*value, "a String");
  return std::nullopt;
}

std::optional<std::int64_t> BodyReader::integer(const char* name) {
  const Json* value = member(name);
  if (value == nullptr) return std::nullopt;
  const bool too_large = value->is_number_unsigned() && value->get<std::uint64_t>() > INT32_MAX;
  const bool too_small = value->is_number_integer() && !value->is_number_unsigned() &&
                         value->get<std::int64_t>() < INT32_MIN;
  if (value->is_number_integer() && !too_large && !too_small) return value->get<std::int64_t>();
  wrong_type(*value, "an Integer");
  return std::nullopt;
}

std::optional<bool> BodyReader::boolean(const char* name) {
  const Json* value = member(name);
  if (value == nullptr) return std::nullopt;
  if (value->is_boolean()) return value->get<bool>();
  wrong_type(*value, "a Boolean");
  return std::nullopt;
}

std::optional<std::map<std::string, std::string>> BodyReader::string_map(const char* name) {
  const Json* value = object(name);
  if (value == nullptr) return std::nullopt;
  std::map<std::string, std::string> map;
  for (const auto& [key, text] : value->items()) {
    if (!text.is_string()) {
      wrong_type(text, "a String");
      return std::nullopt;
    }
    map[key] = text.get_ref<const std::string&>();
  }
  return map;
}

std::optional<std::vector<std::string>> BodyReader::string_list(const char* name) {
  const Json* value = array(name);
  if (value == nullptr) return std::nullopt;
  std::vector<std::string> list;
  for (const Json& text : *value) {
    if (!text.is_string()) {
      wrong_type(text, "a String");
      return std::nullopt;
    }
    list.push_back(text.get_ref<const std::string&>());
  }
  return list;
}

Json* BodyReader::object(const char* name) {
  Json* value = member(name);
  if (value == nullptr || value->is_object()) return value;
  wrong_type(*value, "a structure");
  return nullptr;
}

Json* BodyReader::array(const char* name) {
  Json* value = member(name);
  if (value == nullptr || value->is_array()) return value;
  wrong_type(*value, "a list");
  return nullptr;
}

void BodyReader::require(const char* name) {
  if (has(name)) return;
  constraints_.push_back(fmt::format(
      "Value null at '{}' failed to satisfy constraint: Member must not be null", field(name)));
}

void BodyReader::constrain(const char* name, std::string_view value, std::string_view constraint) {
  constraints_.push_back(constraint_text(value, field(name), constraint));
}

void BodyReader::constrain_hidden(const char* name, std::string_view constraint) {
  constraints_.push_back(
      fmt::format("Value at '{}' failed to satisfy constraint: {}", field(name), constraint));
}

void BodyReader::at_least(const char* name, const std::optional<std::int64_t>& value,
                          std::int64_t minimum) {
  if (!value || *value >= minimum) return;
  constrain(name, fmt::format("{}", *value),
            fmt::format("Member must have value greater than or equal to {}", minimum));
}

void BodyReader::at_most(const char* name, const std::optional<std::int64_t>& value,
                         std::int64_t maximum) {
  if (!value || *value <= maximum) return;
  constrain(name, fmt::format("{}", *value),
            fmt::format("Member must have value less than or equal to {}", maximum));
}

void BodyReader::at_most_length(const char* name, const std::optional<std::string>& value,
                                std::size_t maximum) {
  if (!value || value->size() <= maximum) return;
  constrain(name, *value, fmt::format("Member must have length less than or equal to {}", maximum));
}

void BodyReader::one_of(const char* name, const std::optional<std::string>& value,
                        std::initializer_list<std::string_view> allowed) {
  if (!value || std::find(allowed.begin(), allowed.end(), *value) != allowed.end()) return;
  constrain(name, *value,
            fmt::format("Member must satisfy enum value set: [{}]", fmt::join(allowed, ", ")));
}

void BodyReader::merge(const BodyReader& nested) {
  if (!wrong_type_) wrong_type_ = nested.wrong_type_;
  constraints_.insert(constraints_.end(), nested.constraints_.begin(), nested.constraints_.end());
}

std::optional<AwsError> BodyReader::error() const {
  if (wrong_type_) return wrong_type_;
  if (!constraints_.empty()) return validation_errors(constraints_);
  return std::nullopt;
}

}  // namespace lambdarium::aws
