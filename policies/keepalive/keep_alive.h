// How long an idle environment is kept.
//
// A value, not an interface: the fleet asks once for each completion, and a switch over a closed
// set inlines. `none` retires the environment as soon as it is idle, so that every request is cold;
// `fixed` keeps it for ttl.

#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "models/base/result.h"
#include "models/base/time.h"

namespace lambdarium::policies {

enum class KeepAliveName : std::uint8_t { kFixed, kNone };

// From when the time to live counts.
enum class KeepAliveClock : std::uint8_t {
  kFinish,     // the end of the last request
  kArrival,    // the dispatch of the last request
  kFirstIdle,  // once, when the environment was first idle; never re-armed
};

struct KeepAlive {
  KeepAliveName name = KeepAliveName::kFixed;
  Duration ttl = 600s;  // kForever: never expires
  KeepAliveClock clock = KeepAliveClock::kFinish;

  // When an environment that is idle now expires.
  Time expires_at(Time finished, Time dispatched, Time first_idle) const {
    if (name == KeepAliveName::kNone) return finished;
    switch (clock) {
      case KeepAliveClock::kFinish:
        return add_saturated(finished, ttl);
      case KeepAliveClock::kArrival:
        return add_saturated(dispatched, ttl);
      case KeepAliveClock::kFirstIdle:
        return add_saturated(first_idle, ttl);
    }
    return finished;
  }
};

Result<KeepAliveName> parse_keep_alive_name(std::string_view name);  // fixed, none
Result<KeepAliveClock> parse_keep_alive_clock(
    std::string_view name);  // finish, arrival, first-idle
std::string_view to_string(KeepAliveName name);
std::string_view to_string(KeepAliveClock clock);
std::span<const std::string_view> keep_alive_names();

}  // namespace lambdarium::policies
