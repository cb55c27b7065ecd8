// Reading a trace: requests in order of arrival, whatever order the file has them in.
//
// open_trace() looks through the whole file once, so that a source that was opened knows all its
// functions and all its broken rows. A trace of up to kRecordsInMemory rows is kept from that look;
// a longer one that is in order is read a second time as a stream in bounded memory; a longer one
// out of order is loaded and sorted (24 bytes a row). Sorting is stable: rows of the same instant
// keep the order of the file.
//
// Owns: files and buffers belong to the source. Thread: one at a time. On failure: a broken row is
// skipped, counted and reported, or with `strict` makes open_trace() fail; read() fails only if the
// file cannot be read (any more).

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "models/base/result.h"
#include "models/base/time.h"
#include "models/domain/trace_record.h"

namespace lambdarium::traces {

// What open_trace() understands, beside "" and "auto" (told from the header).
inline constexpr std::string_view kFormatSimple = "simple";
inline constexpr std::string_view kFormatAzure2021 = "azure-2021";
inline constexpr std::string_view kFormatAzure2019 = "azure-2019";
std::span<const std::string_view> known_formats();

// How the calls that a minute only counts are placed inside it.
enum class Spread : std::uint8_t {
  kUniform,      // each at an independent uniform instant
  kPoisson,      // exponential gaps, scaled to fill the minute: a Poisson process of that count
  kEquidistant,  // equal gaps, with a phase drawn once for each function
};
// uniform, poisson (also exponential), equidistant. The error names the nearest known one.
Result<Spread> parse_spread(std::string_view name);
std::string_view to_string(Spread spread);

struct TraceOptions {
  std::string path;    // a file (also gzipped), or for azure-2019 the folder of the three files
  std::string format;  // a known format; "" or "auto" tells it from the header
  std::string
      functions_path;      // "" or a CSV function,memory_mb,cold_start_s[,timeout_s][,concurrency]
  bool strict = false;     // broken rows are fatal
  std::uint64_t seed = 1;  // of what the file leaves open: instants inside a minute, durations
  Spread spread = Spread::kUniform;
  Duration start{0};             // leaves out what arrives before, and makes this the new zero
  Duration duration = kForever;  // leaves out what arrives `duration` after `start` or later
  std::optional<std::uint64_t> limit;  // stops after so many records
};

struct BrokenRow {
  std::string file;
  std::uint64_t line = 0;  // the header is line 1
  std::string why;
};

struct ReadReport {
  static constexpr std::size_t kFirstRowsMax = 10;
  std::uint64_t rows = 0;        // data rows seen, blank lines not counted
  std::uint64_t broken = 0;      // of these, how many were left out
  std::vector<BrokenRow> first;  // the first kFirstRowsMax of the broken ones
};

// "3 of 998 rows are broken and were left out: x.csv:12: duration_s 'abc' is not a number; …";
// empty without broken rows.
std::string describe(const ReadReport& report);

class TraceSource {
 public:
  virtual ~TraceSource() = default;

  // Fills `out` from the front and returns how many records it wrote; 0 is the end of the trace.
  // Arrivals never go back, within a call or from one call to the next. One call a few thousand
  // records is the intended use.
  virtual Result<std::size_t> read(std::span<TraceRecord> out) = 0;

  // All functions of the trace, complete from the beginning; TraceRecord::function indexes it.
  virtual const std::vector<TraceFunction>& functions() const = 0;
  virtual const ReadReport& report() const = 0;
  // For progress bars: how many records there are in all (an upper bound with limits); 0 when
  // unknown.
  virtual std::uint64_t expected_records() const = 0;

  // One record at a time, for code that is not in a hurry; false at the end.
  Result<bool> next(TraceRecord& record);
};

inline constexpr std::size_t kRecordsInMemory = 4'000'000;  // 96 MB
inline constexpr std::size_t kBatchRecords = 4096;

Result<std::unique_ptr<TraceSource>> open_trace(const TraceOptions& options);

// The format that the header of the file at `path` shows; a folder is azure-2019.
Result<std::string_view> detect_format(const std::string& path);

// A whole trace in memory.
struct Trace {
  std::vector<TraceRecord> records;  // ascending by arrival
  std::vector<TraceFunction> functions;
  ReadReport report;
};

Result<Trace> read_all(TraceSource& source);
// Sorts the records (stably) where they are not in order. Requires: every record's function is one
// of `functions`.
std::unique_ptr<TraceSource> make_memory_source(Trace trace);
// Reads `trace` without owning it, so that several runs can share one. Requires: it is in order and
// outlives the source.
std::unique_ptr<TraceSource> make_shared_memory_source(const Trace& trace);

}  // namespace lambdarium::traces
