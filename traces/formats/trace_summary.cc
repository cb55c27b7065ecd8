#include "traces/formats/trace_summary.h"

#include <algorithm>
#include <numeric>

namespace lambdarium::traces {

void RateCurve::add(Time arrival) {
  auto index = static_cast<std::size_t>(arrival.time_since_epoch() / width_);
  while (index >= kBucketsMax) {
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      const std::uint64_t count = counts_[i];
      counts_[i] = 0;
      counts_[i / 2] += count;
    }
    counts_.resize((counts_.size() + 1) / 2);
    width_ *= 2;
    index = static_cast<std::size_t>(arrival.time_since_epoch() / width_);
  }
  if (index >= counts_.size()) counts_.resize(index + 1);
  ++counts_[index];
}

std::vector<double> RateCurve::resampled(std::size_t columns, Time end) const {
  std::vector<double> rates(columns);
  const double whole_s = std::max(to_seconds(end), to_seconds(width_));
  const double column_s = whole_s / static_cast<double>(columns);
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    // A bucket that lies across columns is shared out by its parts.
    const double from = static_cast<double>(i) * to_seconds(width_) / column_s;
    const double to = static_cast<double>(i + 1) * to_seconds(width_) / column_s;
    for (auto column = static_cast<std::size_t>(from); column < columns; ++column) {
      const double left = std::max(from, static_cast<double>(column));
      const double right = std::min(to, static_cast<double>(column + 1));
      if (right <= left) break;
      rates[column] += static_cast<double>(counts_[i]) * (right - left) / (to - from) / column_s;
    }
  }
  return rates;
}

void BusiestBucket::add(Time arrival) {
  const auto bucket = static_cast<std::uint64_t>(arrival.time_since_epoch() / width_);
  current_count_ = bucket == current_ ? current_count_ + 1 : 1;
  current_ = bucket;
  if (current_count_ > count_) {
    count_ = current_count_;
    index_ = bucket;
  }
}

std::uint64_t TraceSummary::functions_called() const {
  return static_cast<std::uint64_t>(std::count_if(
      functions.begin(), functions.end(), [](const FunctionSummary& f) { return f.calls > 0; }));
}

std::vector<std::uint32_t> TraceSummary::most_called(std::size_t count) const {
  std::vector<std::uint32_t> order(functions.size());
  std::iota(order.begin(), order.end(), 0U);
  std::stable_sort(order.begin(), order.end(), [this](std::uint32_t a, std::uint32_t b) {
    return functions[a].calls > functions[b].calls;
  });
  order.resize(std::min(count, order.size()));
  return order;
}

Result<TraceSummary> summarize(TraceSource& source,
                               const std::function<void(std::uint64_t)>& progress) {
  TraceSummary summary;
  summary.functions.resize(source.functions().size());
  std::vector<TraceRecord> records(kBatchRecords);
  for (;;) {
    LAM_TRY(const std::size_t count, source.read(records));
    if (count == 0) return summary;
    if (summary.calls == 0) summary.first = records.front().arrival;
    summary.last = records[count - 1].arrival;
    summary.calls += count;
    for (const TraceRecord& record : std::span{records}.first(count)) {
      summary.durations.add(record.duration);
      summary.busy_s += to_seconds(record.duration);
      summary.rates.add(record.arrival);
      summary.second.add(record.arrival);
      summary.minute.add(record.arrival);
      FunctionSummary& function = summary.functions[record.function];
      ++function.calls;
      function.busy =
          record.duration > kForever - function.busy ? kForever : function.busy + record.duration;
      function.longest = std::max(function.longest, record.duration);
    }
    if (progress) progress(summary.calls);
  }
}

}  // namespace lambdarium::traces
