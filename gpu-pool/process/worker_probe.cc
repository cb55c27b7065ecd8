#include "gpu-pool/process/worker_probe.h"

#include <fmt/format.h>

#include <filesystem>
#include <system_error>

#include "gpu-pool/process/capture.h"

namespace lambdarium::gpu_pool {

std::string worker_beside_this_program() {
  std::error_code error;
  const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error) return "lambdarium-worker";  // then PATH decides
  return (self.parent_path() / "lambdarium-worker").string();
}

Result<ProbeReport> probe_devices(const std::string& worker) {
  CaptureRequest request;
  request.arguments = {worker, "--probe"};
  request.limits.time = 20s;
  LAM_TRY(const Captured captured, capture(request));
  if (captured.exit_code != 0) {
    return unavailable(
        fmt::format("'{} --probe' ended with exit code {}", worker, captured.exit_code));
  }
  return parse_probe_report(captured.output);
}

}  // namespace lambdarium::gpu_pool
