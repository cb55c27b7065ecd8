// The options of the commands that read and write traces.

#include <CLI/CLI.hpp>

#include "emulator/main/on_chosen.h"
#include "emulator/main/registration.h"
#include "emulator/main/replay_command.h"
#include "emulator/main/trace_command.h"
#include "emulator/main/whole_number.h"

namespace lambdarium::commands {
namespace {

constexpr const char* kOutputFormat = "Format of the output: simple or azure-2021";

void add_input(CLI::App& app, TraceInput& input) {
  app.add_option("trace,--trace", input.path, "Trace to read; a folder for azure-2019")
      ->type_name("FILE")
      ->required();
  app.add_option("--format", input.format,
                 "simple, azure-2021 or azure-2019 (default: told from the header)")
      ->type_name("NAME");
  app.add_option("--functions", input.functions,
                 "Second file with function,memory_mb,cold_start_s[,timeout_s][,concurrency] "
                 "(default: none)")
      ->type_name("FILE");
  app.add_flag("--strict", input.strict, "A broken row ends the run (default: counted, reported)");
  app.add_option("--spread", input.spread,
                 "How the calls of a minute lie in it, where a trace has counts by the minute: "
                 "uniform, poisson or equidistant")
      ->capture_default_str()
      ->type_name("NAME");
  app.add_option("--start", input.start_s, "Leave out what arrives before, in seconds")
      ->capture_default_str()
      ->type_name("SECONDS");
  app.add_option("--duration", input.duration_s,
                 "Read so many seconds from the start (default: all)")
      ->type_name("SECONDS");
  add_whole_number(app, "--limit", input.limit, "Read so many invocations at most (default: all)");
}

template <class Options>
void add_output(CLI::App& app, Options& options) {
  app.add_option("--to", options.to, kOutputFormat)->capture_default_str()->type_name("NAME");
  app.add_option("--out", options.out, "File to write; - is standard output")
      ->type_name("FILE")
      ->required();
  app.add_option("--functions-out", options.functions_out,
                 "Second file to write, with memory and cold starts of the functions "
                 "(default: none)")
      ->type_name("FILE");
}

void add_info(CLI::App& trace, Chosen& chosen) {
  CLI::App* app =
      trace.add_subcommand("info", "What a trace holds: functions, calls, rates, times");
  const auto options = on_chosen(*app, chosen, &run_trace_info);
  add_input(*app, options->input);
  add_whole_number(*app, "--top", options->top, "Functions listed, the most called first");
}

void add_convert(CLI::App& trace, Chosen& chosen) {
  CLI::App* app = trace.add_subcommand("convert", "Write a trace in another format");
  const auto options = on_chosen(*app, chosen, &run_trace_convert);
  add_input(*app, options->input);
  add_output(*app, *options);
}

void add_generate(CLI::App& trace, Chosen& chosen) {
  CLI::App* app = trace.add_subcommand(
      "generate", "Make a trace from parameters fitted to public ones; --seed makes another");
  const auto options = on_chosen(*app, chosen, &run_trace_generate);
  add_whole_number(*app, "--functions", options->functions, "Number of functions", 1);
  add_whole_number(*app, "--invocations", options->invocations, "Number of invocations");
  app->add_option("--duration", options->duration_s, "Length of the trace, in seconds")
      ->capture_default_str()
      ->type_name("SECONDS");
  app->add_option("--zipf", options->zipf,
                  "Exponent of the functions' popularity: 0 is even (default: 1.13)")
      ->type_name("X");
  app->add_option("--median-duration", options->median_duration_s,
                  "Median of the functions' mean durations, in seconds (default: 1)")
      ->type_name("SECONDS");
  add_output(*app, *options);
}

void add_sample(CLI::App& trace, Chosen& chosen) {
  CLI::App* app = trace.add_subcommand("sample", "Keep a part of a trace");
  const auto options = on_chosen(*app, chosen, &run_trace_sample);
  add_input(*app, options->input);
  add_whole_number(*app, "--keep-functions", options->functions,
                   "Keep so many functions, spread over the popularities (default: all)", 1);
  app->add_option("--fraction", options->fraction,
                  "Keep each call with this probability, above 0 and at most 1 (default: 1)")
      ->type_name("P");
  add_output(*app, *options);
}

void add_replay(CLI::App& root, Chosen& chosen) {
  CLI::App* app = root.add_subcommand(
      "replay",
      "Send a trace in real time, open loop, to a live endpoint; latency counts from the "
      "intended start");
  const auto options = on_chosen(*app, chosen, &run_replay);
  add_input(*app, options->input);
  app->add_option("--target", options->target,
                  "URL, or name of a function, to send every call to; {function} stands for the "
                  "name in the trace (default: the function of that name)")
      ->type_name("URL|NAME");
  app->add_option("--endpoint-url", options->endpoint_url,
                  "AWS endpoint, where the target is a name")
      ->capture_default_str()
      ->type_name("URL");
  app->add_option("--speed", options->speed,
                  "So many seconds of the trace in one; durations shrink with the gaps")
      ->capture_default_str()
      ->type_name("X");
  app->add_flag("--keep-durations", options->keep_durations,
                "With --speed: only the gaps shrink (default: durations too)");
  app->add_option("--timeout", options->timeout_s, "Give one call up after so many seconds")
      ->capture_default_str()
      ->type_name("SECONDS");
  app->add_option("--out", options->out, "Write the run as SQLite (default: not written)")
      ->type_name("RUN.sqlite");
}

}  // namespace

void add_trace_commands(CLI::App& app, Chosen& chosen) {
  CLI::App* trace = app.add_subcommand("trace", "Look at request traces, convert and make them");
  trace->require_subcommand(1, 1);
  add_info(*trace, chosen);
  add_convert(*trace, chosen);
  add_generate(*trace, chosen);
  add_sample(*trace, chosen);
  add_replay(app, chosen);
}

}  // namespace lambdarium::commands
