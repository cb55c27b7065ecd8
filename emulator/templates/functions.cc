// AWS::Serverless::Function.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <system_error>

#include "emulator/templates/loader.h"
#include "emulator/templates/schema.h"

namespace lambdarium::templates {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kNameBytesMax = 64;
constexpr std::size_t kDescriptionBytesMax = 256;
constexpr std::size_t kHandlerBytesMax = 128;
constexpr std::int64_t kReservedMax = 1'000'000;

bool is_word(std::string_view text, std::string_view others) {
  return std::all_of(text.begin(), text.end(), [others](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           others.find(c) != std::string_view::npos;
  });
}

bool is_letter(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

// AWS: a letter, then at least one letter, digit or underscore.
bool is_variable_name(std::string_view name) {
  return name.size() >= 2 && is_letter(name.front()) && is_word(name, "_");
}

bool is_role_arn(std::string_view text) {
  if (!text.starts_with("arn:aws")) return false;
  const std::size_t iam = text.find(":iam::");
  const std::size_t role = text.find(":role/");
  return iam != std::string_view::npos && role != std::string_view::npos && role == iam + 18;
}

}  // namespace

void Loader::read_function(const Resource& resource) {
  Function function;
  function.logical_id = resource.logical_id;
  FunctionDefinition& definition = function.definition;
  definition.where = diagnostics_.mark(resource.where);
  definition.name = resource.logical_id;

  const NodePtr properties = resolver_.resolve(with_globals(function_globals_, resource));
  values_.check_keys(*resource.properties, "property of AWS::Serverless::Function",
                     schema::kFunction);
  for (const Field& field : properties->fields) {
    if (field.value->kind != Node::Kind::kInvalid) read_property(field, function);
  }
  function.served = read_package_type(*properties, resource);
  if (function.served) read_code(*properties, resource, function);

  const auto [first, fresh] = names_.try_emplace(definition.name, resource.where);
  if (!fresh) {
    diagnostics_.error(resource.where,
                       fmt::format("the function name '{}' is taken by the function on line {}",
                                   shown(definition.name), first->second.line));
  }
  functions_.push_back(std::move(function));
}

void Loader::read_property(const Field& field, Function& function) {
  using Reader = void (Loader::*)(const Field&, Function&);
  static const std::map<std::string_view, Reader> readers{
      {"FunctionName", &Loader::read_name},
      {"Runtime", &Loader::read_runtime},
      {"Role", &Loader::read_role},
      {"Architectures", &Loader::read_architectures},
      {"Environment", &Loader::read_environment},
      {"EphemeralStorage", &Loader::read_ephemeral_storage},
      {"LoggingConfig", &Loader::read_logging},
      {"FunctionUrlConfig", &Loader::read_function_url},
  };
  // These are read together, once all properties are known.
  static const std::set<std::string_view> later{"PackageType", "CodeUri", "InlineCode", "ImageUri",
                                                "ImageConfig"};
  FunctionDefinition& definition = function.definition;
  const auto bounded_text = [&](std::string& out, std::size_t max) {
    const auto text = values_.text(field);
    if (!text) return;
    if (text->size() > max) {
      diagnostics_.error(
          field.value->where,
          fmt::format("{} is {} bytes long; at most {} are allowed", field.key, text->size(), max));
    }
    out = *text;
  };
  if (const auto reader = readers.find(field.key); reader != readers.end()) {
    (this->*reader->second)(field, function);
  } else if (field.key == "Handler") {
    bounded_text(definition.handler, kHandlerBytesMax);
  } else if (field.key == "Description") {
    bounded_text(definition.description, kDescriptionBytesMax);
  } else if (field.key == "MemorySize") {
    definition.memory_mb =
        values_.integer(field, kMemoryMbMin, kMemoryMbMax, "MB").value_or(definition.memory_mb);
  } else if (field.key == "Timeout") {
    definition.timeout_s =
        values_.integer(field, 1, kTimeoutSecondsMax, "seconds").value_or(definition.timeout_s);
  } else if (field.key == "ReservedConcurrentExecutions") {
    definition.reserved_concurrency = values_.integer(field, 0, kReservedMax, "");
  } else if (field.key == "Tags") {
    definition.tags = values_.text_map(field);
  } else if (field.key == "Events") {
    if (values_.map(field) != nullptr) function.events = field.value;
  } else if (!later.contains(field.key)) {
    const auto& known = schema::kFunction;
    if (std::find(known.begin(), known.end(), field.key) != known.end()) {
      note_unserved(field, "AWS::Serverless::Function");
    }
  }
}

void Loader::read_name(const Field& field, Function& function) {
  const auto name = values_.text(field);
  if (!name) return;
  if (name->empty() || name->size() > kNameBytesMax || !is_word(*name, "-_")) {
    diagnostics_.error(field.value->where,
                       fmt::format("FunctionName '{}' must be 1 to {} letters, digits, '-' and '_'",
                                   shown(*name), kNameBytesMax));
    return;
  }
  function.definition.name = *name;
}

void Loader::read_runtime(const Field& field, Function& function) {
  const auto name = values_.text(field);
  if (!name) return;
  if (const auto runtime = parse_runtime(shown(*name)); !runtime.ok()) {
    diagnostics_.error(field.value->where, runtime.error().message);
    return;
  }
  function.definition.runtime = *name;
}

void Loader::read_role(const Field& field, Function& function) {
  const auto role = values_.text(field);
  if (!role) return;
  if (is_role_arn(*role)) {
    function.definition.role = *role;
  } else {
    diagnostics_.note(field.where, fmt::format("Role '{}' is no role's ARN; '{}' is shown instead",
                                               shown(*role), function.definition.role));
  }
}

void Loader::read_architectures(const Field& field, Function& function) {
  const Node* list = values_.list(field);
  if (list == nullptr) return;
  if (list->items.size() != 1) {
    diagnostics_.error(
        field.where,
        fmt::format("Architectures has {} items; exactly one is allowed", list->items.size()));
    return;
  }
  const std::vector<std::string> names = values_.text_list(field);
  if (names.empty()) return;
  const auto& known = schema::kArchitectures;
  if (std::find(known.begin(), known.end(), names[0]) == known.end()) {
    values_.unknown(list->items[0]->where, "architecture", names[0], known);
    return;
  }
  function.definition.architecture = names[0];
}

void Loader::read_logging(const Field& field, Function& function) {
  constexpr std::array<std::string_view, 4> kKeys{"LogFormat", "ApplicationLogLevel",
                                                  "SystemLogLevel", "LogGroup"};
  constexpr std::array<std::string_view, 2> kFormats{"Text", "JSON"};
  constexpr std::array<std::string_view, 6> kLevels{"TRACE", "DEBUG", "INFO",
                                                    "WARN",  "ERROR", "FATAL"};
  constexpr std::array<std::string_view, 3> kSystemLevels{"DEBUG", "INFO", "WARN"};
  const Node* config = values_.map(field);
  if (config == nullptr) return;
  values_.check_keys(*config, "key of LoggingConfig", kKeys);
  LoggingSettings& logging = function.definition.logging;
  const auto choice = [&](std::string_view key, std::span<const std::string_view> known,
                          std::string& into) {
    const Field* entry = config->find(key);
    const auto text = entry == nullptr ? std::nullopt : values_.text(*entry);
    if (!text) return;
    if (std::find(known.begin(), known.end(), *text) == known.end()) {
      values_.unknown(entry->value->where, key, *text, known);
    } else {
      into = *text;
    }
  };
  std::string format;
  choice("LogFormat", kFormats, format);
  logging.json = format == "JSON";
  choice("ApplicationLogLevel", kLevels, logging.application_level);
  choice("SystemLogLevel", kSystemLevels, logging.system_level);
  if (const Field* group = config->find("LogGroup"); group != nullptr) {
    logging.group = values_.text(*group).value_or("");
  }
}

void Loader::read_environment(const Field& field, Function& function) {
  constexpr std::array<std::string_view, 1> kKeys{"Variables"};
  const Node* environment = values_.map(field);
  if (environment == nullptr) return;
  values_.check_keys(*environment, "key of Environment", kKeys);
  const Field* variables = environment->find("Variables");
  if (variables == nullptr || values_.map(*variables) == nullptr) return;
  std::size_t bytes = 0;
  for (const Field& entry : variables->value->fields) {
    if (entry.value->kind == Node::Kind::kInvalid) continue;
    if (!is_variable_name(entry.key)) {
      diagnostics_.error(
          entry.where,
          fmt::format("the environment variable '{}' must start with a letter and go on "
                      "with letters, digits and '_'",
                      shown(entry.key)));
      continue;
    }
    const auto value = values_.text(entry);
    if (!value) continue;
    bytes += entry.key.size() + value->size();
    function.definition.environment[entry.key] = *value;
  }
  if (bytes > static_cast<std::size_t>(kEnvironmentVariableBytesMax)) {
    diagnostics_.error(
        variables->where,
        fmt::format("the environment variables of '{}' take {} bytes; at most {} are "
                    "allowed",
                    function.logical_id, bytes, kEnvironmentVariableBytesMax));
  }
}

void Loader::read_ephemeral_storage(const Field& field, Function& function) {
  constexpr std::array<std::string_view, 1> kKeys{"Size"};
  const Node* storage = values_.map(field);
  if (storage == nullptr) return;
  values_.check_keys(*storage, "key of EphemeralStorage", kKeys);
  const Field* size = storage->find("Size");
  if (size == nullptr) {
    diagnostics_.error(field.where, "EphemeralStorage has no Size");
    return;
  }
  function.definition.ephemeral_mb = values_.integer(*size, kEphemeralMbMin, kEphemeralMbMax, "MB")
                                         .value_or(function.definition.ephemeral_mb);
}

// --- the code

// False where the function is given in a way that is not served; a note says so.
bool Loader::read_package_type(const Node& properties, const Resource& resource) {
  constexpr std::array<std::string_view, 2> kTypes{"Zip", "Image"};
  if (const Field* type = properties.find("PackageType")) {
    const auto name = values_.text(*type);
    if (name && std::find(kTypes.begin(), kTypes.end(), *name) == kTypes.end()) {
      values_.unknown(type->value->where, "PackageType", *name, kTypes);
    }
    if (name && *name == "Image") {
      diagnostics_.note(
          type->where, fmt::format("the function '{}' is left out: container images are not served "
                                   "here yet",
                                   resource.logical_id));
      return false;
    }
  }
  for (const std::string_view key : {"InlineCode", "ImageUri"}) {
    const Field* field = properties.find(key);
    if (field == nullptr || properties.find("CodeUri") != nullptr) continue;
    diagnostics_.note(field->where,
                      fmt::format("the function '{}' is left out: {} is not served here "
                                  "yet; put the code into a folder and name it with "
                                  "CodeUri",
                                  resource.logical_id, key));
    return false;
  }
  return true;
}

void Loader::read_code(const Node& properties, const Resource& resource, Function& function) {
  for (const std::string_view key : {"Runtime", "Handler", "CodeUri"}) {
    if (properties.find(key) == nullptr) {
      diagnostics_.error(resource.where,
                         fmt::format("the function '{}' has no {}", resource.logical_id, key));
    }
  }
  const Field* uri = properties.find("CodeUri");
  if (uri == nullptr || uri->value->kind == Node::Kind::kInvalid) return;
  const bool in_bucket = uri->value->is_map() && uri->value->find("Bucket") != nullptr;
  std::string text;
  if (!in_bucket) {
    const auto given = values_.text(*uri);
    if (!given) return;
    text = *given;
  }
  if (in_bucket || text.starts_with("s3://")) {
    diagnostics_.note(uri->where,
                      fmt::format("the function '{}' is left out: its code is in a bucket, "
                                  "which is not reached from here",
                                  resource.logical_id));
    function.served = false;
    return;
  }
  if (find_code(*uri, text, function)) check_code(properties, resource, function);
}

// Sets code_directory; false where there is no folder to look into.
bool Loader::find_code(const Field& field, const std::string& text, Function& function) {
  const Position where = field.value->where;
  if (text.empty()) {
    diagnostics_.error(where, "CodeUri is empty");
    return false;
  }
  fs::path path = (folder_ / text).lexically_normal();
  if (!path.has_filename() && path.has_parent_path() && path != path.root_path()) {
    path = path.parent_path();
  }
  function.definition.code_directory = path.string();
  if (!options_.check_files) return false;
  std::error_code code;
  const fs::file_status status = fs::status(path, code);
  if (fs::is_directory(status)) return true;
  if (!fs::exists(status)) {
    diagnostics_.error(
        where,
        fmt::format(
            "CodeUri '{}': {} does not exist{}", shown(text), path.string(),
            function.definition.runtime.starts_with("provided") ? " (has it been built?)" : ""));
    return false;
  }
  if (!fs::is_regular_file(status) || !options_.unpack) {
    diagnostics_.error(where,
                       fmt::format("CodeUri '{}': {} is not a folder", shown(text), path.string()));
    return false;
  }
  const Result<fs::path> unpacked = options_.unpack(path);
  if (!unpacked.ok()) {
    diagnostics_.error(where,
                       fmt::format("CodeUri '{}': {}", shown(text), unpacked.error().message));
    return false;
  }
  function.definition.code_directory = unpacked->string();
  return true;
}

void Loader::check_code(const Node& properties, const Resource& resource,
                        const Function& function) {
  const FunctionDefinition& definition = function.definition;
  // What is missing altogether has been said.
  if (definition.runtime.empty() || definition.handler.empty()) return;
  const Status status = check_handler(definition);
  if (status.ok()) return;
  const bool provided = definition.runtime.starts_with("provided");
  const Field* blamed = properties.find(provided ? "CodeUri" : "Handler");
  const Position where = blamed == nullptr ? resource.where : blamed->value->where;
  // A layer may bring the handler; layers are not looked into.
  if (properties.find("Layers") != nullptr || definition.handler.starts_with("/opt/")) {
    diagnostics_.note(where, status.error().message);
  } else {
    diagnostics_.error(where, status.error().message);
  }
}

}  // namespace lambdarium::templates
