#include "emulator/aws/function_resources.h"

#include <charconv>
#include <nlohmann/json.hpp>

#include "emulator/aws/patterns.h"

namespace lambdarium::aws {

namespace {

using Json = nlohmann::json;

// The store holds only what was written here; whatever it is, reading it must not throw.
std::string text_of(const Json& object, const char* name) {
  const auto it = object.find(name);
  return it == object.end() || !it->is_string() ? std::string{} : it->get<std::string>();
}

Json parse_object(const std::string& text) {
  Json parsed = Json::parse(text, nullptr, false);
  return parsed.is_object() ? parsed : Json::object();
}

Alias parse_alias(const store::FunctionItem& item) {
  const Json document = parse_object(item.document);
  Alias alias;
  alias.name = item.key;
  alias.function_version = text_of(document, "function_version");
  alias.description = text_of(document, "description");
  alias.revision_id = text_of(document, "revision_id");
  const auto weight = document.find("weight");
  if (weight != document.end() && weight->is_number()) {
    alias.additional = {text_of(document, "additional_version"), weight->get<double>()};
  }
  return alias;
}

ProvisionedConfig parse_provisioned(const std::string& text) {
  const Json document = parse_object(text);
  const auto requested = document.find("requested");
  return {.requested = requested != document.end() && requested->is_number_integer()
                           ? requested->get<std::int64_t>()
                           : 0,
          .last_modified = text_of(document, "last_modified")};
}

std::string dump(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

std::optional<std::int64_t> version_number(std::string_view qualifier) {
  constexpr std::size_t kDigitsMax = 18;
  if (qualifier.size() > kDigitsMax || !all_of(qualifier, is_digit) || qualifier[0] == '0') {
    return std::nullopt;
  }
  std::int64_t number = 0;
  std::from_chars(qualifier.data(), qualifier.data() + qualifier.size(), number);
  return number;
}

std::string alias_document(const Alias& alias) {
  Json document{{"function_version", alias.function_version},
                {"description", alias.description},
                {"revision_id", alias.revision_id}};
  if (alias.additional) {
    document["additional_version"] = alias.additional->first;
    document["weight"] = alias.additional->second;
  }
  return dump(document);
}

std::string provisioned_document(const ProvisionedConfig& config) {
  return dump(Json{{"requested", config.requested}, {"last_modified", config.last_modified}});
}

const store::StoredFunction* FunctionResources::version(std::string_view number) const {
  const auto parsed = version_number(number);
  if (!parsed) return nullptr;
  const auto it = versions.find(*parsed);
  return it == versions.end() ? nullptr : &it->second;
}

const Alias* FunctionResources::alias(std::string_view name) const {
  const auto it = aliases.find(name);
  return it == aliases.end() ? nullptr : &it->second;
}

const std::string* FunctionResources::document(std::string_view kind, std::string_view key) const {
  const auto it = documents.find({std::string{kind}, std::string{key}});
  return it == documents.end() ? nullptr : &it->second;
}

std::int64_t FunctionResources::provisioned_for(std::string_view version) const {
  std::int64_t total = 0;
  for (const auto& [qualifier, config] : provisioned) {
    const Alias* pointing = alias(qualifier);
    const std::string_view target = pointing == nullptr
                                        ? std::string_view{qualifier}
                                        : std::string_view{pointing->function_version};
    if (target == version) total += config.requested;
  }
  return total;
}

std::int64_t FunctionResources::provisioned_total() const {
  std::int64_t total = 0;
  for (const auto& [qualifier, config] : provisioned) total += config.requested;
  return total;
}

void FunctionResources::set(const store::FunctionItem& item) {
  if (item.kind == kAliasItem) {
    aliases[item.key] = parse_alias(item);
  } else if (item.kind == kProvisionedItem) {
    provisioned[item.key] = parse_provisioned(item.document);
  } else {
    documents[{item.kind, item.key}] = item.document;
  }
}

void FunctionResources::erase(const store::FunctionItem& item) {
  if (item.kind == kAliasItem) {
    aliases.erase(item.key);
  } else if (item.kind == kProvisionedItem) {
    provisioned.erase(item.key);
  } else {
    documents.erase({item.kind, item.key});
  }
}

}  // namespace lambdarium::aws
