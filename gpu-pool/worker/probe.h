// What the worker can compute on: the CPU always, and the CUDA devices where it was built with CUDA
// and a driver answers.

#pragma once

#include <memory>
#include <string_view>

#include "gpu-pool/core/device_info.h"
#include "models/learning/backend.h"

namespace lambdarium::gpu_pool {

// Looks at the machine; CUDA's driver is loaded, no context is kept.
ProbeReport probe_this_machine();

// The backend of a device of that report: "cpu", "cuda:0", …; "auto" is the first CUDA device, else
// the CPU.
Result<std::unique_ptr<learning::Backend>> make_backend(std::string_view device);

}  // namespace lambdarium::gpu_pool
