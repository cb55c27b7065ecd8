// What the fleet is told about the platform and about each function.
//
// The names in comments are the keys of the simulation configuration (and of serve's --set).

#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "models/base/time.h"
#include "models/domain/limits.h"
#include "policies/admission/queue_policy.h"
#include "policies/dispatch/dispatch_order.h"
#include "policies/keepalive/eviction.h"
#include "policies/keepalive/keep_alive.h"

namespace lambdarium::fleet {

struct ScalingRate {
  std::int64_t environments = 1000;  // burst, and how many are added in each period
  Duration period = 10s;
};

enum class PendingStart : std::uint8_t { kStartAnother, kWait };
enum class NoMemory : std::uint8_t { kDrop, kQueue };
// Whether a request that arrives at the very instant of an expiry still finds the environment.
enum class AtExpiry : std::uint8_t { kCold, kWarm };

std::string_view to_string(PendingStart choice);  // start-another, wait
std::string_view to_string(NoMemory choice);      // drop, queue
std::string_view to_string(AtExpiry choice);      // cold, warm

struct PlatformSettings {
  std::uint64_t seed = 1;
  std::optional<std::int64_t> account_concurrency =
      kAccountConcurrencyDefault;                  // platform.account_concurrency
  std::optional<ScalingRate> scaling_rate;         // platform.scaling_rate, for each function
  std::optional<std::int64_t> memory_capacity_mb;  // platform.memory_capacity_mb
  std::optional<std::int64_t>
      max_environments;         // serve --max-environments: more requests wait in order
  policies::QueuePolicy queue;  // platform.queue
  PendingStart pending_start = PendingStart::kStartAnother;  // platform.pending_start
  NoMemory no_memory = NoMemory::kDrop;                      // platform.no_memory
  policies::Eviction eviction = policies::Eviction::kLru;    // platform.eviction.name
  policies::KeepAlive keep_alive;                            // policies.keep_alive
  // Whether an init that failed, and was run again inside the first invocation, is charged as well.
  bool abandoned_init_billed = false;    // billing.abandoned_init_billed
  AtExpiry at_expiry = AtExpiry::kCold;  // policies.keep_alive.at_expiry
  policies::DispatchOrder dispatch = policies::DispatchOrder::kMru;  // policies.dispatch.name
};

struct FunctionSettings {
  std::int64_t memory_mb = kMemoryMbDefault;
  Duration timeout = 3s;
  std::int64_t concurrency = 1;  // requests that one environment serves at once
  std::optional<std::int64_t> reserved_concurrency;
  // Environments that are kept ready. They leave the pool that the function's concurrency counts
  // in: what runs on a free one of them needs no place there.
  std::int64_t provisioned_concurrency = 0;
  // Counts in the pool of that function, which was set before and has no group of its own: its
  // reserved concurrency and its scaling rate hold for all of them, this one's are not looked at.
  // For the versions of one function. Absent: its own.
  std::optional<std::uint32_t> pool_group;
  bool init_billed = true;                      // whether INIT time counts towards billed duration
  Duration cold_start_cost = Duration::zero();  // for greedy-dual eviction
  // Environments of another revision are replaced: a driver counts it up when code or configuration
  // changes.
  std::uint64_t revision = 1;
  bool removed = false;
};

}  // namespace lambdarium::fleet
