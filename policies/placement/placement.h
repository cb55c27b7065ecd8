// Where on which device a new partition goes.
//
// Whoever owns the devices lists the legal places; a policy picks one of them. It sees numbers
// only, so the same policy serves real and virtual devices.

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "models/base/result.h"

namespace lambdarium::policies {

enum class PlacementPolicy : std::uint8_t {
  kFirstFit,         // lowest device, then lowest start
  kBestFit,          // the device that keeps the fewest free memory slices
  kPreserveLargest,  // the place after which the largest profile is still possible
};

// A legal place, and what the devices together would still be able to hold after it was taken.
struct PlacementCandidate {
  std::size_t device = 0;
  int start = 0;           // first memory slice
  int free_after = 0;      // free memory slices of that device
  int largest_after = 0;   // rank of the largest profile that still fits on any device; 0: none
  int possible_after = 0;  // places of any profile that are still legal, over all devices
};

// The position of the chosen candidate; empty when there is none. Of equally good ones the first in
// the list is taken; list them by device, then start. kPreserveLargest breaks ties by the most
// places left, then by the highest start, so that small partitions fill a device from its end.
std::optional<std::size_t> choose_placement(PlacementPolicy policy,
                                            std::span<const PlacementCandidate> candidates);

// first-fit, best-fit, preserve-largest.
Result<PlacementPolicy> parse_placement_policy(std::string_view name);
std::string_view to_string(PlacementPolicy policy);
std::span<const std::string_view> placement_policy_names();

}  // namespace lambdarium::policies
