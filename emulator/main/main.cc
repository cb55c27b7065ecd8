#include "emulator/main/command_line.h"

int main(int argc, char** argv) {
  return lambdarium::commands::run_command_line(argc, argv);
}
