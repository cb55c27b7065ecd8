// Percentiles of a stream of durations in bounded memory.
//
// The first kExactSamples values are kept and give exact nearest-rank percentiles; a longer stream
// is counted in log-linear buckets whose width is at most 1/1024 of the value. Count, sum, minimum
// and maximum are exact always.

#pragma once

#include <cstdint>
#include <vector>

#include "models/base/time.h"

namespace lambdarium {

class Quantiles {
 public:
  static constexpr std::size_t kExactSamples = 65'536;

  // `sub_bits`: a bucket's width is 2^-sub_bits of its value. `exact`: values kept before counting
  // starts.
  explicit Quantiles(int sub_bits = 10, std::size_t exact = kExactSamples);

  // Negative values count as zero.
  void add(Duration value);
  void merge(const Quantiles& other);

  std::uint64_t count() const { return count_; }
  double mean_seconds() const;  // 0 when empty
  Duration min() const { return count_ == 0 ? Duration::zero() : Duration{min_}; }
  Duration max() const { return Duration{max_}; }
  // The smallest value v such that at least p of all values are at most v; p in [0, 1]. Zero when
  // empty.
  Duration quantile(double p) const;

 private:
  std::size_t bucket_of(std::int64_t value) const;
  std::int64_t upper_edge(std::size_t bucket) const;
  void count_in_bucket(std::int64_t value, std::uint64_t times);
  void spill();

  int sub_bits_;
  std::size_t exact_limit_;
  std::uint64_t count_ = 0;
  __extension__ __int128 sum_ns_ = 0;
  std::int64_t min_ = INT64_MAX;
  std::int64_t max_ = 0;
  mutable std::vector<std::int64_t> exact_;  // sorted on demand
  mutable bool sorted_ = false;
  std::vector<std::uint64_t> buckets_;  // empty until the first spill
};

}  // namespace lambdarium
