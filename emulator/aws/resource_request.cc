#include "emulator/aws/resource_request.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "emulator/aws/aliases.h"
#include "emulator/aws/function_configs.h"
#include "emulator/aws/permissions.h"
#include "emulator/aws/provisioned_concurrency.h"
#include "emulator/aws/versions.h"
#include "models/base/encoding.h"
#include "models/base/uuid.h"

namespace lambdarium::aws {

namespace {

constexpr std::int64_t kPageItems = 50;

using Run = ResourceResult (*)(const ResourceRequest&);

Run run_of(Operation operation) {
  switch (operation) {
    case Operation::kPublishVersion:
      return publish_version;
    case Operation::kListVersions:
      return list_versions;
    case Operation::kDeleteFunction:
      return delete_version;
    case Operation::kCreateAlias:
      return create_alias;
    case Operation::kGetAlias:
      return get_alias;
    case Operation::kUpdateAlias:
      return update_alias;
    case Operation::kDeleteAlias:
      return delete_alias;
    case Operation::kListAliases:
      return list_aliases;
    case Operation::kAddPermission:
      return add_permission;
    case Operation::kGetPolicy:
      return get_policy;
    case Operation::kRemovePermission:
      return remove_permission;
    case Operation::kPutProvisionedConcurrency:
      return put_provisioned_concurrency;
    case Operation::kGetProvisionedConcurrency:
      return get_provisioned_concurrency;
    case Operation::kDeleteProvisionedConcurrency:
      return delete_provisioned_concurrency;
    case Operation::kGetRuntimeManagement:
      return get_runtime_management;
    case Operation::kPutRuntimeManagement:
      return put_runtime_management;
    case Operation::kGetRecursion:
      return get_recursion;
    case Operation::kPutRecursion:
      return put_recursion;
    default:
      return nullptr;
  }
}

}  // namespace

OrError<FunctionName> ResourceRequest::name() const {
  return parse_function_name(routed.resource,
                             query_value(request.query(), "Qualifier").value_or(""), endpoint(),
                             credential_region(request));
}

std::string ResourceRequest::new_revision() const {
  return make_uuid(ids);
}

std::string ResourceRequest::last_modified() const {
  return format_last_modified(now_epoch_ms);
}

bool is_resource_operation(const RoutedRequest& routed, const HttpRequest& request) {
  if (routed.operation != Operation::kDeleteFunction) return run_of(routed.operation) != nullptr;
  // Of a published version; what else DeleteFunction may name is not stored here.
  const auto asked = query_value(request.query(), "Qualifier").value_or("");
  const std::size_t colon = routed.resource.rfind(':');
  const std::string_view named = colon == std::string::npos
                                     ? std::string_view{}
                                     : std::string_view{routed.resource}.substr(colon + 1);
  return version_number(asked).has_value() ||
         (asked.empty() && routed.resource.find(':') != std::string::npos &&
          version_number(named).has_value());
}

ResourceResult run_resource_operation(const ResourceRequest& request) {
  return run_of(request.routed.operation)(request);
}

std::optional<AwsError> check_function(const ResourceRequest& request, const FunctionName& name) {
  if (request.registry.find(name.name) != nullptr) return std::nullopt;
  return function_not_found(request.arn({.name = name.name, .qualifier = {}}));
}

std::optional<AwsError> check_qualifier(const ResourceRequest& request, const FunctionName& name) {
  const FunctionResources& resources = request.registry.resources(name.name);
  if (resources.version(name.qualifier) != nullptr || resources.alias(name.qualifier) != nullptr) {
    return std::nullopt;
  }
  if (version_number(name.qualifier) || name.qualifier == "$LATEST") {
    return function_not_found(request.arn(name));
  }
  return resource_not_found(fmt::format("Cannot find alias arn: {}", request.arn(name)));
}

OrError<std::int64_t> max_items_of(const HttpRequest& request, std::int64_t maximum) {
  const auto text = query_value(request.query(), "MaxItems");
  if (!text || text->empty()) return kPageItems;
  std::int64_t value = 0;
  const auto [end, problem] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (problem != std::errc{} || end != text->data() + text->size()) {
    return serialization_error(
        fmt::format("MaxItems '{}' can not be converted to an Integer", *text));
  }
  if (value < 1) {
    return validation_error(*text, "maxItems", "Member must have value greater than or equal to 1");
  }
  if (value > maximum) {
    return validation_error(
        *text, "maxItems", fmt::format("Member must have value less than or equal to {}", maximum));
  }
  return std::min(value, kPageItems);
}

OrError<std::string> marker_of(const HttpRequest& request) {
  const auto marker = query_value(request.query(), "Marker");
  if (!marker || marker->empty()) return std::string{};
  auto decoded = base64_decode(*marker);
  if (!decoded) return invalid_parameter(fmt::format("Invalid Marker: {}", *marker));
  return *std::move(decoded);
}

std::string next_marker(std::string_view last) {
  return fmt::format(R"(,"NextMarker":"{}")", base64_encode(last));
}

}  // namespace lambdarium::aws
