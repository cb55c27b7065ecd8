#include "traces/generators/sample.h"

#include <algorithm>
#include <cmath>

#include "models/base/check.h"
#include "models/base/random.h"

namespace lambdarium::traces {
namespace {

class KeptFunctions final : public TraceSource {
 public:
  static constexpr std::uint32_t kLeftOut = UINT32_MAX;

  KeptFunctions(std::unique_ptr<TraceSource> source, const std::vector<bool>& keep)
      : source_(std::move(source)), new_index_(keep.size(), kLeftOut) {
    LAM_CHECK(keep.size() == source_->functions().size());
    for (std::size_t i = 0; i < keep.size(); ++i) {
      if (!keep[i]) continue;
      new_index_[i] = static_cast<std::uint32_t>(functions_.size());
      functions_.push_back(source_->functions()[i]);
    }
  }

  Result<std::size_t> read(std::span<TraceRecord> out) override {
    for (;;) {
      LAM_TRY(const std::size_t count, source_->read(out));
      std::size_t kept = 0;
      for (std::size_t i = 0; i < count; ++i) {
        TraceRecord record = out[i];
        record.function = new_index_[record.function];
        if (record.function != kLeftOut) out[kept++] = record;
      }
      if (kept > 0 || count == 0) return kept;
    }
  }
  const std::vector<TraceFunction>& functions() const override { return functions_; }
  const ReadReport& report() const override { return source_->report(); }
  std::uint64_t expected_records() const override { return source_->expected_records(); }

 private:
  std::unique_ptr<TraceSource> source_;
  std::vector<std::uint32_t> new_index_;
  std::vector<TraceFunction> functions_;
};

class KeptFraction final : public TraceSource {
 public:
  KeptFraction(std::unique_ptr<TraceSource> source, double fraction, std::uint64_t seed)
      : source_(std::move(source)), fraction_(fraction), random_(seed, "sample/calls") {}

  Result<std::size_t> read(std::span<TraceRecord> out) override {
    for (;;) {
      LAM_TRY(const std::size_t count, source_->read(out));
      std::size_t kept = 0;
      for (std::size_t i = 0; i < count; ++i) {
        if (random_.uniform() < fraction_) out[kept++] = out[i];
      }
      if (kept > 0 || count == 0) return kept;
    }
  }
  const std::vector<TraceFunction>& functions() const override { return source_->functions(); }
  const ReadReport& report() const override { return source_->report(); }
  std::uint64_t expected_records() const override {
    return static_cast<std::uint64_t>(
        std::ceil(fraction_ * static_cast<double>(source_->expected_records())));
  }

 private:
  std::unique_ptr<TraceSource> source_;
  double fraction_;
  RandomStream random_;
};

}  // namespace

std::vector<bool> choose_functions(const std::vector<std::uint64_t>& calls, std::size_t count,
                                   std::uint64_t seed) {
  std::vector<std::size_t> ranked;
  for (std::size_t i = 0; i < calls.size(); ++i) {
    if (calls[i] > 0) ranked.push_back(i);
  }
  std::stable_sort(ranked.begin(), ranked.end(),
                   [&calls](std::size_t a, std::size_t b) { return calls[a] > calls[b]; });
  std::vector<bool> keep(calls.size());
  count = std::min(count, ranked.size());
  RandomStream random{seed, "sample/functions"};
  for (std::size_t i = 0; i < count; ++i) {
    // The strata differ in size by at most one, and none is empty.
    const std::size_t from = i * ranked.size() / count;
    const std::size_t to = (i + 1) * ranked.size() / count;
    keep[ranked[from + random.below(to - from)]] = true;
  }
  return keep;
}

std::unique_ptr<TraceSource> keep_functions(std::unique_ptr<TraceSource> source,
                                            const std::vector<bool>& keep) {
  return std::make_unique<KeptFunctions>(std::move(source), keep);
}

std::unique_ptr<TraceSource> keep_fraction(std::unique_ptr<TraceSource> source, double fraction,
                                           std::uint64_t seed) {
  LAM_CHECK(fraction >= 0 && fraction <= 1);
  return std::make_unique<KeptFraction>(std::move(source), fraction, seed);
}

}  // namespace lambdarium::traces
