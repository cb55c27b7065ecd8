// Asynchronous invocations: when an accepted event is attempted, again and for how long, and what
// becomes of it in the end.
//
//   accepted ─▶ ready ─▶ running ─┬─ success, or given up ─▶ delivering ─▶ forgotten
//                 ▲               └─ failed, throttled ─▶ waiting ─┐
//                 └────────────────────────────────────────────────┘
//
// AWS's rules: after a function error, timeouts included, up to two more attempts, one and two
// minutes later; after a throttle or a system error another try after one second, doubled up to
// five minutes, which counts as no retry; both until the event has reached its maximum age. A
// reserved concurrency of zero ends an event at once.
//
// A deterministic state machine without I/O, like the fleet: inputs with the time at which they
// happened, effects in their order. It bounds how many attempts run at once, so that a long line of
// events takes neither all of the account's concurrency nor more than a function has reserved; the
// others stay ready, first come, first served, functions taking turns.
//
// Waits are divided by `time_scale`; an age counts a divided wait in full. So an event meets its
// maximum age after as many attempts as it would undivided.
//
// Thread: one at a time. On failure: a broken invariant aborts; an input about an event that is
// gone is ignored.

#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "models/base/time.h"

namespace lambdarium::fleet {

using AsyncEventId = std::uint64_t;
// What events share settings and turns by: a function's version or alias. The driver's choice.
using AsyncTargetId = std::uint32_t;

inline constexpr std::int32_t kAsyncRetriesDefault = 2;
inline constexpr Duration kAsyncAgeMaxDefault = 21'600s;

struct AsyncRules {
  Duration retry_wait = 60s;  // times the number of failures
  Duration back_off_first = 1s;
  Duration back_off_max = 300s;
  double time_scale = 1;            // above zero
  std::int64_t attempts_max = 500;  // running at once, of all targets; at least 1
};

struct AsyncTarget {
  std::int32_t retries_max = kAsyncRetriesDefault;
  Duration age_max = kAsyncAgeMaxDefault;
  // Zero: events end at once. Otherwise so many attempts run at once.
  std::optional<std::int64_t> reserved_concurrency = std::nullopt;
  bool on_success = false;  // somebody is told
  bool on_failure = false;
};

// What an event has been through: what must be stored for it to go on after a restart.
struct AsyncProgress {
  std::int32_t failures = 0;            // attempts that ran and failed
  std::int32_t throttles = 0;           // tries in a row that did not run
  Time due = Time::min();               // of the next attempt
  Duration skipped = Duration::zero();  // how much longer the waits would have been undivided

  bool operator==(const AsyncProgress&) const = default;
};

enum class AsyncInputKind : std::uint8_t {
  kAccepted,   // target, accepted, progress
  kEnded,      // outcome
  kDelivered,  // outcome: kSucceeded, or kNotRun where it must be tried again
  kWoken,
};

enum class AsyncOutcome : std::uint8_t {
  kSucceeded,
  kFunctionError,
  kNotRun,   // throttled, or a system error
  kRemoved,  // its function is deleted
};

struct AsyncInput {
  AsyncInputKind kind = AsyncInputKind::kWoken;
  AsyncOutcome outcome = AsyncOutcome::kSucceeded;
  AsyncTargetId target = 0;
  AsyncEventId event = 0;
  Time accepted = {};
  AsyncProgress progress = {};
};

enum class AsyncEffectKind : std::uint8_t {
  kAttempt,  // run it
  kSave,     // progress: it waits for its next attempt
  kDeliver,  // condition, attempts: tell its destination, then give kDelivered
  kForget,   // condition, attempts: it is done with
};

// How an event ends, by the name that a destination record gives it.
enum class AsyncCondition : std::uint8_t {
  kNone,  // its function was deleted: nobody is told
  kSuccess,
  kRetriesExhausted,
  kEventAgeExceeded,
  kZeroReservedConcurrency,
};

struct AsyncEffect {
  AsyncEffectKind kind = AsyncEffectKind::kForget;
  AsyncCondition condition = AsyncCondition::kNone;
  AsyncEventId event = 0;
  std::int32_t attempts = 0;  // that ran
  AsyncProgress progress = {};
};

class AsyncQueue {
 public:
  explicit AsyncQueue(const AsyncRules& rules) : rules_(rules) {}

  // Adds a target or changes one: its events go by the new settings from their next step on.
  void set_target(AsyncTargetId id, const AsyncTarget& target, Time now,
                  std::vector<AsyncEffect>& effects);
  void step(const AsyncInput& input, Time now, std::vector<AsyncEffect>& effects);
  // When kWoken is wanted at the latest; kNever if nothing waits.
  Time next_wake() const { return waiting_.empty() ? kNever : waiting_.begin()->first; }

  std::int64_t size() const { return static_cast<std::int64_t>(events_.size()); }
  std::int64_t running() const { return running_; }
  std::int64_t waiting() const { return static_cast<std::int64_t>(waiting_.size()); }

 private:
  enum class State : std::uint8_t { kReady, kRunning, kWaiting, kDelivering, kToDeliver };
  struct Event {
    State state = State::kReady;
    AsyncCondition condition = AsyncCondition::kNone;
    AsyncTargetId target = 0;
    std::int32_t attempts = 0;
    std::int32_t deliveries = 0;
    Time accepted;
    AsyncProgress progress;
  };
  struct Target {
    AsyncTarget settings;
    std::deque<AsyncEventId> ready;
    std::int64_t running = 0;
  };
  using Effects = std::vector<AsyncEffect>;

  void accept(const AsyncInput& input, Time now);
  void end(const AsyncInput& input, Time now, Effects& effects);
  void deliver_again(AsyncEventId id, Event& event, Time now);
  void wake(Time now, Effects& effects);
  void retry(AsyncEventId id, Event& event, Duration wait, Time now, Effects& effects);
  void finish(AsyncEventId id, Event& event, AsyncCondition condition, Effects& effects);
  void forget(AsyncEventId id, Effects& effects);
  void make_ready(AsyncEventId id, Event& event);
  void start_ready(Time now, Effects& effects);
  void update_turn(AsyncTargetId id, const Target& target);
  Duration back_off(std::int32_t tries) const;
  Duration divided(Duration wait) const;

  AsyncRules rules_;
  std::map<AsyncTargetId, Target> targets_;
  std::unordered_map<AsyncEventId, Event> events_;   // never iterated
  std::set<std::pair<Time, AsyncEventId>> waiting_;  // for an attempt or a delivery
  std::set<AsyncTargetId> startable_;                // targets with ready events that may start one
  AsyncTargetId last_turn_ = 0;
  std::int64_t running_ = 0;
};

// "Success", "RetriesExhausted", "EventAgeExceeded", "ZeroReservedConcurrency"; "FunctionRemoved"
// for kNone.
std::string_view to_string(AsyncCondition condition);

}  // namespace lambdarium::fleet
