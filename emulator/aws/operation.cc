#include "emulator/aws/operation.h"

#include <utility>

#include "models/base/encoding.h"

namespace lambdarium::aws {

namespace {

struct Pattern {
  std::string_view method;
  std::string_view path;  // '*' stands for one segment
  Operation operation;
  std::string_view name;
};

// The operations of the service model, with its versions of each path. Where two of them differ by
// their query only, the first stands for both.
constexpr Pattern kPatterns[] = {
    {"POST", "/2015-03-31/functions/*/invocations", Operation::kInvoke, "Invoke"},
    {"POST", "/2014-11-13/functions/*/invoke-async", Operation::kInvokeAsync, "InvokeAsync"},
    {"POST", "/2015-03-31/functions", Operation::kCreateFunction, "CreateFunction"},
    {"GET", "/2015-03-31/functions", Operation::kListFunctions, "ListFunctions"},
    {"DELETE", "/2015-03-31/functions/*", Operation::kDeleteFunction, "DeleteFunction"},
    {"GET", "/2015-03-31/functions/*", Operation::kGetFunction, "GetFunction"},
    {"PUT", "/2015-03-31/functions/*/code", Operation::kUpdateFunctionCode, "UpdateFunctionCode"},
    {"GET", "/2015-03-31/functions/*/configuration", Operation::kGetFunctionConfiguration,
     "GetFunctionConfiguration"},
    {"PUT", "/2015-03-31/functions/*/configuration", Operation::kUpdateFunctionConfiguration,
     "UpdateFunctionConfiguration"},
    {"GET", "/2016-08-19/account-settings", Operation::kGetAccountSettings, "GetAccountSettings"},
    {"GET", "/2017-03-31/tags/*", Operation::kListTags, "ListTags"},
    {"POST", "/2017-03-31/tags/*", Operation::kTagResource, "TagResource"},
    {"DELETE", "/2017-03-31/tags/*", Operation::kUntagResource, "UntagResource"},
    {"DELETE", "/2017-10-31/functions/*/concurrency", Operation::kDeleteFunctionConcurrency,
     "DeleteFunctionConcurrency"},
    {"PUT", "/2017-10-31/functions/*/concurrency", Operation::kPutFunctionConcurrency,
     "PutFunctionConcurrency"},
    {"GET", "/2019-09-30/functions/*/concurrency", Operation::kGetFunctionConcurrency,
     "GetFunctionConcurrency"},
    {"POST", "/2015-03-31/event-source-mappings", Operation::kEventSourceMapping,
     "CreateEventSourceMapping"},
    {"GET", "/2015-03-31/event-source-mappings", Operation::kEventSourceMapping,
     "ListEventSourceMappings"},
    {"DELETE", "/2015-03-31/event-source-mappings/*", Operation::kEventSourceMapping,
     "DeleteEventSourceMapping"},
    {"GET", "/2015-03-31/event-source-mappings/*", Operation::kEventSourceMapping,
     "GetEventSourceMapping"},
    {"PUT", "/2015-03-31/event-source-mappings/*", Operation::kEventSourceMapping,
     "UpdateEventSourceMapping"},
    {"POST", "/2015-03-31/functions/*/aliases", Operation::kCreateAlias, "CreateAlias"},
    {"GET", "/2015-03-31/functions/*/aliases", Operation::kListAliases, "ListAliases"},
    {"DELETE", "/2015-03-31/functions/*/aliases/*", Operation::kDeleteAlias, "DeleteAlias"},
    {"GET", "/2015-03-31/functions/*/aliases/*", Operation::kGetAlias, "GetAlias"},
    {"PUT", "/2015-03-31/functions/*/aliases/*", Operation::kUpdateAlias, "UpdateAlias"},
    {"POST", "/2015-03-31/functions/*/policy", Operation::kAddPermission, "AddPermission"},
    {"GET", "/2015-03-31/functions/*/policy", Operation::kGetPolicy, "GetPolicy"},
    {"DELETE", "/2015-03-31/functions/*/policy/*", Operation::kRemovePermission,
     "RemovePermission"},
    {"GET", "/2015-03-31/functions/*/versions", Operation::kListVersions, "ListVersionsByFunction"},
    {"POST", "/2015-03-31/functions/*/versions", Operation::kPublishVersion, "PublishVersion"},
    {"GET", "/2018-10-31/layers", Operation::kNotServed, "ListLayers"},
    {"GET", "/2018-10-31/layers/*/versions", Operation::kNotServed, "ListLayerVersions"},
    {"POST", "/2018-10-31/layers/*/versions", Operation::kNotServed, "PublishLayerVersion"},
    {"DELETE", "/2018-10-31/layers/*/versions/*", Operation::kNotServed, "DeleteLayerVersion"},
    {"GET", "/2018-10-31/layers/*/versions/*", Operation::kNotServed, "GetLayerVersion"},
    {"POST", "/2018-10-31/layers/*/versions/*/policy", Operation::kNotServed,
     "AddLayerVersionPermission"},
    {"GET", "/2018-10-31/layers/*/versions/*/policy", Operation::kNotServed,
     "GetLayerVersionPolicy"},
    {"DELETE", "/2018-10-31/layers/*/versions/*/policy/*", Operation::kNotServed,
     "RemoveLayerVersionPermission"},
    {"DELETE", "/2019-09-25/functions/*/event-invoke-config", Operation::kDeleteEventInvokeConfig,
     "DeleteFunctionEventInvokeConfig"},
    {"GET", "/2019-09-25/functions/*/event-invoke-config", Operation::kGetEventInvokeConfig,
     "GetFunctionEventInvokeConfig"},
    {"PUT", "/2019-09-25/functions/*/event-invoke-config", Operation::kPutEventInvokeConfig,
     "PutFunctionEventInvokeConfig"},
    {"POST", "/2019-09-25/functions/*/event-invoke-config", Operation::kUpdateEventInvokeConfig,
     "UpdateFunctionEventInvokeConfig"},
    {"GET", "/2019-09-25/functions/*/event-invoke-config/list", Operation::kListEventInvokeConfigs,
     "ListFunctionEventInvokeConfigs"},
    {"DELETE", "/2019-09-30/functions/*/provisioned-concurrency",
     Operation::kDeleteProvisionedConcurrency, "DeleteProvisionedConcurrencyConfig"},
    {"GET", "/2019-09-30/functions/*/provisioned-concurrency",
     Operation::kGetProvisionedConcurrency, "GetProvisionedConcurrencyConfig"},
    {"PUT", "/2019-09-30/functions/*/provisioned-concurrency",
     Operation::kPutProvisionedConcurrency, "PutProvisionedConcurrencyConfig"},
    {"POST", "/2020-04-22/code-signing-configs", Operation::kNotServed, "CreateCodeSigningConfig"},
    {"GET", "/2020-04-22/code-signing-configs", Operation::kNotServed, "ListCodeSigningConfigs"},
    {"DELETE", "/2020-04-22/code-signing-configs/*", Operation::kNotServed,
     "DeleteCodeSigningConfig"},
    {"GET", "/2020-04-22/code-signing-configs/*", Operation::kNotServed, "GetCodeSigningConfig"},
    {"PUT", "/2020-04-22/code-signing-configs/*", Operation::kNotServed, "UpdateCodeSigningConfig"},
    {"GET", "/2020-04-22/code-signing-configs/*/functions", Operation::kNotServed,
     "ListFunctionsByCodeSigningConfig"},
    {"DELETE", "/2020-06-30/functions/*/code-signing-config", Operation::kNotServed,
     "DeleteFunctionCodeSigningConfig"},
    {"GET", "/2020-06-30/functions/*/code-signing-config", Operation::kNotServed,
     "GetFunctionCodeSigningConfig"},
    {"PUT", "/2020-06-30/functions/*/code-signing-config", Operation::kNotServed,
     "PutFunctionCodeSigningConfig"},
    {"GET", "/2021-07-20/functions/*/runtime-management-config", Operation::kGetRuntimeManagement,
     "GetRuntimeManagementConfig"},
    {"PUT", "/2021-07-20/functions/*/runtime-management-config", Operation::kPutRuntimeManagement,
     "PutRuntimeManagementConfig"},
    {"POST", "/2021-10-31/functions/*/url", Operation::kCreateFunctionUrl,
     "CreateFunctionUrlConfig"},
    {"DELETE", "/2021-10-31/functions/*/url", Operation::kDeleteFunctionUrl,
     "DeleteFunctionUrlConfig"},
    {"GET", "/2021-10-31/functions/*/url", Operation::kGetFunctionUrl, "GetFunctionUrlConfig"},
    {"PUT", "/2021-10-31/functions/*/url", Operation::kUpdateFunctionUrl,
     "UpdateFunctionUrlConfig"},
    {"GET", "/2021-10-31/functions/*/urls", Operation::kListFunctionUrls, "ListFunctionUrlConfigs"},
    {"POST", "/2021-11-15/functions/*/response-streaming-invocations",
     Operation::kInvokeWithResponseStream, "InvokeWithResponseStream"},
    {"GET", "/2024-08-31/functions/*/recursion-config", Operation::kGetRecursion,
     "GetFunctionRecursionConfig"},
    {"PUT", "/2024-08-31/functions/*/recursion-config", Operation::kPutRecursion,
     "PutFunctionRecursionConfig"},
    {"POST", "/2025-11-30/capacity-providers", Operation::kNotServed, "CreateCapacityProvider"},
    {"GET", "/2025-11-30/capacity-providers", Operation::kNotServed, "ListCapacityProviders"},
    {"DELETE", "/2025-11-30/capacity-providers/*", Operation::kNotServed, "DeleteCapacityProvider"},
    {"GET", "/2025-11-30/capacity-providers/*", Operation::kNotServed, "GetCapacityProvider"},
    {"PUT", "/2025-11-30/capacity-providers/*", Operation::kNotServed, "UpdateCapacityProvider"},
    {"GET", "/2025-11-30/capacity-providers/*/function-versions", Operation::kNotServed,
     "ListFunctionVersionsByCapacityProvider"},
    {"GET", "/2025-11-30/functions/*/function-scaling-config", Operation::kNotServed,
     "GetFunctionScalingConfig"},
    {"PUT", "/2025-11-30/functions/*/function-scaling-config", Operation::kNotServed,
     "PutFunctionScalingConfig"},
    {"POST", "/2025-12-01/durable-execution-callbacks/*/fail", Operation::kNotServed,
     "SendDurableExecutionCallbackFailure"},
    {"POST", "/2025-12-01/durable-execution-callbacks/*/heartbeat", Operation::kNotServed,
     "SendDurableExecutionCallbackHeartbeat"},
    {"POST", "/2025-12-01/durable-execution-callbacks/*/succeed", Operation::kNotServed,
     "SendDurableExecutionCallbackSuccess"},
    {"GET", "/2025-12-01/durable-executions/*", Operation::kNotServed, "GetDurableExecution"},
    {"POST", "/2025-12-01/durable-executions/*/checkpoint", Operation::kNotServed,
     "CheckpointDurableExecution"},
    {"GET", "/2025-12-01/durable-executions/*/history", Operation::kNotServed,
     "GetDurableExecutionHistory"},
    {"GET", "/2025-12-01/durable-executions/*/state", Operation::kNotServed,
     "GetDurableExecutionState"},
    {"POST", "/2025-12-01/durable-executions/*/stop", Operation::kNotServed,
     "StopDurableExecution"},
    {"GET", "/2025-12-01/functions/*/durable-executions", Operation::kNotServed,
     "ListDurableExecutionsByFunction"},
};

// Whether the path is of the pattern; `resource` becomes the segment of its first '*', `part` that
// of its second.
bool matches(std::string_view pattern, std::string_view path, std::string_view& resource,
             std::string_view& part) {
  bool first = true;
  while (true) {
    const std::size_t pattern_end = pattern.find('/');
    const std::size_t path_end = path.find('/');
    const std::string_view wanted = pattern.substr(0, pattern_end);
    const std::string_view segment = path.substr(0, path_end);
    if (wanted == "*") {
      (first ? resource : part) = segment;
      first = false;
    } else if (wanted != segment) {
      return false;
    }
    const bool pattern_done = pattern_end == std::string_view::npos;
    const bool path_done = path_end == std::string_view::npos;
    if (pattern_done || path_done) return pattern_done && path_done;
    pattern.remove_prefix(pattern_end + 1);
    path.remove_prefix(path_end + 1);
  }
}

// Calls `take` with the decoded value of each parameter of that name until it answers false.
template <class Take>
void each_value(std::string_view query, std::string_view name, Take take) {
  while (!query.empty()) {
    const std::size_t end = query.find('&');
    const std::string_view item = query.substr(0, end);
    query = end == std::string_view::npos ? std::string_view{} : query.substr(end + 1);
    const std::size_t equals = item.find('=');
    if (percent_decode(item.substr(0, equals), true) != name) continue;
    const std::string_view value =
        equals == std::string_view::npos ? std::string_view{} : item.substr(equals + 1);
    if (!take(percent_decode(value, true))) return;
  }
}

}  // namespace

RoutedRequest route(std::string_view method, std::string_view path) {
  if (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  for (const Pattern& pattern : kPatterns) {
    std::string_view resource;
    std::string_view part;
    if (pattern.method != method || !matches(pattern.path, path, resource, part)) continue;
    return {.operation = pattern.operation,
            .name = pattern.name,
            .resource = percent_decode(resource),
            .part = percent_decode(part)};
  }
  return {};
}

std::optional<std::string> query_value(std::string_view query, std::string_view name) {
  std::optional<std::string> found;
  each_value(query, name, [&found](std::string value) {
    found = std::move(value);
    return false;
  });
  return found;
}

std::vector<std::string> query_values(std::string_view query, std::string_view name) {
  std::vector<std::string> values;
  each_value(query, name, [&values](std::string value) {
    values.push_back(std::move(value));
    return true;
  });
  return values;
}

}  // namespace lambdarium::aws
