#include "emulator/main/simulate_command.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>

#include "emulator/simulated/config_reader.h"
#include "emulator/simulated/generated_source.h"
#include "emulator/simulated/report.h"
#include "emulator/simulated/simulate.h"
#include "emulator/store/run_store.h"

namespace lambdarium::commands {
namespace {

using Clock = std::chrono::steady_clock;

int fail(const Error& error) {
  fmt::print(stderr, "{}\n", error.to_string());
  const bool machine = error.code == ErrorCode::kUnavailable || error.code == ErrorCode::kInternal;
  return machine ? kRunFailed : kWrongInput;
}

// A bar on a terminal, a line every few seconds elsewhere.
class StderrProgress final : public simulated::Progress {
 public:
  StderrProgress() : terminal_(isatty(STDERR_FILENO) == 1), begin_(Clock::now()), shown_(begin_) {}

  void advanced(std::uint64_t invocations, std::uint64_t expected, Time now) override {
    const Clock::time_point wall = Clock::now();
    if (wall - shown_ < (terminal_ ? kBarPeriod : kLinePeriod)) return;
    shown_ = wall;
    const double elapsed = std::chrono::duration<double>(wall - begin_).count();
    const double rate = static_cast<double>(invocations) / elapsed;
    std::string text =
        fmt::format("{} invocations, {:.3g}/s, at {:.0f} s", invocations, rate, to_seconds(now));
    if (expected > 0) text = with_bar(invocations, expected, rate, text);
    fmt::print(stderr, "{}simulate {}{}", terminal_ ? "\r\x1b[K" : "", text, terminal_ ? "" : "\n");
    std::fflush(stderr);
    drawn_ = true;
  }

  ~StderrProgress() override {
    if (terminal_ && drawn_) fmt::print(stderr, "\r\x1b[K");
  }

 private:
  static constexpr Clock::duration kBarPeriod = std::chrono::milliseconds{100};
  static constexpr Clock::duration kLinePeriod = std::chrono::seconds{3};

  static std::string with_bar(std::uint64_t done, std::uint64_t expected, double rate,
                              const std::string& text) {
    constexpr std::size_t kWidth = 24;
    const double share = std::min(1.0, static_cast<double>(done) / static_cast<double>(expected));
    const auto full = static_cast<std::size_t>(share * kWidth);
    const std::uint64_t left = expected > done ? expected - done : 0;
    return fmt::format("[{}{}] {:3.0f} % {}, {:.0f} s left", std::string(full, '#'),
                       std::string(kWidth - full, '.'), 100 * share, text,
                       static_cast<double>(left) / rate);
  }

  bool terminal_;
  bool drawn_ = false;
  Clock::time_point begin_;
  Clock::time_point shown_;
};

Result<simulated::SimulationConfig> read_config(const SimulateOptions& options,
                                                const Context& context) {
  simulated::CommandLineOverrides overrides;
  overrides.trace = options.trace;
  overrides.format = options.format;
  overrides.functions = options.functions;
  overrides.spread = options.spread;
  overrides.seed = context.seed;
  overrides.warmup_s = options.warmup_s;
  overrides.strict = options.strict;
  return simulated::read_simulation_config({.file = options.config, .sets = options.sets},
                                           overrides);
}

}  // namespace

int run_simulate(const SimulateOptions& options, const Context& context) {
  const auto config = read_config(options, context);
  if (!config.ok()) return fail(config.error());
  const auto source = simulated::open_workload(*config);
  if (!source.ok()) return fail(source.error());
  const std::string broken = traces::describe((*source)->report());
  if (!broken.empty() && !context.quiet) fmt::print(stderr, "note: {}\n", broken);

  std::unique_ptr<store::RunWriter> writer;
  if (!options.out.empty()) {
    auto created = store::RunWriter::create(options.out);
    if (!created.ok()) return fail(created.error());
    writer = *std::move(created);
  }

  std::optional<StderrProgress> progress;
  if (!context.quiet) progress.emplace();
  const Clock::time_point begin = Clock::now();
  const auto result =
      simulated::simulate(*config, **source, writer.get(), progress ? &*progress : nullptr);
  const double wall_s = std::chrono::duration<double>(Clock::now() - begin).count();
  progress.reset();
  if (!result.ok()) return fail(result.error());
  if (writer != nullptr) {
    if (const Status finished = writer->finish(); !finished.ok()) return fail(finished.error());
  }

  const std::string text = simulated::to_text(*result, wall_s);
  if (context.json) {
    fmt::print(stdout, "{}\n", simulated::to_json(*result, wall_s));
    if (!context.quiet) fmt::print(stderr, "{}", text);
  } else {
    fmt::print(stdout, "{}", text);
  }
  return kDone;
}

}  // namespace lambdarium::commands
