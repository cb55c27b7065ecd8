// One execution environment as the fleet keeps it.

#pragma once

#include <cstdint>

#include "emulator/fleet/types.h"
#include "models/base/time.h"

namespace lambdarium::fleet {

inline constexpr std::uint32_t kNil = UINT32_MAX;

// An invocation that runs; one of a chain for each environment (a chain of one where concurrency is
// 1).
struct Running {
  InvocationId id = kNoInvocation;
  Time dispatched;
  Time deadline = kNever;
  Duration queued{};
  Duration init{};
  std::uint32_t pool = 0;
  std::uint32_t next = kNil;
  bool cold = false;
  bool init_abandoned = false;  // `init` failed; what counts is in the run
};

// An invocation that waits: for concurrency, for room, or for an environment that is starting.
struct Waiting {
  InvocationId id = kNoInvocation;
  FunctionId function = 0;
  std::uint32_t pool = 0;
  Time arrived;
};

enum class EnvironmentState : std::uint8_t { kGone, kStarting, kBusy, kIdle };

struct Environment {
  EnvironmentState state = EnvironmentState::kGone;
  bool stale = false;        // of an old revision: retired when it is done
  bool provisioned = false;  // counts towards provisioned concurrency: never expires, never evicted
  bool init_failed = false;  // its first invocation begins with another init
  bool bound = false;        // `first` waits for this environment to be ready
  std::uint32_t serial = 0;
  FunctionId function = 0;
  std::int32_t memory_mb = 0;
  std::int32_t running = 0;
  std::int32_t concurrency = 1;
  std::uint32_t run_head = kNil;
  std::uint64_t revision = 0;
  Duration timeout{};
  Time started;
  Time ready = kNever;
  Time first_idle = kNever;
  Time finished;
  Time dispatched;
  Time due = kNever;            // when it expires, or when its earliest invocation times out
  std::uint32_t due_order = 0;  // among those that are due at the same time
  Time wake_at = kNever;        // the time of its entry in the wake queue
  double priority = 0;          // its key in the eviction order
  // Links of the idle or the spare list of its function.
  std::uint32_t previous = kNil;
  std::uint32_t next = kNil;
  Waiting first;
};

}  // namespace lambdarium::fleet
