#include "emulator/labs/lab.h"

#include <algorithm>

#include "emulator/labs/first_steps.h"
#include "models/base/nearest.h"

namespace lambdarium::labs {
namespace {

constexpr Lab kLabs[] = {
    {"first-steps", "A real emulator, a trace, and its twin in virtual time",
     "Starts the emulator with examples/first-steps (a Python, a Node and a C++ function behind\n"
     "routes), calls each through the AWS endpoint and through HTTP, then replays a trace against "
     "it\n"
     "in real time: two minutes, or the trace given with --trace, at the speed that keeps the run\n"
     "short. The same trace is simulated in virtual time by the same decision code, with the cold\n"
     "starts that were just measured. Both are priced, and the recorded run is decided again.\n"
     "\n"
     "What to see: counts agree, cold starts agree but for requests that arrive within a start's\n"
     "length of each other, percentiles differ by what the machine adds, and the twin says "
     "identical.",
     &run_first_steps},
};

}  // namespace

bool LabResult::passed() const {
  return std::all_of(checks.begin(), checks.end(),
                     [](const LabCheck& check) { return check.seen; });
}

std::span<const Lab> all_labs() {
  return kLabs;
}

Result<const Lab*> find_lab(std::string_view name) {
  std::vector<std::string_view> names;
  for (const Lab& lab : kLabs) {
    if (lab.name == name) return &lab;
    names.push_back(lab.name);
  }
  return invalid_input(unknown_name_message("lab", name, names));
}

}  // namespace lambdarium::labs
