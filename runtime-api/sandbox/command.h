// What the processes of an environment are started with: the command line and the variables. Pure
// but for looking whether files exist. Private to this folder.

#pragma once

#include <string>
#include <vector>

#include "models/base/result.h"
#include "models/domain/function.h"
#include "runtime-api/sandbox/environment.h"
#include "runtime-api/sandbox/sandbox.h"

namespace lambdarium::sandbox {

struct CommandInputs {
  const SandboxOptions& sandbox;
  const EnvironmentOptions& environment;
  RuntimeName runtime;
  Interpreter interpreter;
  std::string bootstrap_file;  // empty for provided
  std::string python_cache;
  std::string tmp_directory;
  int port = 0;
};

// A problem of the function as the platform reports it.
struct CommandFault {
  std::string error_type;  // Runtime.InvalidEntrypoint, Runtime.InvalidWorkingDir
  std::string message;
};

// The program and its arguments, or why there is none; `fault` is filled in then.
bool build_command(const CommandInputs& inputs, std::vector<std::string>& command,
                   CommandFault& fault);

// All variables of the handler's process, as "NAME=value", sorted by name. Nothing of this
// process's environment is in it.
std::vector<std::string> build_variables(const CommandInputs& inputs);

// Whether a function's variable of that name is dropped because it belongs to the platform.
bool is_reserved_variable(std::string_view name);

}  // namespace lambdarium::sandbox
