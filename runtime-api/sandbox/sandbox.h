// What all execution environments of an emulator share: the loop, the launcher, the runtimes'
// bootstrap files, the host's interpreters and the folder for private /tmp folders.
//
// Owns: <tmp_root>/run-<pid> with all that is in it, and the processes of environments that were
// stopped and are on their way out. Thread: the loop's. Calls back: resolve() from the loop, never
// from inside the call. On failure: create() says which file or folder was the matter. Destruction:
// after every Environment, before the loop, outside run(); waits a moment for stopped processes to
// be gone.

#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "models/base/log.h"
#include "models/base/result.h"
#include "models/base/unique_function.h"
#include "models/domain/function.h"
#include "runtime-api/http/event_loop.h"
#include "runtime-api/http/process.h"
#include "runtime-api/sandbox/housekeeping.h"

namespace lambdarium::sandbox {

struct SandboxOptions {
  std::string launcher;  // the program lambdarium-launcher; found beside this program when empty
  std::string data_directory;  // bootstraps, compiled Python and, without tmp_root, the /tmp
                               // folders go here
  std::string tmp_root;        // empty: <data_directory>/tmp
  std::string region = "us-east-1";
  std::string account = "000000000000";
  std::string access_key_id = "AKIALAMBDARIUMEXAMPL";
  std::string secret_access_key = "lambdarium";
  std::string session_token = "lambdarium";
  LogSink* log = nullptr;  // null: nothing is logged
  // Kill what uses more memory than its function has, and memory_headroom_mb on top. Looked at now
  // and then (Housekeeping): a function that takes and frees it in between is not noticed.
  bool memory_limit = true;
  // Stop the processes of environments that have been idle for a tenth of a second; they go on
  // with the next invocation.
  bool freeze = false;
};

// What a function may use over its memory setting before it is killed: an interpreter of this
// machine may be larger than the service's.
std::int64_t memory_headroom_mb(std::int64_t memory_mb);

// How the code of a function is started on this machine.
struct Interpreter {
  std::string program;  // absolute path; empty for provided runtimes
  std::string note;     // for people: what is used instead of the wanted version; usually empty
};

class Sandbox {
 public:
  // Writes the bootstrap files and clears away what earlier runs left behind.
  static Result<std::unique_ptr<Sandbox>> create(http::EventLoop& loop, SandboxOptions options);
  ~Sandbox();
  Sandbox(const Sandbox&) = delete;
  Sandbox& operator=(const Sandbox&) = delete;

  http::EventLoop& loop() const { return loop_; }
  const SandboxOptions& options() const { return options_; }
  std::string bootstrap_file(RuntimeFamily family) const;  // empty for provided
  std::string python_cache() const { return options_.data_directory + "/pycache"; }

  // Finds the interpreter for a runtime. May run it once, on the pool, to see through version
  // managers' shims; the answer is kept.
  void resolve(const RuntimeName& runtime, UniqueFunction<void(Result<Interpreter>)> done);

  Housekeeping& housekeeping() { return housekeeping_; }

  // The code in that folder has changed: what Python compiled of it is dropped, because it would be
  // taken for that of a new file of the same size and second.
  void forget_compiled(const std::string& code_directory);

  // A new private folder; and its end, off the loop.
  Result<std::string> make_tmp_directory();
  void remove_tmp_directory(std::string directory);

  // Ends a launcher with all its descendants, and keeps the handle until it is gone.
  void bury(std::unique_ptr<http::ChildProcess> process);
  // For the exit callback of a process that was given to bury(); false if it was not.
  bool exhume(const http::ChildProcess* process);

 private:
  Sandbox(http::EventLoop& loop, SandboxOptions options);
  Status prepare();
  void clear_leftovers();
  void keep(const RuntimeName& runtime, const Interpreter& interpreter);

  http::EventLoop& loop_;
  SandboxOptions options_;
  std::string run_directory_;
  std::map<std::string, Interpreter, std::less<>> interpreters_;
  std::vector<std::unique_ptr<http::ChildProcess>> dying_;
  Housekeeping housekeeping_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace lambdarium::sandbox
