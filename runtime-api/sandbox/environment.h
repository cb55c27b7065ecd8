// One execution environment: a Runtime API listener of its own on the loopback interface, the
// processes of one function behind the launcher, their log output, and a private /tmp folder.
//
//   start() ─▶ on_ready ─▶ invoke() ─▶ on_result ─▶ on_idle ─▶ invoke() …
//      └─▶ on_init_failed                     any time after on_ready ─▶ on_lost
//
// An invocation ends with on_idle, not with on_result: the runtime has to come back first, and the
// environment takes no other invocation before that. The owner keeps the time: it stops an
// environment whose invocation exceeds the function's timeout.
//
// Owns: listener, processes and folder; all end with stop() or destruction. No process outlives it,
// also not one that moved to a session of its own. Thread: the loop's. Calls back: the Listener,
// last, from the loop, never from inside start(), stop() or the destructor (on_result and on_idle
// may come from inside invoke() in principle, in practice from a later turn). A callback may stop
// or destroy the environment. on_init_failed and on_lost come once and end it: all processes are
// gone or dying, all output was delivered, and nothing else is called afterwards. On failure:
// everything after construction is told by on_init_failed or on_lost.

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "models/base/time.h"
#include "models/domain/function.h"
#include "runtime-api/protocol/error_payload.h"
#include "runtime-api/protocol/runtime_protocol.h"
#include "runtime-api/sandbox/sandbox.h"

namespace lambdarium::sandbox {

class Environment;

// Why an environment never became ready, or ended by itself.
struct Failure {
  enum class Kind : std::uint8_t {
    kReported,  // the runtime posted init/error
    kExited,    // a process ended by itself or was killed by somebody
    kTimedOut,  // no `next` within the init limit
    kRefused,   // could not be started: no interpreter, no bootstrap, no code folder
  };
  Kind kind = Kind::kExited;
  std::string error_type;  // Runtime.ImportModuleError, Runtime.ExitError, Sandbox.Timedout, …
  std::string message;     // "Runtime exited with error: exit status 1"; without the request id
  std::string reported_payload;         // kReported: what the runtime posted
  runtime_api::ExitStatus status;       // kExited
  Duration elapsed = Duration::zero();  // since start()

  // What the caller of this request gets, as a function error.
  std::string payload_for(std::string_view request_id) const;
};

class Listener {
 public:
  virtual ~Listener() = default;
  // The init phase has ended well; `init` is its length.
  virtual void on_ready(Environment& environment, Duration init) = 0;
  virtual void on_init_failed(Environment& environment, const Failure& failure) = 0;
  // Output that the handler wrote before it answered may still follow within the same turn of the
  // loop; defer() to be behind it.
  virtual void on_result(Environment& environment, runtime_api::InvocationResult&& result) = 0;
  virtual void on_idle(Environment& environment, const runtime_api::Idle& idle) = 0;
  // For invocations that want their response in pieces (Invocation::streaming), when the runtime
  // streams: before on_result, whose payload is then the error that ended the stream, or empty.
  virtual void on_stream_start(Environment& environment, std::string_view content_type) {
    (void)environment, (void)content_type;
  }
  virtual void on_stream_data(Environment& environment, std::string_view piece) {
    (void)environment, (void)piece;
  }
  // After on_ready only; if an invocation was waiting for its result, there will be none.
  virtual void on_lost(Environment& environment, const Failure& failure) = 0;
  // Bytes of stdout and stderr as they come, not cut at line ends.
  virtual void on_log(Environment& environment, std::string_view bytes) = 0;
};

struct EnvironmentOptions {
  FunctionDefinition function;
  std::string version = "$LATEST";
  std::string initialization_type = "on-demand";  // or provisioned-concurrency
  std::string log_group;                          // empty: /aws/lambda/<function>
  std::string log_stream;                         // 2024/05/06/[$LATEST]<32 hex>
  Duration init_limit = 10s;                      // kForever: none
  // The folder of a predecessor that was reset: AWS keeps /tmp over a reset. Empty: a new one.
  // Owned from here on.
  std::string tmp_directory;
};

class Environment {
 public:
  Environment(Sandbox& sandbox, EnvironmentOptions options, Listener& listener);
  ~Environment();
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

  // Once only.
  void start();

  bool is_idle() const;
  // Requires: is_idle().
  void invoke(runtime_api::Invocation invocation);

  // Stops and restarts the reading of the response that is being streamed, so that the runtime
  // waits; what was read already (64 KiB at most) still comes. Nothing where none is.
  void pause_stream();
  void resume_stream();

  // Kills everything at once (there are no extensions that could ask for time). No callbacks
  // follow.
  void stop();

  // The most memory that the processes were seen to use together, in MB. Looked at when the init
  // phase ends, when a result comes and when this is called, at most every 100 ms after the first
  // few; 0 for what ended before anybody looked.
  std::int64_t max_memory_mb();

  // Takes the /tmp folder out, so that a successor can be given it. Requires: stopped or failed.
  std::string take_tmp_directory();

  int port() const;  // of the listener, once started
  int pid() const;   // of the launcher; 0 when there is none
  const EnvironmentOptions& options() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace lambdarium::sandbox
