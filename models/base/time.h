// Time and duration, on either clock.
//
// Both are 64-bit counts of nanoseconds. A Time is a point on *the* clock of the run: since the
// epoch of the recording for the emulator, since the start of the run for the simulator. Code that
// decides is handed a Time; it never reads one.

#pragma once

#include <chrono>
#include <cstdint>

namespace lambdarium {

using namespace std::chrono_literals;

using Duration = std::chrono::nanoseconds;

// The tag of time points. It has no now(): only drivers read clocks.
struct RunClock {
  using rep = Duration::rep;
  using period = Duration::period;
  using duration = Duration;
  using time_point = std::chrono::time_point<RunClock, Duration>;
  static constexpr bool is_steady = true;
};

using Time = RunClock::time_point;

inline constexpr Time kNever = Time::max();
inline constexpr Duration kForever = Duration::max();

constexpr Time at(Duration since_start) {
  return Time{since_start};
}
constexpr std::int64_t to_ns(Time t) {
  return t.time_since_epoch().count();
}
constexpr double to_seconds(Duration d) {
  return std::chrono::duration<double>(d).count();
}
constexpr double to_seconds(Time t) {
  return to_seconds(t.time_since_epoch());
}
constexpr double to_ms(Duration d) {
  return std::chrono::duration<double, std::milli>(d).count();
}

// Rounds to the nearest nanosecond; saturates at kForever and -kForever, and NaN becomes zero.
Duration from_seconds(double seconds);

// t + d that stays at kNever instead of overflowing. Requires d >= 0.
constexpr Time add_saturated(Time t, Duration d) {
  return d > kNever - (t < Time{} ? Time{} : t) ? kNever : t + d;
}

}  // namespace lambdarium
