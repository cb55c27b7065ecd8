// A child process in a session and process group of its own.
//
// - Owns: the process: destroying a ChildProcess that still runs kills its whole group with
//   SIGKILL; it is reaped.
// - Thread: the loop's.
// - Calls back: from the loop, last; none after destruction, which is allowed from inside a
//   callback.
// - On failure: spawn() gives an Error that names the file and the reason (not found, not
//   executable).

#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "models/base/result.h"
#include "models/base/unique_function.h"
#include "runtime-api/http/event_loop.h"

namespace lambdarium::http {

enum class StdioMode : std::uint8_t { kNull, kPipe, kInherit };

struct SpawnOptions {
  std::string file = {};               // looked up in the PATH of `env` when it has no slash
  std::vector<std::string> args = {};  // without the program's name, which becomes args[0]
  std::vector<std::string> env = {};   // complete, "NAME=value"; nothing is inherited
  std::string cwd = {};                // empty: this process's
  StdioMode in = StdioMode::kNull;
  StdioMode out = StdioMode::kPipe;
  StdioMode err = StdioMode::kPipe;
  // Descriptors of this process that become 3, 4, … in the child. They stay the caller's.
  std::vector<int> extra_fds = {};
  // What the process leaves behind in its group is killed when it ends.
  bool kill_group_on_exit = true;
};

struct ExitStatus {
  int code = 0;    // as given to exit(); 0 when a signal ended it
  int signal = 0;  // 0 when it ended by itself
};

struct ProcessEvents {
  UniqueFunction<void(const ExitStatus&)> on_exit;
  // fd is 1 or 2; bytes as they come, lines are not kept together.
  UniqueFunction<void(int fd, std::string_view bytes)> on_output;
  // The child and all who inherited the pipe have closed it. May come before or after on_exit.
  UniqueFunction<void(int fd)> on_output_end;
};

class ChildProcess {
 public:
  static Result<std::unique_ptr<ChildProcess>> spawn(EventLoop& loop, SpawnOptions options,
                                                     ProcessEvents events);
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  int pid() const;
  bool running() const;

  // Sends the signal to the whole group. After the end of the process: nothing, unless the group
  // was to be kept.
  void kill(int signal);

  // Stops and restarts reading of a pipe (1 or 2); a child that writes on is held by the full pipe.
  void pause_output(int fd);
  void resume_output(int fd);

  // For StdioMode::kPipe. Bytes that the child does not read wait here, without bound:
  // `pending_input` tells.
  void write_input(std::string bytes);
  std::size_t pending_input() const;
  // After what waits has been written.
  void close_input();

 private:
  struct Impl;
  explicit ChildProcess(Impl* impl) : impl_(impl) {}
  Impl* impl_;  // freed when the process is reaped and its pipes are closed
};

}  // namespace lambdarium::http
