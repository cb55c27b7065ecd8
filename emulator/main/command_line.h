// The command line: global options, subcommands, help, and exit codes.
//
// CLI11 is a heavy header, so it is known to this folder's command_line.cc and options_*.cc alone.
// A command itself is a plain function of its options and the Context in x_command.h.

#pragma once

namespace lambdarium::commands {

// Parses the arguments, runs the command they name, and returns the program's exit code: 0 done, 1
// the run failed, 2 the arguments or the user's files were wrong. Help goes to stdout, what was
// wrong goes to stderr.
int run_command_line(int argc, const char* const* argv);

}  // namespace lambdarium::commands
