#include "emulator/fleet/async_queue.h"

#include <algorithm>

#include "models/base/check.h"

namespace lambdarium::fleet {

std::string_view to_string(AsyncCondition condition) {
  switch (condition) {
    case AsyncCondition::kNone:
      break;
    case AsyncCondition::kSuccess:
      return "Success";
    case AsyncCondition::kRetriesExhausted:
      return "RetriesExhausted";
    case AsyncCondition::kEventAgeExceeded:
      return "EventAgeExceeded";
    case AsyncCondition::kZeroReservedConcurrency:
      return "ZeroReservedConcurrency";
  }
  return "FunctionRemoved";
}

void AsyncQueue::set_target(AsyncTargetId id, const AsyncTarget& target, Time now,
                            Effects& effects) {
  Target& entry = targets_[id];
  entry.settings = target;
  update_turn(id, entry);
  start_ready(now, effects);
}

void AsyncQueue::step(const AsyncInput& input, Time now, Effects& effects) {
  switch (input.kind) {
    case AsyncInputKind::kAccepted:
      accept(input, now);
      break;
    case AsyncInputKind::kEnded:
      end(input, now, effects);
      break;
    case AsyncInputKind::kDelivered: {
      const auto found = events_.find(input.event);
      if (found == events_.end() || found->second.state != State::kDelivering) return;
      if (input.outcome == AsyncOutcome::kNotRun) {
        deliver_again(input.event, found->second, now);
      } else {
        forget(input.event, effects);
      }
      break;
    }
    case AsyncInputKind::kWoken:
      wake(now, effects);
      break;
  }
  start_ready(now, effects);
}

void AsyncQueue::accept(const AsyncInput& input, Time now) {
  LAM_CHECK(targets_.contains(input.target), "an event's target is set first");
  const auto [place, added] = events_.try_emplace(input.event);
  LAM_CHECK(added, "event ids are not used twice");
  Event& event = place->second;
  event.target = input.target;
  event.accepted = input.accepted;
  event.progress = input.progress;
  event.attempts = input.progress.failures;
  if (event.progress.due > now) {
    event.state = State::kWaiting;
    waiting_.emplace(event.progress.due, input.event);
  } else {
    make_ready(input.event, event);
  }
}

void AsyncQueue::end(const AsyncInput& input, Time now, Effects& effects) {
  const auto found = events_.find(input.event);
  if (found == events_.end() || found->second.state != State::kRunning) return;
  Event& event = found->second;
  Target& target = targets_[event.target];
  --running_;
  --target.running;
  update_turn(event.target, target);
  switch (input.outcome) {
    case AsyncOutcome::kSucceeded:
      ++event.attempts;
      finish(input.event, event, AsyncCondition::kSuccess, effects);
      break;
    case AsyncOutcome::kFunctionError:
      ++event.attempts;
      ++event.progress.failures;
      event.progress.throttles = 0;
      if (event.progress.failures > target.settings.retries_max) {
        finish(input.event, event, AsyncCondition::kRetriesExhausted, effects);
      } else {
        retry(input.event, event, rules_.retry_wait * event.progress.failures, now, effects);
      }
      break;
    case AsyncOutcome::kNotRun:
      // The limit may have been lowered to zero while it was on its way.
      if (target.settings.reserved_concurrency == 0) {
        finish(input.event, event, AsyncCondition::kZeroReservedConcurrency, effects);
      } else {
        ++event.progress.throttles;
        retry(input.event, event, back_off(event.progress.throttles), now, effects);
      }
      break;
    case AsyncOutcome::kRemoved:
      event.condition = AsyncCondition::kNone;
      forget(input.event, effects);
      break;
  }
}

Duration AsyncQueue::back_off(std::int32_t tries) const {
  // Beyond this the doubled wait is over any maximum that makes sense, and would overflow.
  constexpr std::int32_t kDoublingsMax = 20;
  return std::min(rules_.back_off_max,
                  rules_.back_off_first * (1 << std::clamp(tries - 1, 0, kDoublingsMax)));
}

Duration AsyncQueue::divided(Duration wait) const {
  return from_seconds(to_seconds(wait) / rules_.time_scale);
}

// An event that would be too old by then is given up now: waiting would change nothing.
void AsyncQueue::retry(AsyncEventId id, Event& event, Duration wait, Time now, Effects& effects) {
  const Duration age = now - event.accepted + event.progress.skipped;
  if (age + wait > targets_[event.target].settings.age_max) {
    finish(id, event, AsyncCondition::kEventAgeExceeded, effects);
    return;
  }
  const Duration shorter = divided(wait);
  event.progress.skipped += wait - shorter;
  event.progress.due = now + shorter;
  event.state = State::kWaiting;
  waiting_.emplace(event.progress.due, id);
  effects.push_back({.kind = AsyncEffectKind::kSave,
                     .event = id,
                     .attempts = event.attempts,
                     .progress = event.progress});
}

void AsyncQueue::deliver_again(AsyncEventId id, Event& event, Time now) {
  event.state = State::kToDeliver;
  waiting_.emplace(now + divided(back_off(++event.deliveries)), id);
}

void AsyncQueue::finish(AsyncEventId id, Event& event, AsyncCondition condition, Effects& effects) {
  event.condition = condition;
  const AsyncTarget& settings = targets_[event.target].settings;
  if (condition == AsyncCondition::kSuccess ? settings.on_success : settings.on_failure) {
    event.state = State::kDelivering;
    effects.push_back({.kind = AsyncEffectKind::kDeliver,
                       .condition = condition,
                       .event = id,
                       .attempts = event.attempts,
                       .progress = event.progress});
  } else {
    forget(id, effects);
  }
}

void AsyncQueue::forget(AsyncEventId id, Effects& effects) {
  const auto node = events_.extract(id);
  effects.push_back({.kind = AsyncEffectKind::kForget,
                     .condition = node.mapped().condition,
                     .event = id,
                     .attempts = node.mapped().attempts,
                     .progress = node.mapped().progress});
}

void AsyncQueue::wake(Time now, Effects& effects) {
  while (!waiting_.empty() && waiting_.begin()->first <= now) {
    const AsyncEventId id = waiting_.begin()->second;
    waiting_.erase(waiting_.begin());
    Event& event = events_.at(id);
    if (event.state == State::kToDeliver) {
      event.state = State::kDelivering;
      effects.push_back({.kind = AsyncEffectKind::kDeliver,
                         .condition = event.condition,
                         .event = id,
                         .attempts = event.attempts,
                         .progress = event.progress});
    } else {
      make_ready(id, event);
    }
  }
}

void AsyncQueue::make_ready(AsyncEventId id, Event& event) {
  event.state = State::kReady;
  Target& target = targets_[event.target];
  target.ready.push_back(id);
  update_turn(event.target, target);
}

void AsyncQueue::update_turn(AsyncTargetId id, const Target& target) {
  const auto& reserved = target.settings.reserved_concurrency;
  const bool room = !reserved || *reserved == 0 || target.running < *reserved;
  if (room && !target.ready.empty()) {
    startable_.insert(id);
  } else {
    startable_.erase(id);
  }
}

void AsyncQueue::start_ready(Time now, Effects& effects) {
  while (running_ < rules_.attempts_max && !startable_.empty()) {
    auto turn = startable_.upper_bound(last_turn_);
    if (turn == startable_.end()) turn = startable_.begin();
    last_turn_ = *turn;
    Target& target = targets_[last_turn_];
    const AsyncEventId id = target.ready.front();
    target.ready.pop_front();
    Event& event = events_.at(id);
    if (target.settings.reserved_concurrency == 0) {
      finish(id, event, AsyncCondition::kZeroReservedConcurrency, effects);
    } else if (now - event.accepted + event.progress.skipped > target.settings.age_max) {
      finish(id, event, AsyncCondition::kEventAgeExceeded, effects);
    } else {
      event.state = State::kRunning;
      ++running_;
      ++target.running;
      effects.push_back({.kind = AsyncEffectKind::kAttempt,
                         .event = id,
                         .attempts = event.attempts,
                         .progress = event.progress});
    }
    update_turn(last_turn_, target);
  }
}

}  // namespace lambdarium::fleet
