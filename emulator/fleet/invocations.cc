// The fleet's rules for invocations: admission, placement, the end of one, and those that wait.

#include <algorithm>

#include "emulator/fleet/fleet_impl.h"
#include "models/base/check.h"
#include "models/billing/lambda_meter.h"

namespace lambdarium::fleet {

void Fleet::Impl::arrived(const Event& event, Time now) {
  LAM_CHECK(event.function < functions.size() && functions[event.function].known);
  Function& function = functions[event.function];
  const std::uint32_t shared = functions[function.leader].pool;
  Waiting waiting{event.invocation, event.function, shared, now};
  if (function.settings.removed) {
    reject(waiting, RejectReason::kFunctionRemoved);
    return;
  }
  ConcurrencyPool& pool = pools_[shared];
  if (!function.idle_provisioned.empty()) waiting.pool = kProvisionedPool;
  if (waiting.pool == kProvisionedPool || !pool.full()) {
    admit(waiting, now);
    return;
  }
  const policies::QueuePolicy& queue = settings_.queue;
  const bool hopeless = pool.closed() && function.provisioned == 0;
  if (queue.order == policies::QueueOrder::kReject || hopeless) {
    reject(waiting, limit_of(shared));
  } else if (queue.max_length.has_value() && pool.queued() >= *queue.max_length) {
    reject(waiting, RejectReason::kQueueFull);
  } else {
    const Time give_up_at = queue.max_wait ? add_saturated(now, *queue.max_wait) : kNever;
    pool.push(waiting, queue.key(event.expected, event.priority), give_up_at);
    ++queued;
  }
}

RejectReason Fleet::Impl::limit_of(std::uint32_t pool) const {
  return pool == 0 ? RejectReason::kAccountConcurrency : RejectReason::kReservedConcurrency;
}

void Fleet::Impl::admit(const Waiting& waiting, Time now) {
  ++pools_[waiting.pool].in_flight;
  ++in_flight;
  place(waiting, now);
}

bool Fleet::Impl::place(const Waiting& waiting, Time now) {
  Function& function = functions[waiting.function];
  const std::uint32_t slot = pick(function);
  if (slot != kNil) {
    dispatch(slot, waiting, now, false);
    return true;
  }
  const bool shares = settings_.pending_start == PendingStart::kWait && function.starting > 0;
  if (shares) {
    function.waiting.push_back(waiting);
    return true;
  }
  return start_for(waiting, now);
}

bool Fleet::Impl::start_for(const Waiting& waiting, Time now) {
  Function& function = functions[waiting.function];
  const bool waits =
      settings_.max_environments.has_value() || settings_.no_memory == NoMemory::kQueue;
  const bool has_turn = serving_room_ || room_queue_.empty() || !waits;
  if (!has_turn || !can_make_room(function)) {
    if (waits && could_ever_fit(function)) {
      room_queue_.push_back(waiting);
      return false;
    }
    release(waiting.pool);
    reject(waiting, RejectReason::kNoMemory);
    return true;
  }
  if (!within_scaling_rate(functions[function.leader], now)) {
    release(waiting.pool);
    reject(waiting, RejectReason::kScalingRate);
    return true;
  }
  make_room(function);
  ColdCause cause = ColdCause::kLost;
  if (function.live > 0) {
    cause = ColdCause::kConcurrency;
  } else if (!function.started_before) {
    cause = ColdCause::kFirst;
  } else if (function.last_loss == RetireReason::kExpired) {
    cause = ColdCause::kExpired;
  } else if (function.last_loss == RetireReason::kEvicted) {
    cause = ColdCause::kEvicted;
  }
  const std::uint32_t slot = start(waiting.function, waiting.id, cause, false, now);
  if (settings_.pending_start == PendingStart::kWait) {
    functions[waiting.function].waiting.push_front(waiting);
  } else {
    environments_[slot].bound = true;
    environments_[slot].first = waiting;
  }
  return true;
}

void Fleet::Impl::dispatch(std::uint32_t slot, const Waiting& waiting, Time now, bool cold) {
  Environment& environment = environments_[slot];
  Function& function = functions[environment.function];
  LAM_DCHECK(environment.running < environment.concurrency);
  if (environment.state == EnvironmentState::kIdle) leave_idle(slot);

  std::uint32_t index = 0;
  if (free_runs_.empty()) {
    index = static_cast<std::uint32_t>(runs_.size());
    runs_.emplace_back();
  } else {
    index = free_runs_.back();
    free_runs_.pop_back();
  }
  Running& run = runs_[index];
  run.id = waiting.id;
  run.dispatched = now;
  run.deadline = add_saturated(now, environment.timeout);
  run.cold = cold;
  run.init_abandoned = environment.init_failed && !settings_.abandoned_init_billed;
  environment.init_failed = false;
  // What the start itself took is not queueing. A request that joined a start under way waited for
  // the rest of it only.
  const Duration waited = now - waiting.arrived;
  run.init = cold ? std::min(waited, environment.ready - environment.started) : Duration::zero();
  run.queued = waited - run.init;
  run.pool = waiting.pool;
  run.next = environment.run_head;
  environment.run_head = index;

  if (environment.state != EnvironmentState::kBusy) {
    environment.state = EnvironmentState::kBusy;
    ++population.busy;
    environment.due = kNever;
  }
  ++environment.running;
  environment.dispatched = now;
  ++function.frequency;
  set_due(slot, std::min(environment.due, run.deadline));
  if (environment.concurrency > 1) {
    std::erase(function.spare, slot);
    if (environment.running < environment.concurrency) function.spare.push_back(slot);
  }

  Effect& effect = emit(EffectKind::kDispatch);
  effect.invocation = waiting.id;
  effect.function = environment.function;
  effect.environment = {slot, environment.serial};
  effect.deadline = run.deadline;
  effect.cold = cold;
  effect.provisioned = environment.provisioned;
  effect.queued = run.queued;
  effect.init = run.init;
}

// Takes the run off its environment and charges it.
void Fleet::Impl::finish(std::uint32_t slot, std::uint32_t index, Outcome outcome, Time ended) {
  Environment& environment = environments_[slot];
  const Running run = runs_[index];
  std::uint32_t* link = &environment.run_head;
  while (*link != index) link = &runs_[*link].next;
  *link = run.next;
  free_runs_.push_back(index);
  --environment.running;
  release(run.pool);

  const FunctionSettings& settings = functions[environment.function].settings;
  Effect& effect = emit(EffectKind::kCharge);
  effect.invocation = run.id;
  effect.function = environment.function;
  effect.environment = {slot, environment.serial};
  effect.outcome = outcome;
  effect.cold = run.cold;
  effect.provisioned = environment.provisioned;
  effect.queued = run.queued;
  effect.init = run.init;
  effect.run = ended - run.dispatched;
  effect.memory_mb = environment.memory_mb;
  const bool init_billed = settings.init_billed && !run.init_abandoned;
  effect.billed_ms = billing::billed_ms(init_billed ? run.init : Duration::zero(), effect.run);
}

void Fleet::Impl::fail(std::uint32_t slot, std::uint32_t index, Outcome outcome, Time ended) {
  Effect& effect = emit(EffectKind::kFail);
  effect.invocation = runs_[index].id;
  effect.function = environments_[slot].function;
  effect.environment = {slot, environments_[slot].serial};
  effect.outcome = outcome;
  finish(slot, index, outcome, ended);
}

// The invocation for which an environment was started, when that never became ready.
void Fleet::Impl::fail_start(std::uint32_t slot, Outcome outcome, Time now) {
  Environment& environment = environments_[slot];
  const Waiting waiting = environment.first;
  environment.bound = false;
  release(waiting.pool);
  const EnvironmentRef ref{slot, environment.serial};
  Effect& failed = emit(EffectKind::kFail);
  failed.invocation = waiting.id;
  failed.function = environment.function;
  failed.environment = ref;
  failed.outcome = outcome;

  const FunctionSettings& settings = functions[environment.function].settings;
  Effect& charge = emit(EffectKind::kCharge);
  charge.invocation = waiting.id;
  charge.function = environment.function;
  charge.environment = ref;
  charge.outcome = outcome;
  charge.cold = true;
  charge.init = now - environment.started;
  charge.queued = environment.started - waiting.arrived;
  charge.memory_mb = environment.memory_mb;
  charge.billed_ms =
      billing::billed_ms(settings.init_billed ? charge.init : Duration::zero(), Duration::zero());
}

void Fleet::Impl::release(std::uint32_t pool) {
  --pools_[pool].in_flight;
  --in_flight;
}

void Fleet::Impl::reject(const Waiting& waiting, RejectReason reason) {
  Effect& effect = emit(EffectKind::kReject);
  effect.invocation = waiting.id;
  effect.function = waiting.function;
  effect.reject = reason;
}

void Fleet::Impl::invocation_ended(const Event& event, Time now) {
  Environment* environment = find(event.environment);
  if (environment == nullptr) return;
  std::uint32_t run = environment->run_head;
  while (run != kNil && runs_[run].id != event.invocation) run = runs_[run].next;
  if (run == kNil) return;  // it had timed out
  const std::uint32_t slot = event.environment.slot;
  finish(slot, run, event.outcome, now);
  after_work(slot, now);
  serve_waiting(now);
}

void Fleet::Impl::mark_for_service(FunctionId id) {
  if (!functions[id].waiting.empty()) to_serve_.push_back(id);
}

void Fleet::Impl::serve_waiting(Time now) {
  // 1. Requests that share a start take whatever environment of their function is free.
  while (!to_serve_.empty()) {
    const FunctionId id = to_serve_.back();
    to_serve_.pop_back();
    serve_waiting_of(id, now);
  }
  // 2. Requests that wait for room go in their order; the first that does not fit holds the others.
  serving_room_ = true;
  while (!room_queue_.empty()) {
    const Waiting head = room_queue_.front();
    room_queue_.pop_front();
    if (functions[head.function].settings.removed) {
      release(head.pool);
      reject(head, RejectReason::kFunctionRemoved);
    } else if (!place(head, now)) {
      room_queue_.pop_back();  // place() put it at the end; it keeps its turn
      room_queue_.push_front(head);
      break;
    }
  }
  serving_room_ = false;
  // 3. Requests that wait for concurrency.
  for (ConcurrencyPool& pool : pools_) {
    while (const Waiting* head = pool.peek()) {
      const Function& function = functions[head->function];
      const bool provisioned = !function.idle_provisioned.empty();
      const bool hopeless = pool.closed() && function.provisioned == 0;
      if (pool.full() && !provisioned && !hopeless) break;
      Waiting waiting = *pool.pop();
      --queued;
      if (function.settings.removed) {
        reject(waiting, RejectReason::kFunctionRemoved);
      } else if (provisioned || !hopeless) {
        if (provisioned) waiting.pool = kProvisionedPool;
        admit(waiting, now);
      } else {
        reject(waiting, limit_of(waiting.pool));
      }
    }
  }
}

void Fleet::Impl::serve_waiting_of(FunctionId id, Time now) {
  while (!functions[id].waiting.empty()) {
    Function& function = functions[id];
    const Waiting head = function.waiting.front();
    const std::uint32_t slot = pick(function);
    if (slot == kNil) {
      if (function.starting > 0) return;  // it shares the start that is under way
      function.waiting.pop_front();
      if (function.settings.removed) {
        release(head.pool);
        reject(head, RejectReason::kFunctionRemoved);
      } else {
        start_for(head, now);  // one that cannot start is turned away, or waits for room
      }
      continue;
    }
    function.waiting.pop_front();
    const Environment& environment = environments_[slot];
    // Cold: it waited for this environment's start, and is the first to use it.
    const bool cold = !environment.provisioned && environment.finished < environment.started &&
                      environment.running == 0 && head.arrived < environment.ready;
    dispatch(slot, head, now, cold);
  }
}

}  // namespace lambdarium::fleet
