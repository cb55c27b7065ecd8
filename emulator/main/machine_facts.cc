#include "emulator/main/machine_facts.h"

#include <fmt/format.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <utility>

#include "gpu-pool/process/capture.h"
#include "gpu-pool/process/worker_probe.h"

namespace lambdarium::commands {
namespace {

constexpr double kGib = 1024.0 * 1024.0 * 1024.0;

int usable_cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) == 0) return std::max(CPU_COUNT(&set), 1);
  return static_cast<int>(std::max(sysconf(_SC_NPROCESSORS_ONLN), 1L));
}

Fact cores() {
  const int count = usable_cores();
  return {"cores", Finding::kHere, std::to_string(count),
          "execution environments run at once; more than this many busy ones slow each other down"};
}

// A field of /proc/meminfo in bytes; 0 when it is not there.
double memory_field(std::string_view field) {
  std::ifstream file("/proc/meminfo");
  std::string name;
  double kilobytes = 0;
  for (std::string line; std::getline(file, line);) {
    const auto colon = line.find(':');
    if (colon == std::string::npos || line.compare(0, colon, field) != 0) continue;
    kilobytes = std::strtod(line.c_str() + colon + 1, nullptr);
    break;
  }
  return kilobytes * 1024.0;
}

Fact memory() {
  const double total = memory_field("MemTotal");
  const double available = memory_field("MemAvailable");
  const bool tight = available < 1.0 * kGib;
  return {"memory", tight ? Finding::kLimited : Finding::kHere,
          fmt::format("{:.1f} GiB, {:.1f} GiB available", total / kGib, available / kGib),
          tight ? "less than 1 GiB is free: few environments fit; lower --max-environments"
                : "bounds how many environments the emulator starts (--max-environments)"};
}

Fact cgroups() {
  namespace fs = std::filesystem;
  std::error_code error;
  const bool v2 = fs::exists("/sys/fs/cgroup/cgroup.controllers", error);
  const bool v1 = fs::exists("/sys/fs/cgroup/memory", error);
  const std::string_view place = v2 ? "/sys/fs/cgroup" : "/sys/fs/cgroup/memory";
  const bool writable = (v2 || v1) && access(std::string{place}.c_str(), W_OK) == 0;
  const std::string_view version = v2 ? "v2" : v1 ? "v1" : "none";
  if (v2 && writable) {
    return {"cgroups", Finding::kHere, "v2, writable", "not used: see limits"};
  }
  return {"cgroups", v1 || v2 ? Finding::kLimited : Finding::kMissing,
          fmt::format("{}{}", version, v1 || v2 ? (writable ? ", writable" : ", read-only") : ""),
          "not used: see limits"};
}

// What of an environment's limits is held, and by what.
Fact limits() {
  return {"limits", Finding::kLimited, "memory by sampling, freezing by stop signals",
          "a function that takes memory and gives it back within a tenth of a second is not "
          "noticed; the size of /tmp and the CPU share are not enforced"};
}

// A program that may be there, and what it is for.
struct Program {
  std::string_view name;
  std::vector<std::string> question;
  std::string_view if_here;
  std::string_view if_missing;
};

Fact program(const Program& wanted) {
  gpu_pool::CaptureRequest request;
  request.arguments = wanted.question;
  request.merge_stderr = true;
  request.limits.time = 5s;
  const Result<gpu_pool::Captured> answer = gpu_pool::capture(request);
  const bool here = answer.ok() && answer->exit_code == 0;
  if (!here) {
    const bool absent = !answer.ok() && answer.error().code == ErrorCode::kNotFound;
    return {std::string{wanted.name}, Finding::kMissing,
            absent ? "not found" : "found, but it does not run", std::string{wanted.if_missing}};
  }
  const std::string version = version_in(answer->output);
  return {std::string{wanted.name}, Finding::kHere, version.empty() ? "found" : version,
          std::string{wanted.if_here}};
}

std::vector<Program> programs() {
  return {
      {"python",
       {"python3", "--version"},
       "runs python3.* functions",
       "python3.* functions cannot run; install python3"},
      {"node",
       {"node", "--version"},
       "runs nodejs* functions",
       "nodejs* functions cannot run; install nodejs"},
      {"bubblewrap",
       {"bwrap", "--version"},
       "`serve --sandbox bwrap` gives functions a file system of their own",
       "functions see this machine's file system; install bubblewrap for `--sandbox bwrap`"},
      {"mpi",
       {"mpirun", "--version"},
       "sweeps can be spread over ranks",
       "sweeps run as local processes or shards; install openmpi-bin to spread them over ranks"},
      {"gnuplot",
       {"gnuplot", "--version"},
       "charts can be drawn",
       "reports have tables and no charts; install gnuplot-nox"},
      {"chromium",
       {"chromium", "--version"},
       "the dashboard can be tested in a browser",
       "the dashboard's browser tests are skipped; install chromium"},
  };
}

bool driver_is_loaded() {
  std::error_code error;
  return std::filesystem::exists("/proc/driver/nvidia/version", error);
}

Fact gpu() {
  const Result<gpu_pool::ProbeReport> report =
      gpu_pool::probe_devices(gpu_pool::worker_beside_this_program());
  if (!report.ok()) {
    return {"gpu", Finding::kMissing, report.error().to_string(),
            "the GPU worker does not run, so nothing can be served from the GPU pool"};
  }
  std::string names;
  for (const gpu_pool::DeviceInfo& device : report->devices) {
    if (device.kind != gpu_pool::DeviceKind::kCuda) continue;
    names += fmt::format("{}{} ({:.0f} GiB)", names.empty() ? "" : ", ", device.name,
                         static_cast<double>(device.memory_bytes) / kGib);
  }
  if (!names.empty()) return {"gpu", Finding::kHere, names, "GPU workers compute with cuBLAS"};
  if (!report->built_with_cuda && driver_is_loaded()) {
    return {"gpu", Finding::kLimited, "a driver is loaded, but the worker was built without CUDA",
            "GPU workers compute on the CPU; install the CUDA toolkit and build again"};
  }
  return {"gpu", Finding::kMissing, fmt::format("none ({})", report->cuda_note),
          "GPU workers compute on the CPU; devices can be simulated all the same"};
}

}  // namespace

std::string_view to_string(Finding finding) {
  switch (finding) {
    case Finding::kHere:
      return "here";
    case Finding::kLimited:
      return "limited";
    case Finding::kMissing:
      break;
  }
  return "missing";
}

std::string version_in(std::string_view text) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  const auto first = std::find_if(text.begin(), text.end(), is_digit);
  const auto end =
      std::find_if_not(first, text.end(), [&is_digit](char c) { return is_digit(c) || c == '.'; });
  std::string version(first, end);
  while (!version.empty() && version.back() == '.') version.pop_back();
  return version;
}

std::vector<Fact> look_at_machine() {
  std::vector<Fact> facts = {cores(), memory(), gpu(), cgroups(), limits()};
  for (const Program& wanted : programs()) facts.push_back(program(wanted));
  return facts;
}

}  // namespace lambdarium::commands
