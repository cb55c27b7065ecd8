// `lambdarium gpu list`: the devices of this machine, found by running the worker's probe, and the
// device models that can be simulated, each with its legal partitions.
//
// On failure: a worker that is missing or does not answer is reported as a note; the device models
// are listed all the same, and the exit code is 1.

#pragma once

#include <string>

#include "emulator/main/context.h"

namespace lambdarium::commands {

struct GpuListOptions {
  std::string worker;  // program to ask; empty: lambdarium-worker beside this program
};

int run_gpu_list(const GpuListOptions& options, const Context& context);

}  // namespace lambdarium::commands
