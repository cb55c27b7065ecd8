#include "emulator/main/replay_command.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>
#include <vector>

#include "emulator/labs/replayer.h"
#include "emulator/main/progress.h"
#include "emulator/main/trace_input.h"
#include "emulator/store/run_store.h"
#include "runtime-api/http/event_loop.h"
#include "runtime-api/http/timer.h"

namespace lambdarium::commands {
namespace {

using Json = nlohmann::ordered_json;
using labs::ReplayResult;
using labs::ReplayTally;

// Open loop means as many connections as calls overlap; a shell's default of 1,024 descriptors
// would be the limit otherwise.
void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
  limit.rlim_cur = limit.rlim_max;
  (void)setrlimit(RLIMIT_NOFILE, &limit);  // the old limit still works, with fewer calls at once
}

Json quantiles_json(const Quantiles& values) {
  return {{"mean", values.mean_seconds()},
          {"p50", to_seconds(values.quantile(0.5))},
          {"p90", to_seconds(values.quantile(0.9))},
          {"p95", to_seconds(values.quantile(0.95))},
          {"p99", to_seconds(values.quantile(0.99))},
          {"p999", to_seconds(values.quantile(0.999))},
          {"max", to_seconds(values.max())}};
}

Json tally_json(const ReplayTally& tally) {
  return {{"sent", tally.sent},
          {"completed", tally.completed},
          {"throttled", tally.throttled},
          {"function_errors", tally.function_errors},
          {"errors", tally.errors}};
}

double achieved_rate(const ReplayResult& result) {
  const double wall = to_seconds(result.wall);
  return wall > 0 ? static_cast<double>(result.total.sent) / wall : 0;
}

void print_json(const ReplayOptions& options, const std::vector<TraceFunction>& functions,
                const ReplayResult& result) {
  Json document = tally_json(result.total);
  document["wall_s"] = to_seconds(result.wall);
  document["speed"] = options.speed;
  document["sent_per_s"] = achieved_rate(result);
  document["latency_s"] = quantiles_json(result.latency);
  document["lag_s"] = quantiles_json(result.lag);
  document["stopped"] = result.stopped;
  document["first_error"] = result.first_error.empty() ? Json(nullptr) : Json(result.first_error);
  Json list = Json::array();
  for (std::size_t i = 0; i < functions.size(); ++i) {
    if (result.functions[i].sent == 0) continue;
    Json entry = {{"name", functions[i].name}};
    entry.update(tally_json(result.functions[i]));
    list.push_back(std::move(entry));
  }
  document["functions"] = std::move(list);
  fmt::print("{}\n", document.dump(-1, ' ', false, Json::error_handler_t::replace));
}

void print_text(const ReplayResult& result) {
  const ReplayTally& total = result.total;
  const auto ms = [&result](double p) { return to_ms(result.latency.quantile(p)); };
  fmt::print("  sent             {} in {:.2f} s ({:.4g}/s)\n", total.sent, to_seconds(result.wall),
             achieved_rate(result));
  fmt::print("  completed        {}\n", total.completed);
  fmt::print("  throttled        {}\n", total.throttled);
  fmt::print("  function errors  {}\n", total.function_errors);
  fmt::print("  errors           {}\n", total.errors);
  if (result.latency.count() > 0) {
    fmt::print("  latency          p50 {:.3f} ms, p95 {:.3f} ms, p99 {:.3f} ms, max {:.3f} ms\n",
               ms(0.5), ms(0.95), ms(0.99), to_ms(result.latency.max()));
    fmt::print("                   (from the instant a call was due, completed calls only)\n");
  }
  fmt::print("  sender late      at most {:.3f} ms, p99 {:.3f} ms\n", to_ms(result.lag.max()),
             to_ms(result.lag.quantile(0.99)));
  if (!result.first_error.empty()) fmt::print("  first error      {}\n", result.first_error);
  if (result.stopped) fmt::print("  stopped before the end of the trace\n");
}

// Tells how far it is, from a timer of the loop.
class ProgressTicker {
 public:
  ProgressTicker(http::EventLoop& loop, const labs::Replayer& replayer, const Context& context)
      : replayer_(replayer),
        progress_(context, "calls sent", replayer.expected_calls()),
        timer_(loop, [this](Time now) {
          progress_.update(replayer_.tally().sent);
          timer_.arm(now + 200ms);
        }) {
    timer_.arm(loop.now() + 200ms);
  }

