// Traces whose rows are one request each: what the formats `simple` and `azure-2021` share.
//
// Thread: one at a time. On failure: see trace_source.h.

#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "models/base/result.h"
#include "traces/formats/csv.h"
#include "traces/formats/trace_source.h"

namespace lambdarium::traces {

// A request as one row has it; the names point into the line.
struct RequestRow {
  std::int64_t arrival_ns = 0;
  std::int64_t duration_ns = 0;
  std::string_view app;  // empty where the format has none
  std::string_view function;
};

// What is particular to a format. A value of it serves one file.
class RowFormat {
 public:
  virtual ~RowFormat() = default;
  virtual Status bind(const CsvHeader& header) = 0;
  // True and `row`, or false and `why`. Requires: as many fields as the header has.
  virtual bool parse(std::span<const std::string_view> fields, RequestRow& row,
                     std::string& why) = 0;
};

std::unique_ptr<RowFormat> make_simple_format();
std::unique_ptr<RowFormat> make_azure_2021_format();

Result<std::unique_ptr<TraceSource>> open_rows(std::unique_ptr<RowFormat> format,
                                               const TraceOptions& options,
                                               std::size_t records_in_memory = kRecordsInMemory);

// Adds what the file at `path` (see TraceOptions::functions_path) knows of the functions, by name;
// broken rows go into the report. Rows about functions that the trace does not call are left out.
Status read_function_table(const std::string& path, bool strict,
                           std::vector<TraceFunction>& functions, ReadReport& report);

// Counts a broken row and keeps the first ones; with `strict` it is the error to return.
Status note_broken_row(ReadReport& report, bool strict, BrokenRow row);

// Instants and durations beyond this are broken rows: any two of them can be added.
inline constexpr std::int64_t kTraceNsMax = 4'000'000'000LL * 1'000'000'000LL;

}  // namespace lambdarium::traces
