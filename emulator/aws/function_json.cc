#include "emulator/aws/function_json.h"

#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "models/base/random.h"
#include "models/base/uuid.h"

namespace lambdarium::aws {

namespace {

// Keeps the order of insertion, so that people find answers in AWS's order.
using Json = nlohmann::ordered_json;

std::string dump(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// An ARN of AWS's shape that is the same for the same runtime.
std::string runtime_version_arn(const std::string& runtime, const Endpoint& endpoint) {
  RandomStream digits{1, runtime};
  return fmt::format("arn:aws:lambda:{}::runtime:{}", endpoint.region, make_hex(digits, 64));
}

// A member that is a string, or what stands for it.
std::string text_of(const Json& object, const char* name, const std::string& otherwise) {
  const auto it = object.find(name);
  return it == object.end() || !it->is_string() ? otherwise : it->get<std::string>();
}

Json logging_config(const Json& given, const std::string& name) {
  Json logging = Json::object();
  const std::string format = text_of(given, "LogFormat", "Text");
  logging["LogFormat"] = format;
  if (format == "JSON") {
    logging["ApplicationLogLevel"] = text_of(given, "ApplicationLogLevel", "INFO");
    logging["SystemLogLevel"] = text_of(given, "SystemLogLevel", "INFO");
  }
  logging["LogGroup"] = text_of(given, "LogGroup", fmt::format("/aws/lambda/{}", name));
  return logging;
}

// What is only repeated, with AWS's defaults where nothing was given.
void add_settings(Json& out, const store::StoredFunction& function) {
  Json settings = Json::parse(function.settings, nullptr, false);
  if (!settings.is_object()) settings = Json::object();
  const auto part = [&settings](const char* name) {
    const auto it = settings.find(name);
    return it == settings.end() || !it->is_object() ? Json::object() : *it;
  };
  for (const char* name : {"VpcConfig", "DeadLetterConfig", "FileSystemConfigs", "KMSKeyArn"}) {
    const auto it = settings.find(name);
    if (it == settings.end()) continue;
    // AWS: a target that is set to nothing is taken away.
    const bool none = std::string_view{name} == "DeadLetterConfig" && it->is_object() &&
                      text_of(*it, "TargetArn", "").empty();
    if (!none) out[name] = *it;
  }
  out["TracingConfig"]["Mode"] = text_of(part("TracingConfig"), "Mode", "PassThrough");
  out["SnapStart"]["ApplyOn"] = text_of(part("SnapStart"), "ApplyOn", "None");
  const bool optimized =
      function.version != "$LATEST" && out["SnapStart"]["ApplyOn"] == "PublishedVersions";
  out["SnapStart"]["OptimizationStatus"] = optimized ? "On" : "Off";
  out["LoggingConfig"] = logging_config(part("LoggingConfig"), function.definition.name);
}

void add_unless_empty(Json& out, const char* name, const std::string& value) {
  if (!value.empty()) out[name] = value;
}

void add_state(Json& out, const store::StoredFunction& function, ConfigurationView view) {
  constexpr const char* kReason = "The function is being created.";
  constexpr const char* kReasonCode = "Creating";
  if (view == ConfigurationView::kCreated) {
    out["State"] = "Pending";
    out["StateReason"] = kReason;
    out["StateReasonCode"] = kReasonCode;
    return;
  }
  out["State"] = function.state;
  add_unless_empty(out, "StateReason", function.state_reason);
  add_unless_empty(out, "StateReasonCode", function.state_reason_code);
  if (view == ConfigurationView::kUpdated) {
    out["LastUpdateStatus"] = "InProgress";
    out["LastUpdateStatusReason"] = kReason;
    out["LastUpdateStatusReasonCode"] = kReasonCode;
    return;
  }
  add_unless_empty(out, "LastUpdateStatus", function.last_update_status);
  add_unless_empty(out, "LastUpdateStatusReason", function.last_update_status_reason);
  add_unless_empty(out, "LastUpdateStatusReasonCode", function.last_update_status_reason_code);
}

Json configuration(const store::StoredFunction& function, const Endpoint& endpoint,
                   ConfigurationView view, std::string_view qualifier) {
  const FunctionDefinition& definition = function.definition;
  Json out = Json::object();
  out["FunctionName"] = definition.name;
  out["FunctionArn"] =
      qualified_arn(endpoint, {.name = definition.name, .qualifier = std::string{qualifier}});
  out["Runtime"] = definition.runtime;
  out["Role"] = definition.role;
  out["Handler"] = definition.handler;
  out["CodeSize"] = function.code_size;
  out["Description"] = definition.description;
  out["Timeout"] = definition.timeout_s;
  out["MemorySize"] = definition.memory_mb;
  out["LastModified"] = function.last_modified;
  out["CodeSha256"] = function.code_sha256;
  out["Version"] = function.version;
  if (!definition.environment.empty()) {
    out["Environment"]["Variables"] = definition.environment;
  }
  out["RevisionId"] = function.revision_id;
  if (view != ConfigurationView::kListed) add_state(out, function, view);
  out["PackageType"] = "Zip";
  out["Architectures"] = Json::array({definition.architecture});
  out["EphemeralStorage"]["Size"] = definition.ephemeral_mb;
  add_settings(out, function);
  if (view != ConfigurationView::kListed) {
    out["RuntimeVersionConfig"]["RuntimeVersionArn"] =
        runtime_version_arn(definition.runtime, endpoint);
  }
  return out;
}

}  // namespace

std::string configuration_json(const store::StoredFunction& function, const Endpoint& endpoint,
                               ConfigurationView view, std::string_view qualifier) {
  return dump(configuration(function, endpoint, view, qualifier));
}

std::string function_json(const store::StoredFunction& function,
                          const store::StoredFunction& latest, const Endpoint& endpoint,
                          std::string_view qualifier) {
  const FunctionDefinition& definition = function.definition;
  Json out = Json::object();
  out["Configuration"] = configuration(function, endpoint, ConfigurationView::kRead, qualifier);
  // AWS gives a signed address of the zip; here the code is a folder of this machine.
  out["Code"]["RepositoryType"] = "S3";
  out["Code"]["Location"] = fmt::format("file://{}", definition.code_directory);
  if (!latest.definition.tags.empty()) out["Tags"] = latest.definition.tags;
  if (const auto& reserved = latest.definition.reserved_concurrency) {
    out["Concurrency"]["ReservedConcurrentExecutions"] = *reserved;
  }
  return dump(out);
}

std::string tags_json(const store::StoredFunction& function) {
  Json tags = Json::object();
  for (const auto& [key, value] : function.definition.tags) tags[key] = value;
  return dump(tags);
}

}  // namespace lambdarium::aws
