#include "runtime-api/sandbox/sandbox.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>

#include "runtime-api/bootstraps/bootstraps.h"
#include "runtime-api/sandbox/interpreters.h"

namespace lambdarium::sandbox {
namespace {

namespace fs = std::filesystem;

constexpr Duration kGoodbyeLimit = 3s;
constexpr std::string_view kRunPrefix = "run-";

std::string beside_this_program(std::string_view name) {
  std::error_code error;
  const fs::path self = fs::read_symlink("/proc/self/exe", error);
  return error ? std::string{name} : (self.parent_path() / name).string();
}

Status make_folders(const std::string& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) {
    return unavailable(fmt::format("cannot create the folder {}: {}", folder, error.message()));
  }
  return {};
}

// Written under another name and renamed, because a second emulator may be starting a handler from
// the same file.
Status write_file(const std::string& file, std::string_view text) {
  {
    std::ifstream present{file, std::ios::binary};
    if (present) {
      const std::string old{std::istreambuf_iterator<char>{present}, {}};
      if (old == text) return {};
    }
  }
  const std::string fresh = fmt::format("{}.{}", file, getpid());
  std::ofstream stream{fresh, std::ios::binary | std::ios::trunc};
  stream.write(text.data(), static_cast<std::streamsize>(text.size()));
  stream.close();
  std::error_code error;
  if (stream) fs::rename(fresh, file, error);
  if (!stream || error) {
    return unavailable(
        fmt::format("cannot write {}: {}", file, error ? error.message() : std::strerror(errno)));
  }
  return {};
}

void remove_folder(const std::string& folder) {
  std::error_code ignored;  // what a handler made unreadable stays
  fs::remove_all(folder, ignored);
}

std::string runtime_key(const RuntimeName& runtime) {
  return fmt::format("{}:{}", static_cast<int>(runtime.family), runtime.version);
}

}  // namespace

Sandbox::Sandbox(http::EventLoop& loop, SandboxOptions options)
    : loop_(loop), options_(std::move(options)), housekeeping_(loop) {}

std::int64_t memory_headroom_mb(std::int64_t memory_mb) {
  constexpr std::int64_t kLeast = 16;
  constexpr std::int64_t kPart = 16;
  return std::max(kLeast, memory_mb / kPart);
}

Result<std::unique_ptr<Sandbox>> Sandbox::create(http::EventLoop& loop, SandboxOptions options) {
  std::unique_ptr<Sandbox> sandbox{new Sandbox(loop, std::move(options))};
  LAM_TRY_STATUS(sandbox->prepare());
  sandbox->clear_leftovers();
  return sandbox;
}

Status Sandbox::prepare() {
  std::error_code error;
  options_.data_directory = fs::absolute(options_.data_directory, error).string();
  if (options_.tmp_root.empty()) options_.tmp_root = options_.data_directory + "/tmp";
  options_.tmp_root = fs::absolute(options_.tmp_root, error).string();
  if (options_.launcher.empty()) options_.launcher = beside_this_program("lambdarium-launcher");
  if (access(options_.launcher.c_str(), X_OK) != 0) {
    return unavailable(
        fmt::format("the launcher {} cannot be run: {}", options_.launcher, std::strerror(errno)));
  }
  run_directory_ = fmt::format("{}/{}{}", options_.tmp_root, kRunPrefix, getpid());
  LAM_TRY_STATUS(make_folders(options_.data_directory + "/runtime"));
  LAM_TRY_STATUS(make_folders(run_directory_));
  LAM_TRY_STATUS(write_file(bootstrap_file(RuntimeFamily::kPython), bootstraps::python_source()));
  return write_file(bootstrap_file(RuntimeFamily::kNode), bootstraps::node_source());
}

