#include "emulator/simulated/event_heap.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>

#include "models/base/random.h"

namespace lambdarium::simulated {
namespace {

BOOST_AUTO_TEST_SUITE(event_heap)

BOOST_AUTO_TEST_CASE(an_empty_one_waits_for_ever) {
  EventHeap heap;
  BOOST_TEST(heap.empty());
  BOOST_TEST((heap.next() == kNever));
}

BOOST_AUTO_TEST_CASE(events_leave_in_the_order_of_time_and_then_of_scheduling) {
  RandomStream random{1, "heap"};
  EventHeap heap;
  struct Expected {
    std::int64_t at;
    std::uint32_t slot;
  };
  std::vector<Expected> expected;
  for (std::uint32_t i = 0; i < 5000; ++i) {
    const auto time = static_cast<std::int64_t>(random.below(400));
    heap.push(at(Duration{time}), i % 3 == 0, i, i + 1);
    expected.push_back({time, i});
  }
  std::stable_sort(expected.begin(), expected.end(),
                   [](const Expected& a, const Expected& b) { return a.at < b.at; });
  for (const Expected& e : expected) {
    BOOST_REQUIRE(to_ns(heap.next()) == e.at);
    const Pending event = heap.pop();
    BOOST_REQUIRE(event.slot == e.slot);
    BOOST_REQUIRE(event.stamp == e.slot + 1);
    BOOST_REQUIRE(event.is_start() == (e.slot % 3 == 0));
  }
  BOOST_TEST(heap.empty());
}

BOOST_AUTO_TEST_CASE(pushes_between_pops_keep_the_order) {
  RandomStream random{2, "heap"};
  EventHeap heap;
  std::int64_t now = 0;
  for (int i = 0; i < 20'000; ++i) {
    if (heap.size() < 50 || random.below(2) == 0) {
      heap.push(at(Duration{now + static_cast<std::int64_t>(random.below(1000))}), false, 0, 0);
    } else {
      const std::int64_t next = to_ns(heap.pop().at);
      BOOST_REQUIRE(next >= now);
      now = next;
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace lambdarium::simulated
