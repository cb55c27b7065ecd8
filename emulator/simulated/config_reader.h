// From YAML or JSON, --set and the command line to a SimulationConfig. All mistakes are found in
// one go: the Error's message has a line for each, "file:line:column: what is wrong, with the
// value, and what would be right".
//
// Thread: any. On failure: kInvalidInput.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "emulator/simulated/config.h"
#include "emulator/simulated/config_node.h"

namespace lambdarium::simulated {

struct ConfigSources {
  std::string file = {};               // --config, "" for none
  std::vector<std::string> sets = {};  // --set key=value, applied in order on top of the file
};

// What the command line says beside --config and --set; it wins over both.
struct CommandLineOverrides {
  std::string trace = {};
  std::string format = {};
  std::string functions = {};
  std::string spread = {};
  std::optional<std::uint64_t> seed = {};
  std::optional<double> warmup_s = {};
  bool strict = false;
};

Result<SimulationConfig> read_simulation_config(const ConfigSources& sources,
                                                const CommandLineOverrides& overrides = {});

// The keys `platform`, `policies`, `gpu` and `billing`, for the emulator. A whole simulation
// configuration is accepted, and checked; what it says about workload and run is left out.
Result<PlatformConfig> read_platform_config(const ConfigSources& sources);

// One Error of many, a line each; "many" is at least one.
Error join_errors(const std::vector<Error>& errors);

// workload.functions[] and workload.defaults (workload_reader.cc).
WorkloadConfig read_workload(const ConfigNode* node, std::vector<Error>& errors);

}  // namespace lambdarium::simulated
