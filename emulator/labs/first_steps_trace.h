// The trace of the lab first-steps: the user's or a generated one, cut, mapped onto the lab's
// functions and scaled to the time that the lab has.

#pragma once

#include <string>
#include <vector>

#include "emulator/labs/lab.h"
#include "models/base/result.h"
#include "models/base/time.h"
#include "traces/formats/trace_source.h"

namespace lambdarium::labs {

struct LabTrace {
  traces::Trace trace;  // over the lab's functions, already scaled
  std::string source;   // for people: where it is from
  double speed = 1;     // by which arrivals and durations were divided
  Duration span{0};     // of the calls before scaling
  std::string broken;   // what was left out of the file; usually empty
};

// `functions`: names of the lab's functions; function i of the trace becomes functions[i mod size].
// `longest`: the time that the replay may take.
Result<LabTrace> make_lab_trace(const LabOptions& options,
                                const std::vector<std::string>& functions, Duration longest);

}  // namespace lambdarium::labs
