// A device that a worker found on this machine, and the JSON in which workers say so
// (`lambdarium-worker --probe`).

#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "models/base/result.h"

namespace lambdarium::gpu_pool {

enum class DeviceKind : std::uint8_t { kCpu, kCuda };

struct DeviceInfo {
  std::string id = {};  // cpu, cuda:0, …; unique on the machine
  DeviceKind kind = DeviceKind::kCpu;
  std::string name = {};     // what the library or the driver calls it
  std::string backend = {};  // openblas, loops, cublas
  std::int64_t memory_bytes = 0;
  int processors = 0;           // cores of a CPU, multiprocessors of a GPU
  std::string capability = {};  // of a GPU: 9.0
};

struct ProbeReport {
  std::vector<DeviceInfo> devices;
  bool built_with_cuda = false;
  std::string cuda_note;  // why there is no CUDA device; empty when there is one
};

std::string_view to_string(DeviceKind kind);

// One JSON object on one line, without a line end.
std::string to_json(const ProbeReport& report);
// The inverse. The error says what a well-formed report lacks.
Result<ProbeReport> parse_probe_report(std::string_view json);

}  // namespace lambdarium::gpu_pool
