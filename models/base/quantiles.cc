#include "models/base/quantiles.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "models/base/check.h"

namespace lambdarium {

Quantiles::Quantiles(int sub_bits, std::size_t exact) : sub_bits_(sub_bits), exact_limit_(exact) {
  LAM_CHECK(sub_bits >= 1 && sub_bits <= 20);
}

void Quantiles::add(Duration value) {
  const std::int64_t ns = std::max<std::int64_t>(0, value.count());
  ++count_;
  sum_ns_ += ns;
  min_ = std::min(min_, ns);
  max_ = std::max(max_, ns);
  if (!buckets_.empty()) {
    count_in_bucket(ns, 1);
  } else if (exact_.size() < exact_limit_) {
    exact_.push_back(ns);
    sorted_ = false;
  } else {
    spill();
    count_in_bucket(ns, 1);
  }
}

void Quantiles::merge(const Quantiles& other) {
  LAM_CHECK(sub_bits_ == other.sub_bits_);
  if (other.count_ == 0) return;
  const bool fits = buckets_.empty() && other.buckets_.empty() &&
                    exact_.size() + other.exact_.size() <= exact_limit_;
  if (fits) {
    exact_.insert(exact_.end(), other.exact_.begin(), other.exact_.end());
    sorted_ = false;
  } else {
    if (buckets_.empty()) spill();
    for (const std::int64_t ns : other.exact_) count_in_bucket(ns, 1);
    if (buckets_.size() < other.buckets_.size()) buckets_.resize(other.buckets_.size());
    for (std::size_t i = 0; i < other.buckets_.size(); ++i) buckets_[i] += other.buckets_[i];
  }
  count_ += other.count_;
  sum_ns_ += other.sum_ns_;
  min_ = std::min(min_, other.min_);
  max_ = std::max(max_, other.max_);
}

double Quantiles::mean_seconds() const {
  return count_ == 0 ? 0.0 : static_cast<double>(sum_ns_) / static_cast<double>(count_) * 1e-9;
}

Duration Quantiles::quantile(double p) const {
  if (count_ == 0) return Duration::zero();
  const double wanted = std::ceil(std::clamp(p, 0.0, 1.0) * static_cast<double>(count_));
  const auto rank = std::clamp<std::uint64_t>(static_cast<std::uint64_t>(wanted), 1, count_);
  if (buckets_.empty()) {
    if (!sorted_) std::sort(exact_.begin(), exact_.end());
    sorted_ = true;
    return Duration{exact_[rank - 1]};
  }
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < buckets_.size(); ++i) {
    seen += buckets_[i];
    if (seen >= rank) return Duration{std::clamp(upper_edge(i), min_, max_)};
  }
  return Duration{max_};
}

// Values below 2^sub_bits have a bucket each; above, each power of two is split into 2^sub_bits
// buckets.
std::size_t Quantiles::bucket_of(std::int64_t value) const {
  const auto v = static_cast<std::uint64_t>(value);
  const int shift = std::max(0, static_cast<int>(std::bit_width(v)) - 1 - sub_bits_);
  return (static_cast<std::size_t>(shift) << sub_bits_) + static_cast<std::size_t>(v >> shift);
}

std::int64_t Quantiles::upper_edge(std::size_t bucket) const {
  const std::size_t one = std::size_t{1} << sub_bits_;
  if (bucket < 2 * one) return static_cast<std::int64_t>(bucket);
  const std::size_t shift = (bucket >> sub_bits_) - 1;
  const std::size_t mantissa = bucket - (shift << sub_bits_);
  return static_cast<std::int64_t>(((mantissa + 1) << shift) - 1);
}

void Quantiles::count_in_bucket(std::int64_t value, std::uint64_t times) {
  const std::size_t bucket = bucket_of(value);
  if (bucket >= buckets_.size()) {
    const std::size_t one = std::size_t{1} << sub_bits_;
    buckets_.resize((bucket / one + 1) * one);
  }
  buckets_[bucket] += times;
}

void Quantiles::spill() {
  buckets_.resize(std::size_t{2} << sub_bits_);
  for (const std::int64_t ns : exact_) count_in_bucket(ns, 1);
  exact_.clear();
  exact_.shrink_to_fit();
}

}  // namespace lambdarium
