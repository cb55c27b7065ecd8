#include "emulator/aws/control_plane.h"

#include <chrono>
#include <utility>

#include <fmt/format.h>

#include "emulator/aws/change_job.h"
#include "emulator/aws/event_invoke_config.h"
#include "emulator/aws/function_json.h"
#include "emulator/aws/resource_arn.h"
#include "emulator/aws/resource_request.h"
#include "emulator/aws/versions.h"
#include "models/base/encoding.h"

namespace lambdarium::aws {

namespace {

// A larger body is read on a pool thread.
constexpr std::size_t kReadOnLoopBytesMax = 65'536;
constexpr std::int64_t kTotalCodeBytes = 80'530'636'800;
// The SHA-256 of nothing, in base64: code in a folder has no zip to hash.
constexpr std::string_view kEmptySha256 = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";

OrError<FunctionName> name_of(const RoutedRequest& routed, const HttpRequest& request,
                              const Endpoint& endpoint) {
  return parse_function_name(routed.resource,
                             query_value(request.query(), "Qualifier").value_or(""), endpoint,
                             credential_region(request));
}

std::string account_settings(const FunctionRegistry& registry, std::int64_t concurrency) {
  std::int64_t code_bytes = 0;
  for (const auto& [name, function] : registry.functions()) {
    code_bytes += function.code_size;
    for (const auto& [number, version] : registry.resources(name).versions) {
      code_bytes += version.code_size;
    }
  }
  return fmt::format(
      R"({{"AccountLimit":{{"TotalCodeSize":{},"CodeSizeUnzipped":{},"CodeSizeZipped":{},)"
      R"("ConcurrentExecutions":{},"UnreservedConcurrentExecutions":{}}},)"
      R"("AccountUsage":{{"TotalCodeSize":{},"FunctionCount":{}}}}})",
      kTotalCodeBytes, kUnzippedBytesMax, kZippedBytesMax, concurrency,
      concurrency - registry.committed_total(), code_bytes, registry.functions().size());
}

std::string concurrency_json(const store::StoredFunction& function) {
  const auto& reserved = function.definition.reserved_concurrency;
  if (!reserved) return "{}";
  return fmt::format(R"({{"ReservedConcurrentExecutions":{}}})", *reserved);
}

bool is_change(Operation operation) {
  switch (operation) {
    case Operation::kCreateFunction:
    case Operation::kUpdateFunctionCode:
    case Operation::kUpdateFunctionConfiguration:
    case Operation::kDeleteFunction:
    case Operation::kPutFunctionConcurrency:
    case Operation::kDeleteFunctionConcurrency:
    case Operation::kTagResource:
    case Operation::kUntagResource:
      return true;
    default:
      return false;
  }
}

}  // namespace

HttpResponse make_answer(int status, std::string body, std::string_view request_id) {
  HttpResponse response;
  response.status = status;
  if (!body.empty()) response.headers.add("Content-Type", "application/json");
  response.headers.add("x-amzn-RequestId", std::string{request_id});
  response.body = std::move(body);
  return response;
}

OrError<FunctionName> parse_tagged_resource(std::string_view arn, const Endpoint& endpoint,
                                            std::string_view caller_region) {
  const bool function_arn = arn.starts_with("arn:") && arn.find(":function:") != arn.npos;
  auto parsed = parse_function_name(arn, {}, endpoint, caller_region);
  auto* name = std::get_if<FunctionName>(&parsed);
  if (!function_arn || name == nullptr) {
    if (function_arn && std::get<AwsError>(parsed).status == 404) return parsed;
    return validation_error(
        arn, "resource",
        R"(Member must satisfy regular expression pattern: arn:(aws[a-zA-Z-]*):lambda:)"
        R"([a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:\d{12}:)"
        R"((function:[a-zA-Z0-9-_]+(:(\$LATEST|[a-zA-Z0-9-_]+))?))");
  }
  if (!name->qualifier.empty()) {
    return invalid_parameter(
        "Tags on function aliases and versions are not supported. Please specify a function ARN.");
  }
  return parsed;
}

ControlPlane::ControlPlane(FunctionRegistry& registry, FunctionStorage& storage, RandomStream ids,
                           ControlPlaneSettings settings)
    : registry_(registry), storage_(storage), ids_(ids), settings_(settings) {}

Answer ControlPlane::handle(const RoutedRequest& routed, HttpRequest&& request,
                            RequestStamp stamp) {
  if (is_event_invoke_operation(routed.operation)) {
    return handle_event_invoke(registry_, storage_, routed, std::move(request), std::move(stamp));
  }
  if (is_resource_operation(routed, request)) {
    return handle_resource(routed, std::move(request), std::move(stamp));
  }
  if (!is_change(routed.operation)) {
    auto answer = read(routed, request);
    if (const auto* error = std::get_if<AwsError>(&answer)) {
      return to_response(*error, stamp.request_id);
    }
    return make_answer(200, std::get<std::string>(std::move(answer)), stamp.request_id);
  }
  const bool small = request.body.size() <= kReadOnLoopBytesMax;
  auto job = std::make_unique<ChangeJob>(*this, routed, std::move(request), std::move(stamp));
  if (small) {
    job->work();
    if (auto response = job->finish()) return *std::move(response);
  }
  return job;
}

OrError<std::string> ControlPlane::read(const RoutedRequest& routed,
                                        const HttpRequest& request) const {
  const Endpoint& endpoint = registry_.endpoint();
  switch (routed.operation) {
    case Operation::kListFunctions:
      return list_functions(registry_, request);
    case Operation::kGetAccountSettings:
      return account_settings(registry_, settings_.account_concurrency);
    case Operation::kNotServed:
      return not_served(routed.name);
    case Operation::kGetFunction:
    case Operation::kGetFunctionConfiguration:
    case Operation::kGetFunctionConcurrency:
    case Operation::kListTags:
      break;
    default:
      return unknown_operation(request.method, request.path());
  }
  auto name = routed.operation == Operation::kListTags
                  ? parse_tagged_resource(routed.resource, endpoint, credential_region(request))
                  : name_of(routed, request, endpoint);
  if (auto* error = std::get_if<AwsError>(&name)) return std::move(*error);
  const std::string& qualifier = std::get<FunctionName>(name).qualifier;
  auto found = registry_.resolve(std::get<FunctionName>(name));
  if (auto* error = std::get_if<AwsError>(&found)) return std::move(*error);
  const store::StoredFunction& function = *std::get<const store::StoredFunction*>(found);
  // Tags and reserved concurrency are the function's, whatever the version.
  const store::StoredFunction& latest = *registry_.find(function.definition.name);
  switch (routed.operation) {
    case Operation::kGetFunction:
      return function_json(function, latest, endpoint, qualifier);
    case Operation::kGetFunctionConfiguration:
      return configuration_json(function, endpoint, ConfigurationView::kRead, qualifier);
    case Operation::kGetFunctionConcurrency:
      return concurrency_json(latest);
    default:
      return fmt::format(R"({{"Tags":{}}})", tags_json(function));
  }
}

store::StoredFunction make_template_function(FunctionDefinition definition, std::string revision_id,
                                             std::int64_t now_epoch_ms) {
  store::StoredFunction function;
  function.definition = std::move(definition);
  function.origin = store::FunctionOrigin::kTemplate;
  function.code_sha256 = kEmptySha256;
  function.revision_id = std::move(revision_id);
  function.last_modified = format_last_modified(now_epoch_ms);
  return function;
}

std::string format_last_modified(std::int64_t epoch_ms) {
  const std::chrono::sys_time<std::chrono::milliseconds> instant{
      std::chrono::milliseconds{epoch_ms}};
  const auto day = std::chrono::floor<std::chrono::days>(instant);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{instant - day};
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}+0000",
                     static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                     static_cast<unsigned>(date.day()), clock.hours().count(),
                     clock.minutes().count(), clock.seconds().count(), clock.subseconds().count());
}

}  // namespace lambdarium::aws
