// What environments do now and then instead of at every invocation: look at their memory, freeze.
//
// One timer for all of them. It runs while some environment wants to be looked after, and is at
// rest otherwise. A round that has much to look at leaves the rest for the next one, so that many
// environments make the looks rarer, not the loop slower.
//
// Owns: its registrations. Thread: the loop's. Calls back: Tenant::look_after(), from the loop; it
// may add and remove tenants. On failure: nothing fails.

#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "runtime-api/http/timer.h"

namespace lambdarium::sandbox {

class Housekeeping {
 public:
  // Between two looks at the same tenant, at least; up to two ticks of the timer more.
  static constexpr Duration kInterval = 100ms;
  // A look that costs system calls counts; this many are made in one round.
  static constexpr int kLooksMax = 16;

  enum class Wish : std::uint8_t {
    kRest,      // not to be looked after before somebody wakes the housekeeping
    kAgain,     // to be looked after again; this look was cheap
    kExpensive  // the same, and it cost system calls
  };
  class Tenant {
   public:
    virtual ~Tenant() = default;
    virtual Wish look_after() = 0;
  };

  explicit Housekeeping(http::EventLoop& loop) : timer_(loop, [this] { round(); }) {}

  void add(Tenant& tenant) { tenants_.push_back(&tenant); }
  void remove(const Tenant& tenant);
  // A tenant wants to be looked after. Costs a comparison while the timer runs.
  void wake() {
    if (!timer_.is_set()) timer_.set(kInterval);
  }

 private:
  void round();

  std::vector<Tenant*> tenants_;
  std::size_t next_ = 0;  // who is looked at next
  http::CoarseTimeout timer_;
};

}  // namespace lambdarium::sandbox
