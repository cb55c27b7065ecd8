#include "emulator/aws/function_configs.h"

#include <nlohmann/json.hpp>
#include <utility>

#include <fmt/format.h>

#include "emulator/aws/body_reader.h"
#include "emulator/aws/patterns.h"

namespace lambdarium::aws {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kRuntimeArnBytesMax = 2048;

std::string dump(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// arn:aws:lambda:<region>::runtime:<anything>
bool is_runtime_arn(std::string_view text) {
  constexpr std::string_view kService = ":lambda:";
  constexpr std::string_view kRuntime = "::runtime:";
  const std::size_t service = text.find(kService);
  const std::size_t runtime = text.find(kRuntime);
  if (!text.starts_with("arn:aws") || service == text.npos || runtime == text.npos) return false;
  const std::size_t region = service + kService.size();
  return is_partition(text.substr(4, service - 4)) && region <= runtime &&
         is_region(text.substr(region, runtime - region)) &&
         text.size() > runtime + kRuntime.size();
}

// The version that a runtime management request names, $LATEST where it names none; it exists.
OrError<FunctionName> version_of(const ResourceRequest& request) {
  auto named = request.name();
  if (auto* error = std::get_if<AwsError>(&named)) return std::move(*error);
  FunctionName& name = std::get<FunctionName>(named);
  auto found = request.registry.resolve(name);
  if (auto* error = std::get_if<AwsError>(&found)) return std::move(*error);
  if (request.registry.resources(name.name).alias(name.qualifier) != nullptr) {
    return invalid_parameter(
        fmt::format("Runtime management is configured for a version or $LATEST, not for the alias "
                    "{}",
                    name.qualifier));
  }
  if (name.qualifier.empty()) name.qualifier = "$LATEST";
  return std::move(name);
}

OrError<std::string> recursion_target(const ResourceRequest& request) {
  auto named = request.name();
  if (auto* error = std::get_if<AwsError>(&named)) return std::move(*error);
  FunctionName& name = std::get<FunctionName>(named);
  if (!name.qualifier.empty()) {
    return invalid_parameter(
        "This operation is permitted on Lambda functions only. Aliases and versions do not support "
        "this operation. Please specify either a function name or an unqualified function ARN.");
  }
  if (auto error = check_function(request, name)) return *std::move(error);
  return std::move(name.name);
}

}  // namespace

ResourceResult get_runtime_management(const ResourceRequest& request) {
  auto named = version_of(request);
  if (auto* error = std::get_if<AwsError>(&named)) return std::move(*error);
  const FunctionName& name = std::get<FunctionName>(named);
  const std::string* text =
      request.registry.resources(name.name).document(kRuntimeManagementItem, name.qualifier);
  ResourceAnswer answer;
  if (text != nullptr) {
    answer.body = *text;
    return answer;
  }
  answer.body = dump(Json{{"UpdateRuntimeOn", "Auto"}, {"FunctionArn", request.arn(name)}});
  return answer;
}

ResourceResult put_runtime_management(const ResourceRequest& request) {
  auto body = parse_body(request.request.body);
  if (auto* error = std::get_if<AwsError>(&body)) return std::move(*error);
  BodyReader reader{std::get<nlohmann::json>(body)};
  reader.require("UpdateRuntimeOn");
  const auto mode = reader.string("UpdateRuntimeOn");
  reader.one_of("UpdateRuntimeOn", mode, {"Auto", "Manual", "FunctionUpdate"});
  const auto runtime = reader.string("RuntimeVersionArn");
  reader.at_most_length("RuntimeVersionArn", runtime, kRuntimeArnBytesMax);
  if (runtime && !is_runtime_arn(*runtime)) {
    reader.constrain("RuntimeVersionArn", *runtime,
                     R"(Member must satisfy regular expression pattern: )"
                     R"(arn:(aws[a-zA-Z-]*):lambda:[a-z]{2}((-gov)|(-iso(b?)))?-[a-z]+-\d{1})"
                     R"(::runtime:.+)");
  }
  if (auto error = reader.error()) return *std::move(error);
  if ((*mode == "Manual") != runtime.has_value()) {
    return invalid_parameter(fmt::format("RuntimeVersionArn is {} when UpdateRuntimeOn is {}.",
                                         runtime ? "not supported" : "required", *mode));
  }
  auto named = version_of(request);
  if (auto* error = std::get_if<AwsError>(&named)) return std::move(*error);
  const FunctionName& name = std::get<FunctionName>(named);
  Json out = Json::object();
  out["UpdateRuntimeOn"] = *mode;
  out["FunctionArn"] = request.arn(name);
  if (runtime) out["RuntimeVersionArn"] = *runtime;
  ResourceAnswer answer;
  answer.function = name.name;
  answer.body = dump(out);
  answer.update.put_items.push_back(
      {name.name, std::string{kRuntimeManagementItem}, name.qualifier, answer.body});
  return answer;
}

ResourceResult get_recursion(const ResourceRequest& request) {
  auto named = recursion_target(request);
  if (auto* error = std::get_if<AwsError>(&named)) return std::move(*error);
  const std::string* text =
      request.registry.resources(std::get<std::string>(named)).document(kRecursionItem, "");
  ResourceAnswer answer;
  answer.body = text != nullptr ? *text : R"({"RecursiveLoop":"Terminate"})";
  return answer;
}

ResourceResult put_recursion(const ResourceRequest& request) {
  auto body = parse_body(request.request.body);
  if (auto* error = std::get_if<AwsError>(&body)) return std::move(*error);
  BodyReader reader{std::get<nlohmann::json>(body)};
  reader.require("RecursiveLoop");
  const auto loop = reader.string("RecursiveLoop");
  reader.one_of("RecursiveLoop", loop, {"Allow", "Terminate"});
  if (auto error = reader.error()) return *std::move(error);
  auto named = recursion_target(request);
  if (auto* error = std::get_if<AwsError>(&named)) return std::move(*error);
  ResourceAnswer answer;
  answer.function = std::get<std::string>(named);
  answer.body = fmt::format(R"({{"RecursiveLoop":"{}"}})", *loop);
  answer.update.put_items.push_back(
      {answer.function, std::string{kRecursionItem}, {}, answer.body});
  return answer;
}

}  // namespace lambdarium::aws
