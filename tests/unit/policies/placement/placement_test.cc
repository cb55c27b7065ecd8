#include "policies/placement/placement.h"

#include <boost/test/unit_test.hpp>
#include <vector>

using namespace lambdarium::policies;

BOOST_AUTO_TEST_SUITE(placement)

BOOST_AUTO_TEST_CASE(no_candidate_means_no_choice) {
  BOOST_TEST(!choose_placement(PlacementPolicy::kFirstFit, {}).has_value());
  BOOST_TEST(!choose_placement(PlacementPolicy::kPreserveLargest, {}).has_value());
}

BOOST_AUTO_TEST_CASE(first_fit_takes_the_lowest_device_and_start_whatever_the_order) {
  const std::vector<PlacementCandidate> places = {
      {.device = 1, .start = 0}, {.device = 0, .start = 4}, {.device = 0, .start = 2}};
  BOOST_TEST(choose_placement(PlacementPolicy::kFirstFit, places).value() == 2U);
}

BOOST_AUTO_TEST_CASE(best_fit_takes_the_fullest_device_and_the_first_of_equals) {
  const std::vector<PlacementCandidate> places = {{.device = 0, .free_after = 7},
                                                  {.device = 1, .free_after = 3},
                                                  {.device = 2, .free_after = 3}};
  BOOST_TEST(choose_placement(PlacementPolicy::kBestFit, places).value() == 1U);
}

BOOST_AUTO_TEST_CASE(preserve_largest_looks_at_the_largest_then_the_number_then_the_end) {
  const std::vector<PlacementCandidate> places = {
      {.start = 0, .largest_after = 52, .possible_after = 9},
      {.start = 1, .largest_after = 68, .possible_after = 3},
      {.start = 2, .largest_after = 68, .possible_after = 4},
      {.start = 3, .largest_after = 68, .possible_after = 4}};
  BOOST_TEST(choose_placement(PlacementPolicy::kPreserveLargest, places).value() == 3U);
}

BOOST_AUTO_TEST_CASE(names_are_found_and_a_mistyped_one_names_the_nearest) {
  for (const auto name : placement_policy_names()) {
    const auto policy = parse_placement_policy(name);
    BOOST_REQUIRE(policy.ok());
    BOOST_TEST(to_string(*policy) == name);
  }
  const auto wrong = parse_placement_policy("first-fitt");
  BOOST_REQUIRE(!wrong.ok());
  BOOST_TEST(wrong.error().message.find("first-fit") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
