#include "emulator/labs/recorded_figures.h"

#include <algorithm>

#include <fmt/format.h>

#include "emulator/store/run_store.h"
#include "models/billing/lambda_meter.h"

namespace lambdarium::labs {
namespace {

void count(RecordedFigures& figures, billing::LambdaMeter& meter, const InvocationRecord& row) {
  ++figures.invocations;
  if (row.outcome == "throttled") {
    ++figures.throttled;
    return;
  }
  if (row.cold) ++figures.cold_starts;
  meter.add_invocation({.memory_mb = row.memory_mb, .billed_ms = row.billed_ms});
  meter.add_http_call(row.request_bytes);
  if (row.outcome == "timeout") {
    ++figures.timed_out;
  } else if (row.outcome != "ok") {
    ++figures.failed;
  } else {
    figures.latency.add(Duration{row.queue_ns + row.init_ns + row.duration_ns});
  }
}

Duration median(std::vector<std::int64_t> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return Duration{*middle};
}

}  // namespace

Result<RecordedFigures> read_figures(const std::string& run, std::size_t warm_up,
                                     const billing::Catalogue& catalogue) {
  LAM_TRY(const auto reader, store::RunReader::open(run));
  LAM_TRY(const auto functions, store::read_all(reader->functions()));
  LAM_TRY(auto rows, store::read_all(reader->invocations()));
  std::map<std::int64_t, std::string> names;
  for (const FunctionRecord& function : functions) names[function.id] = function.name;
  std::stable_sort(rows.begin(), rows.end(),
                   [](const auto& a, const auto& b) { return a.arrival_ns < b.arrival_ns; });
  RecordedFigures figures;
  billing::LambdaMeter meter;
  std::map<std::string, std::vector<std::int64_t>> idle_calls;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const InvocationRecord& row = rows[i];
    const std::string& name = names[row.function];
    if (row.cold && row.init_ns > 0)
      figures.init_s[name].push_back(static_cast<double>(row.init_ns) * 1e-9);
    if (i >= warm_up) {
      count(figures, meter, row);
    } else if (!row.cold && row.outcome == "ok") {
      idle_calls[name].push_back(row.duration_ns);
    }
  }
  for (const auto& [name, durations] : idle_calls) figures.call_overhead[name] = median(durations);
  LAM_TRY(figures.bill, meter.bill(catalogue));
  return figures;
}

}  // namespace lambdarium::labs
