// Runs a program to its end and keeps what it printed: for probes of a second or two by commands
// that have no event loop.
//
// Blocks the calling thread. The child is its own process group with an empty standard input; it is
// killed with everything it started when it runs past the time limit or prints more than the output
// limit.

#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "models/base/result.h"
#include "models/base/time.h"

namespace lambdarium::gpu_pool {

struct CaptureLimits {
  Duration time = 10s;
  std::size_t output_bytes = std::size_t{1} << 20;
};

struct Captured {
  int exit_code = 0;   // 128 + signal when it was killed, as shells say it
  std::string output;  // standard output; standard error goes where the caller's goes unless merged
};

struct CaptureRequest {
  std::vector<std::string>
      arguments;              // the first is the program, looked up in PATH unless it has a slash
  bool merge_stderr = false;  // its standard error is kept too; otherwise it is dropped
  CaptureLimits limits = {};
};

// kNotFound when there is no such program, kUnavailable when it could not be run or broke a limit.
Result<Captured> capture(const CaptureRequest& request);

}  // namespace lambdarium::gpu_pool
