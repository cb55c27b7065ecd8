// Method and path of a request as an operation of the Lambda API.
//
// Every operation of the service model 2015-03-31 is recognised, so that one that is not served is
// named in the answer.
//
// Thread: any. On failure: kUnknown.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lambdarium::aws {

enum class Operation : std::uint8_t {
  kUnknown,
  kNotServed,  // known to Lambda; RoutedRequest::name says which
  kInvoke,
  kInvokeAsync,
  kCreateFunction,
  kListFunctions,
  kGetFunction,
  kGetFunctionConfiguration,
  kUpdateFunctionCode,
  kUpdateFunctionConfiguration,
  kDeleteFunction,
  kPutFunctionConcurrency,
  kGetFunctionConcurrency,
  kDeleteFunctionConcurrency,
  kGetAccountSettings,
  kListTags,
  kTagResource,
  kUntagResource,
  kPublishVersion,
  kListVersions,
  kCreateAlias,
  kGetAlias,
  kUpdateAlias,
  kDeleteAlias,
  kListAliases,
  kAddPermission,
  kGetPolicy,
  kRemovePermission,
  kPutProvisionedConcurrency,
  kGetProvisionedConcurrency,
  kDeleteProvisionedConcurrency,
  kGetRuntimeManagement,
  kPutRuntimeManagement,
  kGetRecursion,
  kPutRecursion,
  kPutEventInvokeConfig,
  kUpdateEventInvokeConfig,
  kGetEventInvokeConfig,
  kDeleteEventInvokeConfig,
  kListEventInvokeConfigs,
  kInvokeWithResponseStream,
  kCreateFunctionUrl,
  kGetFunctionUrl,
  kUpdateFunctionUrl,
  kDeleteFunctionUrl,
  kListFunctionUrls,
  kEventSourceMapping,  // all five; RoutedRequest::name says which
};

struct RoutedRequest {
  Operation operation = Operation::kUnknown;
  std::string_view name;  // "CreateFunction"; empty when unknown
  std::string resource;   // the {FunctionName} or {Resource} of the path, percent-decoded
  std::string part = {};  // what the path names of it: an alias, the id of a policy's statement
};

// `path` is still percent-encoded; one trailing slash is allowed.
RoutedRequest route(std::string_view method, std::string_view path);

// The first value of a query parameter, decoded.
std::optional<std::string> query_value(std::string_view query, std::string_view name);
// All of them.
std::vector<std::string> query_values(std::string_view query, std::string_view name);

}  // namespace lambdarium::aws
