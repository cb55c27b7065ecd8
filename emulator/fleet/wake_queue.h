// The fleet's own timers: at most one live entry for each environment, never later than what the
// environment waits for.
//
// An environment that is used again does not move its entry: the entry fires, finds that nothing is
// due, and is queued again for the time that holds by then. A hot environment so costs one entry in
// each keep-alive period instead of one in each invocation.

#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "models/base/time.h"

namespace lambdarium::fleet {

class WakeQueue {
 public:
  struct Entry {
    Time at;
    std::uint32_t order;  // equal times leave in the order of their numbers
    std::uint32_t slot;
  };

  std::uint32_t next_order() { return next_order_++; }
  void push(Time at, std::uint32_t order, std::uint32_t slot) {
    entries_.push_back({at, order, slot});
    std::push_heap(entries_.begin(), entries_.end(), later);
  }
  bool empty() const { return entries_.empty(); }
  // Requires: not empty.
  const Entry& top() const { return entries_.front(); }
  Entry pop() {
    std::pop_heap(entries_.begin(), entries_.end(), later);
    const Entry entry = entries_.back();
    entries_.pop_back();
    return entry;
  }

 private:
  static bool later(const Entry& a, const Entry& b) {
    return a.at != b.at ? a.at > b.at : a.order > b.order;
  }
  std::vector<Entry> entries_;
  std::uint32_t next_order_ = 0;
};

}  // namespace lambdarium::fleet
