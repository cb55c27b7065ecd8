// Names of a trace's functions: short enough to read, still one for each.
//
// Thread: any.

#pragma once

#include <string>
#include <utility>
#include <vector>

namespace lambdarium::traces {

struct FunctionKey {
  std::string app;
  std::string function;
};

// "app/function" for each key; just "function" where both are the same. Hashes (32 hexadecimal
// digits and more) are cut to their first 8 digits, or to as many as keep all names apart; a name
// that still occurs twice gets "#2", "#3", ….
std::vector<std::string> short_names(const std::vector<FunctionKey>& keys);

}  // namespace lambdarium::traces
