// What the commands that read a trace share: opening it, and telling people what was wrong.

#pragma once

#include <memory>
#include <string_view>

#include "emulator/main/context.h"
#include "emulator/main/trace_command.h"
#include "models/base/result.h"
#include "traces/formats/trace_source.h"

namespace lambdarium::commands {

// Checks the numbers and opens the trace. Broken rows are told on stderr, unless quiet.
Result<std::unique_ptr<traces::TraceSource>> open_trace_input(const TraceInput& input,
                                                              const Context& context);

// Seconds as they come from the command line. The error names the option.
Result<Duration> checked_seconds(std::string_view option, double seconds);

// Prints the error on stderr and returns the exit code for it: the user's input, or the run.
int report_failure(std::string_view command, const Error& error);

}  // namespace lambdarium::commands
