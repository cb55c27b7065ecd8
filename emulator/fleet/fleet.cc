#include "emulator/fleet/fleet.h"

#include "emulator/fleet/fleet_impl.h"
#include "models/base/check.h"

namespace lambdarium::fleet {

Fleet::Fleet(const PlatformSettings& settings) : impl_(std::make_unique<Impl>(settings)) {}
Fleet::~Fleet() = default;
Fleet::Fleet(Fleet&&) noexcept = default;
Fleet& Fleet::operator=(Fleet&&) noexcept = default;

bool Fleet::accepts(FunctionId id, const FunctionSettings& settings) const {
  const auto& functions = impl_->functions;
  const bool valid = id <= functions.size() && settings.concurrency >= 1 && settings.memory_mb > 0;
  const FunctionId leader = settings.pool_group.value_or(id);
  return valid &&
         (leader == id || (leader < functions.size() && functions[leader].leader == leader));
}

void Fleet::set_function(FunctionId id, const FunctionSettings& settings, Time now,
                         std::vector<Effect>& effects) {
  LAM_CHECK(accepts(id, settings), "settings that the fleet accepts");
  impl_->effects = &effects;
  impl_->set_function(id, settings, now);
}

void Fleet::step(const Event& event, Time now, std::vector<Effect>& effects) {
  impl_->effects = &effects;
  impl_->step(event, now);
}

Time Fleet::next_wake() const {
  return impl_->next_wake();
}
const Population& Fleet::population() const {
  return impl_->population;
}
std::int64_t Fleet::in_flight() const {
  return impl_->in_flight;
}
std::int64_t Fleet::queued() const {
  return impl_->queued;
}

std::int64_t Fleet::idle_environments(FunctionId id) const {
  LAM_CHECK(id < impl_->functions.size());
  const Impl::Function& function = impl_->functions[id];
  return function.idle.size() + function.idle_provisioned.size();
}

ProvisionedCount Fleet::provisioned(FunctionId id) const {
  LAM_CHECK(id < impl_->functions.size());
  return impl_->provisioned(id);
}

Fleet::Impl::Impl(const PlatformSettings& settings)
    : settings_(settings),
      dispatch_random_(settings.seed, "dispatch"),
      pools_(kProvisionedPool + 1) {
  pools_[0].limit = settings.account_concurrency;
}

void Fleet::Impl::step(const Event& event, Time now) {
  switch (event.kind) {
    case EventKind::kArrived:
      advance(now, true);
      arrived(event, now);
      break;
    case EventKind::kEnvironmentReady:
      advance(now, false);
      environment_ready(event.environment, event.outcome == Outcome::kInitError, now);
      break;
    case EventKind::kEnvironmentLost:
      advance(now, false);
      environment_lost(event.environment, event.outcome, now);
      break;
    case EventKind::kInvocationEnded:
      advance(now, false);
      invocation_ended(event, now);
      break;
    case EventKind::kWoken:
      advance(now, true);
      break;
  }
}

Effect& Fleet::Impl::emit(EffectKind kind) {
  Effect& effect = effects->emplace_back();
  effect.kind = kind;
  return effect;
}

Environment* Fleet::Impl::find(EnvironmentRef ref) {
  if (ref.slot >= environments_.size()) return nullptr;
  Environment& environment = environments_[ref.slot];
  const bool same =
      environment.state != EnvironmentState::kGone && environment.serial == ref.serial;
  return same ? &environment : nullptr;
}

Time Fleet::Impl::next_wake() const {
  Time wake = wakes_.empty() ? kNever : wakes_.top().at;
  for (const ConcurrencyPool& pool : pools_) wake = std::min(wake, pool.next_give_up());
  return wake;
}

void Fleet::Impl::set_due(std::uint32_t slot, Time due) {
  Environment& environment = environments_[slot];
  environment.due = due;
  environment.due_order = wakes_.next_order();
  wake_when_due(slot);
}

// An entry that is in time is left in the queue, and looked at again when its time has come: most
// environments are used again before they expire.
void Fleet::Impl::wake_when_due(std::uint32_t slot) {
  Environment& environment = environments_[slot];
  if (environment.due < environment.wake_at) {
    environment.wake_at = environment.due;
    wakes_.push(environment.due, environment.due_order, slot);
  }
}

void Fleet::Impl::advance(Time now, bool inclusive) {
  while (!wakes_.empty()) {
    const Time at = wakes_.top().at;
    if (inclusive ? at > now : at >= now) break;
    const WakeQueue::Entry entry = wakes_.pop();
    Environment& environment = environments_[entry.slot];
    if (environment.state == EnvironmentState::kGone || environment.wake_at != entry.at) continue;
    environment.wake_at = kNever;
    if (environment.due > entry.at || environment.due_order != entry.order) {
      wake_when_due(entry.slot);  // it was used since
    } else {
      fire(entry.slot, now);
    }
  }
  if (settings_.queue.max_wait.has_value()) give_up_waiting(inclusive ? now : now - Duration{1});
}

void Fleet::Impl::fire(std::uint32_t slot, Time now) {
  if (environments_[slot].state == EnvironmentState::kIdle) {
    retire(slot, RetireReason::kExpired);
    serve_waiting(now);
  } else {
    time_out(slot, now);
  }
}

void Fleet::Impl::time_out(std::uint32_t slot, Time now) {
  Environment& environment = environments_[slot];
  const FunctionId id = environment.function;
  std::uint32_t run = environment.run_head;
  while (run != kNil) {
    const std::uint32_t next = runs_[run].next;
    if (runs_[run].deadline <= now) fail(slot, run, Outcome::kTimedOut, runs_[run].deadline);
    run = next;
  }
  if (environment.concurrency == 1) {
    retire(slot, RetireReason::kTimedOut);  // AWS: the environment is reset, its memory is lost
    keep_provisioned(id, now);
    mark_for_service(id);
  } else {
    after_work(slot, now);
  }
  serve_waiting(now);
}

void Fleet::Impl::give_up_waiting(Time now) {
  for (ConcurrencyPool& pool : pools_) {
    while (const auto waiting = pool.pop_given_up(now)) {
      --queued;
      reject(*waiting, RejectReason::kQueueTimeout);
    }
  }
}

Time Fleet::Impl::earliest_deadline(const Environment& environment) const {
  Time earliest = kNever;
  for (std::uint32_t run = environment.run_head; run != kNil; run = runs_[run].next) {
    earliest = std::min(earliest, runs_[run].deadline);
  }
  return earliest;
}

}  // namespace lambdarium::fleet
