// How long a handler runs, as a function of the memory it was given.
//
// Lambda hands out CPU in proportion to memory: memory_mb / 1769 vCPU. A handler that does `io` of
// waiting and `cpu` of single-core work on `parallelism` threads takes
//
//   T(m) = io + cpu / min(parallelism, m / 1769)
//
// Below one vCPU the share is a quota, so the formula holds for a single thread too.

#pragma once

#include <cstdint>

#include "models/base/time.h"

namespace lambdarium {

// 128 MB gives 0.072, 1,769 MB gives 1, 10,240 MB gives 5.79.
double vcpu_share(std::int64_t memory_mb);

struct ServiceTimeModel {
  double io_s = 0;                  // waiting that no CPU shortens
  double cpu_s = 0;                 // CPU seconds on one full core
  double parallelism = 1;           // cores that the work can use at once, at least 1
  std::int64_t working_set_mb = 0;  // memory the handler needs; less is an out-of-memory failure

  // Mean time at this memory. Requires memory_mb > 0.
  double seconds(std::int64_t memory_mb) const;
  bool fits(std::int64_t memory_mb) const { return memory_mb >= working_set_mb; }
  // Memory above which more of it does not shorten the run any further.
  std::int64_t saturation_mb() const;
};

// What a time measured at one memory size becomes at another, when `cpu_fraction` of it is CPU work
// of one thread.
Duration rescale_service(Duration measured, double cpu_fraction, std::int64_t from_mb,
                         std::int64_t to_mb);

}  // namespace lambdarium