 private:
  const labs::Replayer& replayer_;
  Progress progress_;
  http::DeadlineTimer timer_;
};

Result<ReplayResult> drive(std::unique_ptr<traces::TraceSource> source,
                           labs::ReplayerOptions options, const Context& context) {
  http::EventLoop loop;
  LAM_TRY(const std::unique_ptr<labs::Replayer> replayer,
          labs::Replayer::create(loop, std::move(source), std::move(options)));
  std::optional<Result<ReplayResult>> answer;
  loop.on_stop_signal([&replayer](int) { replayer->stop(); });
  {
    const ProgressTicker ticker{loop, *replayer, context};
    replayer->start([&answer, &loop](Result<ReplayResult> result) {
      answer = std::move(result);
      loop.stop();
    });
    loop.run();
  }
  loop.on_stop_signal({});
  if (!answer) return Error{ErrorCode::kInternal, "the loop ended before the replay"};
  return *std::move(answer);
}

void write_meta(store::RunWriter& run, const ReplayOptions& options, const Context& context) {
  run.meta("kind", "replay");
  run.meta("trace", options.input.path);
  run.meta("trace_format", options.input.format.empty() ? "auto" : options.input.format);
  run.meta("target", options.target.empty() ? "{function}" : options.target);
  run.meta("endpoint_url", options.endpoint_url);
  run.meta("speed", fmt::format("{}", options.speed));
  run.meta("durations_scaled", options.keep_durations ? "no" : "yes");
  run.meta("seed", std::to_string(context.seed.value_or(1)));
}

Result<ReplayResult> replay(const ReplayOptions& options, const Context& context,
                            std::vector<TraceFunction>& functions) {
  LAM_TRY(std::unique_ptr<traces::TraceSource> source, open_trace_input(options.input, context));
  functions = source->functions();
  labs::ReplayerOptions replayer;
  replayer.schedule.speed = options.speed;
  replayer.schedule.scale_durations = !options.keep_durations;
  LAM_TRY(replayer.timeout, checked_seconds("--timeout", options.timeout_s));
  LAM_TRY(replayer.targets,
          labs::resolve_targets({.target = options.target, .endpoint_url = options.endpoint_url},
                                functions));
  std::unique_ptr<store::RunWriter> run;
  if (!options.out.empty()) {
    LAM_TRY(run, store::RunWriter::create(options.out,
                                          {.mode = store::RunWriterOptions::Mode::kBackground}));
    write_meta(*run, options, context);
    replayer.sink = run.get();
  }
  raise_descriptor_limit();
  LAM_TRY(ReplayResult result, drive(std::move(source), std::move(replayer), context));
  if (run != nullptr) {
    LAM_TRY_STATUS(run->finish());
  }
  return result;
}

}  // namespace

int run_replay(const ReplayOptions& options, const Context& context) {
  std::vector<TraceFunction> functions;
  const Result<ReplayResult> result = replay(options, context, functions);
  if (!result.ok()) return report_failure("replay", result.error());
  if (context.json) {
    print_json(options, functions, *result);
  } else {
    print_text(*result);
  }
  const bool answered =
      result->total.completed + result->total.throttled + result->total.function_errors > 0;
  return result->stopped || (result->total.sent > 0 && !answered) ? kRunFailed : kDone;
}

}  // namespace lambdarium::commands
