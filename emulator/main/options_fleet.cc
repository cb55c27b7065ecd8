// The options of the commands that decide, compare and price without a live emulator.

#include <CLI/CLI.hpp>

#include "emulator/main/bill_command.h"
#include "emulator/main/on_chosen.h"
#include "emulator/main/registration.h"
#include "emulator/main/simulate_command.h"
#include "emulator/main/twin_command.h"

namespace lambdarium::commands {
namespace {

void add_simulate(CLI::App& root, Chosen& chosen) {
  CLI::App* app = root.add_subcommand(
      "simulate", "Run a configuration or a trace in virtual time, and price it");
  const auto options = on_chosen(*app, chosen, &run_simulate);
  app->add_option("--config", options->config, "Configuration, YAML or JSON (default: defaults)")
      ->type_name("FILE");
  app->add_option("--trace", options->trace, "Trace to simulate, instead of the configuration's")
      ->type_name("FILE");
  app->add_option("--format", options->format,
                  "Format of the trace: simple, azure-2021 or azure-2019 (default: told from the "
                  "header)")
      ->type_name("NAME");
  app->add_option("--functions", options->functions,
                  "Second file of a simple trace, with memory and cold starts (default: none)")
      ->type_name("FILE");
  app->add_option("--spread", options->spread,
                  "How the calls of a minute lie in it: uniform, poisson or equidistant (default: "
                  "uniform)")
      ->type_name("NAME");
  app->add_option("--set", options->sets,
                  "Change one key of the configuration: --set policies.keep_alive.ttl_s=60; may be "
                  "given many times")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
  app->add_option("--out", options->out, "Write the run as SQLite (default: not written)")
      ->type_name("FILE");
  app->add_option("--warmup", options->warmup_s,
                  "Leave so many seconds at the start out of every figure (default: the "
                  "configuration's, 0)")
      ->type_name("SECONDS");
  app->add_flag("--strict", options->strict,
                "A broken row of the trace ends the run (default: counted, reported)");
}

void add_twin(CLI::App& root, Chosen& chosen) {
  CLI::App* app = root.add_subcommand(
      "twin", "Decide a recorded run of the emulator again, and compare decision by decision");
  const auto options = on_chosen(*app, chosen, &run_twin);
  app->add_option("run", options->run, "The recorded run: serve --record wrote it")
      ->type_name("RUN.sqlite")
      ->required();
}

void add_bill(CLI::App& root, Chosen& chosen) {
  CLI::App* app = root.add_subcommand("bill", "Price usage: cases from a file, or a recorded run");
  const auto options = on_chosen(*app, chosen, &run_bill);
  auto* usage = app->add_option("--usage", options->usage,
                                "Usage cases, JSON; - for standard input (default: none)")
                    ->type_name("FILE");
  app->add_option("--run", options->run, "A recorded run (default: none)")
      ->type_name("RUN.sqlite")
      ->excludes(usage);
  app->add_option("--catalog", options->catalog,
                  "Price catalogue: a file, or a built-in name (default: the run's own, else "
                  "aws-us-east-1)")
      ->type_name("FILE|NAME");
  app->add_option("--as-of", options->as_of,
                  "Prices of that day, YYYY-MM-DD (default: the run's own, else the newest)")
      ->type_name("DATE");
}

}  // namespace

void add_fleet_commands(CLI::App& app, Chosen& chosen) {
  add_simulate(app, chosen);
  add_twin(app, chosen);
  add_bill(app, chosen);
}

}  // namespace lambdarium::commands
