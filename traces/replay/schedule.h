// Turns a trace into timed calls: what to send, and when from the start of the replay.
//
// Speed X divides the gaps between arrivals by X, and the durations too, so that as many calls
// overlap as did in the trace. With `scale_durations` off, durations stay as they are and X also
// multiplies the load. A call of a duration above zero is never scaled to zero.
//
// Pure: no clock. Thread: one at a time. On failure: as the source.

#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "models/base/result.h"
#include "models/base/time.h"
#include "traces/formats/trace_source.h"

namespace lambdarium::traces {

struct ScheduleOptions {
  double speed = 1;
  bool scale_durations = true;
  Duration duration = kForever;  // of the trace, before scaling: later calls are left out
  std::uint64_t calls_max = UINT64_MAX;
};

struct TimedCall {
  Duration due;   // from the start of the replay
  Duration work;  // how long the handler should take
  std::uint32_t function = 0;
  std::uint64_t number = 0;  // from 0, in order
};

class Schedule {
 public:
  static constexpr double kSpeedMin = 1e-6;
  static constexpr double kSpeedMax = 1e6;

  // The error names a speed out of range. Requires: the source outlives the schedule and is read by
  // nobody else.
  static Result<Schedule> make(TraceSource& source, const ScheduleOptions& options);

  // Fills `out` from the front and returns how many calls it wrote, in order of `due`; 0 is the
  // end.
  Result<std::size_t> read(std::span<TimedCall> out);

 private:
  Schedule(TraceSource& source, const ScheduleOptions& options)
      : source_(&source), options_(options) {}
  Duration scaled(Duration value) const;

  TraceSource* source_;
  ScheduleOptions options_;
  std::vector<TraceRecord> records_;
  std::uint64_t number_ = 0;
  bool done_ = false;
};

}  // namespace lambdarium::traces
