#include "runtime-api/http/process.h"

#include <fmt/format.h>
#include <uv.h>

#include <csignal>
#include <utility>

#include "models/base/check.h"

namespace lambdarium::http {
namespace {

constexpr int kStdioCount = 3;

struct InputJob {
  uv_write_t request;
  std::string bytes;
};

uv_stream_t* as_stream(uv_pipe_t* pipe) {
  return reinterpret_cast<uv_stream_t*>(pipe);
}

template <class Handle>
uv_handle_t* as_handle(Handle* handle) {
  return reinterpret_cast<uv_handle_t*>(handle);
}

std::vector<char*> pointers_to(std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  pointers.reserve(strings.size() + 1);
  for (std::string& string : strings) pointers.push_back(string.data());
  pointers.push_back(nullptr);
  return pointers;
}

}  // namespace

struct ChildProcess::Impl {
  struct Pipe {
    uv_pipe_t handle;
    Impl* impl;
    int fd;
    bool open = false;
    bool reading = false;
  };

  uv_process_t process;
  std::array<Pipe, kStdioCount> pipes;
  ProcessEvents events;
  std::size_t pending_input = 0;
  int pid = 0;
  int handles = 0;  // that libuv still knows
  bool running = false;
  bool orphaned = false;  // the ChildProcess is gone: nobody to call back
  bool kill_group_on_exit = true;
  bool close_input_when_written = false;

