// Which idle environment makes room where memory or the number of environments is bounded: the one
// of the lowest priority.

#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "models/base/result.h"
#include "models/base/time.h"

namespace lambdarium::policies {

enum class Eviction : std::uint8_t {
  kLru,         // finished longest ago
  kFifo,        // created first
  kLfu,         // fewest invocations of its function since it last had no environment
  kSize,        // most memory
  kGreedyDual,  // clock + frequency × cold-start cost ÷ memory (FaasCache, ASPLOS 2021; variant
                // `own`)
};

// What a priority is computed from, at the moment the environment becomes idle.
struct EvictionInputs {
  Time finished_at;
  std::uint32_t serial = 0;    // order of creation
  std::int64_t frequency = 1;  // invocations of the function since it last had no environment
  std::int64_t memory_mb = 1;
  Duration cold_start_cost{};
  double clock = 0;  // greedy-dual: the largest priority evicted so far
};

// Lower goes first; of equal priorities the one that was started first.
double eviction_priority(Eviction policy, const EvictionInputs& inputs);

// lru, fifo, lfu, size, greedy-dual.
Result<Eviction> parse_eviction(std::string_view name);
std::string_view to_string(Eviction policy);
std::span<const std::string_view> eviction_names();

}  // namespace lambdarium::policies
