#include "gpu-pool/worker/probe.h"

#include <fmt/format.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <string>
#include <vector>

#include "models/base/nearest.h"
#include "models/learning/cpu_backend.h"
#ifdef LAM_WITH_CUDA
#include "gpu-pool/cuda/cuda_backend.h"
#endif

namespace lambdarium::gpu_pool {
namespace {

// Cores that this process may use, which in a container or under taskset are fewer than the machine
// has.
int usable_cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) == 0) return std::max(CPU_COUNT(&set), 1);
  return static_cast<int>(std::max(sysconf(_SC_NPROCESSORS_ONLN), 1L));
}

std::string cpu_name() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);) {
    const auto colon = line.find(": ");
    if (line.rfind("model name", 0) == 0 && colon != std::string::npos) {
      return line.substr(colon + 2);
    }
  }
  return "CPU";
}

DeviceInfo cpu_device() {
  DeviceInfo device;
  device.id = "cpu";
  device.kind = DeviceKind::kCpu;
  device.name = cpu_name();
  device.backend = learning::make_cpu_backend()->name();
  device.memory_bytes = static_cast<std::int64_t>(sysconf(_SC_PHYS_PAGES)) *
                        static_cast<std::int64_t>(sysconf(_SC_PAGESIZE));
  device.processors = usable_cores();
  return device;
}

Error no_such_device(std::string_view device, const ProbeReport& report) {
  std::vector<std::string_view> names = {"auto"};
  for (const DeviceInfo& known : report.devices) names.push_back(known.id);
  return invalid_input(unknown_name_message("device", device, names));
}

}  // namespace

ProbeReport probe_this_machine() {
  ProbeReport report;
#ifdef LAM_WITH_CUDA
  CudaDevices cuda = list_cuda_devices();
  report.built_with_cuda = true;
  report.devices = std::move(cuda.devices);
  report.cuda_note = std::move(cuda.note);
#else
  report.cuda_note = "built without CUDA";
#endif
  report.devices.push_back(cpu_device());
  return report;
}

Result<std::unique_ptr<learning::Backend>> make_backend(std::string_view device) {
  if (device == "cpu") return learning::make_cpu_backend();
  const ProbeReport report = probe_this_machine();
  for (const DeviceInfo& known : report.devices) {
    if (device != "auto" && device != known.id) continue;
    if (known.kind == DeviceKind::kCpu) return learning::make_cpu_backend();
#ifdef LAM_WITH_CUDA
    int ordinal = 0;
    const std::string_view number = std::string_view{known.id}.substr(std::size("cuda:") - 1);
    std::from_chars(number.data(), number.data() + number.size(), ordinal);
    return make_cuda_backend(ordinal);
#endif
  }
  return no_such_device(device, report);
}

}  // namespace lambdarium::gpu_pool
