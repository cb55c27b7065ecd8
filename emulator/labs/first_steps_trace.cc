#include "emulator/labs/first_steps_trace.h"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <utility>

#include <fmt/format.h>

#include "traces/generators/workload.h"

namespace lambdarium::labs {
namespace {

constexpr Duration kWindow = 120s;
// A window with fewer calls than this shows nothing: then more of the trace is taken.
constexpr std::size_t kCallsMin = 100;
constexpr std::size_t kCallsMax = 1000;

Result<std::unique_ptr<traces::TraceSource>> open(const LabOptions& options,
                                                  const std::vector<std::string>& functions) {
  if (options.trace.empty()) {
    return traces::generate_workload(traces::short_workload(options.seed, functions));
  }
  traces::TraceOptions reading;
  reading.path = options.trace;
  reading.format = options.format;
  reading.functions_path = options.functions;
  reading.seed = options.seed;
  return traces::open_trace(reading);
}

// The first kCallsMax calls, or those of the first two minutes where these are enough.
void cut(traces::Trace& trace) {
  std::vector<TraceRecord>& records = trace.records;
  const auto window_end =
      std::find_if(records.begin(), records.end(), [&](const TraceRecord& record) {
        return record.arrival - records.front().arrival >= kWindow;
      });
  const auto in_window = static_cast<std::size_t>(window_end - records.begin());
  records.resize(std::min(kCallsMax, in_window >= kCallsMin ? in_window : records.size()));
}

Duration divided(Duration value, double speed) {
  if (value <= Duration::zero()) return value;
  return std::max(Duration{1}, from_seconds(to_seconds(value) / speed));
}

}  // namespace

Result<LabTrace> make_lab_trace(const LabOptions& options,
                                const std::vector<std::string>& functions, Duration longest) {
  LAM_TRY(const auto source, open(options, functions));
  LabTrace made;
  LAM_TRY(made.trace, traces::read_all(*source));
  if (made.trace.records.empty()) {
    return invalid_input(fmt::format("{}: the trace has no calls", options.trace));
  }
  made.broken = traces::describe(made.trace.report);
  cut(made.trace);
  std::vector<TraceRecord>& records = made.trace.records;
  const Time first = records.front().arrival;
  made.span = records.back().arrival - first;
  made.speed = std::max(1.0, to_seconds(made.span) / to_seconds(longest));
  for (TraceRecord& record : records) {
    record.arrival = at(divided(record.arrival - first, made.speed));
    record.duration = divided(record.duration, made.speed);
    record.function %= static_cast<std::uint32_t>(functions.size());
  }
  made.trace.functions.clear();
  for (const std::string& name : functions) {
    TraceFunction function;
    function.name = name;
    made.trace.functions.push_back(std::move(function));
  }
  made.source = options.trace.empty() ? "generated from parameters fitted to public traces"
                                      : std::filesystem::path{options.trace}.filename().string();
  return made;
}

}  // namespace lambdarium::labs
