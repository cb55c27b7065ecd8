// The backend that every machine has: OpenBLAS where it was found at configure time, portable loops
// elsewhere.

#pragma once

#include <memory>

#include "models/learning/backend.h"

namespace lambdarium::learning {

// `threads`: of the BLAS library; at least 1. One for each worker process is right: many workers
// share the cores, and BLAS's own threads would fight them.
std::unique_ptr<Backend> make_cpu_backend(int threads = 1);

}  // namespace lambdarium::learning
