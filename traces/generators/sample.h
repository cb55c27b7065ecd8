// A smaller trace out of a bigger one.
//
// Keeping some functions whole keeps each one's bursts: they are chosen by rank of popularity, one
// from each of equally many neighbours, so that the popular and the rare stay in proportion.
// Keeping a fraction of the calls keeps all functions and their popularity, but flattens bursts,
// since the calls of a burst are kept or left one by one.
//
// Thread: one at a time. On failure: as the source.

#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "models/base/result.h"
#include "traces/formats/trace_source.h"

namespace lambdarium::traces {

// Chooses `count` of the functions with the calls given; functions without calls are never chosen.
// All, if there are no more. The answer holds a flag for each function.
std::vector<bool> choose_functions(const std::vector<std::uint64_t>& calls, std::size_t count,
                                   std::uint64_t seed);

// Only the calls of the functions whose flag is set; the others are no longer among functions().
std::unique_ptr<TraceSource> keep_functions(std::unique_ptr<TraceSource> source,
                                            const std::vector<bool>& keep);

// Each call with the probability `fraction`. Requires: 0 <= fraction <= 1.
std::unique_ptr<TraceSource> keep_fraction(std::unique_ptr<TraceSource> source, double fraction,
                                           std::uint64_t seed);

}  // namespace lambdarium::traces
