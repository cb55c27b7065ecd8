#include "traces/formats/azure_2019_tables.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <unordered_map>

#include "traces/formats/csv.h"
#include "traces/formats/decimal.h"
#include "traces/formats/function_names.h"
#include "traces/formats/row_source.h"

namespace lambdarium::traces {
namespace {

constexpr std::int64_t kMinutesMax = 527'040;             // a leap year
constexpr std::int64_t kCallsPerCellMax = 10'000'000;     // one function, one minute
constexpr std::uint64_t kCallsPerMinuteMax = 50'000'000;  // held in memory at once: 1.2 GB
constexpr double kDurationFloorNs = 500'000;              // the set counts whole milliseconds

constexpr std::array<std::string_view, 3> kIdColumns{"HashOwner", "HashApp", "HashFunction"};
using IdColumns = std::array<std::optional<std::size_t>, 3>;

IdColumns find_ids(const CsvHeader& header) {
  IdColumns columns;
  for (std::size_t i = 0; i < kIdColumns.size(); ++i) columns[i] = header.find(kIdColumns[i]);
  return columns;
}

// The ids that both files have, so that one row's key can be looked up in the other.
struct Join {
  IdColumns here;
  IdColumns there;
};

Result<Join> join_on(const CsvHeader& invocations, const CsvHeader& other,
                     const std::string& path) {
  Join join{find_ids(invocations), find_ids(other)};
  bool any = false;
  for (std::size_t i = 0; i < kIdColumns.size(); ++i) {
    if (!join.here[i] || !join.there[i]) join.here[i] = join.there[i] = std::nullopt;
    any = any || join.here[i].has_value();
  }
  if (any) return join;
  return invalid_input("has none of the columns HashOwner, HashApp, HashFunction", {.file = path});
}

std::string key_of(const IdColumns& columns, const std::vector<std::string_view>& fields) {
  std::string key;
  for (const auto& column : columns) {
    if (!column) continue;
    key += fields[*column];
    key += '\0';
  }
  return key;
}

// One pass over a file: hands every whole row on; what `use` finds wrong is a broken row.
template <class Use>
Status for_each_row(LineReader& lines, const CsvHeader& header, const std::string& path,
                    bool strict, ReadReport& report, Use use) {
  FieldSplitter splitter;
  std::vector<std::string_view> fields;
  for (std::string_view line; lines.next_line(line);) {
    ++report.rows;
    std::string why;
    if (!splitter.split(line, fields)) {
      why = "a quoted field does not end";
    } else if (fields.size() != header.size()) {
      why = std::to_string(fields.size()) + " fields where the header has " +
            std::to_string(header.size());
    } else {
      why = use(fields, lines.line_number());
    }
    if (why.empty()) continue;
    LAM_TRY_STATUS(note_broken_row(report, strict, {path, lines.line_number(), why}));
  }
  return lines.status();
}

std::string not_a(std::string_view what, std::string_view column, std::string_view text) {
  return std::string{column} + " '" + std::string{text.substr(0, 60)} + "' is not " +
         std::string{what};
}

// A file and its header, before the rows.
struct Table {
  std::string path;
  LineReader lines;
  CsvHeader header;
};

Result<Table> open_table(const std::string& path) {
  LAM_TRY(LineReader lines, LineReader::open(path));
  LAM_TRY(CsvHeader header, CsvHeader::read(lines, path));
  return Table{path, std::move(lines), std::move(header)};
}

using DurationTable = std::unordered_map<std::string, PercentileDurations>;

Result<DurationTable> read_durations(Table& table, const Join& join, bool strict,
                                     ReadReport& report) {
  static constexpr std::array<std::string_view, 9> kColumns{"percentile_Average_0",
                                                            "percentile_Average_1",
                                                            "percentile_Average_25",
                                                            "percentile_Average_50",
                                                            "percentile_Average_75",
                                                            "percentile_Average_99",
                                                            "percentile_Average_100",
                                                            "Minimum",
                                                            "Maximum"};
  std::array<std::size_t, 9> columns{};
  for (std::size_t i = 0; i < kColumns.size(); ++i) {
    LAM_TRY(columns[i], table.header.require(kColumns[i]));
  }
  DurationTable durations;
  const auto use = [&](const std::vector<std::string_view>& fields, std::uint64_t) -> std::string {
    std::array<double, 9> ns{};
    for (std::size_t i = 0; i < columns.size(); ++i) {
      const std::string_view text = fields[columns[i]];
      const auto value = parse_scaled(text, 6);  // milliseconds
      if (!value || *value < 0 || *value > kTraceNsMax) {
        return not_a("a number of milliseconds", kColumns[i], text);
      }
      ns[i] = static_cast<double>(*value);
    }
    PercentileDurations row{.min_ns = ns[7], .max_ns = ns[8]};
    if (row.max_ns < row.min_ns) return "Maximum is below Minimum";
    // Percentiles of averages that descend are rounding: the running maximum keeps the inverse a
    // function.
    for (std::size_t i = 0; i < row.ns.size(); ++i) {
      row.ns[i] = i == 0 ? ns[0] : std::max(ns[i], row.ns[i - 1]);
    }
    if (!durations.emplace(key_of(join.there, fields), row).second) {
      return "the same function has a row before this one";
    }
    return {};
  };
  LAM_TRY_STATUS(for_each_row(table.lines, table.header, table.path, strict, report, use));
  return durations;
}

using MemoryTable = std::unordered_map<std::string, std::int64_t>;

Result<MemoryTable> read_memory(Table& table, const Join& join, bool strict, ReadReport& report) {
  LAM_TRY(const std::size_t column, table.header.require("AverageAllocatedMb"));
  MemoryTable memory;
  const auto use = [&](const std::vector<std::string_view>& fields, std::uint64_t) -> std::string {
    const auto value = parse_scaled(fields[column], 0);
    if (!value || *value < 0 || *value > 1'000'000'000) {
      return not_a("a number of megabytes", "AverageAllocatedMb", fields[column]);
    }
    // An application of several rows keeps its first.
    memory.emplace(key_of(join.there, fields), std::max<std::int64_t>(1, *value));
    return {};
  };
  LAM_TRY_STATUS(for_each_row(table.lines, table.header, table.path, strict, report, use));
  return memory;
}

// "17" or "minute_17"; empty for other columns.
std::optional<std::int64_t> minute_of(std::string_view name) {
  if (name.starts_with("minute_")) name.remove_prefix(7);
  std::int64_t minute = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), minute);
  if (name.empty() || error != std::errc{} || end != name.data() + name.size()) return std::nullopt;
  return minute;
}

