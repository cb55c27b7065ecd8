// `lambdarium simulate`: a configuration, or a trace with the defaults, in virtual time.
//
// On failure: 2 when configuration, options or trace are wrong, with a line for each mistake; 1
// when a file could not be read or written to its end.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "emulator/main/context.h"

namespace lambdarium::commands {

struct SimulateOptions {
  std::string config;             // --config FILE, YAML or JSON
  std::string trace;              // --trace FILE
  std::string format;             // --format, "" tells it from the header
  std::string functions;          // --functions FILE
  std::string spread;             // --spread: how a minute's count is placed inside it
  std::vector<std::string> sets;  // --set key=value
  std::string out;                // --out RUN.sqlite
  std::optional<double> warmup_s;
  bool strict = false;  // broken trace rows are fatal
};

int run_simulate(const SimulateOptions& options, const Context& context);

}  // namespace lambdarium::commands
