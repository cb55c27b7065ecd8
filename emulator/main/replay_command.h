// `lambdarium replay`: a trace in real time, open loop, against a live endpoint.
//
// At --speed X arrivals and durations are both divided by X, so that as many calls overlap as in
// the trace; with
// --keep-durations only the arrivals are. A second Ctrl-C is not needed: the first gives up what is
// under way and reports.
//
// Returns 0 when calls were answered (also with errors among them: they are counted), 1 when none
// was or the trace failed, 2 for wrong input.

#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "emulator/main/context.h"
#include "emulator/main/trace_command.h"

namespace lambdarium::commands {

struct ReplayOptions {
  TraceInput
      input;  // --trace, --format, --functions, --strict, --spread, --start, --duration, --limit
  std::string
      target;  // --target: a URL or a function's name, with {function}; empty: each by its own name
  std::string endpoint_url = "http://127.0.0.1:3001";  // --endpoint-url
  double speed = 1;                                    // --speed
  bool keep_durations = false;                         // --keep-durations
  double timeout_s = 960;                              // --timeout of one call
  std::string out;                                     // --out RUN.sqlite, or empty
};

int run_replay(const ReplayOptions& options, const Context& context);

}  // namespace lambdarium::commands
