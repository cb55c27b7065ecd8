// The options of `lab`.

#include <CLI/CLI.hpp>

#include "emulator/main/lab_command.h"
#include "emulator/main/on_chosen.h"
#include "emulator/main/registration.h"

namespace lambdarium::commands {

void add_lab_commands(CLI::App& root, Chosen& chosen) {
  CLI::App* lab = root.add_subcommand("lab", "Experiments that run as they stand");
  lab->require_subcommand(1, 1);
  on_chosen(*lab->add_subcommand("list", "Names and titles of the labs"), chosen, &run_lab_list);

  CLI::App* show = lab->add_subcommand("show", "What a lab does, and what to see in it");
  const auto shown = on_chosen(*show, chosen, &run_lab_show);
  show->add_option("NAME", shown->name, "The lab")->required()->type_name("NAME");

  CLI::App* run =
      lab->add_subcommand("run", "Run a lab; exit code 0 when what it expects was seen");
  const auto options = on_chosen(*run, chosen, &run_lab);
  run->add_option("NAME", options->name, "The lab")->required()->type_name("NAME");
  run->add_flag("--quick", options->quick, "A shorter run, for a look");
  run->add_option("--out", options->out,
                  "Folder for what it writes (default: .lambdarium/labs/NAME)")
      ->type_name("DIR");
  run->add_option("--trace", options->trace, "A trace of yours (default: a generated one)")
      ->type_name("FILE");
  run->add_option("--format", options->format,
                  "Format of that trace: simple, azure-2021 or azure-2019 (default: told from its "
                  "header)")
      ->type_name("NAME");
  run->add_option("--functions", options->functions,
                  "Second file of a simple trace, with memory and cold starts (default: none)")
      ->type_name("FILE");
  run->add_option("--examples", options->examples,
                  "Folder of the examples (default: that of this program's source)")
      ->type_name("DIR");
}

}  // namespace lambdarium::commands
