// `lambdarium doctor`: what this machine has and lacks, and what that means. A report, not a test:
// a missing part is no failure, so the exit code is 0 whatever is found.

#pragma once

#include "emulator/main/context.h"

namespace lambdarium::commands {

struct DoctorOptions {};

int run_doctor(const DoctorOptions& options, const Context& context);

}  // namespace lambdarium::commands
