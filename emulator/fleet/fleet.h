// The fleet: which environment runs which invocation, when to start one, queue, throttle, reclaim,
// and what to charge.
//
// A deterministic state machine without I/O: the driver hands it events with the time at which they
// happened and carries out the effects, in their order. The same events give the same effects, byte
// for byte, on either clock. Time never goes back from one step to the next.
//
// An invocation:   arrived ─▶ waiting for concurrency ─▶ waiting for room or a start ─▶ running ─▶
// charged An environment:  starting ─▶ busy ⇄ idle ─▶ retired
//
// Same instant: completions, then expiries and timeouts, then arrivals. The driver keeps that order
// between its own events; the fleet expires what is due before it looks at an arrival.
//
// Thread: one at a time. On failure: a broken invariant aborts; an event that names an environment
// or an invocation that is gone is ignored (a process may exit while it is being retired).

#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "emulator/fleet/settings.h"
#include "emulator/fleet/types.h"

namespace lambdarium::fleet {

// How many environments there are, for time integrals. starting + busy + idle = total.
struct Population {
  std::int64_t total = 0;
  std::int64_t starting = 0;
  std::int64_t busy = 0;  // serving at least one invocation
  std::int64_t idle = 0;
  std::int64_t memory_mb = 0;       // of all environments
  std::int64_t idle_memory_mb = 0;  // of the idle ones
};

// Environments of a function's provisioned concurrency.
struct ProvisionedCount {
  std::int64_t starting = 0;
  std::int64_t ready = 0;
};

class Fleet {
 public:
  explicit Fleet(const PlatformSettings& settings);
  ~Fleet();
  Fleet(Fleet&&) noexcept;
  Fleet& operator=(Fleet&&) noexcept;

  // Whether set_function() may be called with these: ids are dense, a group's function has none.
  bool accepts(FunctionId id, const FunctionSettings& settings) const;
  // Adds a function, or changes one. Environments of another revision are replaced: idle ones now,
  // busy ones when they are done. Requires: accepts().
  void set_function(FunctionId id, const FunctionSettings& settings, Time now,
                    std::vector<Effect>& effects);

  // One event. Effects are appended.
  void step(const Event& event, Time now, std::vector<Effect>& effects);

  // When the fleet wants a kWoken event at the latest; kNever if it waits for nothing. May be
  // earlier than needed.
  Time next_wake() const;

  const Population& population() const;
  std::int64_t in_flight() const;  // admitted invocations: waiting for room, starting, running
  std::int64_t queued() const;     // waiting for concurrency
  std::int64_t idle_environments(FunctionId id) const;
  ProvisionedCount provisioned(FunctionId id) const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace lambdarium::fleet
