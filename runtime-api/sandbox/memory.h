// What a process's descendants are and how much memory they use, from /proc. Private to this
// folder.

#pragma once

#include <cstdint>
#include <vector>

namespace lambdarium::sandbox {

// All descendants, parents before their children; at most 256. Empty when nothing can be read.
std::vector<int> descendants(int pid);

// The sum of the highest resident sizes of all descendants, in bytes; shared pages count once for
// each. 0 when nothing can be read. A few system calls for each process.
std::int64_t descendants_peak_bytes(int pid);

// What they hold that is neither a file's nor shared memory, in bytes. Pages that a fork shares
// count once for each process, so that it is never less than the truth.
std::int64_t private_bytes(const std::vector<int>& pids);

// The same and shared memory, with every shared page divided among those that share it. Exact and
// slow: the kernel walks the page tables. -1 when the kernel does not tell.
std::int64_t proportional_bytes(const std::vector<int>& pids);

}  // namespace lambdarium::sandbox
