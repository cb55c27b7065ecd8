// What happens to the fleet and what it decides: small trivially copyable values, the same on both
// clocks.

#pragma once

#include <cstdint>
#include <limits>
#include <string_view>
#include <type_traits>

#include "models/base/time.h"

namespace lambdarium::fleet {

// Given by the driver, dense from 0.
using FunctionId = std::uint32_t;
// Given by the driver, unique in the run.
using InvocationId = std::uint64_t;
inline constexpr InvocationId kNoInvocation = std::numeric_limits<InvocationId>::max();

// An execution environment: a slot that is reused after the environment is gone, and a serial
// number that never is. Serials count environments in the order of their start, from 1.
struct EnvironmentRef {
  std::uint32_t slot = 0;
  std::uint32_t serial = 0;
  bool operator==(const EnvironmentRef&) const = default;
};

// How an invocation ended, as its caller and its bill see it.
enum class Outcome : std::uint8_t {
  kOk,
  kFunctionError,  // the handler reported an error
  kTimedOut,
  kCrashed,    // the runtime exited or was killed while it ran
  kInitError,  // the environment never became ready
};

enum class EventKind : std::uint8_t {
  kArrived,           // function, invocation; expected (sjf), priority
  kEnvironmentReady,  // environment; outcome: kInitError where its init failed, which its first
                      // invocation makes up for, within its own time
  kEnvironmentLost,   // environment; outcome: kCrashed or kInitError
  kInvocationEnded,   // environment, invocation; outcome
  kWoken,             // nothing: the time that next_wake() asked for has come
};

struct Event {
  EventKind kind = EventKind::kWoken;
  Outcome outcome = Outcome::kOk;
  std::int32_t priority = 0;  // kArrived: higher goes first where the queue is by priority
  FunctionId function = 0;
  EnvironmentRef environment = {};
  InvocationId invocation = kNoInvocation;
  Duration expected = Duration::zero();  // kArrived: service time if known, for shortest-job-first
};

enum class EffectKind : std::uint8_t {
  kStartEnvironment,   // environment, function, invocation (or kNoInvocation), cause
  kDispatch,           // environment, invocation, function, deadline
  kRetireEnvironment,  // environment, function, retire
  kReject,             // invocation, function, reject: never ran
  kFail,    // invocation, environment, outcome: timed out, crashed, or its environment failed to
            // start
  kCharge,  // invocation, function, environment, outcome, cold, queued, init, run, billed_ms,
            // memory_mb
};

enum class RejectReason : std::uint8_t {
  kNone,
  kReservedConcurrency,  // the function's own limit
  kAccountConcurrency,   // the account's unreserved limit
  kScalingRate,          // more new environments than the burst limit allows
  kQueueFull,
  kQueueTimeout,
  kNoMemory,
  kFunctionRemoved,
};

enum class RetireReason : std::uint8_t {
  kNone,
  kExpired,   // keep-alive ran out
  kEvicted,   // to make room for another function
  kTimedOut,  // its invocation exceeded the function's timeout
  kLost,      // the process ended by itself, or never became ready
  kReplaced,  // the function's code or configuration changed
  kRemoved,   // the function was deleted
};

// Why an environment had to be started for a request.
enum class ColdCause : std::uint8_t {
  kNone,         // not started for a request (provisioned)
  kFirst,        // the function has not been called before
  kExpired,      // its last environment's keep-alive had run out
  kEvicted,      // its last environment had made room for another function
  kConcurrency,  // all its environments were busy
  kPrewarmMiss,  // a pre-warming policy had unloaded it and guessed wrong
  kLost,         // its last environment had crashed, timed out or been replaced
};

struct Effect {
  EffectKind kind = EffectKind::kReject;
  Outcome outcome = Outcome::kOk;
  RejectReason reject = RejectReason::kNone;
  RetireReason retire = RetireReason::kNone;
  ColdCause cause = ColdCause::kNone;
  bool cold = false;  // the environment was started for this invocation, or it waited for the start
  bool provisioned = false;  // it ran on provisioned concurrency
  std::int32_t memory_mb = 0;
  FunctionId function = 0;
  EnvironmentRef environment = {};
  InvocationId invocation = kNoInvocation;
  Time deadline = kNever;
  Duration queued = Duration::zero();  // arrival to dispatch, without the start of the environment
  Duration init =
      Duration::zero();  // start of the environment to ready, if it was started for this invocation
  Duration run = Duration::zero();  // dispatch to end, at most the timeout
  std::int64_t billed_ms = 0;
};

static_assert(std::is_trivially_copyable_v<Event> && std::is_trivially_copyable_v<Effect>);

std::string_view to_string(EventKind kind);
std::string_view to_string(EffectKind kind);
std::string_view to_string(Outcome outcome);      // ok, function-error, timeout, crash, init-error
std::string_view to_string(RejectReason reason);  // reserved-concurrency, account-concurrency, …
std::string_view to_string(RetireReason reason);  // expired, evicted, …
std::string_view to_string(
    ColdCause cause);  // first, expired, evicted, concurrency, prewarm-miss, lost

}  // namespace lambdarium::fleet
