#include "emulator/store/function_rows.h"

#include <nlohmann/json.hpp>

namespace lambdarium::store {
namespace {

using nlohmann::json;

std::string to_json(const std::map<std::string, std::string>& map) {
  // Bytes that are no UTF-8 would make dump() throw; AWS allows none either.
  return json(map).dump(-1, ' ', false, json::error_handler_t::replace);
}

std::map<std::string, std::string> map_from_json(const std::string& text) {
  std::map<std::string, std::string> map;
  const json parsed = json::parse(text, nullptr, false);
  if (!parsed.is_object()) return map;
  for (const auto& [key, value] : parsed.items()) {
    if (value.is_string()) map[key] = value.get<std::string>();
  }
  return map;
}

std::string_view origin_name(FunctionOrigin origin) {
  return origin == FunctionOrigin::kTemplate ? "template" : "api";
}

}  // namespace

const std::string_view kFunctionColumns =
    "name, version, origin, runtime, handler, role, description, architecture, memory_mb, "
    "timeout_s, ephemeral_mb, reserved_concurrency, environment_concurrency, environment, tags, "
    "code_directory, package, code_sha256, code_size, last_modified, revision_id, state, "
    "state_reason, state_reason_code, last_update_status, last_update_status_reason, "
    "last_update_status_reason_code, settings";
const std::string_view kFunctionPlaces =
    "?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?";

Result<bool> run_to_end(Statement& statement) {
  bool any = false;
  for (;;) {
    LAM_TRY(const bool row, statement.step());
    if (!row) break;
    any = true;
  }
  statement.reset();
  return any;
}

Result<bool> write_function(Statement& statement, const StoredFunction& function) {
  const FunctionDefinition& definition = function.definition;
  const std::string environment = to_json(definition.environment);
  const std::string tags = to_json(definition.tags);
  int column = 0;
  const auto text = [&](std::string_view value) { statement.bind(++column, value); };
  const auto number = [&](std::int64_t value) { statement.bind(++column, value); };
  text(definition.name);
  text(function.version);
  text(origin_name(function.origin));
  text(definition.runtime);
  text(definition.handler);
  text(definition.role);
  text(definition.description);
  text(definition.architecture);
  number(definition.memory_mb);
  number(definition.timeout_s);
  number(definition.ephemeral_mb);
  if (definition.reserved_concurrency) {
    number(*definition.reserved_concurrency);
  } else {
    statement.bind_null(++column);
  }
  number(definition.environment_concurrency);
  text(environment);
  text(tags);
  text(definition.code_directory);
  text(function.package);
  text(function.code_sha256);
  number(function.code_size);
  text(function.last_modified);
  text(function.revision_id);
  text(function.state);
  text(function.state_reason);
  text(function.state_reason_code);
  text(function.last_update_status);
  text(function.last_update_status_reason);
  text(function.last_update_status_reason_code);
  text(function.settings);
  return run_to_end(statement);
}

StoredFunction read_function(const Statement& row, const std::filesystem::path& packages) {
  StoredFunction function;
  FunctionDefinition& definition = function.definition;
  int column = 0;
  const auto text = [&] { return row.text(column++); };
  const auto number = [&] { return row.integer(column++); };
  definition.name = text();
  function.version = text();
  function.origin = text() == "template" ? FunctionOrigin::kTemplate : FunctionOrigin::kApi;
  definition.runtime = text();
  definition.handler = text();
  definition.role = text();
  definition.description = text();
  definition.architecture = text();
  definition.memory_mb = number();
  definition.timeout_s = number();
  definition.ephemeral_mb = number();
  if (!row.is_null(column)) definition.reserved_concurrency = row.integer(column);
  ++column;
  definition.environment_concurrency = number();
  definition.environment = map_from_json(text());
  definition.tags = map_from_json(text());
  definition.code_directory = text();
  function.package = text();
  function.code_sha256 = text();
  function.code_size = number();
  function.last_modified = text();
  function.revision_id = text();
  function.state = text();
  function.state_reason = text();
  function.state_reason_code = text();
  function.last_update_status = text();
  function.last_update_status_reason = text();
  function.last_update_status_reason_code = text();
  function.settings = text();
  if (!function.package.empty()) {
    definition.code_directory = (packages / function.package).string();
  }
  return function;
}

}  // namespace lambdarium::store
