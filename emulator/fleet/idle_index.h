// The idle environments of one function, in the order in which the dispatch policy takes them.
//
// By time of finish (mru, lru) it is a list threaded through the environments: constant time and
// nothing allocated. The other orders keep a sorted array of keys, which is short: a function's
// idle environments.

#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "emulator/fleet/environment.h"
#include "models/base/random.h"
#include "policies/dispatch/dispatch_order.h"

namespace lambdarium::fleet {

class IdleIndex {
 public:
  std::int64_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  void insert(std::vector<Environment>& environments, std::uint32_t slot,
              policies::DispatchOrder order) {
    ++size_;
    if (threaded(order)) {
      Environment& environment = environments[slot];
      environment.previous = tail_;
      environment.next = kNil;
      (tail_ == kNil ? head_ : environments[tail_].next) = slot;
      tail_ = slot;
    } else {
      const Key key = key_of(environments[slot], slot);
      keys_.insert(std::lower_bound(keys_.begin(), keys_.end(), key), key);
    }
  }

  void remove(std::vector<Environment>& environments, std::uint32_t slot,
              policies::DispatchOrder order) {
    --size_;
    if (threaded(order)) {
      Environment& environment = environments[slot];
      (environment.previous == kNil ? head_ : environments[environment.previous].next) =
          environment.next;
      (environment.next == kNil ? tail_ : environments[environment.next].previous) =
          environment.previous;
      environment.previous = environment.next = kNil;
    } else {
      const Key key = key_of(environments[slot], slot);
      keys_.erase(std::lower_bound(keys_.begin(), keys_.end(), key));
    }
  }

  // The slot that takes the next request. Requires: not empty.
  std::uint32_t pick(policies::DispatchOrder order, RandomStream& random) const {
    switch (order) {
      case policies::DispatchOrder::kMru:
        return tail_;
      case policies::DispatchOrder::kLru:
        return head_;
      case policies::DispatchOrder::kNewest:
        return keys_.back().slot;
      case policies::DispatchOrder::kOldest:
      case policies::DispatchOrder::kLowestId:
        return keys_.front().slot;
      case policies::DispatchOrder::kRandom:
        return keys_[random.below(keys_.size())].slot;
    }
    return kNil;
  }

  // Some slot, for walking through all of them by removing each. Requires: not empty.
  std::uint32_t any(policies::DispatchOrder order) const {
    return threaded(order) ? head_ : keys_.front().slot;
  }

 private:
  struct Key {
    std::uint32_t key;
    std::uint32_t slot;
    bool operator<(const Key& other) const { return key < other.key; }
  };
  static bool threaded(policies::DispatchOrder order) {
    return order == policies::DispatchOrder::kMru || order == policies::DispatchOrder::kLru;
  }
  static Key key_of(const Environment& environment, std::uint32_t slot) {
    return {environment.serial, slot};
  }

  std::int64_t size_ = 0;
  std::uint32_t head_ = kNil;
  std::uint32_t tail_ = kNil;
  std::vector<Key> keys_;
};

}  // namespace lambdarium::fleet
