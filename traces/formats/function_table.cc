#include <algorithm>
#include <map>
#include <optional>

#include "traces/formats/decimal.h"
#include "traces/formats/row_source.h"

namespace lambdarium::traces {
namespace {

constexpr std::int64_t kMemoryMbLimit = 1'000'000'000;
constexpr std::int64_t kConcurrencyLimit = 1'000'000;

struct Columns {
  std::size_t function = 0;
  std::size_t memory = 0;
  std::size_t cold_start = 0;
  std::optional<std::size_t> timeout;
  std::optional<std::size_t> concurrency;
};

Result<Columns> find_columns(const CsvHeader& header) {
  Columns columns;
  LAM_TRY(columns.function, header.require("function"));
  LAM_TRY(columns.memory, header.require("memory_mb"));
  LAM_TRY(columns.cold_start, header.require("cold_start_s"));
  columns.timeout = header.find("timeout_s");
  columns.concurrency = header.find("concurrency");
  return columns;
}

// An empty cell is "not known" and leaves `value` alone.
bool parse_cell(std::string_view column, std::string_view text, int power, std::int64_t min,
                std::int64_t max, std::int64_t& value, std::string& why) {
  if (text.empty()) return true;
  const auto parsed = parse_scaled(text, power);
  if (parsed && *parsed >= min && *parsed <= max) {
    value = *parsed;
    return true;
  }
  why = std::string{column} + " '" + std::string{text.substr(0, 60)} +
        (parsed ? "' is out of range" : "' is not a number");
  return false;
}

bool parse_row(const Columns& columns, const std::vector<std::string_view>& fields,
               TraceFunction& function, std::string& why) {
  std::int64_t cold = -1;
  std::int64_t timeout = -1;
  if (fields[columns.function].empty()) {
    why = "function is empty";
    return false;
  }
  if (!parse_cell("memory_mb", fields[columns.memory], 0, 1, kMemoryMbLimit, function.memory_mb,
                  why) ||
      !parse_cell("cold_start_s", fields[columns.cold_start], 9, 0, kTraceNsMax, cold, why)) {
    return false;
  }
  if (columns.timeout &&
      !parse_cell("timeout_s", fields[*columns.timeout], 9, 1, kTraceNsMax, timeout, why)) {
    return false;
  }
  if (columns.concurrency && !parse_cell("concurrency", fields[*columns.concurrency], 0, 1,
                                         kConcurrencyLimit, function.concurrency, why)) {
    return false;
  }
  function.cold_start = Duration{cold};
  function.timeout = Duration{timeout};
  return true;
}

// What the table knows replaces what the trace said.
void merge(const TraceFunction& known, TraceFunction& function) {
  if (known.memory_mb >= 0) function.memory_mb = known.memory_mb;
  if (known.cold_start >= Duration::zero()) function.cold_start = known.cold_start;
  if (known.timeout >= Duration::zero()) function.timeout = known.timeout;
  if (known.concurrency >= 0) function.concurrency = known.concurrency;
}

}  // namespace

Status read_function_table(const std::string& path, bool strict,
                           std::vector<TraceFunction>& functions, ReadReport& report) {
  LAM_TRY(LineReader lines, LineReader::open(path));
  LAM_TRY(const CsvHeader header, CsvHeader::read(lines, path));
  LAM_TRY(const Columns columns, find_columns(header));
  std::map<std::string_view, TraceFunction*> by_name;
  for (TraceFunction& function : functions) by_name.emplace(function.name, &function);

  FieldSplitter splitter;
  std::vector<std::string_view> fields;
  std::map<std::string, std::uint64_t, std::less<>> first_lines;
  for (std::string_view line; lines.next_line(line);) {
    ++report.rows;
    TraceFunction known;
    std::string why;
    if (!splitter.split(line, fields)) {
      why = "a quoted field does not end";
    } else if (fields.size() != header.size()) {
      why = std::to_string(fields.size()) + " fields where the header has " +
            std::to_string(header.size());
    } else if (parse_row(columns, fields, known, why)) {
      const std::string_view name = fields[columns.function];
      const auto [place, fresh] = first_lines.emplace(name, lines.line_number());
      if (!fresh) {
        why = "function '" + place->first + "' is already in line " + std::to_string(place->second);
      } else if (const auto found = by_name.find(name); found != by_name.end()) {
        merge(known, *found->second);
      }
    }
    if (why.empty()) continue;
    LAM_TRY_STATUS(note_broken_row(report, strict, {path, lines.line_number(), why}));
  }
  return lines.status();
}

}  // namespace lambdarium::traces
