#include "emulator/main/trace_command.h"

#include <fmt/format.h>

#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "emulator/main/progress.h"
#include "emulator/main/trace_input.h"
#include "traces/formats/trace_summary.h"
#include "traces/formats/trace_writer.h"
#include "traces/generators/sample.h"
#include "traces/generators/workload.h"

namespace lambdarium::commands {
namespace {

using traces::TraceSource;

// Where a trace goes, the same for every command that writes one.
struct Output {
  const std::string& format;
  const std::string& path;
  const std::string& functions_path;
};

struct Written {
  std::uint64_t calls = 0;
  Time last{};
};

Result<Written> write_all(TraceSource& source, const Output& output, const Context& context) {
  if (output.path.empty()) return invalid_input("--out FILE is missing ('-' is standard output)");
  LAM_TRY(traces::TraceWriter writer,
          traces::TraceWriter::open({.path = output.path, .format = output.format},
                                    source.functions()));
  Progress progress{context, "calls", source.expected_records()};
  std::vector<TraceRecord> records(traces::kBatchRecords);
  Written written;
  for (;;) {
    LAM_TRY(const std::size_t count, source.read(records));
    if (count == 0) break;
    writer.write(std::span{records}.first(count));
    written.calls += count;
    written.last = records[count - 1].arrival;
    progress.update(written.calls);
  }
  LAM_TRY_STATUS(writer.finish());
  if (!output.functions_path.empty()) {
    LAM_TRY_STATUS(traces::write_function_table(output.functions_path, source.functions()));
  }
  return written;
}

int write_and_report(std::string_view command, TraceSource& source, const Output& output,
                     const Context& context) {
  const Result<Written> written = write_all(source, output, context);
  if (!written.ok()) return report_failure(command, written.error());
  std::FILE* const to = output.path == "-" ? stderr : stdout;
  if (context.json) {
    const nlohmann::ordered_json document = {{"path", output.path},
                                             {"format", output.format},
                                             {"invocations", written->calls},
                                             {"functions", source.functions().size()},
                                             {"last_arrival_s", to_seconds(written->last)},
                                             {"rows", source.report().rows},
                                             {"broken_rows", source.report().broken}};
    fmt::print(to, "{}\n", document.dump());
  } else if (!context.quiet) {
    fmt::print(to, "{} invocations of {} functions over {:.6g} s written to {} ({})\n",
               written->calls, source.functions().size(), to_seconds(written->last),
               output.path == "-" ? "standard output" : output.path, output.format);
  }
  return kDone;
}

// The functions to keep, after a first look at how often each is called.
Result<std::vector<bool>> choose(const TraceSampleOptions& options, const Context& context) {
  Context silent = context;
  silent.quiet = true;  // broken rows are told by the second reading
  LAM_TRY(const std::unique_ptr<TraceSource> source, open_trace_input(options.input, silent));
  Progress progress{context, "calls counted", source->expected_records()};
  LAM_TRY(const traces::TraceSummary summary,
          traces::summarize(*source, [&progress](std::uint64_t calls) { progress.update(calls); }));
  std::vector<std::uint64_t> calls;
  for (const traces::FunctionSummary& function : summary.functions) {
    calls.push_back(function.calls);
  }
  return traces::choose_functions(calls, *options.functions, context.seed.value_or(1));
}

Result<std::unique_ptr<TraceSource>> open_sample(const TraceSampleOptions& options,
                                                 const Context& context) {
  if (!options.functions && !options.fraction) {
    return invalid_input("say what to keep: --keep-functions N, or --fraction P, or both");
  }
  if (options.functions && *options.functions == 0) {
    return invalid_input("--keep-functions is 0; it must be at least 1");
  }
  if (options.fraction && !(*options.fraction > 0 && *options.fraction <= 1)) {
    return invalid_input(
        fmt::format("--fraction is {}; it must be above 0 and at most 1", *options.fraction));
  }
  std::vector<bool> keep;
  if (options.functions) {
    LAM_TRY(keep, choose(options, context));
  }
  LAM_TRY(std::unique_ptr<TraceSource> source, open_trace_input(options.input, context));
  if (options.functions) source = traces::keep_functions(std::move(source), keep);
  if (options.fraction) {
    source = traces::keep_fraction(std::move(source), *options.fraction, context.seed.value_or(1));
  }
  return source;
}

}  // namespace

int run_trace_convert(const TraceConvertOptions& options, const Context& context) {
  const auto source = open_trace_input(options.input, context);
  if (!source.ok()) return report_failure("trace convert", source.error());
  return write_and_report("trace convert", **source,
                          {options.to, options.out, options.functions_out}, context);
}

int run_trace_generate(const TraceGenerateOptions& options, const Context& context) {
  traces::WorkloadSpec spec;
  spec.seed = context.seed.value_or(1);
  spec.functions = options.functions;
  spec.invocations = options.invocations;
  if (options.zipf) spec.zipf_exponent = *options.zipf;
  const Result<Duration> span = checked_seconds("--duration", options.duration_s);
  if (!span.ok()) return report_failure("trace generate", span.error());
  spec.span = *span;
  if (options.median_duration_s) {
    const auto median = checked_seconds("--median-duration", *options.median_duration_s);
    if (!median.ok()) return report_failure("trace generate", median.error());
    spec.duration_median = *median;
  }
  const auto source = traces::generate_workload(spec);
  if (!source.ok()) return report_failure("trace generate", source.error());
  return write_and_report("trace generate", **source,
                          {options.to, options.out, options.functions_out}, context);
}

int run_trace_sample(const TraceSampleOptions& options, const Context& context) {
  const auto source = open_sample(options, context);
  if (!source.ok()) return report_failure("trace sample", source.error());
  return write_and_report("trace sample", **source,
                          {options.to, options.out, options.functions_out}, context);
}

}  // namespace lambdarium::commands