  int spawn(EventLoop& loop, SpawnOptions& options);
  void make_pipe(EventLoop& loop, int fd, StdioMode mode, uv_stdio_container_t& container);
  void read_from(Pipe& pipe);
  void output(Pipe& pipe, ssize_t size, const char* data);
  void exited(std::int64_t code, int signal);
  void close_pipe(Pipe& pipe);
  void input_written(std::size_t size, int status);
  void handle_closed() {
    if (--handles == 0 && orphaned) delete this;
  }
  void release();
};

void ChildProcess::Impl::make_pipe(EventLoop& loop, int fd, StdioMode mode,
                                   uv_stdio_container_t& container) {
  container = {};
  container.flags = UV_IGNORE;
  if (mode == StdioMode::kInherit) {
    container.flags = UV_INHERIT_FD;
    container.data.fd = fd;
  }
  if (mode != StdioMode::kPipe) return;
  Pipe& pipe = pipes[static_cast<std::size_t>(fd)];
  LAM_CHECK(uv_pipe_init(loop.uv(), &pipe.handle, 0) == 0);
  pipe.handle.data = &pipe;
  pipe.impl = this;
  pipe.fd = fd;
  pipe.open = true;
  ++handles;
  const int direction = fd == 0 ? UV_READABLE_PIPE : UV_WRITABLE_PIPE;  // as the child sees it
  container.flags = static_cast<uv_stdio_flags>(UV_CREATE_PIPE | direction);
  container.data.stream = as_stream(&pipe.handle);
}

int ChildProcess::Impl::spawn(EventLoop& loop, SpawnOptions& options) {
  std::vector<std::string> args = std::move(options.args);
  args.insert(args.begin(), options.file);
  std::vector<char*> argv = pointers_to(args);
  std::vector<char*> envp = pointers_to(options.env);
  std::vector<uv_stdio_container_t> stdio(kStdioCount + options.extra_fds.size());
  make_pipe(loop, 0, options.in, stdio[0]);
  make_pipe(loop, 1, options.out, stdio[1]);
  make_pipe(loop, 2, options.err, stdio[2]);
  for (std::size_t i = 0; i < options.extra_fds.size(); ++i) {
    stdio[kStdioCount + i].flags = UV_INHERIT_FD;
    stdio[kStdioCount + i].data.fd = options.extra_fds[i];
  }

  uv_process_options_t native{};
  native.file = options.file.c_str();
  native.args = argv.data();
  native.env = envp.data();
  native.cwd = options.cwd.empty() ? nullptr : options.cwd.c_str();
  native.flags = UV_PROCESS_DETACHED;  // setsid(): a session and a group of its own
  native.stdio = stdio.data();
  native.stdio_count = static_cast<int>(stdio.size());
  native.exit_cb = [](uv_process_t* ended, std::int64_t code, int signal) noexcept {
    static_cast<Impl*>(ended->data)->exited(code, signal);
  };
  kill_group_on_exit = options.kill_group_on_exit;
  process.data = this;
  ++handles;
  const int error = uv_spawn(loop.uv(), &process, &native);
  if (error != 0) return error;
  running = true;
  pid = process.pid;
  for (Pipe& pipe : pipes) {
    if (pipe.open && pipe.fd != 0) read_from(pipe);
  }
  return 0;
}

void ChildProcess::Impl::read_from(Pipe& pipe) {
  if (!pipe.open || pipe.reading) return;
  pipe.reading = true;
  uv_read_start(
      as_stream(&pipe.handle),
      [](uv_handle_t*, std::size_t, uv_buf_t* buffer) noexcept {
        // One buffer for all children: libuv hands it over before it asks for the next.
        static thread_local std::array<char, 64 * 1024> space;
        *buffer = uv_buf_init(space.data(), static_cast<unsigned>(space.size()));
      },
      [](uv_stream_t* stream, ssize_t size, const uv_buf_t* buffer) noexcept {
        auto* source = static_cast<Pipe*>(stream->data);
        if (size != 0) source->impl->output(*source, size, buffer->base);
      });
}

void ChildProcess::Impl::output(Pipe& pipe, ssize_t size, const char* data) {
  if (size > 0) {
    if (events.on_output) events.on_output(pipe.fd, {data, static_cast<std::size_t>(size)});
    return;
  }
  close_pipe(pipe);
  if (events.on_output_end) events.on_output_end(pipe.fd);
}

void ChildProcess::Impl::exited(std::int64_t code, int signal) {
  running = false;
  // The number stays reserved while the group has members, so this reaches only what the child left
  // behind.
  if (kill_group_on_exit) ::kill(-pid, SIGKILL);
  uv_close(as_handle(&process),
           [](uv_handle_t* handle) noexcept { static_cast<Impl*>(handle->data)->handle_closed(); });
  close_pipe(pipes[0]);
  if (!orphaned && events.on_exit) events.on_exit({static_cast<int>(code), signal});
}

void ChildProcess::Impl::close_pipe(Pipe& pipe) {
  if (!std::exchange(pipe.open, false)) return;
  uv_close(as_handle(&pipe.handle), [](uv_handle_t* handle) noexcept {
    static_cast<Pipe*>(handle->data)->impl->handle_closed();
  });
}

void ChildProcess::Impl::input_written(std::size_t size, int status) {
  pending_input -= size;
  if (status != 0 || (pending_input == 0 && close_input_when_written)) close_pipe(pipes[0]);
}

// The owner is gone. This object goes when libuv has let go of the handles.
void ChildProcess::Impl::release() {
  orphaned = true;
  if (running) ::kill(-pid, SIGKILL);
  for (Pipe& pipe : pipes) close_pipe(pipe);
  if (handles == 0) delete this;
}

Result<std::unique_ptr<ChildProcess>> ChildProcess::spawn(EventLoop& loop, SpawnOptions options,
                                                          ProcessEvents events) {
  auto* impl = new Impl;
  impl->events = std::move(events);
  const int error = impl->spawn(loop, options);
  if (error == 0) return std::unique_ptr<ChildProcess>{new ChildProcess{impl}};
  uv_close(as_handle(&impl->process),
           [](uv_handle_t* handle) noexcept { static_cast<Impl*>(handle->data)->handle_closed(); });
  impl->release();
  const std::string where = options.cwd.empty() ? "" : fmt::format(" in folder '{}'", options.cwd);
  return unavailable(
      fmt::format("cannot start '{}'{}: {}", options.file, where, uv_strerror(error)));
}

ChildProcess::~ChildProcess() {
  impl_->release();
}

int ChildProcess::pid() const {
  return impl_->pid;
}

bool ChildProcess::running() const {
  return impl_->running;
}

void ChildProcess::kill(int signal) {
  if (!impl_->running && impl_->kill_group_on_exit) return;
  ::kill(-impl_->pid, signal);
}

void ChildProcess::pause_output(int fd) {
  LAM_CHECK(fd == 1 || fd == 2);
  Impl::Pipe& pipe = impl_->pipes[static_cast<std::size_t>(fd)];
  if (!pipe.open || !std::exchange(pipe.reading, false)) return;
  uv_read_stop(as_stream(&pipe.handle));
}

void ChildProcess::resume_output(int fd) {
  LAM_CHECK(fd == 1 || fd == 2);
  impl_->read_from(impl_->pipes[static_cast<std::size_t>(fd)]);
}

void ChildProcess::write_input(std::string bytes) {
  Impl::Pipe& pipe = impl_->pipes[0];
  if (!pipe.open || impl_->close_input_when_written || bytes.empty()) return;
  auto job = std::make_unique<InputJob>();
  job->bytes = std::move(bytes);
  job->request.data = job.get();
  const std::size_t size = job->bytes.size();
  uv_buf_t buffer = uv_buf_init(job->bytes.data(), static_cast<unsigned>(size));
  const int error =
      uv_write(&job->request, as_stream(&pipe.handle), &buffer, 1,
               [](uv_write_t* request, int status) noexcept {
                 const std::unique_ptr<InputJob> ended{static_cast<InputJob*>(request->data)};
                 static_cast<Impl::Pipe*>(request->handle->data)
                     ->impl->input_written(ended->bytes.size(), status);
               });
  if (error != 0) {
    impl_->close_pipe(pipe);
    return;
  }
  impl_->pending_input += size;
  static_cast<void>(job.release());  // taken back by the callback, which always comes
}

std::size_t ChildProcess::pending_input() const {
  return impl_->pending_input;
}

void ChildProcess::close_input() {
  impl_->close_input_when_written = true;
  if (impl_->pending_input == 0) impl_->close_pipe(impl_->pipes[0]);
}

}  // namespace lambdarium::http
