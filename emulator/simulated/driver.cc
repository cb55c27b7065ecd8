#include "emulator/simulated/driver.h"

#include <fmt/format.h>

#include "emulator/simulated/invocation_ids.h"

namespace lambdarium::simulated {
namespace {

// What a pending completion keeps of an invocation's number. Four billion arrivals later it comes
// again, which no completion outlives.
std::uint32_t stamp_of(std::uint64_t number) {
  return static_cast<std::uint32_t>(number);
}

}  // namespace

Driver::Driver(const SimulationConfig& config, const std::vector<RunFunction>& functions,
               traces::TraceSource& source, Recorder* recorder, Progress* progress)
    : config_(config),
      functions_(functions),
      source_(source),
      recorder_(recorder),
      progress_(progress),
      fleet_(config.platform.fleet),
      population_(fleet_.population()),
      statistics_(config, functions),
      ordinals_(functions.size()),
      batch_(traces::kBatchRecords) {}

Status Driver::run() {
  add_functions();
  LAM_TRY_STATUS(refill());
  while (true) {
    const bool arrivals_left = batch_next_ < batch_size_;
    if (!arrivals_left && live_ == 0) break;  // nobody waits for what the fleet may still reclaim
    const Time arrival = arrivals_left ? batch_[batch_next_].arrival : kNever;
    const Time due = heap_.next();
    const Time wake_at = fleet_.next_wake();
    if (due <= wake_at && due <= arrival) {
      LAM_CHECK(due != kNever, "invocations wait and nothing will happen");
      happen();
    } else if (wake_at <= arrival) {
      wake(wake_at);
    } else {
      arrive(batch_[batch_next_++]);
      if (batch_next_ == batch_size_) {
        LAM_TRY_STATUS(refill());
      }
    }
  }
  // What is due at the very end still happens, as expiries come after completions.
  while (fleet_.next_wake() <= now_) wake(now_);
  return {};
}

void Driver::add_functions() {
  // Provisioned environments of the beginning are there when the first request comes.
  setting_up_ = true;
  for (fleet::FunctionId id = 0; id < functions_.size(); ++id) {
    effects_.clear();
    fleet_.set_function(id, functions_[id].settings, Time{}, effects_);
    if (recorder_ != nullptr) recorder_->function_set(id, Time{}, effects_);
    apply(Time{});
  }
  setting_up_ = false;
}

Status Driver::refill() {
  if (progress_ != nullptr) {
    progress_->advanced(number_, source_.expected_records(), last_arrival_);
  }
  LAM_TRY(batch_size_, source_.read(batch_));
  batch_next_ = 0;
  for (std::size_t i = 0; i < batch_size_; ++i) {
    const TraceRecord& record = batch_[i];
    LAM_CHECK(record.arrival >= last_arrival_, "a trace source gives arrivals in order");
    LAM_CHECK(record.function < functions_.size(), "a trace source names its functions");
    last_arrival_ = record.arrival;
  }
  return {};
}

std::uint32_t Driver::take_slot() {
  ++live_;
  if (!free_.empty()) {
    const std::uint32_t slot = free_.back();
    free_.pop_back();
    return slot;
  }
  LAM_CHECK(invocations_.size() < (std::size_t{1} << kSlotBits), "too many invocations at once");
  invocations_.emplace_back();
  return static_cast<std::uint32_t>(invocations_.size() - 1);
}

void Driver::release(fleet::InvocationId id) {
  const std::uint32_t slot = slot_of(id);
  Invocation& invocation = invocations_[slot];
  if (invocation.number != number_of(id)) return;
  invocation.number = 0;
  free_.push_back(slot);
  --live_;
}

void Driver::arrive(const TraceRecord& record) {
  const Time now = record.arrival;
  const std::uint32_t slot = take_slot();
  Invocation& invocation = invocations_[slot];
  invocation.arrival = now;
  invocation.service = record.duration < Duration::zero() ? Duration::zero() : record.duration;
  invocation.ordinal = ordinals_[record.function]++;
  invocation.number = ++number_;

  fleet::Event event;
  event.kind = fleet::EventKind::kArrived;
  event.function = record.function;
  event.invocation = make_invocation_id(number_, slot);
  event.expected = invocation.service;
  statistics_.arrived(record.function, now);
  step(event, now);
}

void Driver::happen() {
  const Pending pending = heap_.pop();
  fleet::Event event;
  if (pending.is_start()) {
    Environment& environment = environments_[pending.slot];
    if (environment.serial != pending.stamp) return;  // retired while it started
    environment.ready = pending.at;
    event.kind = fleet::EventKind::kEnvironmentReady;
    event.environment = {pending.slot, pending.stamp};
  } else {
    const Invocation& invocation = invocations_[pending.slot];
    // Given up before it was done, and perhaps followed by another one.
    if (invocation.number == 0 || stamp_of(invocation.number) != pending.stamp) return;
    event.kind = fleet::EventKind::kInvocationEnded;
    event.environment = invocation.environment;
    event.invocation = make_invocation_id(invocation.number, pending.slot);
  }
  step(event, pending.at);
}

void Driver::wake(Time now) {
  step({.kind = fleet::EventKind::kWoken}, now);
  // The fleet's promise: what it is woken for is done.
  idle_wakes_ = effects_.empty() && now == last_wake_ ? idle_wakes_ + 1 : 0;
  last_wake_ = now;
  LAM_CHECK(idle_wakes_ < 1'000'000, "the fleet asks to be woken again and again, for nothing");
}

void Driver::step(const fleet::Event& event, Time now) {
  now_ = now;
  if (recorder_ != nullptr) recorder_->sample(now, fleet_);
  statistics_.advance(now, population_);
  effects_.clear();
  fleet_.step(event, now, effects_);
  if (recorder_ != nullptr) recorder_->event(event, now, effects_);
  apply(now);
}

void Driver::apply(Time now) {
  for (const fleet::Effect& effect : effects_) {
    switch (effect.kind) {
      case fleet::EffectKind::kDispatch:
        dispatch(effect, now);
        break;
      case fleet::EffectKind::kCharge: {
        const Time arrival = invocations_[slot_of(effect.invocation)].arrival;
        statistics_.charged(effect, arrival, now);
        if (recorder_ != nullptr) recorder_->invocation_charged(effect, arrival);
        release(effect.invocation);
        break;
      }
      case fleet::EffectKind::kStartEnvironment:
        start(effect, now);
        break;
      case fleet::EffectKind::kRetireEnvironment:
        retire(effect, now);
        break;
      case fleet::EffectKind::kReject: {
        const Time arrival = invocations_[slot_of(effect.invocation)].arrival;
        statistics_.rejected(effect, arrival);
        if (recorder_ != nullptr) recorder_->invocation_rejected(effect, arrival, now);
        release(effect.invocation);
        break;
      }
      case fleet::EffectKind::kFail:
        break;  // its charge follows
    }
  }
}

// The draw belongs to the invocation, not to how many starts came before it, so that two policies
// draw the same for the same request.
Duration Driver::draw_cold_start(const fleet::Effect& effect) {
  const Distribution& distribution = functions_[effect.function].cold_start;
  if (distribution.is_zero()) return Duration::zero();
  constexpr unsigned kOrdinalBits = 40;
  const std::uint64_t ordinal =
      effect.invocation == fleet::kNoInvocation
          ? (std::uint64_t{1} << (kOrdinalBits - 1)) + provisioned_starts_++
          : invocations_[slot_of(effect.invocation)].ordinal;
  RandomStream random{config_.seed, "cold_start",
                      (std::uint64_t{effect.function} << kOrdinalBits) | ordinal};
  return distribution.sample(random);
}

void Driver::start(const fleet::Effect& effect, Time now) {
  const std::uint32_t slot = effect.environment.slot;
  if (slot >= environments_.size()) environments_.resize(slot + 1);
  Environment& environment = environments_[slot];
  environment = {.started = now, .function = effect.function, .serial = effect.environment.serial};
  Duration takes = setting_up_ ? Duration::zero() : draw_cold_start(effect);
  if (!setting_up_ && functions_[effect.function].cold_start_mode == ColdStartMode::kReplace) {
    environment.first_run = takes;
    takes = Duration::zero();
  }
  heap_.push(add_saturated(now, takes), true, slot, effect.environment.serial);
  statistics_.started(now, population_);
  if (effect.invocation != fleet::kNoInvocation) {
    statistics_.cold(effect, invocations_[slot_of(effect.invocation)].arrival);
  }
}

void Driver::dispatch(const fleet::Effect& effect, Time now) {
  const std::uint32_t slot = slot_of(effect.invocation);
  Invocation& invocation = invocations_[slot];
  Duration takes = invocation.service;
  Environment& environment = environments_[effect.environment.slot];
  if (environment.first_run >= Duration::zero()) {
    takes = environment.first_run;
    environment.first_run = Duration{-1};
  }
  invocation.environment = effect.environment;
  const Time done = add_saturated(now, takes);
  // Done exactly at the deadline is in time. What is not in time the fleet ends itself.
  if (done <= effect.deadline) heap_.push(done, false, slot, stamp_of(invocation.number));
}

void Driver::retire(const fleet::Effect& effect, Time now) {
  Environment& environment = environments_[effect.environment.slot];
  statistics_.retired(effect, environment.started, now);
  if (recorder_ != nullptr) {
    recorder_->environment({.id = environment.serial,
                            .function = environment.function,
                            .started_ns = to_ns(environment.started),
                            .ready_ns = environment.ready == kNever ? -1 : to_ns(environment.ready),
                            .ended_ns = to_ns(now),
                            .why = std::string{to_string(effect.retire)}});
  }
  environment.serial = 0;
}

void Driver::record_survivors() {
  for (const Environment& environment : environments_) {
    if (environment.serial == 0) continue;
    recorder_->environment({.id = environment.serial,
                            .function = environment.function,
                            .started_ns = to_ns(environment.started),
                            .ready_ns = environment.ready == kNever ? -1 : to_ns(environment.ready),
                            .ended_ns = -1,
                            .why = {}});
  }
}

}  // namespace lambdarium::simulated
