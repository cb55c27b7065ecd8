// Measures how fast a backend multiplies square matrices, and checks what it computed against plain
// loops.

#pragma once

#include <cstddef>
#include <span>

#include "models/base/time.h"
#include "models/learning/backend.h"

namespace lambdarium::gpu_pool {

struct GemmResult {
  std::size_t n = 0;
  int repetitions = 0;
  double seconds_each = 0;
  double gflops = 0;  // 2 n³ operations each
  std::size_t rows_checked = 0;
  double max_error = 0;
  double tolerance = 0;
  bool correct() const { return max_error <= tolerance; }
};

// Multiplies n × n matrices of numbers from a fixed seed for about `least`, at least twice. All
// rows are checked for n up to 256; of larger products 256 rows spread evenly, since plain loops
// would take minutes.
Result<GemmResult> measure_gemm(learning::Backend& backend, std::size_t n, Duration least);

}  // namespace lambdarium::gpu_pool
