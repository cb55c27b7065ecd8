#include "emulator/aws/function_settings.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include <fmt/format.h>

#include "emulator/aws/body_reader.h"
#include "emulator/aws/patterns.h"
#include "models/base/encoding.h"
#include "models/domain/function.h"
#include "models/domain/limits.h"

namespace lambdarium::aws {

namespace {

using Json = nlohmann::json;

constexpr std::size_t kNameBytesMax = 64;
constexpr std::size_t kNameBytesMaxOfModel = 140;
constexpr std::size_t kHandlerBytesMax = 128;
constexpr std::size_t kDescriptionBytesMax = 256;
constexpr std::int64_t kMemoryMbMaxOfModel = 32'768;
constexpr std::size_t kLayersMax = 5;
constexpr std::string_view kNamePattern =
    R"((arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:)?)"
    R"((\d{12}:)?(function:)?([a-zA-Z0-9-_]+)(:(\$LATEST|[a-zA-Z0-9-_]+))?)";
// Set by the platform in every environment; a function cannot choose them.
constexpr std::array<std::string_view, 16> kReservedVariables{"AWS_ACCESS_KEY",
                                                              "AWS_ACCESS_KEY_ID",
                                                              "AWS_DEFAULT_REGION",
                                                              "AWS_EXECUTION_ENV",
                                                              "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
                                                              "AWS_LAMBDA_FUNCTION_NAME",
                                                              "AWS_LAMBDA_FUNCTION_VERSION",
                                                              "AWS_LAMBDA_INITIALIZATION_TYPE",
                                                              "AWS_LAMBDA_LOG_GROUP_NAME",
                                                              "AWS_LAMBDA_LOG_STREAM_NAME",
                                                              "AWS_LAMBDA_RUNTIME_API",
                                                              "AWS_REGION",
                                                              "AWS_SECRET_ACCESS_KEY",
                                                              "AWS_SESSION_TOKEN",
                                                              "LAMBDA_RUNTIME_DIR",
                                                              "LAMBDA_TASK_ROOT"};

void read_environment(BodyReader& reader, FunctionPatch& patch) {
  Json* environment = reader.object("Environment");
  if (environment == nullptr) return;
  BodyReader nested{*environment, "environment."};
  patch.environment = nested.string_map("Variables");
  if (!patch.environment) patch.environment.emplace();
  for (const auto& [name, value] : *patch.environment) {
    if (is_variable_name(name)) continue;
    nested.constrain_hidden("Variables",
                            fmt::format("Map keys must satisfy constraint: [Member must satisfy "
                                        "regular expression pattern: {}, Member must not be null]",
                                        kVariableNamePattern));
    break;
  }
  reader.merge(nested);
}

void read_architectures(BodyReader& reader, FunctionPatch& patch) {
  const auto list = reader.string_list("Architectures");
  if (!list) return;
  const std::string shown = fmt::format("[{}]", fmt::join(*list, ", "));
  if (list->size() != 1) {
    reader.constrain("Architectures", shown,
                     list->empty() ? "Member must have length greater than or equal to 1"
                                   : "Member must have length less than or equal to 1");
  } else if (list->front() != "x86_64" && list->front() != "arm64") {
    reader.constrain("Architectures", shown,
                     "Member must satisfy constraint: [Member must satisfy enum value set: "
                     "[x86_64, arm64], Member must not be null]");
  } else {
    patch.architecture = list->front();
  }
}

void read_dead_letter(BodyReader& reader) {
  Json* config = reader.object("DeadLetterConfig");
  if (config == nullptr) return;
  BodyReader nested{*config, "deadLetterConfig."};
  const auto arn = nested.string("TargetArn");
  if (arn && !is_resource_arn(*arn)) {
    nested.constrain(
        "TargetArn", *arn,
        fmt::format("Member must satisfy regular expression pattern: {}", kResourceArnPattern));
  }
  reader.merge(nested);
}

// Members that answers repeat. Those with an enumeration are checked.
void read_repeated(BodyReader& reader, Json& body, FunctionPatch& patch) {
  const auto check = [&reader](const char* name, const char* member, const char* fields,
                               std::initializer_list<std::string_view> allowed) {
    Json* object = reader.object(name);
    if (object == nullptr) return;
    BodyReader nested{*object, fields};
    nested.one_of(member, nested.string(member), allowed);
    reader.merge(nested);
  };
  check("TracingConfig", "Mode", "tracingConfig.", {"Active", "PassThrough"});
  check("LoggingConfig", "LogFormat", "loggingConfig.", {"JSON", "Text"});
  check("SnapStart", "ApplyOn", "snapStart.", {"PublishedVersions", "None"});
  (void)reader.object("VpcConfig");  // their types alone are looked at
  read_dead_letter(reader);
  (void)reader.array("FileSystemConfigs");
  (void)reader.string("KMSKeyArn");
  Json settings = Json::object();
  for (const char* name : {"TracingConfig", "LoggingConfig", "SnapStart", "VpcConfig",
                           "DeadLetterConfig", "FileSystemConfigs", "KMSKeyArn"}) {
    if (reader.has(name)) settings[name] = body[name];
  }
  patch.settings = settings.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// The members that create and update have in common.
void read_configuration(BodyReader& reader, Json& body, FunctionPatch& patch) {
  patch.role = reader.string("Role");
  if (patch.role && !is_role(*patch.role)) {
    reader.constrain(
        "Role", *patch.role,
        fmt::format("Member must satisfy regular expression pattern: {}", kRolePattern));
  }
  patch.runtime = reader.string("Runtime");
  patch.handler = reader.string("Handler");
  reader.at_most_length("Handler", patch.handler, kHandlerBytesMax);
  if (patch.handler &&
      !all_of(*patch.handler, [](char c) { return c < '\t' || (c > '\r' && c != ' '); })) {
    reader.constrain("Handler", *patch.handler,
                     R"(Member must satisfy regular expression pattern: [^\s]+)");
  }
  patch.description = reader.string("Description");
  reader.at_most_length("Description", patch.description, kDescriptionBytesMax);
  patch.timeout_s = reader.integer("Timeout");
  reader.at_least("Timeout", patch.timeout_s, 1);
  reader.at_most("Timeout", patch.timeout_s, kTimeoutSecondsMax);
  patch.memory_mb = reader.integer("MemorySize");
  reader.at_least("MemorySize", patch.memory_mb, kMemoryMbMin);
  reader.at_most("MemorySize", patch.memory_mb, kMemoryMbMaxOfModel);
  if (Json* ephemeral = reader.object("EphemeralStorage")) {
    BodyReader nested{*ephemeral, "ephemeralStorage."};
    nested.require("Size");
    patch.ephemeral_mb = nested.integer("Size");
    nested.at_least("Size", patch.ephemeral_mb, kEphemeralMbMin);
    nested.at_most("Size", patch.ephemeral_mb, kEphemeralMbMax);
    reader.merge(nested);
  }
  read_environment(reader, patch);
  read_repeated(reader, body, patch);
}

std::optional<AwsError> check_environment(const FunctionPatch& patch) {
  if (!patch.environment) return std::nullopt;
  constexpr std::string_view kUnable =
      "Lambda was unable to configure your environment variables because the environment variables "
      "you have provided ";
  std::vector<std::string_view> reserved;
  std::string text = "{";
  for (const auto& [name, value] : *patch.environment) {
    if (std::find(kReservedVariables.begin(), kReservedVariables.end(), name) !=
        kReservedVariables.end()) {
      reserved.push_back(name);
    }
    if (text.size() > 1) text += ',';
    append_json_string(text, name);
    text += ':';
    append_json_string(text, value);
  }
  text += '}';
  if (!reserved.empty()) {
    return invalid_parameter(fmt::format(
        "{}contains reserved keys that are currently not supported for modification. Reserved keys "
        "used in this request: {}",
        kUnable, fmt::join(reserved, ", ")));
  }
  if (static_cast<std::int64_t>(text.size()) > kEnvironmentVariableBytesMax) {
    return invalid_parameter(
        fmt::format("{}exceeded the 4KB limit. String measured: {}", kUnable, text));
  }
  return std::nullopt;
}

// What the service checks after the shapes: values that are well-formed and yet refused.
std::optional<AwsError> check_values(const FunctionPatch& patch) {
  if (patch.runtime && !parse_runtime(*patch.runtime).ok()) {
    return invalid_parameter(
        fmt::format("Value {} at 'runtime' failed to satisfy constraint: Member must satisfy enum "
                    "value set: [{}] or be a valid ARN",
                    *patch.runtime, fmt::join(known_runtimes(), ", ")));
  }
  if (patch.memory_mb.value_or(0) > kMemoryMbMax) {
    return invalid_parameter(
        fmt::format("'MemorySize' value failed to satisfy constraint: Member must have value less "
                    "than or equal to {}",
                    kMemoryMbMax));
  }
  return check_environment(patch);
}

std::optional<AwsError> check_layers(const std::optional<std::vector<std::string>>& layers) {
  if (!layers || layers->empty()) return std::nullopt;
  if (layers->size() > kLayersMax) {
    return invalid_parameter(fmt::format("Cannot reference more than {} layers.", kLayersMax));
  }
  // No layers are served, so none exists.
  return invalid_parameter(fmt::format("Layer version {} does not exist.", layers->front()));
}

std::optional<AwsError> check_tags(const std::optional<std::map<std::string, std::string>>& tags) {
  if (!tags || tags->size() <= kTagsMax) return std::nullopt;
  return invalid_parameter("Number of tags exceeds resource tag limit.");
}

// ZipFile, or why the code cannot be had. `code` holds the members of CreateFunction's Code.
std::optional<AwsError> read_code(BodyReader& code, FunctionPatch& patch) {
  if (code.has("ImageUri")) {
    return invalid_parameter(
        "Functions packaged as container images are not served by this version of Lambdarium; use "
        "PackageType Zip with Code.ZipFile.");
  }
  if (code.has("S3Bucket") || code.has("S3Key")) {
    return invalid_parameter(
        "Code from Amazon S3 is not served by this version of Lambdarium; send the package as "
        "ZipFile.");
  }
  auto encoded = code.take_string("ZipFile");
  if (auto error = code.error()) return error;
  if (!encoded) return invalid_parameter("Please provide a source for function code.");
  patch.zip = base64_decode(*encoded);
  if (!patch.zip) return serialization_error("ZipFile is not base64");
  return std::nullopt;
}

// The name itself of what CreateFunction is given, which may be an ARN.
std::optional<AwsError> settle_name(FunctionPatch& patch, const Endpoint& endpoint,
                                    std::string_view caller_region) {
  auto parsed = parse_function_name(*patch.name, {}, endpoint, caller_region);
  if (auto* error = std::get_if<AwsError>(&parsed)) return std::move(*error);
  FunctionName& name = std::get<FunctionName>(parsed);
  if (!name.qualifier.empty() && name.qualifier != "$LATEST") {
    return invalid_parameter(
        fmt::format("A function is created without a qualifier, not as {}", *patch.name));
  }
  if (name.name.size() > kNameBytesMax) {
    return invalid_parameter(
        fmt::format("The function name {} is {} characters long; it must be at most {}", name.name,
                    name.name.size(), kNameBytesMax));
  }
  patch.name = std::move(name.name);
  return std::nullopt;
}

}  // namespace

OrError<FunctionPatch> parse_create_function(std::string_view body, const Endpoint& endpoint,
                                             std::string_view caller_region) {
  auto parsed = parse_body(body);
  if (auto* error = std::get_if<AwsError>(&parsed)) return std::move(*error);
  Json& document = std::get<Json>(parsed);
  BodyReader reader{document};
  FunctionPatch patch;
  for (const char* name : {"FunctionName", "Role", "Code"}) reader.require(name);
  patch.name = reader.string("FunctionName");
  reader.at_most_length("FunctionName", patch.name, kNameBytesMaxOfModel);
  if (patch.name && !is_word(*patch.name, ":$")) {
    reader.constrain(
        "FunctionName", *patch.name,
        fmt::format("Member must satisfy regular expression pattern: {}", kNamePattern));
  }
  read_configuration(reader, document, patch);
  read_architectures(reader, patch);
  patch.tags = reader.string_map("Tags");
  const auto package_type = reader.string("PackageType");
  reader.one_of("PackageType", package_type, {"Zip", "Image"});
  const auto layers = reader.string_list("Layers");
  patch.publish = reader.boolean("Publish").value_or(false);
  Json* code = reader.object("Code");
  if (auto error = reader.error()) return *std::move(error);

  BodyReader code_reader{*code, "code."};
  if (package_type == "Image" && !code_reader.has("ImageUri")) {
    return invalid_parameter("Functions of PackageType Image need Code.ImageUri.");
  }
  if (auto error = read_code(code_reader, patch)) return *std::move(error);
  if (!patch.runtime || !patch.handler) {
    return invalid_parameter(
        "Runtime and Handler are mandatory parameters for functions created with deployment "
        "packages.");
  }
  if (auto error = check_values(patch)) return *std::move(error);
  if (auto error = check_layers(layers)) return *std::move(error);
  if (auto error = check_tags(patch.tags)) return *std::move(error);
  if (auto error = settle_name(patch, endpoint, caller_region)) return *std::move(error);
  return patch;
}

OrError<FunctionPatch> parse_update_code(std::string_view body) {
  auto parsed = parse_body(body);
  if (auto* error = std::get_if<AwsError>(&parsed)) return std::move(*error);
  BodyReader reader{std::get<Json>(parsed)};
  FunctionPatch patch;
  read_architectures(reader, patch);
  patch.revision_id = reader.string("RevisionId");
  patch.dry_run = reader.boolean("DryRun").value_or(false);
  patch.publish = reader.boolean("Publish").value_or(false);
  if (auto error = reader.error()) return *std::move(error);
  if (auto error = read_code(reader, patch)) return *std::move(error);
  return patch;
}

OrError<FunctionPatch> parse_update_configuration(std::string_view body) {
  auto parsed = parse_body(body);
  if (auto* error = std::get_if<AwsError>(&parsed)) return std::move(*error);
  Json& document = std::get<Json>(parsed);
  BodyReader reader{document};
  FunctionPatch patch;
  read_configuration(reader, document, patch);
  patch.revision_id = reader.string("RevisionId");
  const auto layers = reader.string_list("Layers");
  if (auto error = reader.error()) return *std::move(error);
  if (auto error = check_values(patch)) return *std::move(error);
  if (auto error = check_layers(layers)) return *std::move(error);
  return patch;
}

OrError<FunctionPatch> parse_put_concurrency(std::string_view body) {
  auto parsed = parse_body(body);
  if (auto* error = std::get_if<AwsError>(&parsed)) return std::move(*error);
  BodyReader reader{std::get<Json>(parsed)};
  FunctionPatch patch;
  constexpr const char* kMember = "ReservedConcurrentExecutions";
  reader.require(kMember);
  patch.reserved_concurrency = reader.integer(kMember);
  reader.at_least(kMember, patch.reserved_concurrency, 0);
  if (auto error = reader.error()) return *std::move(error);
  return patch;
}

OrError<FunctionPatch> parse_tag_resource(std::string_view body) {
  auto parsed = parse_body(body);
  if (auto* error = std::get_if<AwsError>(&parsed)) return std::move(*error);
  BodyReader reader{std::get<Json>(parsed)};
  FunctionPatch patch;
  reader.require("Tags");
  patch.tags = reader.string_map("Tags");
  if (auto error = reader.error()) return *std::move(error);
  if (patch.tags->empty()) {
    return invalid_parameter("An error occurred and the request cannot be processed.");
  }
  return patch;
}

void apply_configuration(const FunctionPatch& patch, store::StoredFunction& function) {
  FunctionDefinition& definition = function.definition;
  if (patch.runtime) definition.runtime = *patch.runtime;
  if (patch.handler) definition.handler = *patch.handler;
  if (patch.role) definition.role = *patch.role;
  if (patch.description) definition.description = *patch.description;
  if (patch.architecture) definition.architecture = *patch.architecture;
  if (patch.timeout_s) definition.timeout_s = *patch.timeout_s;
  if (patch.memory_mb) definition.memory_mb = *patch.memory_mb;
  if (patch.ephemeral_mb) definition.ephemeral_mb = *patch.ephemeral_mb;
  if (patch.environment) definition.environment = *patch.environment;
  if (patch.settings == "{}") return;
  Json settings = Json::parse(function.settings, nullptr, false);
  if (!settings.is_object()) settings = Json::object();
  settings.update(Json::parse(patch.settings));
  function.settings = settings.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace lambdarium::aws