struct MinuteColumn {
  std::int64_t minute = 0;
  std::size_t column = 0;
};

Result<std::vector<MinuteColumn>> find_minutes(const CsvHeader& header, const std::string& path) {
  const SourceMark where{.file = path, .line = 1};
  std::vector<MinuteColumn> minutes;
  for (std::size_t i = 0; i < header.size(); ++i) {
    const auto minute = minute_of(header.names()[i]);
    if (!minute) continue;
    if (*minute < 0 || *minute > kMinutesMax) {
      return invalid_input("minute column '" + header.names()[i] + "' is outside 0..527040", where);
    }
    minutes.push_back({*minute, i});
  }
  if (minutes.empty()) {
    return invalid_input("the header has no minute columns ('1', '2', … or 'minute_1', …)", where);
  }
  std::sort(minutes.begin(), minutes.end(),
            [](const MinuteColumn& a, const MinuteColumn& b) { return a.minute < b.minute; });
  for (std::size_t i = 1; i < minutes.size(); ++i) {
    if (minutes[i].minute == minutes[i - 1].minute) {
      return invalid_input("minute " + std::to_string(minutes[i].minute) + " occurs twice", where);
    }
  }
  return minutes;
}

// Empty, or what is wrong.
std::string pack_counts(const std::vector<MinuteColumn>& minutes,
                        const std::vector<std::string_view>& fields, MinuteCounts& counts,
                        std::vector<std::uint64_t>& totals) {
  std::vector<std::uint32_t> row;
  row.reserve(minutes.size());
  for (const MinuteColumn& minute : minutes) {
    const std::string_view text = fields[minute.column];
    // Some samples write whole numbers as floats.
    const auto thousandths = parse_scaled(text, 3);
    if (!thousandths || *thousandths < 0 || *thousandths % 1000 != 0 ||
        *thousandths / 1000 > kCallsPerCellMax) {
      return not_a("a count from 0 to 10000000", "minute " + std::to_string(minute.minute), text);
    }
    row.push_back(static_cast<std::uint32_t>(*thousandths / 1000));
  }
  std::int64_t next = minutes.front().minute;
  for (std::size_t i = 0; i < row.size(); ++i, ++next) {
    for (; next < minutes[i].minute; ++next) counts.append(0);
    counts.append(row[i]);
    totals[static_cast<std::size_t>(next - minutes.front().minute)] += row[i];
  }
  counts.finish();
  return {};
}

