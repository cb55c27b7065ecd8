#include "emulator/main/trace_input.h"

#include <fmt/format.h>

#include <cstdio>

namespace lambdarium::commands {

Result<Duration> checked_seconds(std::string_view option, double seconds) {
  constexpr double kSecondsMax = 4e9;
  if (seconds >= 0 && seconds <= kSecondsMax) return from_seconds(seconds);
  return invalid_input(fmt::format("{} is {} s; it must be from 0 to 4000000000", option, seconds));
}

Result<std::unique_ptr<traces::TraceSource>> open_trace_input(const TraceInput& input,
                                                              const Context& context) {
  traces::TraceOptions options{.path = input.path,
                               .format = input.format,
                               .functions_path = input.functions,
                               .strict = input.strict,
                               .seed = context.seed.value_or(1),
                               .spread = {},
                               .start = {},
                               .duration = kForever,
                               .limit = input.limit};
  LAM_TRY(options.spread, traces::parse_spread(input.spread));
  LAM_TRY(options.start, checked_seconds("--start", input.start_s));
  if (input.duration_s) {
    LAM_TRY(options.duration, checked_seconds("--duration", *input.duration_s));
  }
  LAM_TRY(std::unique_ptr<traces::TraceSource> source, traces::open_trace(options));
  if (!context.quiet && source->report().broken > 0) {
    fmt::print(stderr, "{}\n", traces::describe(source->report()));
  }
  return source;
}

int report_failure(std::string_view command, const Error& error) {
  fmt::print(stderr, "lambdarium {}: {}\n", command, error.to_string());
  const bool machine = error.code == ErrorCode::kUnavailable || error.code == ErrorCode::kInternal;
  return machine ? kRunFailed : kWrongInput;
}

}  // namespace lambdarium::commands
