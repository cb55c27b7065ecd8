#include "traces/replay/schedule.h"

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <vector>

using namespace lambdarium;
using namespace lambdarium::traces;

namespace {

Trace three_calls() {
  Trace trace;
  trace.functions.resize(2);
  trace.records = {{.arrival = at(1s), .duration = 100ms, .function = 0},
                   {.arrival = at(2s), .duration = 0ns, .function = 1},
                   {.arrival = at(4s), .duration = 1ns, .function = 0}};
  return trace;
}

std::vector<TimedCall> all_calls(const Trace& trace, const ScheduleOptions& options,
                                 std::size_t batch = 2) {
  const auto source = make_shared_memory_source(trace);
  auto schedule = Schedule::make(*source, options);
  BOOST_REQUIRE(schedule.ok());
  std::vector<TimedCall> calls;
  std::vector<TimedCall> some(batch);
  for (;;) {
    const auto count = schedule->read(some);
    BOOST_REQUIRE(count.ok());
    if (*count == 0) return calls;
    calls.insert(calls.end(), some.begin(), some.begin() + static_cast<std::ptrdiff_t>(*count));
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(replay_schedule)

BOOST_AUTO_TEST_CASE(at_speed_one_calls_are_due_as_in_the_trace) {
  const auto calls = all_calls(three_calls(), {});
  BOOST_REQUIRE(calls.size() == 3U);
  BOOST_TEST((calls[0].due == 1s && calls[1].due == 2s && calls[2].due == 4s));
  BOOST_TEST((calls[0].work == 100ms && calls[1].work == 0ns && calls[2].work == 1ns));
  BOOST_TEST((calls[0].number == 0 && calls[2].number == 2));
  BOOST_TEST(calls[1].function == 1U);
}

BOOST_AUTO_TEST_CASE(speed_divides_arrivals_and_durations_but_no_work_becomes_none) {
  const auto calls = all_calls(three_calls(), {.speed = 4});
  BOOST_TEST((calls[0].due == 250ms && calls[2].due == 1s));
  BOOST_TEST((calls[0].work == 25ms));
  BOOST_TEST((calls[1].work == 0ns));
  BOOST_TEST((calls[2].work == 1ns));
}

BOOST_AUTO_TEST_CASE(durations_stay_when_they_are_not_scaled) {
  const auto calls = all_calls(three_calls(), {.speed = 4, .scale_durations = false});
  BOOST_TEST((calls[0].due == 250ms));
  BOOST_TEST((calls[0].work == 100ms));
}

BOOST_AUTO_TEST_CASE(duration_counts_in_the_time_of_the_trace_and_leaves_its_end_out) {
  BOOST_TEST(all_calls(three_calls(), {.speed = 10, .duration = 4s}).size() == 2U);
  BOOST_TEST(all_calls(three_calls(), {.speed = 10, .duration = 4s + 1ns}).size() == 3U);
  BOOST_TEST(all_calls(three_calls(), {.duration = 0s}).empty());
}

BOOST_AUTO_TEST_CASE(a_limit_counts_calls_over_batches) {
  for (const std::uint64_t limit : {0U, 1U, 2U, 3U, 4U}) {
    BOOST_TEST(all_calls(three_calls(), {.calls_max = limit}).size() ==
               std::min<std::size_t>(limit, 3));
  }
}

BOOST_AUTO_TEST_CASE(a_speed_out_of_range_is_refused) {
  const Trace trace = three_calls();
  const auto source = make_shared_memory_source(trace);
  for (const double speed : {0.0, -1.0, 1e7, static_cast<double>(NAN)}) {
    const auto schedule = Schedule::make(*source, {.speed = speed});
    BOOST_REQUIRE(!schedule.ok());
    BOOST_TEST((schedule.error().code == ErrorCode::kInvalidInput));
  }
}

BOOST_AUTO_TEST_SUITE_END()
