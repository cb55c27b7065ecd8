#include "emulator/labs/first_steps.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "emulator/labs/first_steps_trace.h"
#include "emulator/labs/recorded_figures.h"
#include "emulator/labs/replayer.h"
#include "emulator/labs/served_emulator.h"
#include "emulator/labs/twin_run.h"
#include "emulator/simulated/simulate.h"
#include "emulator/store/run_store.h"

namespace lambdarium::labs {
namespace {

struct LabFunction {
  std::string_view name;
  std::string_view route;
};
constexpr LabFunction kFunctions[] = {
    {"hello-node", "/node"}, {"hello-python", "/python"}, {"hello-native", "/native"}};
constexpr int kCallsEach = 5;        // through each front, before the replay
constexpr Duration kKeepAlive = 3s;  // short, so that environments expire while people watch
constexpr std::int64_t kMaxEnvironments = 64;
constexpr Duration kTimeout = 5s;  // the template's

std::vector<std::string> function_names() {
  std::vector<std::string> names;
  for (const LabFunction& function : kFunctions) names.emplace_back(function.name);
  return names;
}

// Everything that one run of the lab shares.
struct Run {
  Run(const LabOptions& o, LabConsole& c) : options(o), console(c) {}

  const LabOptions& options;
  LabConsole& console;
  http::EventLoop loop;
  std::filesystem::path folder;
  LabTrace trace;
  ReplayResult replay;
  std::size_t warm_up = 0;
  std::string emulator_run() const { return (folder / "emulator.sqlite").string(); }
  std::string simulation_run() const { return (folder / "simulation.sqlite").string(); }
};

Status prepare(Run& run) {
  std::error_code error;
  run.folder = std::filesystem::absolute(run.options.out, error);
  std::filesystem::create_directories(run.folder, error);
  if (error) {
    return unavailable(
        fmt::format("cannot make the folder {}: {}", run.folder.string(), error.message()));
  }
  std::filesystem::remove_all(run.folder / "data", error);  // each run starts from nothing
  LAM_TRY(run.trace, make_lab_trace(run.options, function_names(), run.options.quick ? 8s : 20s));
  if (!run.trace.broken.empty()) run.console.say(run.trace.broken);
  return {};
}

Result<std::unique_ptr<ServedEmulator>> serve(Run& run) {
  const std::string ttl = fmt::format("policies.keep_alive.ttl_s={}", to_seconds(kKeepAlive));
  auto served = ServedEmulator::start(
      run.loop, {run.options.program,
                 {run.options.examples + "/first-steps/template.yaml", "--data",
                  (run.folder / "data").string(), "--record", run.emulator_run(), "--set", ttl,
                  "--max-environments", fmt::to_string(kMaxEnvironments), "--quiet", "--seed",
                  fmt::to_string(run.options.seed)}});
  if (served.ok()) {
    run.console.say(
        fmt::format("emulator ready: http={} api={}", (*served)->http_url(), (*served)->api_url()));
  }
  return served;
}

// Each function through the AWS endpoint and through its route; what these calls take, once warm,
// is what the simulation adds to the trace's durations.
Status call_functions(Run& run, ServedEmulator& served) {
  for (const LabFunction& function : kFunctions) {
    std::string shown;
    for (int i = 0; i < 2 * kCallsEach; ++i) {
      const bool direct = i % 2 == 0;
      HttpRequest request;
      request.method = direct ? "POST" : "GET";
      request.target = direct ? fmt::format("/2015-03-31/functions/{}/invocations", function.name)
                              : std::string{function.route};
      if (direct) request.body = R"({"name":"Lambda"})";
      LAM_TRY(const HttpResponse answer,
              served.call(direct ? served.api_url() : served.http_url(), std::move(request)));
      ++run.warm_up;
      if (answer.status != 200 || answer.headers.contains("X-Amz-Function-Error")) {
        return unavailable(
            fmt::format("{} answered {}: {}", function.name, answer.status, answer.body));
      }
      if (i == 0) shown = answer.body;
    }
    run.console.say(fmt::format("  {:<13} {}", function.name, shown));
  }
  return {};
}

// Until the environments of those calls have expired, so that the replay starts from none, as the
// simulation does.
Status wait_until_empty(Run& run, ServedEmulator& served) {
  constexpr std::string_view kNone = R"("environments":{"total":0,)";
  const Time give_up = run.loop.now() + kKeepAlive + 20s;
  while (run.loop.now() < give_up) {
    HttpRequest request;
    request.method = "GET";
    request.target = "/_lambdarium/health";
    LAM_TRY(const HttpResponse answer, served.call(served.api_url(), std::move(request)));
    if (answer.body.find(kNone) != std::string::npos) return {};
    run.loop.run_until([] { return false; }, 100ms);
  }
  return unavailable("the first environments did not expire");
}

Status replay(Run& run, const ServedEmulator& served) {
  run.console.say(fmt::format(
      "replaying {} calls of a trace ({}): {:.0f} s of it in {:.0f} s, {:.3g} times as fast",
      run.trace.trace.records.size(), run.trace.source, to_seconds(run.trace.span),
      to_seconds(run.trace.span) / run.trace.speed, run.trace.speed));
  ReplayerOptions options;
  LAM_TRY(const ReplayTarget front, parse_http_url(served.http_url()));
  for (const LabFunction& function : kFunctions) {
    options.targets.push_back({front.host, front.port, std::string{function.route}});
  }
  LAM_TRY(const auto replayer,
          Replayer::create(run.loop, traces::make_shared_memory_source(run.trace.trace),
                           std::move(options)));
  std::optional<Result<ReplayResult>> answer;
  replayer->start([&answer](Result<ReplayResult> result) { answer.emplace(std::move(result)); });
  const std::uint64_t expected = run.trace.trace.records.size();
  while (!answer) {
    run.loop.run_until([&answer] { return answer.has_value(); }, 250ms);
    run.console.progress("calls", replayer->tally().sent, expected);
  }
  LAM_TRY(run.replay, *std::move(answer));
  return {};
}

// The same trace and platform, in virtual time.
Result<simulated::SimulationResult> simulate(Run& run, const RecordedFigures& measured) {
  simulated::SimulationConfig config;
  config.seed = run.options.seed;
  config.platform.fleet.keep_alive.ttl = kKeepAlive;
  config.platform.fleet.max_environments = kMaxEnvironments;
  for (const std::string& name : function_names()) {
    simulated::FunctionConfig function;
    function.name = name;
    function.memory_mb = 128;
    function.timeout = kTimeout;
    const auto starts = measured.init_s.find(name);
    if (starts != measured.init_s.end()) {
      function.cold_start = simulated::NamedDistribution{Distribution::empirical(starts->second),
                                                         "as measured in this run"};
    }
    config.workload.functions.push_back(std::move(function));
  }
  traces::Trace trace = run.trace.trace;
  for (TraceRecord& record : trace.records) {
    const auto overhead = measured.call_overhead.find(trace.functions[record.function].name);
    if (overhead != measured.call_overhead.end()) record.duration += overhead->second;
  }
  LAM_TRY(const auto out, store::RunWriter::create(run.simulation_run()));
  auto result =
      simulated::simulate(config, *traces::make_memory_source(std::move(trace)), out.get());
  LAM_TRY_STATUS(out->finish());
  return result;
}

std::string ms(double seconds) {
  return fmt::format("{:.2f}", seconds * 1e3);
}
std::string ms(Duration duration) {
  return ms(to_seconds(duration));
}

void fill_table(LabTable& table, const RecordedFigures& emulator,
                const simulated::SimulationResult& simulation,
                const billing::Bill& simulated_bill) {
  const auto row = [&table](std::string_view name, std::string real, std::string virtual_time) {
    table.rows.push_back({std::string{name}, std::move(real), std::move(virtual_time)});
  };
  table.columns = {"", "emulator", "simulator"};
  row("invocations", fmt::to_string(emulator.invocations), fmt::to_string(simulation.invocations));
  row("cold starts", fmt::to_string(emulator.cold_starts), fmt::to_string(simulation.cold_starts));
  row("throttled", fmt::to_string(emulator.throttled), fmt::to_string(simulation.throttled));
  row("timed out", fmt::to_string(emulator.timed_out), fmt::to_string(simulation.timed_out));
  row("latency p50, ms", ms(emulator.latency.quantile(0.5)), ms(simulation.latency.p50));
  row("latency p95, ms", ms(emulator.latency.quantile(0.95)), ms(simulation.latency.p95));
  row("latency p99, ms", ms(emulator.latency.quantile(0.99)), ms(simulation.latency.p99));
  row("cost, USD", emulator.bill.total().to_fixed(9), simulated_bill.total().to_fixed(9));
}

void judge(Run& run, LabResult& result, const RecordedFigures& emulator,
           const simulated::SimulationResult& simulation) {
  const ReplayTally& sent = run.replay.total;
  const auto check = [&result](std::string_view name, bool seen, std::string detail) {
    result.checks.push_back({std::string{name}, seen, std::move(detail)});
  };
  check("every call was answered", sent.errors == 0 && sent.sent == run.trace.trace.records.size(),
        fmt::format("{} sent, {} answered well, {} throttled, {} failed in the function, {} lost",
                    sent.sent, sent.completed, sent.throttled, sent.function_errors, sent.errors));
  check("emulator and simulator saw the same calls", emulator.invocations == simulation.invocations,
        fmt::format("{} and {}", emulator.invocations, simulation.invocations));
  // Two calls closer together than a start is long may or may not overlap, and on a busy machine
  // more of them do than in virtual time; a third, or ten, is what that explains.
  const auto a = static_cast<double>(emulator.cold_starts);
  const auto b = static_cast<double>(simulation.cold_starts);
  check("cold starts agree within a third", std::abs(a - b) <= std::max(10.0, std::max(a, b) / 3),
        fmt::format("{} and {}", emulator.cold_starts, simulation.cold_starts));
  check("the twin decides alike", result.twin.starts_with("identical"), result.twin);
}

}  // namespace

Result<LabResult> run_first_steps(const LabOptions& options, LabConsole& console) {
  Run run{options, console};
  LAM_TRY_STATUS(prepare(run));
  LAM_TRY(const billing::Catalogue catalogue, billing::Catalogue::built_in("aws-us-east-1"));
  {
    LAM_TRY(const auto served, serve(run));
    LAM_TRY_STATUS(call_functions(run, *served));
    LAM_TRY_STATUS(wait_until_empty(run, *served));
    LAM_TRY_STATUS(replay(run, *served));
    LAM_TRY_STATUS(served->stop());
  }
  LAM_TRY(const RecordedFigures emulator, read_figures(run.emulator_run(), run.warm_up, catalogue));
  LAM_TRY(const simulated::SimulationResult simulation, simulate(run, emulator));
  LAM_TRY(const RecordedFigures virtual_time, read_figures(run.simulation_run(), 0, catalogue));

  LabResult result;
  LAM_TRY(const simulated::Twin twin, decide_again(run.emulator_run()));
  result.twin = verdict(twin);
  fill_table(result.table, emulator, simulation, virtual_time.bill);
  judge(run, result, emulator, simulation);
  result.notes.push_back(
      fmt::format("latency is queueing, start and run, of completed calls; a client saw p50 {} ms, "
                  "p95 {} ms, p99 {} ms",
                  ms(run.replay.latency.quantile(0.5)), ms(run.replay.latency.quantile(0.95)),
                  ms(run.replay.latency.quantile(0.99))));
  result.notes.push_back(
      fmt::format("environments were kept for {:.0f} s; the simulator drew starts from those "
                  "measured here, and added to each duration "
                  "of the trace what a call without work took here",
                  to_seconds(kKeepAlive)));
  result.files = {run.emulator_run(), run.simulation_run()};
  return result;
}

}  // namespace lambdarium::labs
