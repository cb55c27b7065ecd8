// What is going to happen: the simulator's pending completions and starts, earliest first, equal
// times in the order in which they were scheduled.
//
// A 4-ary heap of 24-byte values: a pop touches half the levels of a binary heap, and the four
// children share a cache line or two. Nothing is allocated once the vector has grown to the largest
// number of pending events.

#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "models/base/time.h"

namespace lambdarium::simulated {

struct Pending {
  Time at;
  std::uint64_t order = 0;  // sequence × 2 + kind: the kind never decides, since sequences differ
  std::uint32_t slot = 0;   // of the environment or the invocation
  std::uint32_t stamp = 0;  // tells a slot's users apart: the event of an earlier one is stale

  bool is_start() const { return (order & 1) != 0; }
};
static_assert(sizeof(Pending) == 24);

class EventHeap {
 public:
  bool empty() const { return heap_.empty(); }
  std::size_t size() const { return heap_.size(); }
  // kNever when nothing is pending.
  Time next() const { return heap_.empty() ? kNever : heap_.front().at; }
  const Pending& top() const { return heap_.front(); }

  void push(Time at, bool is_start, std::uint32_t slot, std::uint32_t stamp) {
    const Pending event{at, (++sequence_ << 1) | (is_start ? 1U : 0U), slot, stamp};
    heap_.push_back(event);
    std::size_t hole = heap_.size() - 1;
    while (hole > 0) {
      const std::size_t parent = (hole - 1) / kArity;
      if (!before(event, heap_[parent])) break;
      heap_[hole] = heap_[parent];
      hole = parent;
    }
    heap_[hole] = event;
  }

  // Requires: not empty.
  Pending pop() {
    const Pending first = heap_.front();
    const Pending last = heap_.back();
    heap_.pop_back();
    if (!heap_.empty()) sift_down(last);
    return first;
  }

 private:
  static constexpr std::size_t kArity = 4;

  static bool before(const Pending& a, const Pending& b) {
    return a.at != b.at ? a.at < b.at : a.order < b.order;
  }

  void sift_down(const Pending& event) {
    const std::size_t size = heap_.size();
    std::size_t hole = 0;
    while (true) {
      const std::size_t first = hole * kArity + 1;
      if (first >= size) break;
      const std::size_t end = first + kArity < size ? first + kArity : size;
      std::size_t least = first;
      for (std::size_t child = first + 1; child < end; ++child) {
        if (before(heap_[child], heap_[least])) least = child;
      }
      if (!before(heap_[least], event)) break;
      heap_[hole] = heap_[least];
      hole = least;
    }
    heap_[hole] = event;
  }

  std::vector<Pending> heap_;
  std::uint64_t sequence_ = 0;
};

}  // namespace lambdarium::simulated
