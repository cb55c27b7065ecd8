#include <CLI/CLI.hpp>

#include "emulator/main/doctor_command.h"
#include "emulator/main/gpu_command.h"
#include "emulator/main/on_chosen.h"
#include "emulator/main/registration.h"

namespace lambdarium::commands {
namespace {

void add_gpu(CLI::App& app, Chosen& chosen) {
  CLI::App* gpu = app.add_subcommand("gpu", "Devices and their partitions");
  gpu->require_subcommand(1, 1);
  CLI::App* list = gpu->add_subcommand(
      "list",
      "The devices of this machine, and the device models that can be simulated with "
      "the partitions (MIG profiles) each allows");
  list->callback(
      [&chosen] { chosen.run = [](const Context& context) { return run_gpu_list({}, context); }; });
}

void add_doctor(CLI::App& app, Chosen& chosen) {
  CLI::App* doctor = app.add_subcommand(
      "doctor", "What this machine has and lacks, and what that means for Lambdarium");
  doctor->callback(
      [&chosen] { chosen.run = [](const Context& context) { return run_doctor({}, context); }; });
}

}  // namespace

void add_machine_commands(CLI::App& app, Chosen& chosen) {
  add_gpu(app, chosen);
  add_doctor(app, chosen);
}

}  // namespace lambdarium::commands
