#include "emulator/aws/aliases.h"

#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "emulator/aws/body_reader.h"
#include "emulator/aws/patterns.h"

namespace lambdarium::aws {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kNameBytesMax = 128;
constexpr std::size_t kDescriptionBytesMax = 256;
constexpr std::string_view kNamePattern =
    "Member must satisfy regular expression pattern: (?!^[0-9]+$)([a-zA-Z0-9-_]+)";
constexpr std::string_view kVersionPattern =
    R"(Member must satisfy regular expression pattern: (\$LATEST(\.PUBLISHED)?|[0-9]+))";

// What CreateAlias and UpdateAlias set.
struct AliasPatch {
  std::optional<std::string> name;
  std::optional<std::string> function_version;
  std::optional<std::string> description;
  std::optional<std::string> revision_id;
  std::optional<std::map<std::string, double>> weights;
};

bool is_alias_name(std::string_view text) {
  return is_word(text) && !all_of(text, is_digit);
}

bool is_version_text(std::string_view text) {
  return text == "$LATEST" || text == "$LATEST.PUBLISHED" || all_of(text, is_digit);
}

// The number as Java writes it in the message: 1.5, 2.0.
std::string number_text(double value) {
  return nlohmann::json(value).dump();
}

AwsError weight_error(const std::string& version, double weight, std::string_view which,
                      std::string_view constraint) {
  return validation_error(fmt::format("{{{}={}}}", version, number_text(weight)),
                          "routingConfig.additionalVersionWeights",
                          fmt::format("Map {} must satisfy constraint: [{}]", which, constraint));
}

std::optional<AwsError> read_weights(BodyReader& reader, AliasPatch& patch) {
  nlohmann::json* routing = reader.object("RoutingConfig");
  if (routing == nullptr) return std::nullopt;
  BodyReader nested{*routing, "routingConfig."};
  patch.weights.emplace();
  nlohmann::json* weights = nested.object("AdditionalVersionWeights");
  if (auto error = nested.error()) return error;
  if (weights == nullptr) return std::nullopt;
  for (const auto& [version, weight] : weights->items()) {
    if (!weight.is_number()) {
      return serialization_error(
          fmt::format("The weight of version {} can not be converted to a Double", version));
    }
    (*patch.weights)[version] = weight.get<double>();
  }
  return std::nullopt;
}

OrError<AliasPatch> read_patch(const ResourceRequest& request, bool creates) {
  auto body = parse_body(request.request.body);
  if (auto* error = std::get_if<AwsError>(&body)) return std::move(*error);
  BodyReader reader{std::get<nlohmann::json>(body)};
  AliasPatch patch;
  if (creates) {
    reader.require("Name");
    reader.require("FunctionVersion");
    patch.name = reader.string("Name");
    reader.at_most_length("Name", patch.name, kNameBytesMax);
    if (patch.name && !is_alias_name(*patch.name)) {
      reader.constrain("Name", *patch.name, kNamePattern);
    }
  }
  patch.function_version = reader.string("FunctionVersion");
  if (patch.function_version && !is_version_text(*patch.function_version)) {
    reader.constrain("FunctionVersion", *patch.function_version, kVersionPattern);
  }
  patch.description = reader.string("Description");
  reader.at_most_length("Description", patch.description, kDescriptionBytesMax);
  patch.revision_id = reader.string("RevisionId");
  auto failure = read_weights(reader, patch);
  if (auto error = reader.error()) return *std::move(error);
  if (failure) return *std::move(failure);
  return patch;
}

std::optional<AwsError> check_version(const ResourceRequest& request, const std::string& name,
                                      const std::string& version) {
  auto found = request.registry.resolve({.name = name, .qualifier = version});
  if (auto* error = std::get_if<AwsError>(&found)) return std::move(*error);
  return std::nullopt;
}

// The second version of an alias that points to `main`.
std::optional<AwsError> check_weights(const ResourceRequest& request, const std::string& name,
                                      const std::string& main,
                                      const std::map<std::string, double>& weights) {
  if (weights.size() > 1) {
    return invalid_parameter(
        "Number of items in AdditionalVersionWeights cannot be greater than 1");
  }
  for (const auto& [version, weight] : weights) {
    if (!(weight >= 0.0 && weight <= 1.0)) {
      return weight_error(version, weight, "value",
                          "Member must have value less than or equal to 1.0, Member must have "
                          "value greater than or equal to 0.0, Member must not be null");
    }
    if (version == main) {
      return invalid_parameter(
          fmt::format("Invalid function version {}. Function version {} is already included in "
                      "routing configuration.",
                      main, main));
    }
    if (main == "$LATEST") {
      return invalid_parameter(
          "$LATEST is not supported for an alias pointing to more than 1 version");
    }
    if (!all_of(version, is_digit)) {
      return weight_error(version, weight, "keys",
                          "Member must have length less than or equal to 1024, Member must have "
                          "length greater than or equal to 1, Member must satisfy regular "
                          "expression pattern: [0-9]+, Member must not be null");
    }
    if (auto error = check_version(request, name, version)) return error;
  }
  return std::nullopt;
}

std::string alias_arn(const ResourceRequest& request, const std::string& name,
                      const std::string& alias) {
  return request.arn({.name = name, .qualifier = alias});
}

Json alias_json(const ResourceRequest& request, const std::string& name, const Alias& alias) {
  Json out = Json::object();
  out["AliasArn"] = alias_arn(request, name, alias.name);
  out["Name"] = alias.name;
  out["FunctionVersion"] = alias.function_version;
  out["Description"] = alias.description;
  if (alias.additional) {
    out["RoutingConfig"]["AdditionalVersionWeights"][alias.additional->first] =
        alias.additional->second;
  }
  out["RevisionId"] = alias.revision_id;
  return out;
}

std::string dump(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

void apply(AliasPatch&& patch, Alias& alias) {
  if (patch.function_version) alias.function_version = *std::move(patch.function_version);
  if (patch.description) alias.description = *std::move(patch.description);
  if (!patch.weights) return;
  alias.additional.reset();
  if (!patch.weights->empty()) alias.additional = *patch.weights->begin();
}

ResourceAnswer store_alias(const ResourceRequest& request, const std::string& name, Alias alias,
                           int status) {
  alias.revision_id = request.new_revision();
  ResourceAnswer answer;
  answer.status = status;
  answer.function = name;
  answer.body = dump(alias_json(request, name, alias));
  answer.update.put_items.push_back(
      {name, std::string{kAliasItem}, alias.name, alias_document(alias)});
  return answer;
}

// The function that the path names; it exists.
OrError<std::string> existing_function(const ResourceRequest& request) {
  auto named = request.name();
  if (auto* error = std::get_if<AwsError>(&named)) return std::move(*error);
  FunctionName& name = std::get<FunctionName>(named);
  if (auto error = check_function(request, name)) return *std::move(error);
  return std::move(name.name);
}

std::optional<AwsError> check_alias_name(const ResourceRequest& request) {
  const std::string& name = request.routed.part;
  if (is_alias_name(name) && name.size() <= kNameBytesMax) return std::nullopt;
  return validation_error(name, "name", kNamePattern);
}

}  // namespace

ResourceResult create_alias(const ResourceRequest& request) {
  auto read = read_patch(request, true);
  if (auto* error = std::get_if<AwsError>(&read)) return std::move(*error);
  AliasPatch& patch = std::get<AliasPatch>(read);
  auto named = existing_function(request);
  if (auto* error = std::get_if<AwsError>(&named)) return std::move(*error);
  const std::string& name = std::get<std::string>(named);
  if (auto error = check_version(request, name, *patch.function_version)) return *std::move(error);
  if (request.registry.resources(name).alias(*patch.name) != nullptr) {
    return resource_conflict(
        fmt::format("Alias already exists: {}", alias_arn(request, name, *patch.name)));
  }
  if (patch.weights) {
    auto error = check_weights(request, name, *patch.function_version, *patch.weights);
    if (error) return *std::move(error);
  }
  Alias alias;
  alias.name = *patch.name;
  apply(std::move(patch), alias);
  return store_alias(request, name, std::move(alias), 201);
}

ResourceResult get_alias(const ResourceRequest& request) {
  if (auto error = check_alias_name(request)) return *std::move(error);
  auto named = existing_function(request);
  if (auto* error = std::get_if<AwsError>(&named)) return std::move(*error);
  const std::string& name = std::get<std::string>(named);
  const Alias* alias = request.registry.resources(name).alias(request.routed.part);
  if (alias == nullptr) {
    return resource_not_found(
        fmt::format("Cannot find alias arn: {}", alias_arn(request, name, request.routed.part)));
  }
  return ResourceAnswer{
      .status = 200, .body = dump(alias_json(request, name, *alias)), .function = {}, .update = {}};
}

ResourceResult update_alias(const ResourceRequest& request) {
  if (auto error = check_alias_name(request)) return *std::move(error);
  auto read = read_patch(request, false);
  if (auto* error = std::get_if<AwsError>(&read)) return std::move(*error);
  AliasPatch& patch = std::get<AliasPatch>(read);
  auto named = existing_function(request);
  if (auto* error = std::get_if<AwsError>(&named)) return std::move(*error);
  const std::string& name = std::get<std::string>(named);
  const Alias* before = request.registry.resources(name).alias(request.routed.part);
  if (before == nullptr) {
    return resource_not_found(
        fmt::format("Alias not found: {}", alias_arn(request, name, request.routed.part)));
  }
  if (patch.revision_id && *patch.revision_id != before->revision_id) return revision_mismatch();
  Alias alias = *before;
  if (patch.function_version) {
    if (auto error = check_version(request, name, *patch.function_version)) {
      return *std::move(error);
    }
  }
  if (patch.weights) {
    const std::string& main = patch.function_version.value_or(alias.function_version);
    if (auto error = check_weights(request, name, main, *patch.weights)) return *std::move(error);
  }
  apply(std::move(patch), alias);
  // What stays of the routing must suit a new main version.
  if (alias.additional) {
    auto error = check_weights(request, name, alias.function_version,
                               {{alias.additional->first, alias.additional->second}});
    if (error) return *std::move(error);
  }
  return store_alias(request, name, std::move(alias), 200);
}

ResourceResult delete_alias(const ResourceRequest& request) {
  if (auto error = check_alias_name(request)) return *std::move(error);
  auto named = existing_function(request);
  if (auto* error = std::get_if<AwsError>(&named)) return std::move(*error);
  const std::string& name = std::get<std::string>(named);
  const std::string& alias = request.routed.part;
  const FunctionResources& resources = request.registry.resources(name);
  ResourceAnswer answer;
  answer.status = 204;
  answer.function = name;
  // AWS: deleting an alias that is not there is no error.
  if (resources.alias(alias) == nullptr) return answer;
  auto& removed = answer.update.remove_items;
  removed.push_back({name, std::string{kAliasItem}, alias, {}});
  if (resources.provisioned.contains(alias)) {
    removed.push_back({name, std::string{kProvisionedItem}, alias, {}});
  }
  for (const auto& [key, document] : resources.documents) {
    if (key.second == alias) removed.push_back({name, key.first, key.second, {}});
  }
  return answer;
}

ResourceResult list_aliases(const ResourceRequest& request) {
  auto items = max_items_of(request.request);
  if (auto* error = std::get_if<AwsError>(&items)) return std::move(*error);
  auto marker = marker_of(request.request);
  if (auto* error = std::get_if<AwsError>(&marker)) return std::move(*error);
  const auto wanted = query_value(request.request.query(), "FunctionVersion");
  if (wanted && !is_version_text(*wanted)) {
    return validation_error(*wanted, "functionVersion", kVersionPattern);
  }
  auto named = existing_function(request);
  if (auto* error = std::get_if<AwsError>(&named)) return std::move(*error);
  const std::string& name = std::get<std::string>(named);
  const auto limit = static_cast<std::size_t>(std::get<std::int64_t>(items));
  const auto& aliases = request.registry.resources(name).aliases;
  Json page = Json::array();
  std::string last;
  bool more = false;
  for (auto it = aliases.upper_bound(std::get<std::string>(marker)); it != aliases.end(); ++it) {
    if (wanted && !it->second.routes_to(*wanted)) continue;
    more = page.size() == limit;
    if (more) break;
    page.push_back(alias_json(request, name, it->second));
    last = it->first;
  }
  ResourceAnswer answer;
  answer.body = fmt::format(R"({{"Aliases":{}{}}})", dump(page), more ? next_marker(last) : "");
  return answer;
}

}  // namespace lambdarium::aws
