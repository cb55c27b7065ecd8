// Azure Functions Trace 2019: three files of counts and percentiles, turned into single requests.
//
//   invocations  HashOwner, HashApp, HashFunction, [Trigger], one column a minute ("1" … "1440", or
//   "minute_1" …) durations    the same ids, Average, Count, Minimum, Maximum,
//   percentile_Average_{0,1,25,50,75,99,100}: milliseconds memory       ids, AverageAllocatedMb, …;
//   may be missing
//
// The file has no instants: Spread says how calls are placed inside their minute. Durations are
// drawn from the piecewise-linear inverse distribution through the seven percentiles, kept within
// Minimum and Maximum, and never below half a millisecond. Every function draws from streams of its
// own, named by its ids, so leaving out others does not change it. Minute zero is the first minute
// column of the file.
//
// Counts are kept packed (a run of quiet minutes is a byte or two), requests are made minute by
// minute.

#pragma once

#include <memory>
#include <string>

#include "models/base/result.h"
#include "traces/formats/trace_source.h"

namespace lambdarium::traces {

struct Azure2019Files {
  std::string invocations;
  std::string durations;
  std::string memory;  // empty where there is none
};

// `path` is the folder of the three files or the invocations file. Known names: invocations.csv,
// durations.csv, memory.csv; those of the published set (invocations_per_function_md.anon.d01.csv,
// …); X_inv.csv, X_run.csv, X_mem.csv; each also with .gz.
Result<Azure2019Files> find_azure_2019_files(const std::string& path);

Result<std::unique_ptr<TraceSource>> open_azure_2019(const TraceOptions& options);

}  // namespace lambdarium::traces
