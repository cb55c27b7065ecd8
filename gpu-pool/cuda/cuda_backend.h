// CUDA devices and their backend. Plain C++ to everybody else: no header of CUDA is seen outside
// this folder.
//
// Linked into the worker program alone. Without a driver or a device nothing here fails hard: the
// list is empty and says why. Thread: a backend belongs to the thread that made it.

#pragma once

#include <memory>
#include <string>
#include <vector>

#include "gpu-pool/core/device_info.h"
#include "models/learning/backend.h"

namespace lambdarium::gpu_pool {

struct CudaDevices {
  std::vector<DeviceInfo> devices;
  std::string note;  // why there are none; empty when there are some
};

CudaDevices list_cuda_devices();

// cuBLAS on device `ordinal` of list_cuda_devices(), in full single precision (no TF32) on one
// stream, with a fixed workspace: the same call gives the same bits again on the same device.
Result<std::unique_ptr<learning::Backend>> make_cuda_backend(int ordinal);

}  // namespace lambdarium::gpu_pool
