#include "policies/placement/placement.h"

#include <tuple>

#include "policies/named.h"

namespace lambdarium::policies {
namespace {

constexpr std::string_view kNames[] = {"first-fit", "best-fit", "preserve-largest"};

// A greater key is a better candidate.
auto preserve_key(const PlacementCandidate& c) {
  return std::tuple{c.largest_after, c.possible_after, c.start};
}

bool better(PlacementPolicy policy, const PlacementCandidate& a, const PlacementCandidate& b) {
  switch (policy) {
    case PlacementPolicy::kFirstFit:
      return std::tuple{a.device, a.start} < std::tuple{b.device, b.start};
    case PlacementPolicy::kBestFit:
      return a.free_after < b.free_after;
    case PlacementPolicy::kPreserveLargest:
      break;
  }
  return preserve_key(a) > preserve_key(b);
}

}  // namespace

std::optional<std::size_t> choose_placement(PlacementPolicy policy,
                                            std::span<const PlacementCandidate> candidates) {
  if (candidates.empty()) return std::nullopt;
  std::size_t best = 0;
  for (std::size_t i = 1; i < candidates.size(); ++i) {
    if (better(policy, candidates[i], candidates[best])) best = i;
  }
  return best;
}

Result<PlacementPolicy> parse_placement_policy(std::string_view name) {
  return parse_named<PlacementPolicy>("placement policy", name, kNames);
}
std::string_view to_string(PlacementPolicy policy) {
  return kNames[static_cast<std::size_t>(policy)];
}
std::span<const std::string_view> placement_policy_names() {
  return kNames;
}

}  // namespace lambdarium::policies
