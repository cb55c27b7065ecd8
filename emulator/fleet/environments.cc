// The fleet's rules for environments: start, ready, idle, room for others, and the end of one.

#include <algorithm>

#include "emulator/fleet/fleet_impl.h"
#include "models/base/check.h"

namespace lambdarium::fleet {

IdleIndex& Fleet::Impl::index_of(const Environment& environment) {
  Function& function = functions[environment.function];
  return environment.provisioned ? function.idle_provisioned : function.idle;
}

// An environment that can take one more invocation of the function, or kNil. Provisioned ones go
// first, as their time is paid for; then busy ones with room, so that requests are packed; then the
// dispatch policy chooses among the idle.
std::uint32_t Fleet::Impl::pick(Function& function) {
  if (!function.idle_provisioned.empty()) {
    return function.idle_provisioned.pick(settings_.dispatch, dispatch_random_);
  }
  if (!function.spare.empty()) return function.spare.back();
  if (!function.idle.empty()) return function.idle.pick(settings_.dispatch, dispatch_random_);
  return kNil;
}

std::uint32_t Fleet::Impl::start(FunctionId id, InvocationId cause_id, ColdCause cause,
                                 bool provisioned, Time now) {
  std::uint32_t slot = 0;
  if (free_slots_.empty()) {
    slot = static_cast<std::uint32_t>(environments_.size());
    environments_.emplace_back();
  } else {
    slot = free_slots_.back();
    free_slots_.pop_back();
  }
  Function& function = functions[id];
  Environment& environment = environments_[slot];
  environment = Environment{};
  environment.state = EnvironmentState::kStarting;
  environment.serial = next_serial_++;
  environment.function = id;
  environment.provisioned = provisioned;
  environment.memory_mb = static_cast<std::int32_t>(function.settings.memory_mb);
  environment.concurrency = static_cast<std::int32_t>(function.settings.concurrency);
  environment.timeout = function.settings.timeout;
  environment.revision = function.settings.revision;
  environment.started = now;
  environment.finished = now - Duration{1};  // before `started`: not used yet
  ++function.live;
  ++function.starting;
  if (provisioned) {
    ++function.provisioned;
    ++provisioned_;
    provisioned_mb_ += environment.memory_mb;
  }
  function.started_before = true;
  ++population.total;
  ++population.starting;
  population.memory_mb += environment.memory_mb;

  Effect& effect = emit(EffectKind::kStartEnvironment);
  effect.environment = {slot, environment.serial};
  effect.function = id;
  effect.invocation = cause_id;
  effect.cause = cause;
  effect.memory_mb = environment.memory_mb;
  effect.provisioned = provisioned;
  return slot;
}

bool Fleet::Impl::fits(const Function& function, std::int64_t beside,
                       std::int64_t beside_mb) const {
  return beside < settings_.max_environments.value_or(INT64_MAX) &&
         beside_mb + function.settings.memory_mb <=
             settings_.memory_capacity_mb.value_or(INT64_MAX);
}

bool Fleet::Impl::can_make_room(const Function& function) const {
  return fits(function, population.total - std::ssize(evictable_),
              population.memory_mb - evictable_mb_);
}

void Fleet::Impl::make_room(const Function& function) {
  while (!fits(function, population.total, population.memory_mb)) {
    const Evictable victim = *evictable_.begin();
    eviction_clock_ = std::max(eviction_clock_, victim.priority);
    retire(victim.slot, RetireReason::kEvicted);
  }
}

bool Fleet::Impl::could_ever_fit(const Function& function) const {
  return fits(function, provisioned_, provisioned_mb_);
}

// A token bucket of `environments` tokens that refills continuously, kept as the time at which it
// would be full: exact in integers.
bool Fleet::Impl::within_scaling_rate(Function& function, Time now) {
  if (!settings_.scaling_rate.has_value()) return true;
  const ScalingRate& rate = *settings_.scaling_rate;
  const Duration each = rate.period / rate.environments;
  const Time full_at = std::max(function.start_credit, now) + each;
  if (full_at - now > each * rate.environments) return false;
  function.start_credit = full_at;
  return true;
}

void Fleet::Impl::environment_ready(EnvironmentRef ref, bool init_failed, Time now) {
  Environment* environment = find(ref);
  if (environment == nullptr || environment->state != EnvironmentState::kStarting) return;
  const FunctionId ref_function = environment->function;
  environment->ready = now;
  environment->init_failed = init_failed;
  --functions[ref_function].starting;
  --population.starting;
  if (environment->bound) {
    environment->bound = false;
    // Neither idle nor busy for the moment of this call: dispatch() makes it busy.
    const Waiting first = environment->first;
    dispatch(ref.slot, first, now, true);
  } else if (environment->stale) {
    retire(ref.slot, RetireReason::kReplaced);
    keep_provisioned(ref_function, now);
    mark_for_service(ref_function);
  } else {
    become_idle(ref.slot, now);
    mark_for_service(ref_function);
  }
  serve_waiting(now);
}

void Fleet::Impl::environment_lost(EnvironmentRef ref, Outcome outcome, Time now) {
  Environment* environment = find(ref);
  if (environment == nullptr) return;
  const FunctionId id = environment->function;
  const bool was_ready = environment->ready != kNever;
  if (environment->bound) fail_start(ref.slot, outcome, now);
  while (environment->run_head != kNil) fail(ref.slot, environment->run_head, outcome, now);
  retire(ref.slot, RetireReason::kLost);
  Function& function = functions[id];
  if (!was_ready && !function.waiting.empty() && function.starting == 0) {
    // Those that shared the start that failed: the first of them fails with it, the others start
    // anew.
    const Waiting head = function.waiting.front();
    function.waiting.pop_front();
    release(head.pool);
    Effect& failed = emit(EffectKind::kFail);
    failed.invocation = head.id;
    failed.function = id;
    failed.environment = ref;
    failed.outcome = outcome;
  }
  // One that never became ready is not started again by itself: it would fail for ever.
  if (was_ready) keep_provisioned(id, now);
  mark_for_service(id);
  serve_waiting(now);
}

// After an invocation has left an environment.
void Fleet::Impl::after_work(std::uint32_t slot, Time now) {
  Environment& environment = environments_[slot];
  const FunctionId id = environment.function;
  Function& function = functions[id];
  environment.finished = now;
  if (environment.running > 0) {
    set_due(slot, earliest_deadline(environment));
    std::erase(function.spare, slot);
    if (!environment.stale) function.spare.push_back(slot);
  } else if (environment.stale) {
    retire(slot, function.settings.removed ? RetireReason::kRemoved : RetireReason::kReplaced);
    keep_provisioned(id, now);
  } else if (expiry(environment, now) <= now) {
    retire(slot, RetireReason::kExpired);  // before whoever waits could still find it
  } else {
    if (environment.concurrency > 1) std::erase(function.spare, slot);
    become_idle(slot, now);
  }
  mark_for_service(id);
}

// When an environment expires that is idle from now on.
Time Fleet::Impl::expiry(const Environment& environment, Time now) const {
  if (environment.provisioned) return kNever;
  if (settings_.keep_alive.name == policies::KeepAliveName::kNone) return now;
  const Time first_idle = environment.first_idle == kNever ? now : environment.first_idle;
  const Time expires = settings_.keep_alive.expires_at(now, environment.dispatched, first_idle);
  return settings_.at_expiry == AtExpiry::kWarm ? add_saturated(expires, Duration{1}) : expires;
}

void Fleet::Impl::become_idle(std::uint32_t slot, Time now) {
  Environment& environment = environments_[slot];
  if (environment.state == EnvironmentState::kBusy) --population.busy;
  environment.state = EnvironmentState::kIdle;
  if (environment.first_idle == kNever) environment.first_idle = now;
  ++population.idle;
  population.idle_memory_mb += environment.memory_mb;
  index_of(environment).insert(environments_, slot, settings_.dispatch);
  set_due(slot, std::max(expiry(environment, now), now));
  if (environment.provisioned) return;
  if (bounded()) {
    const Function& function = functions[environment.function];
    environment.priority = policies::eviction_priority(
        settings_.eviction, {now, environment.serial, function.frequency, environment.memory_mb,
                             function.settings.cold_start_cost, eviction_clock_});
    evictable_.insert({environment.priority, environment.serial, slot});
    evictable_mb_ += environment.memory_mb;
  }
}

void Fleet::Impl::leave_idle(std::uint32_t slot) {
  Environment& environment = environments_[slot];
  --population.idle;
  population.idle_memory_mb -= environment.memory_mb;
  index_of(environment).remove(environments_, slot, settings_.dispatch);
  if (bounded() && !environment.provisioned) {
    evictable_.erase({environment.priority, environment.serial, slot});
    evictable_mb_ -= environment.memory_mb;
  }
}

void Fleet::Impl::retire(std::uint32_t slot, RetireReason reason) {
  Environment& environment = environments_[slot];
  Function& function = functions[environment.function];
  LAM_DCHECK(environment.running == 0);
  switch (environment.state) {
    case EnvironmentState::kIdle:
      leave_idle(slot);
      break;
    case EnvironmentState::kBusy:
      --population.busy;
      if (environment.concurrency > 1) std::erase(function.spare, slot);
      break;
    case EnvironmentState::kStarting:
      if (environment.ready == kNever) {
        --population.starting;
        --function.starting;
      }
      break;
    case EnvironmentState::kGone:
      LAM_CHECK(false, "an environment retires once");
  }
  --population.total;
  population.memory_mb -= environment.memory_mb;
  --function.live;
  if (environment.provisioned) {
    --function.provisioned;
    --provisioned_;
    provisioned_mb_ -= environment.memory_mb;
  }
  if (function.live == 0) {
    function.frequency = 0;
    function.last_loss = reason;
  }
  Effect& effect = emit(EffectKind::kRetireEnvironment);
  effect.environment = {slot, environment.serial};
  effect.function = environment.function;
  effect.retire = reason;
  environment.state = EnvironmentState::kGone;
  environment.wake_at = kNever;
  free_slots_.push_back(slot);
}

void Fleet::Impl::keep_provisioned(FunctionId id, Time now) {
  const Function& function = functions[id];
  if (function.settings.removed) return;
  while (functions[id].provisioned < functions[id].settings.provisioned_concurrency) {
    start(id, kNoInvocation, ColdCause::kNone, true, now);
  }
}

ProvisionedCount Fleet::Impl::provisioned(FunctionId id) const {
  ProvisionedCount count;
  for (const Environment& environment : environments_) {
    const bool counts = environment.state != EnvironmentState::kGone &&
                        environment.function == id && environment.provisioned && !environment.stale;
    if (counts) ++(environment.ready == kNever ? count.starting : count.ready);
  }
  return count;
}

// Provisioned environments beyond the configured number go on as ordinary ones.
void Fleet::Impl::release_provisioned(FunctionId id, Time now) {
  for (std::uint32_t slot = 0; slot < environments_.size(); ++slot) {
    Function& function = functions[id];
    if (function.provisioned <= function.settings.provisioned_concurrency) return;
    Environment& environment = environments_[slot];
    const bool ours = environment.state != EnvironmentState::kGone && environment.function == id;
    if (!ours || !environment.provisioned) continue;
    const bool idle = environment.state == EnvironmentState::kIdle;
    if (idle) leave_idle(slot);
    environment.provisioned = false;
    --function.provisioned;
    --provisioned_;
    provisioned_mb_ -= environment.memory_mb;
    if (idle) become_idle(slot, now);
  }
}

void Fleet::Impl::set_function(FunctionId id, const FunctionSettings& settings, Time now) {
  advance(now, false);
  const bool added = id == functions.size();
  if (added) functions.emplace_back().leader = id;
  functions[id].known = true;
  join_group(id, settings);
  if (!added) {
    replace_stale(id);
    release_provisioned(id, now);
  }
  keep_provisioned(id, now);
  mark_for_service(id);
  serve_waiting(now);
}

// Moves a function's provisioned concurrency to the group that the settings name.
void Fleet::Impl::join_group(FunctionId id, const FunctionSettings& settings) {
  const auto share = [](const FunctionSettings& of) {
    return of.removed ? std::int64_t{0} : of.provisioned_concurrency;
  };
  const FunctionId before = functions[id].leader;
  functions[before].group_provisioned -= share(functions[id].settings);
  functions[id].leader = settings.pool_group.value_or(id);
  functions[functions[id].leader].group_provisioned += share(settings);
  functions[id].settings = settings;
  if (before != functions[id].leader) set_pool(before);
  set_pool(functions[id].leader);
}

// A function with reserved concurrency has a pool of its own, and its share leaves the account's.
// So does provisioned concurrency, which leaves the pool that it would count in.
void Fleet::Impl::set_pool(FunctionId leader) {
  Function& function = functions[leader];
  const FunctionSettings& settings = function.settings;
  if (function.pool != 0) {
    pools_[function.pool].limit = std::nullopt;  // for those that were admitted or wait there
    function.pool = 0;
  }
  reserved_total_ -= function.committed;
  function.committed = function.group_provisioned;
  const bool leads = function.leader == leader && !settings.removed;
  if (settings.reserved_concurrency.has_value() && leads) {
    if (function.own_pool == 0) {
      function.own_pool = static_cast<std::uint32_t>(pools_.size());
      pools_.emplace_back();
    }
    function.pool = function.own_pool;
    function.committed = *settings.reserved_concurrency;
    pools_[function.pool].limit =
        std::max<std::int64_t>(0, *settings.reserved_concurrency - function.group_provisioned);
  }
  reserved_total_ += function.committed;
  if (settings_.account_concurrency.has_value()) {
    pools_[0].limit = std::max<std::int64_t>(0, *settings_.account_concurrency - reserved_total_);
  }
}

void Fleet::Impl::replace_stale(FunctionId id) {
  const FunctionSettings& settings = functions[id].settings;
  for (std::uint32_t slot = 0; slot < environments_.size(); ++slot) {
    Environment& environment = environments_[slot];
    const bool ours = environment.state != EnvironmentState::kGone && environment.function == id;
    if (!ours || (environment.revision == settings.revision && !settings.removed)) continue;
    environment.stale = true;
    if (environment.state == EnvironmentState::kIdle) {
      retire(slot, settings.removed ? RetireReason::kRemoved : RetireReason::kReplaced);
    } else {
      std::erase(functions[id].spare, slot);
    }
  }
}

}  // namespace lambdarium::fleet