// The folders of emulators that were killed.
void Sandbox::clear_leftovers() {
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator{options_.tmp_root, error}) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with(kRunPrefix)) continue;
    int pid = 0;
    const char* end = name.data() + name.size();
    const auto [after, failed] = std::from_chars(name.data() + kRunPrefix.size(), end, pid);
    if (failed != std::errc{} || after != end || pid <= 0) continue;
    if (kill(pid, 0) != 0 && errno == ESRCH) remove_tmp_directory(entry.path().string());
  }
}

Sandbox::~Sandbox() {
  *alive_ = false;
  loop_.run_until([this] { return dying_.empty(); }, kGoodbyeLimit);
  dying_.clear();
  if (!run_directory_.empty()) remove_folder(run_directory_);
}

std::string Sandbox::bootstrap_file(RuntimeFamily family) const {
  switch (family) {
    case RuntimeFamily::kPython:
      return options_.data_directory + "/runtime/bootstrap.py";
    case RuntimeFamily::kNode:
      return options_.data_directory + "/runtime/bootstrap.mjs";
    case RuntimeFamily::kProvided:
      break;
  }
  return {};
}

void Sandbox::resolve(const RuntimeName& runtime, UniqueFunction<void(Result<Interpreter>)> done) {
  const auto known = interpreters_.find(runtime_key(runtime));
  if (known != interpreters_.end() || runtime.family == RuntimeFamily::kProvided) {
    Interpreter interpreter;
    if (known != interpreters_.end()) interpreter = known->second;
    loop_.defer([done = std::move(done), interpreter = std::move(interpreter)]() mutable {
      done(std::move(interpreter));
    });
    return;
  }
  const auto found = std::make_shared<Result<Interpreter>>(Interpreter{});
  loop_.queue_work([found, runtime] { *found = find_interpreter(runtime); },
                   [this, alive = alive_, found, runtime, done = std::move(done)]() mutable {
                     if (!*alive) return;
                     if (found->ok()) keep(runtime, **found);
                     done(*found);
                   });
}

void Sandbox::keep(const RuntimeName& runtime, const Interpreter& interpreter) {
  const bool is_new = interpreters_.emplace(runtime_key(runtime), interpreter).second;
  if (!is_new || interpreter.note.empty() || options_.log == nullptr) return;
  options_.log->info("interpreter-differs", {{"note", interpreter.note}});
}

Result<std::string> Sandbox::make_tmp_directory() {
  std::string folder = run_directory_ + "/XXXXXX";
  if (mkdtemp(folder.data()) == nullptr) {
    return unavailable(fmt::format("cannot create a folder for /tmp in {}: {}", run_directory_,
                                   std::strerror(errno)));
  }
  return folder;
}

void Sandbox::remove_tmp_directory(std::string directory) {
  if (directory.empty()) return;
  loop_.queue_work([directory = std::move(directory)] { remove_folder(directory); }, [] {});
}

void Sandbox::forget_compiled(const std::string& code_directory) {
  if (!code_directory.starts_with('/')) return;
  // Out of the way at once, and removed off the loop.
  const Result<std::string> grave = make_tmp_directory();
  if (!grave.ok()) return;
  std::error_code ignored;  // there is nothing to forget, most likely
  fs::rename(python_cache() + code_directory, *grave, ignored);
  remove_tmp_directory(*grave);
}

void Sandbox::bury(std::unique_ptr<http::ChildProcess> process) {
  if (process == nullptr || !process->running()) return;
  // Not SIGKILL: the launcher has descendants to kill before it goes.
  process->kill(SIGTERM);
  dying_.push_back(std::move(process));
}

bool Sandbox::exhume(const http::ChildProcess* process) {
  const auto grave = std::find_if(dying_.begin(), dying_.end(), [process](const auto& candidate) {
    return candidate.get() == process;
  });
  if (grave == dying_.end()) return false;
  const std::unique_ptr<http::ChildProcess> body = std::move(*grave);
  dying_.erase(grave);
  return true;
}

}  // namespace lambdarium::sandbox
