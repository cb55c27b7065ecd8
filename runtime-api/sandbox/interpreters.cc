#include "runtime-api/sandbox/interpreters.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>

#include <fmt/format.h>

extern char** environ;

namespace lambdarium::sandbox {
namespace {

constexpr auto kProbeLimit = std::chrono::seconds{10};
constexpr std::size_t kProbeBytesMax = 4096;

bool is_script(const std::string& file) {
  std::ifstream stream{file, std::ios::binary};
  char start[2] = {};
  return stream.read(start, 2) && start[0] == '#' && start[1] == '!';
}

// What the child prints until it ends; empty when it fails, says too much or takes too long.
std::string read_all(int fd, pid_t pid) {
  const auto deadline = std::chrono::steady_clock::now() + kProbeLimit;
  std::string text;
  char buffer[1024];
  for (;;) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        deadline - std::chrono::steady_clock::now());
    pollfd wait{fd, POLLIN, 0};
    if (left.count() <= 0 || poll(&wait, 1, static_cast<int>(left.count())) <= 0) break;
    const ssize_t size = read(fd, buffer, sizeof buffer);
    if (size < 0 || text.size() > kProbeBytesMax) break;
    if (size == 0) {
      int status = 0;
      waitpid(pid, &status, 0);
      return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? text : std::string{};
    }
    text.append(buffer, static_cast<std::size_t>(size));
  }
  kill(pid, SIGKILL);
  waitpid(pid, nullptr, 0);
  return {};
}

std::string output_of(const std::vector<std::string>& command) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return {};
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
  std::vector<char*> arguments;
  for (const std::string& argument : command) {
    arguments.push_back(const_cast<char*>(argument.c_str()));
  }
  arguments.push_back(nullptr);
  pid_t pid = 0;
  const int failed = posix_spawn(&pid, arguments[0], &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  const std::string text = failed == 0 ? read_all(ends[0], pid) : std::string{};
  close(ends[0]);
  return text.substr(0, text.find('\n'));
}

// The program behind a file of the PATH; empty when that does not work on this machine.
std::string see_through(const std::string& file, RuntimeFamily family) {
  if (file.empty() || !is_script(file)) return file;
  const std::string real = family == RuntimeFamily::kPython
                               ? output_of({file, "-I", "-c", "import sys; print(sys.executable)"})
                               : output_of({file, "-p", "process.execPath"});
  return !real.empty() && access(real.c_str(), X_OK) == 0 ? real : std::string{};
}

}  // namespace

std::string find_in_path(std::string_view name, std::string_view path) {
  while (!path.empty()) {
    const std::size_t colon = path.find(':');
    const std::string_view folder = path.substr(0, colon);
    path = colon == std::string_view::npos ? std::string_view{} : path.substr(colon + 1);
    if (!folder.starts_with('/')) continue;
    std::string file = fmt::format("{}/{}", folder, name);
    struct stat facts {};
    if (stat(file.c_str(), &facts) == 0 && S_ISREG(facts.st_mode) &&
        access(file.c_str(), X_OK) == 0) {
      return file;
    }
  }
  return {};
}

Result<Interpreter> find_interpreter(const RuntimeName& runtime) {
  if (runtime.family == RuntimeFamily::kProvided) return Interpreter{};
  const char* variable = std::getenv("PATH");
  const std::string path = variable == nullptr ? "/usr/local/bin:/usr/bin:/bin" : variable;
  const bool python = runtime.family == RuntimeFamily::kPython;
  const std::string general = python ? "python3" : "node";
  if (python) {
    const std::string exact = "python" + runtime.version;
    std::string program = see_through(find_in_path(exact, path), runtime.family);
    if (!program.empty()) return Interpreter{std::move(program), {}};
  }
  std::string program = see_through(find_in_path(general, path), runtime.family);
  if (program.empty()) {
    return unavailable(
        fmt::format("no interpreter for {}{}: {} is not in the PATH of this program ({})",
                    python ? "python" : "nodejs", runtime.version, general, path));
  }
  std::string note = python ? fmt::format("python{} is not installed; {} is used instead",
                                          runtime.version, program)
                            : std::string{};
  return Interpreter{std::move(program), std::move(note)};
}

}  // namespace lambdarium::sandbox
