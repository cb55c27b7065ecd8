#include "traces/replay/schedule.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace lambdarium::traces {

Result<Schedule> Schedule::make(TraceSource& source, const ScheduleOptions& options) {
  if (!(options.speed >= kSpeedMin && options.speed <= kSpeedMax)) {
    return invalid_input(
        fmt::format("speed is {}; it must be from 0.000001 to 1000000", options.speed));
  }
  if (options.duration < Duration::zero()) {
    return invalid_input(
        fmt::format("duration is {} s; it cannot be negative", to_seconds(options.duration)));
  }
  return Schedule{source, options};
}

Result<std::size_t> Schedule::read(std::span<TimedCall> out) {
  if (done_ || out.empty()) return std::size_t{0};
  const std::uint64_t left = options_.calls_max - number_;
  records_.resize(static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), left)));
  if (records_.empty()) return std::size_t{0};
  LAM_TRY(const std::size_t count, source_->read(records_));
  std::size_t kept = 0;
  for (; kept < count; ++kept) {
    const TraceRecord& record = records_[kept];
    const Duration arrival = record.arrival.time_since_epoch();
    if (arrival >= options_.duration) break;
    Duration work = options_.scale_durations ? scaled(record.duration) : record.duration;
    if (work == Duration::zero() && record.duration > Duration::zero()) work = 1ns;
    out[kept] = {
        .due = scaled(arrival), .work = work, .function = record.function, .number = number_++};
  }
  done_ = kept < count || count == 0;
  return kept;
}

Duration Schedule::scaled(Duration value) const {
  // Exact where nothing is scaled; elsewhere a double keeps a day to some tens of picoseconds.
  if (options_.speed == 1) return value;
  return from_seconds(to_seconds(value) / options_.speed);
}

}  // namespace lambdarium::traces
