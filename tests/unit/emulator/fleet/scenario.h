// A fleet with a short way to say what happens to it, and what came out.

#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "emulator/fleet/fleet.h"
#include "emulator/fleet/text.h"

namespace lambdarium::fleet {

class Scenario {
 public:
  explicit Scenario(PlatformSettings settings = {}) : fleet(settings) {}

  FunctionId add(FunctionSettings settings = {}) {
    const FunctionId id = functions_++;
    fleet.set_function(id, settings, now, effects);
    return id;
  }
  void change(FunctionId id, const FunctionSettings& settings, Time when) {
    now = when;
    effects.clear();
    fleet.set_function(id, settings, now, effects);
  }

  InvocationId arrive(Time when, FunctionId function = 0, Duration expected = {},
                      int priority = 0) {
    Event event{.kind = EventKind::kArrived, .priority = priority, .function = function};
    event.invocation = next_invocation_++;
    event.expected = expected;
    step(event, when);
    return event.invocation;
  }
  void ready(Time when, EnvironmentRef environment, Outcome outcome = Outcome::kOk) {
    step({.kind = EventKind::kEnvironmentReady, .outcome = outcome, .environment = environment},
         when);
  }
  void lost(Time when, EnvironmentRef environment, Outcome outcome = Outcome::kCrashed) {
    step({.kind = EventKind::kEnvironmentLost, .outcome = outcome, .environment = environment},
         when);
  }
  void end(Time when, EnvironmentRef environment, InvocationId invocation,
           Outcome outcome = Outcome::kOk) {
    step({.kind = EventKind::kInvocationEnded,
          .outcome = outcome,
          .environment = environment,
          .invocation = invocation},
         when);
  }
  void wake(Time when) { step({.kind = EventKind::kWoken}, when); }

  // An arrival that starts an environment, and its start: gives the environment.
  EnvironmentRef cold_start(Time when, Duration init = {}, FunctionId function = 0) {
    arrive(when, function);
    const EnvironmentRef environment = only(EffectKind::kStartEnvironment).environment;
    ready(when + init, environment);
    return environment;
  }

  // The effects of the last step.
  std::size_t count(EffectKind kind) const {
    return static_cast<std::size_t>(std::count_if(
        effects.begin(), effects.end(), [kind](const Effect& e) { return e.kind == kind; }));
  }
  Effect only(EffectKind kind) const {
    const auto found = std::find_if(effects.begin(), effects.end(),
                                    [kind](const Effect& e) { return e.kind == kind; });
    return found != effects.end() && count(kind) == 1 ? *found : Effect{};
  }
  std::string text() const {
    std::string lines;
    for (const Effect& effect : effects) {
      lines += std::string{to_string(effect.kind)} + " " + describe(effect) + "\n";
    }
    return lines;
  }

  void step(const Event& event, Time when) {
    now = when;
    effects.clear();
    fleet.step(event, when, effects);
  }

  Fleet fleet;
  Time now;
  std::vector<Effect> effects;

 private:
  FunctionId functions_ = 0;
  InvocationId next_invocation_ = 0;
};

}  // namespace lambdarium::fleet
