// `lambdarium lab`: experiments that run as they stand.
//
// On failure: 1 when the lab could not run, or what it expects was not seen; 2 when the input is
// wrong.

#pragma once

#include <string>

#include "emulator/main/context.h"

namespace lambdarium::commands {

struct LabListOptions {};
struct LabShowOptions {
  std::string name;
};
struct LabRunOptions {
  std::string name;
  bool quick = false;
  std::string out;  // empty: .lambdarium/labs/<name>
  std::string trace;
  std::string format;
  std::string functions;
  std::string examples;  // empty: found beside the program or its build folder
};

int run_lab_list(const LabListOptions& options, const Context& context);
int run_lab_show(const LabShowOptions& options, const Context& context);
int run_lab(const LabRunOptions& options, const Context& context);

}  // namespace lambdarium::commands
