// Events, effects and settings as one line of text each, for recorded runs. The twin check compares
// these lines.

#pragma once

#include <string>
#include <string_view>

#include "emulator/fleet/settings.h"
#include "emulator/fleet/types.h"
#include "models/base/result.h"

namespace lambdarium::fleet {

// "function=0 invocation=12 expected=0 priority=0", by kind: only the fields that the kind uses.
std::string describe(const Event& event);
std::string describe(const Effect& effect);

// The inverse of describe(Event); `kind` is to_string(EventKind).
Result<Event> parse_event(std::string_view kind, std::string_view detail);

// A function's settings as the event "function-set" records them, and back.
std::string describe(FunctionId id, const FunctionSettings& settings);
struct FunctionSet {
  FunctionId id = 0;
  FunctionSettings settings;
};
Result<FunctionSet> parse_function_set(std::string_view detail);

// The platform's settings as a run's meta table keeps them (key `fleet`), and back.
std::string describe(const PlatformSettings& settings);
Result<PlatformSettings> parse_platform(std::string_view text);

}  // namespace lambdarium::fleet
