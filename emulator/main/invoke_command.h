// `lambdarium invoke FUNCTION`: one invocation through the AWS endpoint of a running emulator.
//
// On failure: 1 when the emulator cannot be reached, answers an error, or the function failed; 2
// when the options are wrong.

#pragma once

#include <string>

#include "emulator/main/context.h"

namespace lambdarium::commands {

struct InvokeOptions {
  std::string function;
  std::string data;  // JSON, @file, or - for standard input; empty: {}
  std::string qualifier;
  bool async = false;
  bool tail = false;
  std::string endpoint_url = "http://127.0.0.1:3001";
};

int run_invoke(const InvokeOptions& options, const Context& context);

}  // namespace lambdarium::commands
