#include "emulator/aws/provisioned_concurrency.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include <fmt/format.h>

#include "emulator/aws/body_reader.h"
#include "models/domain/limits.h"

namespace lambdarium::aws {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::int64_t kMaxItemsMax = 50;
constexpr const char* kExecutions = "ProvisionedConcurrentExecutions";

std::string_view target_of(const FunctionResources& resources, std::string_view qualifier) {
  const Alias* alias = resources.alias(qualifier);
  return alias == nullptr ? qualifier : std::string_view{alias->function_version};
}

// A version's environments serve whoever points to it; answers give them to its configurations in
// the order of their qualifiers.
std::int64_t ready_of(const FunctionResources& resources, std::string_view qualifier,
                      std::int64_t ready) {
  const std::string_view target = target_of(resources, qualifier);
  for (const auto& [other, config] : resources.provisioned) {
    if (target_of(resources, other) != target) continue;
    const std::int64_t share = std::min(ready, config.requested);
    if (other == qualifier) return share;
    ready -= share;
  }
  return 0;
}

Json config_json(const ResourceRequest& request, const std::string& name,
                 const std::string& qualifier, const ProvisionedConfig& config) {
  const FunctionResources& resources = request.registry.resources(name);
  ProvisionedEnvironments running{.starting = 1, .ready = 0};
  if (request.fleet != nullptr) {
    running = request.fleet->provisioned(name, target_of(resources, qualifier));
  }
  const std::int64_t ready = ready_of(resources, qualifier, running.ready);
  Json out = Json::object();
  out["RequestedProvisionedConcurrentExecutions"] = config.requested;
  out["AvailableProvisionedConcurrentExecutions"] = ready;
  out["AllocatedProvisionedConcurrentExecutions"] = ready;
  if (ready == config.requested) {
    out["Status"] = "READY";
  } else if (running.starting > 0) {
    out["Status"] = "IN_PROGRESS";
  } else {
    // What failed to start is not started again by itself.
    out["Status"] = "FAILED";
    out["StatusReason"] = "FUNCTION_ERROR_INIT_FAILURE";
  }
  out["LastModified"] = config.last_modified;
  return out;
}

std::string dump(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// The function and qualifier; both exist.
OrError<FunctionName> target(const ResourceRequest& request, std::string_view latest_text) {
  auto named = request.name();
  if (auto* error = std::get_if<AwsError>(&named)) return std::move(*error);
  FunctionName& name = std::get<FunctionName>(named);
  if (name.qualifier.empty()) {
    return validation_errors(
        {"Value null at 'qualifier' failed to satisfy constraint: Member must not be null"});
  }
  if (name.qualifier == "$LATEST") return invalid_parameter(std::string{latest_text});
  if (auto error = check_qualifier(request, name)) return *std::move(error);
  return std::move(name);
}

constexpr std::string_view kNoLatest =
    "The function resource provided must be an alias or a published version.";

std::optional<AwsError> check_limits(const ResourceRequest& request, const FunctionName& name,
                                     std::int64_t requested) {
  const FunctionResources& resources = request.registry.resources(name.name);
  const auto before = resources.provisioned.find(name.qualifier);
  const std::int64_t others =
      resources.provisioned_total() -
      (before == resources.provisioned.end() ? 0 : before->second.requested);
  const auto& reserved = request.registry.find(name.name)->definition.reserved_concurrency;
  if (reserved) {
    if (*reserved >= others + requested) return std::nullopt;
    return invalid_parameter(
        "Requested Provisioned Concurrency should not be greater than the "
        "reservedConcurrentExecution for function");
  }
  const std::int64_t account = request.account_concurrency;
  if (requested > account) {
    return invalid_parameter(
        fmt::format("Specified ConcurrentExecutions for function is greater than account's "
                    "unreserved concurrency [{}].",
                    account));
  }
  const std::int64_t minimum = std::min(kUnreservedConcurrencyMin, account);
  if (account - request.registry.committed_total(name.name) - others - requested < minimum) {
    return invalid_parameter(
        fmt::format("Specified ConcurrentExecutions for function decreases account's "
                    "UnreservedConcurrentExecution below its minimum value of [{}].",
                    minimum));
  }
  return std::nullopt;
}

// AWS: a version is provisioned itself or through aliases, not both.
std::optional<AwsError> check_conflicts(const ResourceRequest& request, const FunctionName& name) {
  const FunctionResources& resources = request.registry.resources(name.name);
  if (const Alias* alias = resources.alias(name.qualifier)) {
    if (!resources.provisioned.contains(alias->function_version)) return std::nullopt;
    return resource_conflict(
        "Alias can't be used for Provisioned Concurrency configuration on an already Provisioned "
        "version");
  }
  for (const auto& [alias_name, alias] : resources.aliases) {
    if (alias.function_version == name.qualifier && resources.provisioned.contains(alias_name)) {
      return resource_conflict("Version is pointed by a Provisioned Concurrency alias");
    }
  }
  return std::nullopt;
}

ResourceResult list_configs(const ResourceRequest& request) {
  auto named = request.name();
  if (auto* error = std::get_if<AwsError>(&named)) return std::move(*error);
  const FunctionName& name = std::get<FunctionName>(named);
  auto items = max_items_of(request.request, kMaxItemsMax);
  if (auto* error = std::get_if<AwsError>(&items)) return std::move(*error);
  auto marker = marker_of(request.request);
  if (auto* error = std::get_if<AwsError>(&marker)) return std::move(*error);
  if (auto error = check_function(request, name)) return *std::move(error);
  const auto limit = static_cast<std::size_t>(std::get<std::int64_t>(items));
  const auto& configs = request.registry.resources(name.name).provisioned;
  Json page = Json::array();
  auto it = configs.upper_bound(std::get<std::string>(marker));
  std::string last;
  for (; it != configs.end() && page.size() < limit; ++it) {
    Json entry = Json::object();
    entry["FunctionArn"] = request.arn({.name = name.name, .qualifier = it->first});
    entry.update(config_json(request, name.name, it->first, it->second));
    page.push_back(std::move(entry));
    last = it->first;
  }
  ResourceAnswer answer;
  answer.body = fmt::format(R"({{"ProvisionedConcurrencyConfigs":{}{}}})", dump(page),
                            it == configs.end() ? "" : next_marker(last));
  return answer;
}

}  // namespace

ResourceResult put_provisioned_concurrency(const ResourceRequest& request) {
  auto body = parse_body(request.request.body);
  if (auto* error = std::get_if<AwsError>(&body)) return std::move(*error);
  BodyReader reader{std::get<nlohmann::json>(body)};
  reader.require(kExecutions);
  const auto requested = reader.integer(kExecutions);
  reader.at_least(kExecutions, requested, 1);
  if (auto error = reader.error()) return *std::move(error);
  auto named =
      target(request,
             "Provisioned Concurrency Configs cannot be applied to unpublished function versions.");
  if (auto* error = std::get_if<AwsError>(&named)) return std::move(*error);
  const FunctionName& name = std::get<FunctionName>(named);
  if (target_of(request.registry.resources(name.name), name.qualifier) == "$LATEST") {
    return invalid_parameter(
        "Provisioned Concurrency Configs cannot be applied to unpublished function versions.");
  }
  if (auto error = check_limits(request, name, *requested)) return *std::move(error);
  if (auto error = check_conflicts(request, name)) return *std::move(error);
  const ProvisionedConfig config{.requested = *requested, .last_modified = request.last_modified()};
  Json out = Json::object();
  out["RequestedProvisionedConcurrentExecutions"] = config.requested;
  out["AvailableProvisionedConcurrentExecutions"] = 0;
  out["AllocatedProvisionedConcurrentExecutions"] = 0;
  out["Status"] = "IN_PROGRESS";
  out["LastModified"] = config.last_modified;
  ResourceAnswer answer;
  answer.status = 202;
  answer.function = name.name;
  answer.body = dump(out);
  answer.update.put_items.push_back(
      {name.name, std::string{kProvisionedItem}, name.qualifier, provisioned_document(config)});
  return answer;
}

ResourceResult get_provisioned_concurrency(const ResourceRequest& request) {
  const auto list = query_value(request.request.query(), "List");
  if (list && *list == "ALL") return list_configs(request);
  if (list) return validation_error(*list, "list", "Member must satisfy enum value set: [ALL]");
  auto named = target(request, kNoLatest);
  if (auto* error = std::get_if<AwsError>(&named)) return std::move(*error);
  const FunctionName& name = std::get<FunctionName>(named);
  const auto& configs = request.registry.resources(name.name).provisioned;
  const auto config = configs.find(name.qualifier);
  if (config == configs.end()) {
    return AwsError{.status = 404,
                    .type = "ProvisionedConcurrencyConfigNotFoundException",
                    .message = "No Provisioned Concurrency Config found for this function"};
  }
  ResourceAnswer answer;
  answer.body = dump(config_json(request, name.name, name.qualifier, config->second));
  return answer;
}

ResourceResult delete_provisioned_concurrency(const ResourceRequest& request) {
  auto named = target(request, kNoLatest);
  if (auto* error = std::get_if<AwsError>(&named)) return std::move(*error);
  const FunctionName& name = std::get<FunctionName>(named);
  ResourceAnswer answer;
  answer.status = 204;
  answer.function = name.name;
  // AWS: deleting a configuration that is not there is no error.
  if (request.registry.resources(name.name).provisioned.contains(name.qualifier)) {
    answer.update.remove_items.push_back(
        {name.name, std::string{kProvisionedItem}, name.qualifier, {}});
  }
  return answer;
}

}  // namespace lambdarium::aws
