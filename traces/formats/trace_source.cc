#include "traces/formats/trace_source.h"

#include <algorithm>
#include <array>
#include <filesystem>

#include "models/base/nearest.h"
#include "traces/formats/azure_2019.h"
#include "traces/formats/csv.h"
#include "traces/formats/row_source.h"

namespace lambdarium::traces {
namespace {

constexpr std::array kFormats{kFormatSimple, kFormatAzure2021, kFormatAzure2019};

// The part of another trace between two instants, up to a number of records.
class WindowSource final : public TraceSource {
 public:
  WindowSource(std::unique_ptr<TraceSource> inner, const TraceOptions& options)
      : inner_(std::move(inner)),
        start_(at(options.start)),
        end_(add_saturated(at(options.start), options.duration)),
        left_(options.limit.value_or(UINT64_MAX)) {}

  Result<std::size_t> read(std::span<TraceRecord> out) override {
    out = out.first(static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), left_)));
    while (!out.empty() && !done_) {
      LAM_TRY(const std::size_t count, inner_->read(out));
      const std::size_t kept = keep(out.first(count));
      done_ = done_ || count == 0;
      left_ -= kept;
      if (kept > 0) return kept;
    }
    return std::size_t{0};
  }

  const std::vector<TraceFunction>& functions() const override { return inner_->functions(); }
  const ReadReport& report() const override { return inner_->report(); }
  std::uint64_t expected_records() const override {
    return std::min(inner_->expected_records(), first_left_);
  }

 private:
  // Moves the records of the window to the front.
  std::size_t keep(std::span<TraceRecord> records) {
    std::size_t kept = 0;
    for (TraceRecord record : records) {
      if (record.arrival >= end_) {
        done_ = true;
        break;
      }
      if (record.arrival < start_) continue;
      record.arrival -= start_.time_since_epoch();
      records[kept++] = record;
    }
    return kept;
  }

  std::unique_ptr<TraceSource> inner_;
  Time start_;
  Time end_;
  std::uint64_t left_;
  std::uint64_t first_left_ = left_;
  bool done_ = false;
};

class MemorySource final : public TraceSource {
 public:
  explicit MemorySource(const Trace& trace) : trace_(trace) {}
  explicit MemorySource(std::unique_ptr<const Trace> trace)
      : owned_(std::move(trace)), trace_(*owned_) {}

  Result<std::size_t> read(std::span<TraceRecord> out) override {
    const std::size_t count = std::min(out.size(), trace_.records.size() - place_);
    std::copy_n(trace_.records.begin() + static_cast<std::ptrdiff_t>(place_), count, out.begin());
    place_ += count;
    return count;
  }
  const std::vector<TraceFunction>& functions() const override { return trace_.functions; }
  const ReadReport& report() const override { return trace_.report; }
  std::uint64_t expected_records() const override { return trace_.records.size(); }

 private:
  std::unique_ptr<const Trace> owned_;
  const Trace& trace_;
  std::size_t place_ = 0;
};

Result<std::unique_ptr<TraceSource>> open_whole(const TraceOptions& options) {
  std::string_view format = options.format;
  if (format.empty() || format == "auto") {
    LAM_TRY(format, detect_format(options.path));
  }
  if (format == kFormatSimple) return open_rows(make_simple_format(), options);
  if (format == kFormatAzure2021) return open_rows(make_azure_2021_format(), options);
  if (format == kFormatAzure2019) return open_azure_2019(options);
  return invalid_input(unknown_name_message("trace format", format, kFormats));
}

}  // namespace

Result<std::string_view> detect_format(const std::string& path) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) return kFormatAzure2019;
  LAM_TRY(LineReader lines, LineReader::open(path));
  LAM_TRY(const CsvHeader header, CsvHeader::read(lines, path));
  if (header.find("arrival_s")) return kFormatSimple;
  if (header.find("end_timestamp") && header.find("func")) return kFormatAzure2021;
  if (header.find("HashFunction")) return kFormatAzure2019;
  return invalid_input(
      "the header is of no known format (simple: arrival_s,function,duration_s; azure-2021: "
      "app,func,end_timestamp,duration; azure-2019: HashFunction and minutes)",
      {.file = path, .line = 1});
}

std::span<const std::string_view> known_formats() {
  return kFormats;
}

Result<Spread> parse_spread(std::string_view name) {
  static constexpr std::array<std::string_view, 3> kNames{"uniform", "poisson", "equidistant"};
  if (name == "uniform") return Spread::kUniform;
  if (name == "poisson" || name == "exponential") return Spread::kPoisson;
  if (name == "equidistant") return Spread::kEquidistant;
  return invalid_input(unknown_name_message("spread", name, kNames));
}

std::string_view to_string(Spread spread) {
  switch (spread) {
    case Spread::kUniform:
      return "uniform";
    case Spread::kPoisson:
      return "poisson";
    case Spread::kEquidistant:
      return "equidistant";
  }
  return "?";
}

std::string describe(const ReadReport& report) {
  if (report.broken == 0) return {};
  std::string text = std::to_string(report.broken) + " of " + std::to_string(report.rows) +
                     (report.broken == 1 ? " rows is broken and was left out: "
                                         : " rows are broken and were left out: ");
  for (std::size_t i = 0; i < report.first.size(); ++i) {
    const BrokenRow& row = report.first[i];
    if (i > 0) text += "; ";
    text += row.file + ":" + std::to_string(row.line) + ": " + row.why;
  }
  if (report.broken > report.first.size()) {
    text += "; and " + std::to_string(report.broken - report.first.size()) + " more";
  }
  return text;
}

Result<bool> TraceSource::next(TraceRecord& record) {
  LAM_TRY(const std::size_t count, read(std::span{&record, 1}));
  return count == 1;
}

Result<std::unique_ptr<TraceSource>> open_trace(const TraceOptions& options) {
  if (options.path.empty()) return invalid_input("no trace file is named");
  if (options.start < Duration::zero() || options.duration < Duration::zero()) {
    return invalid_input("start and duration of a trace cannot be negative");
  }
  LAM_TRY(std::unique_ptr<TraceSource> source, open_whole(options));
  if (options.start > Duration::zero() || options.duration < kForever || options.limit) {
    source = std::make_unique<WindowSource>(std::move(source), options);
  }
  return source;
}

Result<Trace> read_all(TraceSource& source) {
  Trace trace;
  // What a file promises is no reason to ask for more than this at once.
  constexpr std::uint64_t kReserveMax = 16'000'000;
  trace.records.reserve(std::min(source.expected_records(), kReserveMax));
  for (;;) {
    const std::size_t size = trace.records.size();
    trace.records.resize(size + kBatchRecords);
    LAM_TRY(const std::size_t count, source.read(std::span{trace.records}.subspan(size)));
    trace.records.resize(size + count);
    if (count == 0) break;
  }
  trace.functions = source.functions();
  trace.report = source.report();
  return trace;
}

std::unique_ptr<TraceSource> make_memory_source(Trace trace) {
  const auto before = [](const TraceRecord& a, const TraceRecord& b) {
    return a.arrival < b.arrival;
  };
  if (!std::is_sorted(trace.records.begin(), trace.records.end(), before)) {
    std::stable_sort(trace.records.begin(), trace.records.end(), before);
  }
  return std::make_unique<MemorySource>(std::make_unique<const Trace>(std::move(trace)));
}

std::unique_ptr<TraceSource> make_shared_memory_source(const Trace& trace) {
  return std::make_unique<MemorySource>(trace);
}

}  // namespace lambdarium::traces
