#include "runtime-api/sandbox/memory.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <initializer_list>
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

void add_listed(const std::string& list, std::vector<int>& pids) {
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

// The kernel keeps a list for each thread: of the children that it started.
void add_children(int pid, std::vector<int>& pids) {
  const std::string tasks = fmt::format("/proc/{}/task", pid);
  DIR* folder = opendir(tasks.c_str());
  if (folder == nullptr) return;
  while (const dirent* entry = readdir(folder)) {
    if (entry->d_name[0] == '.') continue;
    add_listed(read_small_file(fmt::format("{}/{}/children", tasks, entry->d_name)), pids);
  }
  closedir(folder);
}

// The sum of the lines "Name: 123 kB" with these names; -1 when there is none of them.
std::int64_t sum_of(std::string_view text, std::initializer_list<std::string_view> names) {
  std::int64_t sum = 0;
  bool found = false;
  for (const std::string_view name : names) {
    const std::size_t line = text.find(name);
    if (line == std::string_view::npos) continue;
    const std::size_t digits = text.find_first_of("0123456789", line + name.size());
    if (digits == std::string_view::npos) continue;
    std::int64_t kilobytes = 0;
    std::from_chars(text.data() + digits, text.data() + text.size(), kilobytes);
    sum += kilobytes * 1024;
    found = true;
  }
  return found ? sum : -1;
}

}  // namespace

std::vector<int> descendants(int pid) {
  std::vector<int> pids;
  add_children(pid, pids);
  for (std::size_t i = 0; i < pids.size(); ++i) add_children(pids[i], pids);
  return pids;
}

std::int64_t descendants_peak_bytes(int pid) {
  std::int64_t total = 0;
  for (const int each : descendants(pid)) {
    const std::int64_t peak =
        sum_of(read_small_file(fmt::format("/proc/{}/status", each)), {"VmHWM:"});
    total += std::max<std::int64_t>(peak, 0);
  }
  return total;
}

std::int64_t private_bytes(const std::vector<int>& pids) {
  static const std::int64_t page_bytes = sysconf(_SC_PAGESIZE);
  std::int64_t pages = 0;
  for (const int pid : pids) {
    const std::string text = read_small_file(fmt::format("/proc/{}/statm", pid));
    std::int64_t size = 0;
    std::int64_t resident = 0;
    std::int64_t shared = 0;
    const char* const end = text.data() + text.size();
    const char* at = text.data();
    for (std::int64_t* field : {&size, &resident, &shared}) {
      const auto [after, error] = std::from_chars(at, end, *field);
      if (error != std::errc{}) break;
      at = after == end ? end : after + 1;
    }
    pages += std::max<std::int64_t>(resident - shared, 0);
  }
  return pages * page_bytes;
}

std::int64_t proportional_bytes(const std::vector<int>& pids) {
  std::int64_t total = -1;
  for (const int pid : pids) {
    const std::int64_t bytes = sum_of(read_small_file(fmt::format("/proc/{}/smaps_rollup", pid)),
                                      {"Pss_Anon:", "Pss_Shmem:"});
    if (bytes >= 0) total = std::max<std::int64_t>(total, 0) + bytes;
  }
  return total;
}

}  // namespace lambdarium::sandbox
