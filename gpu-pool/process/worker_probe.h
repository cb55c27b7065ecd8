// Asks the worker program what devices this machine has. The server never initialises CUDA itself:
// the worker does, in its own process, which may fail or hang without harm.

#pragma once

#include <string>

#include "gpu-pool/core/device_info.h"

namespace lambdarium::gpu_pool {

// The worker that was built or installed with this program: `lambdarium-worker` in the folder of
// the running executable.
std::string worker_beside_this_program();

// Runs `<worker> --probe`. Blocks for as long as the probe takes, 20 s at most (a first CUDA call
// loads the driver).
Result<ProbeReport> probe_devices(const std::string& worker);

}  // namespace lambdarium::gpu_pool
