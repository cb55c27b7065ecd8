// The twin check of a recorded run: its decisions, taken once more by a fresh fleet.

#pragma once

#include <string>

#include "emulator/simulated/twin.h"
#include "models/base/result.h"

namespace lambdarium::labs {

// kInvalidInput: the file is no run, or holds no decisions. kUnavailable: rows were dropped while
// it was recorded, so that it cannot be compared.
Result<simulated::Twin> decide_again(const std::string& run);

// "identical (12 decisions after 10 events)", or what differs first.
std::string verdict(const simulated::Twin& twin);

}  // namespace lambdarium::labs
