// One request of a trace, and the functions that a trace calls.

#pragma once

#include <cstdint>
#include <string>

#include "models/base/time.h"

namespace lambdarium {

// Trivially copyable, 24 bytes: traces of millions of rows are held in memory or streamed.
struct TraceRecord {
  Time arrival;                // from the start of the trace
  Duration duration;           // service time of a warm run
  std::uint32_t function = 0;  // index into the trace's functions
  std::uint32_t padding = 0;
};

// What a trace knows of a function; what it does not say stays negative.
struct TraceFunction {
  std::string name;
  std::int64_t memory_mb = -1;
  Duration cold_start{-1};
  Duration timeout{-1};
  std::int64_t concurrency = -1;
};

}  // namespace lambdarium
