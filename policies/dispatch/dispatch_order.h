// Which idle environment takes the next request.

#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "models/base/result.h"

namespace lambdarium::policies {

enum class DispatchOrder : std::uint8_t {
  kMru,     // finished last (what measurements of Lambda suggest)
  kLru,     // finished longest ago
  kNewest,  // created last (SimFaaS)
  kOldest,  // created first
  kRandom,
  kLowestId,  // lowest number in the record: numbers count starts, so it is the oldest one
};

// mru, lru, newest, oldest, random, lowest-id.
Result<DispatchOrder> parse_dispatch_order(std::string_view name);
std::string_view to_string(DispatchOrder order);
std::span<const std::string_view> dispatch_order_names();

}  // namespace lambdarium::policies
