// The fleet's state and its rules. Private to this folder.

#pragma once

#include <compare>
#include <deque>
#include <set>
#include <utility>
#include <vector>

#include "emulator/fleet/concurrency_pool.h"
#include "emulator/fleet/environment.h"
#include "emulator/fleet/fleet.h"
#include "emulator/fleet/idle_index.h"
#include "emulator/fleet/wake_queue.h"
#include "models/base/random.h"

namespace lambdarium::fleet {

// Counts what runs on provisioned environments: their number is limit enough.
inline constexpr std::uint32_t kProvisionedPool = 1;

class Fleet::Impl {
 public:
  explicit Impl(const PlatformSettings& settings);

  void set_function(FunctionId id, const FunctionSettings& settings, Time now);
  void step(const Event& event, Time now);
  Time next_wake() const;

  // Where effects go; set for the length of a call.
  std::vector<Effect>* effects = nullptr;

  Population population;
  std::int64_t in_flight = 0;
  std::int64_t queued = 0;

  struct Function {
    FunctionSettings settings;
    bool known = false;
    FunctionId leader = 0;       // whose pool its invocations count in: its own, or its group's
    std::uint32_t pool = 0;      // of a leader: the reserved pool, or the account's
    std::uint32_t own_pool = 0;  // its reserved pool, once it has had one
    std::int64_t committed = 0;  // of a leader: what its group takes from the account's pool
    std::int64_t group_provisioned = 0;  // of a leader: provisioned concurrency of its group
    IdleIndex idle;                      // on demand
    IdleIndex idle_provisioned;          // taken first
    std::vector<std::uint32_t> spare;  // busy environments with room for more (concurrency above 1)
    std::deque<Waiting> waiting;       // for an environment that is starting (pending_start: wait)
    std::int64_t live = 0;             // environments, starting ones included
    std::int64_t starting = 0;
    std::int64_t provisioned = 0;  // environments that count towards provisioned concurrency
    std::int64_t frequency = 0;    // invocations since it last had no environment (eviction)
    bool started_before = false;
    RetireReason last_loss = RetireReason::kNone;
    Time start_credit;  // scaling rate, as a virtual schedule: when the next start is on time
  };

  std::vector<Function> functions;

  ProvisionedCount provisioned(FunctionId id) const;

 private:
  struct Evictable {
    double priority;
    std::uint32_t serial;  // equal priorities: the one that was started first goes first
    std::uint32_t slot;
    auto operator<=>(const Evictable&) const = default;
  };

  // events
  void arrived(const Event& event, Time now);
  void environment_ready(EnvironmentRef ref, bool init_failed, Time now);
  void environment_lost(EnvironmentRef ref, Outcome outcome, Time now);
  void invocation_ended(const Event& event, Time now);
  // Expires and times out what is due: at `now` too if inclusive.
  void advance(Time now, bool inclusive);
  void fire(std::uint32_t slot, Time now);
  void time_out(std::uint32_t slot, Time now);
  void give_up_waiting(Time now);

  // invocations
  void admit(const Waiting& waiting, Time now);
  bool place(const Waiting& waiting, Time now);  // false: it waits for room
  void dispatch(std::uint32_t slot, const Waiting& waiting, Time now, bool cold);
  void finish(std::uint32_t slot, std::uint32_t run, Outcome outcome, Time ended);
  void fail(std::uint32_t slot, std::uint32_t run, Outcome outcome, Time ended);
  void fail_start(std::uint32_t slot, Outcome outcome, Time now);
  void release(std::uint32_t pool);
  void reject(const Waiting& waiting, RejectReason reason);
  RejectReason limit_of(std::uint32_t pool) const;
  // Gives free environments, room and concurrency to those that wait, in that order.
  void serve_waiting(Time now);
  void serve_waiting_of(FunctionId id, Time now);
  void mark_for_service(FunctionId id);

  // environments
  std::uint32_t pick(Function& function);
  bool start_for(const Waiting& waiting, Time now);  // false: it waits for room
  std::uint32_t start(FunctionId id, InvocationId cause_id, ColdCause cause, bool provisioned,
                      Time now);
  // Whether it fits beside so many environments of so much memory.
  bool fits(const Function& function, std::int64_t beside, std::int64_t beside_mb) const;
  bool can_make_room(const Function& function) const;  // by evicting whatever may be evicted
  void make_room(const Function& function);            // requires that it can
  // Whether it would fit beside the provisioned environments alone, which never make room.
  bool could_ever_fit(const Function& function) const;
  bool within_scaling_rate(Function& function, Time now);
  void keep_provisioned(FunctionId id, Time now);
  void release_provisioned(FunctionId id, Time now);
  void become_idle(std::uint32_t slot, Time now);
  Time expiry(const Environment& environment, Time now) const;
  void leave_idle(std::uint32_t slot);
  void after_work(std::uint32_t slot, Time now);
  void retire(std::uint32_t slot, RetireReason reason);
  void join_group(FunctionId id, const FunctionSettings& settings);
  void set_pool(FunctionId leader);
  void replace_stale(FunctionId id);
  void set_due(std::uint32_t slot, Time due);
  void wake_when_due(std::uint32_t slot);
  Time earliest_deadline(const Environment& environment) const;
  Environment* find(EnvironmentRef ref);
  IdleIndex& index_of(const Environment& environment);
  // Whether idle environments may have to make room.
  bool bounded() const {
    return settings_.memory_capacity_mb.has_value() || settings_.max_environments.has_value();
  }
  Effect& emit(EffectKind kind);

  PlatformSettings settings_;
  RandomStream dispatch_random_;
  std::vector<Environment> environments_;
  std::vector<std::uint32_t> free_slots_;
  std::uint32_t next_serial_ = 1;
  std::vector<Running> runs_;
  std::vector<std::uint32_t> free_runs_;
  std::vector<ConcurrencyPool> pools_;  // 0: unreserved; kProvisionedPool; reserved ones
  std::deque<Waiting> room_queue_;  // admitted, waits for memory or for the number of environments
  bool serving_room_ = false;
  std::vector<FunctionId> to_serve_;  // functions with waiting requests that may go on now
  std::set<Evictable> evictable_;     // idle, on demand; kept only where room is bounded
  std::int64_t reserved_total_ = 0;
  std::int64_t evictable_mb_ = 0;
  std::int64_t provisioned_ = 0;  // environments that count as provisioned, of all functions
  std::int64_t provisioned_mb_ = 0;
  double eviction_clock_ = 0;
  WakeQueue wakes_;
};

}  // namespace lambdarium::fleet
