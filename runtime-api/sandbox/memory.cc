#include "runtime-api/sandbox/memory.h"

#include <fcntl.h>
#include <unistd.h>

#include <charconv>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

namespace lambdarium::sandbox {
namespace {

// More than this many are not looked at: a fork bomb must not hold up the loop.
constexpr std::size_t kProcessesMax = 256;

std::string read_small_file(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return {};
  char buffer[4096];
  const ssize_t size = read(fd, buffer, sizeof buffer);
  close(fd);
  return size > 0 ? std::string(buffer, static_cast<std::size_t>(size)) : std::string{};
}

void add_children(int pid, std::vector<int>& pids) {
  const std::string list = read_small_file(fmt::format("/proc/{}/task/{}/children", pid, pid));
  const char* at = list.data();
  const char* const end = at + list.size();
  while (at < end && pids.size() < kProcessesMax) {
    int child = 0;
    const auto [after, error] = std::from_chars(at, end, child);
    if (error != std::errc{}) return;
    pids.push_back(child);
    at = after + 1;
  }
}

std::int64_t peak_bytes(int pid) {
  const std::string status = read_small_file(fmt::format("/proc/{}/status", pid));
  constexpr std::string_view kName = "VmHWM:";
  const std::size_t line = status.find(kName);
  if (line == std::string::npos) return 0;
  const std::size_t digits = status.find_first_of("0123456789", line);
  if (digits == std::string::npos) return 0;
  std::int64_t kilobytes = 0;
  std::from_chars(status.data() + digits, status.data() + status.size(), kilobytes);
  return kilobytes * 1024;
}

}  // namespace

std::int64_t descendants_peak_bytes(int pid) {
  std::vector<int> pids;
  add_children(pid, pids);
  std::int64_t total = 0;
  for (std::size_t i = 0; i < pids.size(); ++i) {
    total += peak_bytes(pids[i]);
    add_children(pids[i], pids);
  }
  return total;
}

}  // namespace lambdarium::sandbox
