// Ties a subcommand to its function. Private to options_*.cc, which know CLI11.

#pragma once

#include <CLI/CLI.hpp>
#include <memory>

#include "emulator/main/registration.h"

namespace lambdarium::commands {

// Makes the options of a command, which live as long as the parser, and runs `run` on them when the
// arguments chose it.
template <class Options>
std::shared_ptr<Options> on_chosen(CLI::App& app, Chosen& chosen,
                                   int (*run)(const Options&, const Context&)) {
  auto options = std::make_shared<Options>();
  app.callback([&chosen, options, run] {
    chosen.run = [options, run](const Context& context) { return run(*options, context); };
  });
  return options;
}

}  // namespace lambdarium::commands
