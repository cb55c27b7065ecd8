// What `doctor` finds out about the machine, as values: looking is kept apart from printing.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace lambdarium::commands {

enum class Finding : std::uint8_t {
  kHere,     // all right
  kLimited,  // works, with less than it could
  kMissing,  // an optional part is not there
};

struct Fact {
  std::string name;  // gpu, cgroups, python, …
  Finding finding = Finding::kHere;
  std::string value;    // what was found: a version, a count
  std::string meaning;  // what that means for the user, and what would change it
};

std::string_view to_string(Finding finding);

// Looks at everything. Takes a second or two: programs are asked for their versions, and the GPU
// worker is run.
std::vector<Fact> look_at_machine();

// The first run of digits and dots in a program's answer to --version: "Python 3.11.2" gives
// "3.11.2"; empty when there is none.
std::string version_in(std::string_view text);

}  // namespace lambdarium::commands
