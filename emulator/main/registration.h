// How a subcommand joins the command line: one function here for each group of commands, one
// options_*.cc behind each.

#pragma once

#include "emulator/main/context.h"
#include "models/base/unique_function.h"

namespace CLI {
class App;
}

namespace lambdarium::commands {

// The command that the arguments chose. A subcommand's callback sets `run`; it is called after the
// whole line was parsed, when the global options are known.
struct Chosen {
  UniqueFunction<int(const Context&)> run;
};

// Each adds its subcommands to `app`; `chosen` outlives the parsing.
void add_serve_commands(CLI::App& app, Chosen& chosen);    // serve, invoke
void add_fleet_commands(CLI::App& app, Chosen& chosen);    // simulate, twin, bill
void add_lab_commands(CLI::App& app, Chosen& chosen);      // lab
void add_trace_commands(CLI::App& app, Chosen& chosen);    // trace, replay
void add_machine_commands(CLI::App& app, Chosen& chosen);  // gpu, doctor

}  // namespace lambdarium::commands
