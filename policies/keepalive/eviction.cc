#include "policies/keepalive/eviction.h"

#include <algorithm>

#include "policies/named.h"

namespace lambdarium::policies {
namespace {
constexpr std::string_view kNames[] = {"lru", "fifo", "lfu", "size", "greedy-dual"};
}

double eviction_priority(Eviction policy, const EvictionInputs& inputs) {
  switch (policy) {
    case Eviction::kLru:
      return static_cast<double>(to_ns(inputs.finished_at));
    case Eviction::kFifo:
      return static_cast<double>(inputs.serial);
    case Eviction::kLfu:
      return static_cast<double>(inputs.frequency);
    case Eviction::kSize:
      return -static_cast<double>(inputs.memory_mb);
    case Eviction::kGreedyDual:
      return inputs.clock + static_cast<double>(inputs.frequency) *
                                to_seconds(inputs.cold_start_cost) /
                                static_cast<double>(std::max<std::int64_t>(1, inputs.memory_mb));
  }
  return 0;
}

Result<Eviction> parse_eviction(std::string_view name) {
  return parse_named<Eviction>("eviction policy", name, kNames);
}
std::string_view to_string(Eviction policy) {
  return kNames[static_cast<std::size_t>(policy)];
}
std::span<const std::string_view> eviction_names() {
  return kNames;
}

}  // namespace lambdarium::policies
