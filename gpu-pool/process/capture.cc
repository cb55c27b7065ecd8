#include "gpu-pool/process/capture.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>

extern char** environ;

namespace lambdarium::gpu_pool {
namespace {

// A file descriptor that closes itself.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() { reset(); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }
  void reset() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }

 private:
  int fd_;
};

// What posix_spawn is told to do between fork and exec.
class SpawnSetup {
 public:
  SpawnSetup() {
    posix_spawn_file_actions_init(&actions_);
    posix_spawnattr_init(&attributes_);
  }
  ~SpawnSetup() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }
  SpawnSetup(const SpawnSetup&) = delete;
  SpawnSetup& operator=(const SpawnSetup&) = delete;

  void prepare(int output, bool merge_stderr) {
    posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions_, output, STDOUT_FILENO);
    if (merge_stderr) {
      posix_spawn_file_actions_adddup2(&actions_, output, STDERR_FILENO);
    } else {
      posix_spawn_file_actions_addopen(&actions_, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    }
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETPGROUP);
    posix_spawnattr_setpgroup(&attributes_, 0);
  }
  const posix_spawn_file_actions_t* actions() const { return &actions_; }
  const posix_spawnattr_t* attributes() const { return &attributes_; }

 private:
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

Result<pid_t> spawn(const CaptureRequest& request, int output) {
  SpawnSetup setup;
  setup.prepare(output, request.merge_stderr);
  std::vector<std::string> arguments = request.arguments;
  std::vector<char*> pointers;
  for (std::string& argument : arguments) pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  pid_t child = 0;
  const int error = posix_spawnp(&child, pointers.front(), setup.actions(), setup.attributes(),
                                 pointers.data(), environ);
  if (error == 0) return child;
  const std::string message =
      fmt::format("'{}' could not be run: {}", request.arguments.front(), std::strerror(error));
  if (error == ENOENT) return not_found(message);
  return unavailable(message);
}

using Clock = std::chrono::steady_clock;

Error too_slow(const CaptureRequest& request) {
  return unavailable(fmt::format("'{}' did not end within {:.1f} s", request.arguments.front(),
                                 to_seconds(request.limits.time)));
}

// Reads to the end of the output; an error when a limit is broken.
Status read_all(int fd, const CaptureRequest& request, Clock::time_point deadline,
                std::string& output) {
  for (;;) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    if (left <= 0) return too_slow(request);
    pollfd waiting{.fd = fd, .events = POLLIN, .revents = 0};
    const int ready = ::poll(&waiting, 1, static_cast<int>(left));
    if (ready < 0 && errno != EINTR) {
      return unavailable(fmt::format("waiting for '{}' failed: {}", request.arguments.front(),
                                     std::strerror(errno)));
    }
    if (ready <= 0) continue;
    char piece[16'384];
    const ssize_t got = ::read(fd, piece, sizeof piece);
    if (got == 0) return {};
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      return unavailable(fmt::format("reading from '{}' failed: {}", request.arguments.front(),
                                     std::strerror(errno)));
    }
    output.append(piece, static_cast<std::size_t>(got));
    if (output.size() > request.limits.output_bytes) {
      return unavailable(fmt::format("'{}' printed more than {} bytes", request.arguments.front(),
                                     request.limits.output_bytes));
    }
  }
}

// Waits for the child itself, which may run on after it closed its output. False at the deadline.
bool reaped_by(pid_t child, Clock::time_point deadline, int& status) {
  for (;;) {
    const pid_t ended = ::waitpid(child, &status, WNOHANG);
    if (ended == child) return true;
    if (ended < 0 && errno != EINTR)
      return true;  // not ours any more: there is nothing to wait for
    if (Clock::now() >= deadline) return false;
    ::poll(nullptr, 0, 1);
  }
}

void kill_and_reap(pid_t child, int& status) {
  ::kill(-child, SIGKILL);
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
}

int exit_code_of(int status) {
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

Result<Captured> capture(const CaptureRequest& request) {
  LAM_CHECK(!request.arguments.empty());
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) {
    return unavailable(fmt::format("no pipe could be made: {}", std::strerror(errno)));
  }
  Descriptor reading(ends[0]);
  Descriptor writing(ends[1]);
  const auto deadline = Clock::now() + request.limits.time;
  LAM_TRY(const pid_t child, spawn(request, writing.get()));
  writing.reset();

  Captured captured;
  int status = 0;
  const Status read = read_all(reading.get(), request, deadline, captured.output);
  if (!read.ok()) {
    kill_and_reap(child, status);
    return read.error();
  }
  if (!reaped_by(child, deadline, status)) {
    kill_and_reap(child, status);
    return too_slow(request);
  }
  captured.exit_code = exit_code_of(status);
  return captured;
}

}  // namespace lambdarium::gpu_pool
