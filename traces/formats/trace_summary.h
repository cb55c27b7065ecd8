// What there is to say about a whole trace, gathered in one pass in bounded memory.
//
// Thread: one at a time. On failure: as the source.

#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "models/base/quantiles.h"
#include "models/base/result.h"
#include "models/base/time.h"
#include "traces/formats/trace_source.h"

namespace lambdarium::traces {

// Calls over time, in equal buckets from time zero. Starts fine and doubles its width when the
// trace turns out to be long.
class RateCurve {
 public:
  static constexpr std::size_t kBucketsMax = 1 << 14;

  void add(Time arrival);
  Duration width() const { return width_; }
  const std::vector<std::uint64_t>& counts() const { return counts_; }
  // The curve up to `end` in `columns` pieces: calls a second of each.
  std::vector<double> resampled(std::size_t columns, Time end) const;

 private:
  Duration width_ = 10ms;
  std::vector<std::uint64_t> counts_;
};

// The bucket of a fixed width with the most calls; the first of equals. Needs only the current
// bucket, since arrivals ascend.
class BusiestBucket {
 public:
  explicit BusiestBucket(Duration width) : width_(width) {}
  void add(Time arrival);
  std::uint64_t count() const { return count_; }
  std::uint64_t index() const { return index_; }  // from 0

 private:
  Duration width_;
  std::uint64_t current_ = 0;
  std::uint64_t current_count_ = 0;
  std::uint64_t index_ = 0;
  std::uint64_t count_ = 0;
};

struct FunctionSummary {
  std::uint64_t calls = 0;
  Duration busy{0};  // sum of durations; stays at kForever
  Duration longest{0};
};

struct TraceSummary {
  std::uint64_t calls = 0;
  Time first{};
  Time last{};
  Quantiles durations;
  double busy_s = 0;  // sum of all durations
  RateCurve rates;
  BusiestBucket second{1s};
  BusiestBucket minute{60s};
  std::vector<FunctionSummary> functions;  // by index in the trace

  double span_s() const { return to_seconds(last - first); }
  std::uint64_t functions_called() const;
  // Indices of the functions with the most calls, most first; the trace's order among equals.
  std::vector<std::uint32_t> most_called(std::size_t count) const;
};

// `progress`, unless empty, hears of the number of calls read so far after every batch.
Result<TraceSummary> summarize(TraceSource& source,
                               const std::function<void(std::uint64_t)>& progress = {});

}  // namespace lambdarium::traces
