#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "emulator/main/progress.h"
#include "emulator/main/trace_command.h"
#include "emulator/main/trace_input.h"
#include "traces/formats/trace_summary.h"

namespace lambdarium::commands {
namespace {

using Json = nlohmann::ordered_json;
using traces::TraceSource;
using traces::TraceSummary;

constexpr std::size_t kColumns = 72;
constexpr int kRows = 6;

struct Percentile {
  const char* name;
  double share;
};
constexpr std::array<Percentile, 6> kPercentiles{
    {{"p1", 0.01}, {"p25", 0.25}, {"p50", 0.5}, {"p75", 0.75}, {"p95", 0.95}, {"p99", 0.99}}};

// Calls a second over the whole trace; over a point in time there is no rate.
double mean_rate(const TraceSummary& summary) {
  const double span = summary.span_s();
  return span > 0 ? static_cast<double>(summary.calls) / span : 0;
}

Json durations_json(const TraceSummary& summary) {
  Json json = {{"sum", summary.busy_s}, {"mean", summary.durations.mean_seconds()}};
  json["min"] = to_seconds(summary.durations.min());
  for (const Percentile& percentile : kPercentiles) {
    json[percentile.name] = to_seconds(summary.durations.quantile(percentile.share));
  }
  json["max"] = to_seconds(summary.durations.max());
  return json;
}

Json top_json(const TraceSource& source, const TraceSummary& summary, std::uint32_t top) {
  Json list = Json::array();
  for (const std::uint32_t i : summary.most_called(top)) {
    const traces::FunctionSummary& function = summary.functions[i];
    if (function.calls == 0) break;
    const auto calls = static_cast<double>(function.calls);
    const std::int64_t memory = source.functions()[i].memory_mb;
    Json entry = {{"name", source.functions()[i].name},
                  {"invocations", function.calls},
                  {"share", calls / static_cast<double>(summary.calls)},
                  {"mean_duration_s", to_seconds(function.busy) / calls},
                  {"max_duration_s", to_seconds(function.longest)}};
    entry["memory_mb"] = memory < 0 ? Json(nullptr) : Json(memory);
    list.push_back(std::move(entry));
  }
  return list;
}

Json report_json(const traces::ReadReport& report) {
  Json first = Json::array();
  for (const traces::BrokenRow& row : report.first) {
    first.push_back({{"file", row.file}, {"line", row.line}, {"why", row.why}});
  }
  return {{"count", report.broken}, {"first", std::move(first)}};
}

void print_json(const TraceInfoOptions& options, std::string_view format, const TraceSource& source,
                const TraceSummary& summary) {
  const Json document = {
      {"path", options.input.path},
      {"format", format},
      {"invocations", summary.calls},
      {"functions", {{"known", source.functions().size()}, {"called", summary.functions_called()}}},
      {"first_arrival_s", to_seconds(summary.first)},
      {"last_arrival_s", to_seconds(summary.last)},
      {"span_s", summary.span_s()},
      {"rate_per_s",
       {{"mean", mean_rate(summary)},
        {"busiest_second",
         {{"index", summary.second.index()}, {"invocations", summary.second.count()}}},
        {"busiest_minute",
         {{"index", summary.minute.index()}, {"invocations", summary.minute.count()}}},
        {"over_time", summary.rates.resampled(kColumns, summary.last)}}},
      {"duration_s", durations_json(summary)},
      {"mean_concurrency", summary.span_s() > 0 ? summary.busy_s / summary.span_s() : 0.0},
      {"top_functions", top_json(source, summary, options.top)},
      {"rows", source.report().rows},
      {"broken_rows", report_json(source.report())}};
  // Names of a file need not be UTF-8; what is not is replaced.
  fmt::print("{}\n", document.dump(-1, ' ', false, Json::error_handler_t::replace));
}

// A bar for each column, in eighths of a row.
void print_picture(const TraceSummary& summary) {
  static constexpr std::array<const char*, 9> kEighths{" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  const std::vector<double> rates = summary.rates.resampled(kColumns, summary.last);
  const double most = *std::max_element(rates.begin(), rates.end());
  if (!(most > 0)) return;
  fmt::print("\nrate over time, invocations/s\n");
  for (int row = kRows - 1; row >= 0; --row) {
    std::string line;
    for (const double rate : rates) {
      const double eighths = rate / most * kRows * 8 - row * 8;
      // A column with any call at all shows at least the thinnest bar.
      const double floor = row == 0 && rate > 0 ? 1.0 : 0.0;
      line += kEighths[static_cast<std::size_t>(std::clamp(eighths, floor, 8.0))];
    }
    fmt::print("{:>9} |{}\n", row == kRows - 1 ? fmt::format("{:.4g}", most) : "", line);
  }
  fmt::print("{:>9} +{:-<{}}\n{:>9}  0 s{:>{}}\n", "0", "", kColumns, "",
             fmt::format("{:.6g} s", to_seconds(summary.last)), kColumns - 3);
}

void print_text(const TraceInfoOptions& options, std::string_view format, const TraceSource& source,
                const TraceSummary& summary) {
  fmt::print("{} ({})\n", options.input.path, format);
  fmt::print("  invocations  {}\n", summary.calls);
  fmt::print("  functions    {} ({} called)\n", source.functions().size(),
             summary.functions_called());
  if (summary.calls == 0) return;
  fmt::print("  arrivals     {:.6f} s to {:.6f} s\n", to_seconds(summary.first),
             to_seconds(summary.last));
  fmt::print("  rate         {:.6g}/s mean; busiest second {} with {}; busiest minute {} with {}\n",
             mean_rate(summary), summary.second.index(), summary.second.count(),
             summary.minute.index(), summary.minute.count());
  fmt::print("  durations    mean {:.6g} s,", summary.durations.mean_seconds());
  for (const Percentile& percentile : kPercentiles) {
    fmt::print(" {} {:.4g},", percentile.name,
               to_seconds(summary.durations.quantile(percentile.share)));
  }
  fmt::print(" max {:.6g}; sum {:.10g} s\n", to_seconds(summary.durations.max()), summary.busy_s);
  if (summary.span_s() > 0) {
    fmt::print("  concurrency  {:.4g} mean (durations over span)\n",
               summary.busy_s / summary.span_s());
  }
  fmt::print("  rows         {} read, {} broken\n", source.report().rows, source.report().broken);
  print_picture(summary);

  fmt::print("\n{:>12} {:>7} {:>12} {:>10}  function\n", "invocations", "share", "mean s",
             "memory MB");
  for (const std::uint32_t i : summary.most_called(options.top)) {
    const traces::FunctionSummary& function = summary.functions[i];
    if (function.calls == 0) break;
    const auto calls = static_cast<double>(function.calls);
    const std::int64_t memory = source.functions()[i].memory_mb;
    fmt::print("{:>12} {:>6.2f}% {:>12.6g} {:>10}  {}\n", function.calls,
               100 * calls / static_cast<double>(summary.calls), to_seconds(function.busy) / calls,
               memory < 0 ? "-" : std::to_string(memory), source.functions()[i].name);
  }
}

}  // namespace

int run_trace_info(const TraceInfoOptions& options, const Context& context) {
  const auto source = open_trace_input(options.input, context);
  if (!source.ok()) return report_failure("trace info", source.error());
  std::string format = options.input.format;
  if (format.empty() || format == "auto") {
    const Result<std::string_view> detected = traces::detect_format(options.input.path);
    if (!detected.ok()) return report_failure("trace info", detected.error());
    format = *detected;
  }
  Result<TraceSummary> summary = [&] {
    Progress progress{context, "calls", (*source)->expected_records()};
    return traces::summarize(**source,
                             [&progress](std::uint64_t calls) { progress.update(calls); });
  }();
  if (!summary.ok()) return report_failure("trace info", summary.error());
  if (context.json) {
    print_json(options, format, **source, *summary);
  } else {
    print_text(options, format, **source, *summary);
  }
  return kDone;
}

}  // namespace lambdarium::commands
