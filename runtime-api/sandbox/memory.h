// How much memory a process's descendants use, from /proc. Private to this folder.

#pragma once

#include <cstdint>

namespace lambdarium::sandbox {

// The sum of the highest resident sizes of all descendants, in bytes; shared pages count once for
// each. 0 when nothing can be read. A few system calls for each process.
std::int64_t descendants_peak_bytes(int pid);

}  // namespace lambdarium::sandbox
