// A simulation's result for machines and for people.
//
// Everything but the two wall-clock figures depends on the configuration, the seed and the workload
// alone, to the byte.

#pragma once

#include <string>

#include "emulator/simulated/result.h"

namespace lambdarium::simulated {

// One JSON document in the form of docs: `simulate --json`. Money is a decimal string.
std::string to_json(const SimulationResult& result, double wall_s);

struct TextOptions {
  std::size_t functions_max = 10;  // the busiest; the rest is counted
  bool choices = true;             // every choice of the configuration, one a line
};
// Aligned tables.
std::string to_text(const SimulationResult& result, double wall_s, const TextOptions& options = {});

// Exact to fifteen decimals, at least nine are shown: "0.000000000".
std::string money(const billing::Decimal& amount);

}  // namespace lambdarium::simulated
