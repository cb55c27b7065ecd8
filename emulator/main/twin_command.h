// `lambdarium twin RUN.sqlite`: decides a recorded run again, in a fresh fleet, and compares
// decision by decision.
//
// On failure: 1 when a decision differs or the record is incomplete, 2 when the file is no run.

#pragma once

#include <string>

#include "emulator/main/context.h"

namespace lambdarium::commands {

struct TwinOptions {
  std::string run;
};

int run_twin(const TwinOptions& options, const Context& context);

}  // namespace lambdarium::commands
