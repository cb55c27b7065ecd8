// What an environment does now and then: memory, freeze and thaw.

#include <algorithm>
#include <csignal>
#include <utility>

#include "runtime-api/sandbox/environment_impl.h"
#include "runtime-api/sandbox/memory.h"

namespace lambdarium::sandbox {
namespace {

constexpr std::int64_t kMegabyte = 1 << 20;
// A process that starts others while it is stopped is looked for again, so often.
constexpr int kFreezeRounds = 3;

}  // namespace

Housekeeping::Wish Environment::Impl::look_after() {
  if (!is_live() || process_ == nullptr) return Housekeeping::Wish::kRest;
  if (is_idle()) {
    if (!sandbox_.options().freeze || !frozen_.empty()) return Housekeeping::Wish::kRest;
    // Idle at two looks with no invocation between them: for a whole interval, without a clock on
    // the way of an invocation.
    if (!std::exchange(seen_idle_, true)) return Housekeeping::Wish::kAgain;
    freeze();
    return Housekeeping::Wish::kExpensive;
  }
  if (!sandbox_.options().memory_limit) {
    return sandbox_.options().freeze ? Housekeeping::Wish::kAgain : Housekeeping::Wish::kRest;
  }
  enforce_memory_limit();
  return Housekeeping::Wish::kExpensive;
}

void Environment::Impl::enforce_memory_limit() {
  const std::int64_t memory_mb = options_.function.memory_mb;
  const std::int64_t limit = (memory_mb + memory_headroom_mb(memory_mb)) * kMegabyte;
  const std::vector<int> pids = descendants(process_->pid());
  std::int64_t used = private_bytes(pids);
  if (used <= limit) return;
  if (const std::int64_t exact = proportional_bytes(pids); exact >= 0) used = exact;
  if (used <= limit) return;
  if (sandbox_.options().log != nullptr) {
    sandbox_.options().log->warn("memory-exceeded",
                                 {{"function", options_.function.name},
                                  {"memory_mb", std::to_string(memory_mb)},
                                  {"used_mb", std::to_string(used / kMegabyte)},
                                  {"note", "seen by sampling; --memory-limit off lets it go on"}});
  }
  max_memory_bytes_ = std::max(max_memory_bytes_, memory_mb * kMegabyte);
  // As the kernel does it on the service. The launcher sees the handler's end and passes it on.
  for (const int pid : pids) ::kill(pid, SIGKILL);
}

// Each process by itself: what moved to another group is frozen as well.
void Environment::Impl::freeze() {
  for (int round = 0; round < kFreezeRounds; ++round) {
    bool fresh = false;
    for (const int pid : descendants(process_->pid())) {
      if (std::find(frozen_.begin(), frozen_.end(), pid) != frozen_.end()) continue;
      if (::kill(pid, SIGSTOP) != 0) continue;
      frozen_.push_back(pid);
      fresh = true;
    }
    if (!fresh) return;
  }
}

// Children first: a shell that waits for them does not see them stopped.
void Environment::Impl::thaw() {
  for (auto pid = frozen_.rbegin(); pid != frozen_.rend(); ++pid) ::kill(*pid, SIGCONT);
  frozen_.clear();
}

}  // namespace lambdarium::sandbox
