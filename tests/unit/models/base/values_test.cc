// Result, time, nearest names, log levels, callables.

#include <array>
#include <limits>
#include <memory>
#include <string>
#include <string_view>

#include <boost/test/unit_test.hpp>

#include "models/base/log.h"
#include "models/base/nearest.h"
#include "models/base/result.h"
#include "models/base/time.h"
#include "models/base/unique_function.h"

namespace lambdarium {
namespace {

Result<int> half(int value) {
  if (value % 2 != 0) return invalid_input("odd", {"numbers.txt", 3, 0});
  return value / 2;
}

Result<int> quarter(int value) {
  LAM_TRY(const int first, half(value));
  LAM_TRY(const int second, half(first));
  return second;
}

Status even(int value) {
  if (value % 2 != 0) return invalid_input("odd");
  return {};
}

Status both_even(int left, int right) {
  LAM_TRY_STATUS(even(left));
  LAM_TRY_STATUS(even(right));
  return {};
}

BOOST_AUTO_TEST_SUITE(results)

BOOST_AUTO_TEST_CASE(a_failure_anywhere_leaves_with_its_own_error) {
  BOOST_TEST(*quarter(8) == 2);
  BOOST_TEST(quarter(6).error().to_string() == "numbers.txt:3: odd");
  BOOST_TEST(both_even(2, 4).ok());
  BOOST_TEST(both_even(2, 3).error().message == "odd");
}

BOOST_AUTO_TEST_CASE(a_place_leaves_out_what_is_unknown) {
  const auto text = [](SourceMark mark) { return invalid_input("m", std::move(mark)).to_string(); };
  BOOST_TEST(text({}) == "m");
  BOOST_TEST(text({"f", 0, 0}) == "f: m");
  BOOST_TEST(text({"f", 2, 0}) == "f:2: m");
  BOOST_TEST(text({"f", 2, 7}) == "f:2:7: m");
  BOOST_TEST(text({"", 2, 7}) == "line 2:7: m");
}

BOOST_AUTO_TEST_CASE(a_value_that_only_moves_comes_out) {
  Result<std::unique_ptr<int>> result{std::make_unique<int>(5)};
  const std::unique_ptr<int> out = *std::move(result);
  BOOST_TEST(*out == 5);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(times)

BOOST_AUTO_TEST_CASE(seconds_become_nanoseconds_and_saturate) {
  BOOST_TEST((from_seconds(0.25) == 250ms));
  BOOST_TEST((from_seconds(1e-9) == 1ns));
  BOOST_TEST((from_seconds(0.4e-9) == 0ns));
  BOOST_TEST((from_seconds(-1.5) == -1500ms));
  BOOST_TEST((from_seconds(1e300) == kForever));
  BOOST_TEST((from_seconds(-1e300) == -kForever));
  BOOST_TEST((from_seconds(std::numeric_limits<double>::infinity()) == kForever));
  BOOST_TEST((from_seconds(std::numeric_limits<double>::quiet_NaN()) == 0ns));
}

BOOST_AUTO_TEST_CASE(a_sum_of_times_stops_at_never) {
  BOOST_TEST((add_saturated(at(1s), 2s) == at(3s)));
  BOOST_TEST((add_saturated(at(1s), kForever) == kNever));
  BOOST_TEST((add_saturated(kNever, 1ns) == kNever));
  BOOST_TEST((add_saturated(kNever - 1ns, 1ns) == kNever));
  BOOST_TEST((add_saturated(at(-1s), 2s) == at(1s)));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(names)

BOOST_AUTO_TEST_CASE(the_closest_known_name_is_offered) {
  constexpr std::array<std::string_view, 3> kKnown = {"ttl_s", "clock", "name"};
  BOOST_TEST(nearest_name("tll_s", kKnown) == "ttl_s");
  BOOST_TEST(nearest_name("clok", kKnown) == "clock");
  BOOST_TEST(nearest_name("something-else", kKnown) == "");
  BOOST_TEST(nearest_name("", {}) == "");
  BOOST_TEST(unknown_name_message("key", "tll_s", kKnown) ==
             "unknown key 'tll_s'; did you mean 'ttl_s'?");
  BOOST_TEST(unknown_name_message("key", "something-else", kKnown) ==
             "unknown key 'something-else'; known: ttl_s, clock, name");
}

BOOST_AUTO_TEST_CASE(log_levels_go_to_text_and_back) {
  for (const LogLevel level : {LogLevel::kTrace, LogLevel::kDebug, LogLevel::kInfo, LogLevel::kWarn,
                               LogLevel::kError, LogLevel::kOff}) {
    LogLevel parsed{};
    BOOST_TEST(parse_log_level(to_string(level), parsed));
    BOOST_TEST((parsed == level));
  }
  LogLevel level{};
  BOOST_TEST(!parse_log_level("loud", level));
  BOOST_TEST(!parse_log_level("", level));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(callables)

BOOST_AUTO_TEST_CASE(a_callable_may_own_what_cannot_be_copied) {
  UniqueFunction<int(int)> add = [owned = std::make_unique<int>(40)](int more) {
    return *owned + more;
  };
  UniqueFunction<int(int)> moved = std::move(add);
  BOOST_TEST(moved(2) == 42);
  BOOST_TEST(!UniqueFunction<void()>{});
  BOOST_TEST(static_cast<bool>(moved));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace lambdarium
