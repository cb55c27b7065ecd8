#include "gpu-pool/core/partition_table.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <map>
#include <set>
#include <string>

#include "models/base/random.h"

using namespace lambdarium;
using namespace lambdarium::gpu_pool;
using policies::PlacementPolicy;

namespace {

const DeviceModel* model(std::string_view name) {
  return *find_device_model(name);
}

// A set of (profile, start), written so that equal sets compare equal.
using Placement = std::set<std::pair<std::string, int>>;

struct Enumeration {
  std::set<Placement> placements;  // non-empty
  std::set<Placement> maximal;
  std::set<std::multiset<std::string>> multisets;
  std::set<std::multiset<std::string>> maximal_multisets;
};

std::multiset<std::string> profiles_of(const Placement& placement) {
  std::multiset<std::string> profiles;
  for (const auto& [profile, start] : placement) profiles.insert(profile);
  return profiles;
}

// Everything that the table lets be placed on one a100-40 with these profiles, found by trying.
void explore(PartitionTable& table, const std::vector<const PartitionProfile*>& profiles,
             const Placement& now, Enumeration& found) {
  bool grew = false;
  for (const PartitionProfile* profile : profiles) {
    for (const int start : profile->starts) {
      const auto placed = table.place_at(0, profile->name, start);
      if (!placed.ok()) continue;
      grew = true;
      Placement next = now;
      next.insert({std::string{profile->name}, start});
      if (found.placements.insert(next).second) {
        found.multisets.insert(profiles_of(next));
        explore(table, profiles, next, found);
      }
      BOOST_REQUIRE(table.release(placed->id).ok());
    }
  }
  if (!grew) {
    found.maximal.insert(now);
    found.maximal_multisets.insert(profiles_of(now));
  }
}

Enumeration enumerate(bool with_double_memory) {
  const DeviceModel* a100 = model("a100-40");
  std::vector<const PartitionProfile*> profiles;
  for (const PartitionProfile& profile : a100->profiles) {
    if (profile.media_extensions) continue;
    if (profile.name == "1g.10gb" && !with_double_memory) continue;
    profiles.push_back(&profile);
  }
  Enumeration found;
  PartitionTable table({a100});
  explore(table, profiles, {}, found);
  return found;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(partition_table)

BOOST_AUTO_TEST_CASE(the_legal_placements_are_those_of_the_vendors_table) {
  const Enumeration found = enumerate(false);
  BOOST_TEST(found.placements.size() == 297U);
  BOOST_TEST(found.maximal.size() == 19U);
  BOOST_TEST(found.multisets.size() == 37U);
  BOOST_TEST(found.maximal_multisets.size() == 14U);
}

BOOST_AUTO_TEST_CASE(the_double_memory_profile_adds_its_placements) {
  const Enumeration found = enumerate(true);
  BOOST_TEST(found.placements.size() == 722U);
  BOOST_TEST(found.maximal.size() == 78U);
  BOOST_TEST(found.multisets.size() == 77U);
}

BOOST_AUTO_TEST_CASE(first_fit_puts_3g_at_0_and_then_has_no_room_for_4g) {
  PartitionTable table({model("a100-40")});
  BOOST_TEST(table.place("3g.20gb", PlacementPolicy::kFirstFit)->start == 0);
  const auto four = table.place("4g.20gb", PlacementPolicy::kFirstFit);
  BOOST_REQUIRE(!four.ok());
  BOOST_TEST((four.error().code == ErrorCode::kUnavailable));
}

BOOST_AUTO_TEST_CASE(preserve_largest_puts_3g_at_4_so_that_4g_still_fits) {
  PartitionTable table({model("a100-40")});
  BOOST_TEST(table.place("3g.20gb", PlacementPolicy::kPreserveLargest)->start == 4);
  BOOST_TEST(table.place("4g.20gb", PlacementPolicy::kPreserveLargest)->start == 0);
  BOOST_TEST(table.free_memory_slices(0) == 0);
  BOOST_TEST(table.free_compute_slices(0) == 0);
}

BOOST_AUTO_TEST_CASE(preserve_largest_fills_a_device_from_its_end) {
  PartitionTable table({model("a100-40")});
  std::vector<int> starts;
  for (int i = 0; i < 7; ++i) {
    starts.push_back(table.place("1g.5gb", PlacementPolicy::kPreserveLargest)->start);
  }
  BOOST_TEST(starts.front() == 6);
  BOOST_TEST(std::set<int>(starts.begin() + 1, starts.begin() + 3) == (std::set<int>{4, 5}),
             boost::test_tools::per_element());
  BOOST_TEST(std::vector<int>(starts.begin() + 3, starts.end()) == (std::vector<int>{3, 2, 1, 0}),
             boost::test_tools::per_element());
  // The last memory slice has no compute slice of its own.
  BOOST_TEST(table.free_memory_slices(0) == 1);
  BOOST_TEST(!table.place("1g.5gb", PlacementPolicy::kPreserveLargest).ok());
}

BOOST_AUTO_TEST_CASE(preserve_largest_keeps_an_untouched_device_whole) {
  PartitionTable table({model("a100-40"), model("a100-40")});
  BOOST_TEST(table.place("1g.5gb", PlacementPolicy::kPreserveLargest)->device == 0U);
  BOOST_TEST(table.place("3g.20gb", PlacementPolicy::kPreserveLargest)->device == 0U);
  BOOST_TEST(table.place("7g.40gb", PlacementPolicy::kPreserveLargest)->device == 1U);
}

BOOST_AUTO_TEST_CASE(best_fit_prefers_the_device_that_is_fuller) {
  PartitionTable table({model("a100-40"), model("a100-40")});
  BOOST_REQUIRE(table.place_at(1, "4g.20gb", 0).ok());
  BOOST_TEST(table.place("2g.10gb", PlacementPolicy::kBestFit)->device == 1U);
}

BOOST_AUTO_TEST_CASE(devices_that_lack_the_profile_are_passed_over) {
  PartitionTable table({model("a30-24"), model("h100-80")});
  BOOST_TEST(table.place("2g.20gb", PlacementPolicy::kFirstFit)->device == 1U);
  const auto unknown = table.place("2g.13gb", PlacementPolicy::kFirstFit);
  BOOST_REQUIRE(!unknown.ok());
  BOOST_TEST((unknown.error().code == ErrorCode::kInvalidInput));
}

BOOST_AUTO_TEST_CASE(media_extensions_are_given_once) {
  PartitionTable table({model("h100-80")});
  BOOST_TEST(table.place("1g.10gb+me", PlacementPolicy::kFirstFit).ok());
  BOOST_TEST(!table.place("1g.10gb+me", PlacementPolicy::kFirstFit).ok());
  BOOST_TEST(table.place("1g.10gb", PlacementPolicy::kFirstFit).ok());
}

BOOST_AUTO_TEST_CASE(wrong_places_are_refused_and_change_nothing) {
  PartitionTable table({model("a100-40")});
  BOOST_TEST((table.place_at(1, "1g.5gb", 0).error().code == ErrorCode::kInvalidInput));
  BOOST_TEST((table.place_at(0, "1g.5gb", 7).error().code == ErrorCode::kInvalidInput));
  BOOST_TEST((table.place_at(0, "2g.10gb", 1).error().code == ErrorCode::kInvalidInput));
  BOOST_TEST((table.place_at(0, "2g.10gb", -2).error().code == ErrorCode::kInvalidInput));
  BOOST_TEST((table.release(1).error().code == ErrorCode::kNotFound));
  BOOST_TEST(table.partitions().empty());
  BOOST_TEST(table.free_memory_slices(0) == 8);
  BOOST_TEST(!PartitionTable({}).place("1g.5gb", PlacementPolicy::kFirstFit).ok());
}

BOOST_AUTO_TEST_CASE(what_was_released_can_be_placed_again_under_a_new_id) {
  PartitionTable table({model("a100-40")});
  const auto first = table.place_at(0, "7g.40gb", 0);
  BOOST_REQUIRE(first.ok());
  BOOST_TEST(!table.place("1g.5gb", PlacementPolicy::kFirstFit).ok());
  BOOST_TEST(table.release(first->id).ok());
  BOOST_TEST(!table.release(first->id).ok());
  const auto second = table.place_at(0, "7g.40gb", 0);
  BOOST_REQUIRE(second.ok());
  BOOST_TEST(second->id != first->id);
}

BOOST_AUTO_TEST_CASE(no_slice_is_ever_promised_twice) {
  const std::vector<const DeviceModel*> devices = {model("a100-40"), model("a100-40"),
                                                   model("a30-24")};
  RandomStream random(7, "partitions");
  PartitionTable table(devices);
  const std::vector<std::string> names = {"1g.5gb",  "1g.10gb", "2g.10gb", "3g.20gb",
                                          "4g.20gb", "7g.40gb", "1g.6gb",  "2g.12gb"};
  for (int round = 0; round < 5000; ++round) {
    if (random.uniform() < 0.45 && !table.partitions().empty()) {
      const auto victim = random.below(table.partitions().size());
      BOOST_REQUIRE(table.release(table.partitions()[victim].id).ok());
    } else {
      const auto policy = static_cast<PlacementPolicy>(random.below(3));
      (void)table.place(names[random.below(names.size())], policy);  // may be full
    }
    std::map<std::pair<std::size_t, int>, int> owners;
    std::map<std::size_t, int> compute;
    for (const Partition& partition : table.partitions()) {
      for (int slice = 0; slice < partition.profile->memory_slices; ++slice) {
        ++owners[{partition.device, partition.start + slice}];
      }
      compute[partition.device] += partition.profile->compute_slices;
    }
    for (const auto& [slice, count] : owners) BOOST_REQUIRE(count == 1);
    for (const auto& [device, used] : compute) {
      BOOST_REQUIRE(used + table.free_compute_slices(device) == devices[device]->compute_slices);
      BOOST_REQUIRE(table.free_compute_slices(device) >= 0);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
