#include "runtime-api/sandbox/command.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <map>

#include <fmt/format.h>

#include "runtime-api/protocol/error_payload.h"
#include "runtime-api/sandbox/interpreters.h"

namespace lambdarium::sandbox {
namespace {

constexpr std::string_view kWrapperVariable = "AWS_LAMBDA_EXEC_WRAPPER";
constexpr std::string_view kOptBootstrap = "/opt/bootstrap";

// Names that begin with an underscore are reserved as well.
constexpr std::array<std::string_view, 17> kReserved{
    "AWS_ACCESS_KEY",
    "AWS_ACCESS_KEY_ID",
    "AWS_DEFAULT_REGION",
    "AWS_EXECUTION_ENV",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_INITIALIZATION_TYPE",
    "AWS_LAMBDA_LOG_GROUP_NAME",
    "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_LAMBDA_MAX_CONCURRENCY",
    "AWS_LAMBDA_RUNTIME_API",
    "AWS_REGION",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "LAMBDA_RUNTIME_DIR",
    "LAMBDA_TASK_ROOT",
};

using Variables = std::map<std::string, std::string, std::less<>>;

bool is_regular(const std::string& file) {
  struct stat facts {};
  return stat(file.c_str(), &facts) == 0 && S_ISREG(facts.st_mode);
}

// Puts the interpreter's folder in front, so that what the handler starts by name is the same
// interpreter.
std::string search_path(const CommandInputs& inputs) {
  std::string path = "/usr/local/bin:/usr/bin/:/bin:/opt/bin";
  if (inputs.runtime.family == RuntimeFamily::kProvided) return path;
  path = "/var/lang/bin:" + path;
  const std::string& program = inputs.interpreter.program;
  const std::string folder = program.substr(0, program.rfind('/'));
  const bool known = folder == "/usr/local/bin" || folder == "/usr/bin" || folder == "/bin";
  return known || folder.empty() ? path : folder + ':' + path;
}

void add_language_variables(const CommandInputs& inputs, Variables& variables) {
  if (inputs.runtime.family == RuntimeFamily::kProvided) return;
  const std::string& root = inputs.environment.function.code_directory;
  variables["AWS_EXECUTION_ENV"] = "AWS_Lambda_" + inputs.environment.function.runtime;
  variables["SHLVL"] = "0";
  variables["LC_CTYPE"] = "C.UTF-8";
  if (inputs.runtime.family == RuntimeFamily::kPython) {
    variables["PYTHONPATH"] = "/var/runtime";
  } else {
    variables["NODE_PATH"] = fmt::format(
        "/opt/nodejs/node{}/node_modules:/opt/nodejs/node_modules:/var/runtime/node_modules:"
        "/var/runtime:{}",
        inputs.runtime.version, root);
  }
}

}  // namespace

bool is_reserved_variable(std::string_view name) {
  return name.starts_with('_') ||
         std::find(kReserved.begin(), kReserved.end(), name) != kReserved.end();
}

bool build_command(const CommandInputs& inputs, std::vector<std::string>& command,
                   CommandFault& fault) {
  const FunctionDefinition& function = inputs.environment.function;
  struct stat facts {};
  if (stat(function.code_directory.c_str(), &facts) != 0 || !S_ISDIR(facts.st_mode)) {
    fault = {std::string{runtime_api::kInvalidWorkingDir},
             fmt::format("chdir {}: no such file or directory", function.code_directory)};
    return false;
  }
  command.clear();
  if (inputs.runtime.family == RuntimeFamily::kProvided) {
    // AWS: the deployment package first, then the layers.
    const std::string own = function.code_directory + "/bootstrap";
    const std::string chosen = is_regular(own) ? own : std::string{kOptBootstrap};
    if (!is_regular(chosen)) {
      fault = {std::string{runtime_api::kInvalidEntrypoint},
               runtime_api::missing_bootstrap_message(fmt::format("{} {}", own, kOptBootstrap))};
      return false;
    }
    if (access(chosen.c_str(), X_OK) != 0) {
      fault = {std::string{runtime_api::kInvalidEntrypoint},
               fmt::format("fork/exec {}: permission denied", chosen)};
      return false;
    }
    command.push_back(chosen);
    return true;
  }
  const auto wrapper = function.environment.find(std::string{kWrapperVariable});
  if (wrapper != function.environment.end() && !wrapper->second.empty()) {
    command.push_back(wrapper->second);
  }
  command.push_back(inputs.interpreter.program);
  if (inputs.runtime.family == RuntimeFamily::kPython) {
    // Compiled modules go to a folder of ours: the code's own is read-only on the service, and
    // watched for changes here.
    command.insert(command.end(), {"-X", "pycache_prefix=" + inputs.python_cache});
  }
  command.push_back(inputs.bootstrap_file);
  return true;
}

std::vector<std::string> build_variables(const CommandInputs& inputs) {
  const EnvironmentOptions& options = inputs.environment;
  const FunctionDefinition& function = options.function;
  const std::string& root = function.code_directory;
  const bool provided = inputs.runtime.family == RuntimeFamily::kProvided;

  // What a function may override…
  Variables variables{
      {"LANG", "en_US.UTF-8"},
      {"PATH", search_path(inputs)},
      {"LD_LIBRARY_PATH",
       fmt::format("{}/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:{}:{}/lib:/opt/lib",
                   provided ? "" : "/var/lang/lib:", root, root)},
      {"TZ", ":UTC"},
      {"TMPDIR", inputs.tmp_directory},
      {"PWD", root},
      {"AWS_XRAY_CONTEXT_MISSING", "LOG_ERROR"},
      {"AWS_XRAY_DAEMON_ADDRESS", "127.0.0.1:2000"},
  };
  if (function.logging.json) {
    variables["AWS_LAMBDA_LOG_FORMAT"] = "JSON";
    variables["AWS_LAMBDA_LOG_LEVEL"] = function.logging.application_level;
  }
  add_language_variables(inputs, variables);
  for (const auto& [name, value] : function.environment) {
    // A NUL would end the variable, and an empty or odd name confuse whoever reads them.
    if (is_reserved_variable(name) || name.empty() || name.find('=') != std::string::npos ||
        name.find('\0') != std::string::npos || value.find('\0') != std::string::npos) {
      continue;
    }
    variables[name] = value;
  }
  // …and what it may not.
  if (!provided) variables["AWS_EXECUTION_ENV"] = "AWS_Lambda_" + function.runtime;
  variables["_HANDLER"] = function.handler;
  variables["AWS_REGION"] = inputs.sandbox.region;
  variables["AWS_DEFAULT_REGION"] = inputs.sandbox.region;
  variables["AWS_LAMBDA_FUNCTION_NAME"] = function.name;
  variables["AWS_LAMBDA_FUNCTION_VERSION"] = options.version;
  variables["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] = std::to_string(function.memory_mb);
  variables["AWS_LAMBDA_INITIALIZATION_TYPE"] = options.initialization_type;
  variables["AWS_LAMBDA_LOG_GROUP_NAME"] = options.log_group;
  variables["AWS_LAMBDA_LOG_STREAM_NAME"] = options.log_stream;
  variables["AWS_ACCESS_KEY_ID"] = inputs.sandbox.access_key_id;
  variables["AWS_SECRET_ACCESS_KEY"] = inputs.sandbox.secret_access_key;
  variables["AWS_SESSION_TOKEN"] = inputs.sandbox.session_token;
  variables["AWS_LAMBDA_RUNTIME_API"] = fmt::format("127.0.0.1:{}", inputs.port);
  variables["LAMBDA_TASK_ROOT"] = root;
  variables["LAMBDA_RUNTIME_DIR"] = "/var/runtime";
  variables["_AWS_XRAY_DAEMON_ADDRESS"] = "127.0.0.1";
  variables["_AWS_XRAY_DAEMON_PORT"] = "2000";

  std::vector<std::string> lines;
  lines.reserve(variables.size());
  for (const auto& [name, value] : variables) lines.push_back(name + '=' + value);
  return lines;
}

}  // namespace lambdarium::sandbox
