#include "emulator/live/recorder.h"

#include <algorithm>
#include <vector>

#include "emulator/fleet/text.h"

namespace lambdarium::live {

void Recorder::platform(const fleet::PlatformSettings& settings) {
  if (on()) sink_->meta("fleet", fleet::describe(settings));
}

void Recorder::function_set(const RunningFunction& function, Time now,
                            std::span<const fleet::Effect> decided) {
  if (!on()) return;
  const FunctionDefinition& definition = *function.definition;
  sink_->function({.id = function.id,
                   .name = definition.name,
                   .runtime = definition.runtime,
                   .memory_mb = definition.memory_mb,
                   .timeout_ms = definition.timeout_s * 1000,
                   .concurrency = definition.environment_concurrency});
  sink_->decision(
      {to_ns(now), "function-set", "", fleet::describe(function.id, function.settings)});
  effects("function-set", now, decided);
}

void Recorder::step(const fleet::Event& event, Time now, std::span<const fleet::Effect> decided) {
  if (!on()) return;
  const std::string_view name = fleet::to_string(event.kind);
  sink_->decision({to_ns(now), std::string{name}, "", fleet::describe(event)});
  if (event.kind == fleet::EventKind::kEnvironmentReady) {
    const auto found = environments_.find(event.environment.serial);
    if (found != environments_.end()) found->second.ready = now;
  }
  effects(name, now, decided);
}

void Recorder::effects(std::string_view event, Time now, std::span<const fleet::Effect> decided) {
  for (const fleet::Effect& effect : decided) {
    sink_->decision({to_ns(now), std::string{event}, std::string{fleet::to_string(effect.kind)},
                     fleet::describe(effect)});
    if (effect.kind == fleet::EffectKind::kStartEnvironment) {
      environments_[effect.environment.serial] = {effect.function, now};
    } else if (effect.kind == fleet::EffectKind::kRetireEnvironment) {
      const auto found = environments_.find(effect.environment.serial);
      if (found == environments_.end()) continue;
      environment(found->first, found->second, now, fleet::to_string(effect.retire));
      environments_.erase(found);
    }
  }
}

void Recorder::environment(std::uint32_t serial, const Environment& environment, Time ended,
                           std::string_view why) {
  sink_->environment({.id = serial,
                      .function = environment.function,
                      .started_ns = to_ns(environment.started),
                      .ready_ns = environment.ready == kNever ? -1 : to_ns(environment.ready),
                      .ended_ns = to_ns(ended),
                      .why = std::string{why}});
}

void Recorder::charged(const fleet::Effect& charge, const InvocationFacts& facts) {
  if (!on()) return;
  sink_->invocation({.id = std::string{facts.request_id},
                     .function = charge.function,
                     .version = std::string{facts.version},
                     .arrival_ns = to_ns(facts.arrived),
                     .queue_ns = charge.queued.count(),
                     .init_ns = charge.init.count(),
                     .duration_ns = charge.run.count(),
                     .billed_ms = charge.billed_ms,
                     .memory_mb = charge.memory_mb,
                     .max_memory_mb = facts.max_memory_mb,
                     .outcome = std::string{fleet::to_string(charge.outcome)},
                     .cold = charge.cold,
                     .environment = charge.environment.serial,
                     .route = std::string{facts.route},
                     .request_bytes = facts.request_bytes,
                     .response_bytes = facts.response_bytes});
}

void Recorder::rejected(const fleet::Effect& reject, const InvocationFacts& facts) {
  if (!on()) return;
  sink_->invocation({.id = std::string{facts.request_id},
                     .function = reject.function,
                     .version = std::string{facts.version},
                     .arrival_ns = to_ns(facts.arrived),
                     .outcome = "throttled",
                     .route = std::string{facts.route},
                     .request_bytes = facts.request_bytes});
}

void Recorder::close(Time now) {
  if (!on()) return;
  std::vector<std::uint32_t> serials;
  for (const auto& [serial, environment] : environments_) serials.push_back(serial);
  std::sort(serials.begin(), serials.end());
  for (const std::uint32_t serial : serials) {
    environment(serial, environments_[serial], now, "shutdown");
  }
  environments_.clear();
}

}  // namespace lambdarium::live