struct Lookups {
  Join to_durations;
  DurationTable durations;
  std::optional<Join> to_memory;
  MemoryTable memory;
};

Status read_invocations(Table& table, const Lookups& lookups, bool strict,
                        Azure2019Tables& tables) {
  LAM_TRY(const std::size_t function_column, table.header.require("HashFunction"));
  LAM_TRY(const std::vector<MinuteColumn> minutes, find_minutes(table.header, table.path));
  const IdColumns ids = find_ids(table.header);
  tables.minutes = static_cast<std::size_t>(minutes.back().minute - minutes.front().minute) + 1;
  std::vector<std::uint64_t> totals(tables.minutes);
  std::vector<FunctionKey> keys;
  std::unordered_map<std::string, std::uint64_t> first_lines;
  const auto use = [&](const std::vector<std::string_view>& fields,
                       std::uint64_t line) -> std::string {
    Azure2019Function row{.id = key_of(ids, fields), .counts = {}, .durations = {}};
    const auto found = lookups.durations.find(key_of(lookups.to_durations.here, fields));
    if (found == lookups.durations.end()) return "the durations file has no row for this function";
    row.durations = found->second;
    if (const auto [place, fresh] = first_lines.emplace(row.id, line); !fresh) {
      return "the same function is already in line " + std::to_string(place->second);
    }
    std::string why = pack_counts(minutes, fields, row.counts, totals);
    if (!why.empty()) return why;
    TraceFunction function;
    if (lookups.to_memory) {
      const auto memory = lookups.memory.find(key_of(lookups.to_memory->here, fields));
      if (memory != lookups.memory.end()) function.memory_mb = memory->second;
    }
    keys.push_back({ids[1] ? std::string{fields[*ids[1]]} : std::string{},
                    std::string{fields[function_column]}});
    tables.functions.push_back(std::move(function));
    tables.rows.push_back(std::move(row));
    return {};
  };
  LAM_TRY_STATUS(for_each_row(table.lines, table.header, table.path, strict, tables.report, use));
  const std::vector<std::string> names = short_names(keys);
  for (std::size_t i = 0; i < names.size(); ++i) tables.functions[i].name = names[i];
  for (std::size_t i = 0; i < totals.size(); ++i) {
    tables.calls += totals[i];
    if (totals[i] <= kCallsPerMinuteMax) continue;
    return invalid_input("minute " + std::to_string(minutes.front().minute + std::int64_t(i)) +
                             " counts " + std::to_string(totals[i]) +
                             " calls in all, more than 50000000",
                         {.file = table.path});
  }
  return {};
}

}  // namespace

Duration PercentileDurations::at_share(double share) const {
  std::size_t i = 1;
  while (i + 1 < kShares.size() && share > kShares[i]) ++i;
  const double part = (share - kShares[i - 1]) / (kShares[i] - kShares[i - 1]);
  const double value = ns[i - 1] + part * (ns[i] - ns[i - 1]);
  const double kept = std::max(kDurationFloorNs, std::clamp(value, min_ns, max_ns));
  return Duration{std::llround(kept)};
}

Result<Azure2019Tables> read_azure_2019_tables(const Azure2019Files& files, bool strict) {
  Azure2019Tables tables;
  Lookups lookups;
  LAM_TRY(Table invocations, open_table(files.invocations));
  LAM_TRY(Table durations, open_table(files.durations));
  LAM_TRY(lookups.to_durations, join_on(invocations.header, durations.header, durations.path));
  LAM_TRY(lookups.durations,
          read_durations(durations, lookups.to_durations, strict, tables.report));
  if (!files.memory.empty()) {
    LAM_TRY(Table memory, open_table(files.memory));
    LAM_TRY(lookups.to_memory, join_on(invocations.header, memory.header, memory.path));
    LAM_TRY(lookups.memory, read_memory(memory, *lookups.to_memory, strict, tables.report));
  }
  LAM_TRY_STATUS(read_invocations(invocations, lookups, strict, tables));
  return tables;
}

}  // namespace lambdarium::traces
