// The lab first-steps: the main job of the program, end to end.

#pragma once

#include "emulator/labs/lab.h"

namespace lambdarium::labs {

Result<LabResult> run_first_steps(const LabOptions& options, LabConsole& console);

}  // namespace lambdarium::labs
