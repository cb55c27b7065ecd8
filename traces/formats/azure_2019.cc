#include "traces/formats/azure_2019.h"

#include <algorithm>
#include <array>
#include <optional>

#include "models/base/random.h"
#include "traces/formats/azure_2019_tables.h"
#include "traces/formats/minute_counts.h"
#include "traces/formats/row_source.h"

namespace lambdarium::traces {
namespace {

constexpr std::int64_t kMinuteNs = 60'000'000'000;

// Draws instants and durations of one function, minute by minute.
class FunctionStream {
 public:
  FunctionStream(Azure2019Function function, std::uint32_t index, std::uint64_t seed)
      : counts_(std::move(function.counts)),
        durations_(function.durations),
        index_(index),
        arrivals_(seed, "azure-2019/arrivals/" + function.id),
        draws_(seed, "azure-2019/durations/" + function.id),
        phase_(arrivals_.uniform()) {}

  void append_minute(std::int64_t start_ns, Spread spread, std::vector<TraceRecord>& out) {
    const std::uint32_t count = reader_.next(counts_);
    if (count == 0) return;
    const std::size_t from = out.size();
    switch (spread) {
      case Spread::kUniform:
        for (std::uint32_t i = 0; i < count; ++i) add(start_ns, arrivals_.uniform(), out);
        break;
      case Spread::kEquidistant:
        for (std::uint32_t i = 0; i < count; ++i) add(start_ns, (i + phase_) / count, out);
        break;
      case Spread::kPoisson:
        append_gaps(start_ns, count, out);
        break;
    }
    for (std::size_t i = from; i < out.size(); ++i) {
      out[i].duration = durations_.at_share(draws_.uniform());
    }
  }

 private:
  void add(std::int64_t start_ns, double share, std::vector<TraceRecord>& out) const {
    const auto offset = static_cast<std::int64_t>(share * static_cast<double>(kMinuteNs));
    out.push_back({.arrival = at(Duration{start_ns + std::min(offset, kMinuteNs - 1)}),
                   .duration = {},
                   .function = index_});
  }

  // count + 1 gaps fill the minute, so that its ends are no more likely than its middle.
  void append_gaps(std::int64_t start_ns, std::uint32_t count, std::vector<TraceRecord>& out) {
    RandomStream ahead = arrivals_;
    double whole = 0;
    for (std::uint32_t i = 0; i <= count; ++i) whole += ahead.exponential();
    double passed = 0;
    for (std::uint32_t i = 0; i < count; ++i) {
      passed += arrivals_.exponential();
      add(start_ns, passed / whole, out);
    }
    arrivals_ = ahead;
  }

  MinuteCounts counts_;
  MinuteCounts::Reader reader_;
  PercentileDurations durations_;
  std::uint32_t index_;
  RandomStream arrivals_;
  RandomStream draws_;
  double phase_;
};

class Azure2019Source final : public TraceSource {
 public:
  Azure2019Source(Azure2019Tables tables, const TraceOptions& options)
      : functions_(std::move(tables.functions)),
        report_(std::move(tables.report)),
        expected_(tables.calls),
        minutes_(tables.minutes),
        spread_(options.spread) {
    streams_.reserve(tables.rows.size());
    for (Azure2019Function& row : tables.rows) {
      streams_.emplace_back(std::move(row), static_cast<std::uint32_t>(streams_.size()),
                            options.seed);
    }
  }

  Result<std::size_t> read(std::span<TraceRecord> out) override {
    std::size_t done = 0;
    while (done < out.size()) {
      if (place_ == minute_.size() && !next_minute()) break;
      const std::size_t count = std::min(out.size() - done, minute_.size() - place_);
      std::copy_n(minute_.begin() + static_cast<std::ptrdiff_t>(place_), count,
                  out.begin() + static_cast<std::ptrdiff_t>(done));
      place_ += count;
      done += count;
    }
    return done;
  }

  const std::vector<TraceFunction>& functions() const override { return functions_; }
  const ReadReport& report() const override { return report_; }
  std::uint64_t expected_records() const override { return expected_; }

 private:
  bool next_minute() {
    if (minutes_done_ == minutes_) return false;
    minute_.clear();
    place_ = 0;
    const auto start_ns = static_cast<std::int64_t>(minutes_done_++) * kMinuteNs;
    for (FunctionStream& stream : streams_) stream.append_minute(start_ns, spread_, minute_);
    std::stable_sort(
        minute_.begin(), minute_.end(),
        [](const TraceRecord& a, const TraceRecord& b) { return a.arrival < b.arrival; });
    return true;
  }

  std::vector<TraceFunction> functions_;
  ReadReport report_;
  std::uint64_t expected_;
  std::size_t minutes_;
  Spread spread_;
  std::vector<FunctionStream> streams_;
  std::size_t minutes_done_ = 0;
  std::vector<TraceRecord> minute_;  // of the minute at hand, in order
  std::size_t place_ = 0;
};

}  // namespace

Result<std::unique_ptr<TraceSource>> open_azure_2019(const TraceOptions& options) {
  LAM_TRY(const Azure2019Files files, find_azure_2019_files(options.path));
  LAM_TRY(Azure2019Tables tables, read_azure_2019_tables(files, options.strict));
  if (!options.functions_path.empty()) {
    LAM_TRY_STATUS(read_function_table(options.functions_path, options.strict, tables.functions,
                                       tables.report));
  }
  return std::unique_ptr<TraceSource>{
      std::make_unique<Azure2019Source>(std::move(tables), options)};
}

}  // namespace lambdarium::traces
