#include "gpu-pool/core/device_model.h"

#include <boost/test/unit_test.hpp>
#include <set>

using namespace lambdarium;
using namespace lambdarium::gpu_pool;

BOOST_AUTO_TEST_SUITE(device_model)

BOOST_AUTO_TEST_CASE(every_profile_stays_inside_its_device_at_every_legal_start) {
  for (const DeviceModel& model : device_models()) {
    std::set<std::string_view> names;
    int smaller = 0;
    for (const PartitionProfile& profile : model.profiles) {
      BOOST_TEST_CONTEXT(model.name << " " << profile.name) {
        BOOST_TEST(names.insert(profile.name).second);
        BOOST_TEST(profile.compute_slices <= model.compute_slices);
        BOOST_TEST(profile.memory_gb <= model.memory_gb);
        BOOST_TEST(profile.multiprocessors <= model.multiprocessors);
        BOOST_TEST(!profile.starts.empty());
        BOOST_TEST(profile.starts.front() >= 0);
        BOOST_TEST(profile.starts.back() + profile.memory_slices <= model.memory_slices);
        BOOST_TEST(profile.max_count >= 1);
        BOOST_TEST(profile.max_count * profile.compute_slices <= model.compute_slices);
        BOOST_TEST(profile.rank() >= smaller);
        smaller = profile.rank();
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(profiles_carry_the_names_and_sizes_of_the_vendor) {
  const auto model = find_device_model("a100-40");
  BOOST_REQUIRE(model.ok());
  const PartitionProfile* profile = (*model)->find_profile("3g.20gb");
  BOOST_REQUIRE(profile != nullptr);
  BOOST_TEST(profile->memory_gb == 19.62);
  BOOST_TEST(profile->multiprocessors == 42);
  BOOST_TEST(profile->memory_slices == 4);
  BOOST_TEST((*find_device_model("h200-141"))->find_profile("3g.71gb") != nullptr);
  BOOST_TEST((*find_device_model("h100-80"))->find_profile("7g.80gb")->multiprocessors == 132);
}

BOOST_AUTO_TEST_CASE(an_unknown_device_or_profile_is_answered_with_the_nearest) {
  const auto model = find_device_model("a100-41");
  BOOST_REQUIRE(!model.ok());
  BOOST_TEST(model.error().message.find("a100-40") != std::string::npos);
  const auto profile = find_profile(**find_device_model("a100-40"), "3g.20g");
  BOOST_REQUIRE(!profile.ok());
  BOOST_TEST(profile.error().message.find("3g.20gb") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(real_devices_are_recognised_by_name_and_memory) {
  BOOST_TEST(recognise_device("NVIDIA A100-SXM4-40GB", 39.4)->name == "a100-40");
  BOOST_TEST(recognise_device("NVIDIA A100-SXM4-80GB", 79.2)->name == "a100-80");
  BOOST_TEST(recognise_device("NVIDIA H100 80GB HBM3", 79.1)->name == "h100-80");
  BOOST_TEST(recognise_device("NVIDIA H200", 139.7)->name == "h200-141");
  BOOST_TEST(recognise_device("NVIDIA A30", 23.6)->name == "a30-24");
  // A partition reports its parent's name with less memory: it cannot be divided again.
  BOOST_TEST(recognise_device("NVIDIA H100 80GB HBM3 MIG 1g.10gb", 9.5) == nullptr);
  BOOST_TEST(recognise_device("NVIDIA RTX A3000 Laptop", 24.0) == nullptr);
  BOOST_TEST(recognise_device("Tesla T4", 14.7) == nullptr);
}

BOOST_AUTO_TEST_SUITE_END()
