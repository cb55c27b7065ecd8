// `lambdarium trace info|convert|generate|sample`.
//
// Each returns the program's exit code and writes to stdout what was asked for (with --json one
// document), to stderr what else there is to say: progress, broken rows, what was wrong. Where a
// trace itself goes to stdout (--out -), the report goes to stderr.

#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "emulator/main/context.h"

namespace lambdarium::commands {

// Which trace to read, and which part of it; the same for every command that reads one.
struct TraceInput {
  std::string path;
  std::string format;              // --format; "" and "auto" tell it from the header
  std::string functions;           // --functions FILE
  bool strict = false;             // --strict
  std::string spread = "uniform";  // --spread uniform|poisson|equidistant, for counts by the minute
  double start_s = 0;              // --start
  std::optional<double> duration_s;    // --duration
  std::optional<std::uint64_t> limit;  // --limit
};

struct TraceInfoOptions {
  TraceInput input;
  std::uint32_t top = 10;  // --top: functions listed
};

struct TraceConvertOptions {
  TraceInput input;
  std::string to = "simple";  // --to simple|azure-2021
  std::string out;            // --out FILE, "-" is stdout
  std::string functions_out;  // --functions-out FILE, or empty
};

struct TraceGenerateOptions {
  std::uint32_t functions = 400;            // --functions
  std::uint64_t invocations = 2'000'000;    // --invocations
  double duration_s = 86'400;               // --duration
  std::optional<double> zipf;               // --zipf: exponent of popularity
  std::optional<double> median_duration_s;  // --median-duration: of the functions' means
  std::string to = "simple";
  std::string out;
  std::string functions_out;
};

struct TraceSampleOptions {
  TraceInput input;
  std::optional<std::uint32_t>
      functions;  // --keep-functions: keep so many functions, spread over the popularities
  std::optional<double> fraction;  // --fraction: keep each call with this probability
  std::string to = "simple";
  std::string out;
  std::string functions_out;
};

int run_trace_info(const TraceInfoOptions& options, const Context& context);
int run_trace_convert(const TraceConvertOptions& options, const Context& context);
int run_trace_generate(const TraceGenerateOptions& options, const Context& context);
int run_trace_sample(const TraceSampleOptions& options, const Context& context);

}  // namespace lambdarium::commands
