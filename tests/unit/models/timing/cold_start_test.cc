#include "models/timing/cold_start.h"

#include <algorithm>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "models/timing/service_time.h"

namespace lambdarium {
namespace {

double init_median(std::string_view runtime, PackageKind package = PackageKind::kZip,
                   std::string_view architecture = "x86_64") {
  return fitted_init({.runtime = runtime, .architecture = architecture, .package = package})
      .median_s;
}

BOOST_AUTO_TEST_SUITE(cold_start)

BOOST_AUTO_TEST_CASE(fitted_medians_keep_the_order_that_was_measured) {
  BOOST_TEST(init_median("provided.al2023/rust") < init_median("provided.al2023/go"));
  BOOST_TEST(init_median("provided.al2023/go") < init_median("python3.12"));
  BOOST_TEST(init_median("python3.12") < init_median("nodejs22.x"));
  BOOST_TEST(init_median("nodejs22.x") < init_median("java21"));
  BOOST_TEST(init_median("python3.12") < init_median("python3.12", PackageKind::kImage));
  BOOST_TEST(init_median("python3.12", PackageKind::kZip, "arm64") < init_median("python3.12"));
}

BOOST_AUTO_TEST_CASE(every_measured_runtime_gives_plausible_times_at_every_size) {
  for (const std::string_view runtime : measured_runtimes()) {
    for (const std::int64_t memory : {128, 512, 1024, 10'240}) {
      for (const PackageKind package : {PackageKind::kZip, PackageKind::kImage}) {
        for (const std::string_view architecture : {"x86_64", "arm64"}) {
          const InitFit fit = fitted_init({.runtime = runtime,
                                           .memory_mb = memory,
                                           .architecture = architecture,
                                           .package = package});
          BOOST_TEST(fit.median_s > 0.005);
          BOOST_TEST(fit.median_s < 1.0);
          BOOST_TEST(fit.sigma > 0.0);
          BOOST_TEST(fit.sigma < 1.0);
        }
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(memory_beyond_the_measurements_is_not_extrapolated) {
  const auto at = [](std::int64_t memory) {
    return fitted_init({.runtime = "python3.12", .memory_mb = memory}).median_s;
  };
  BOOST_TEST(at(1024) == at(10'240));
}

BOOST_AUTO_TEST_CASE(an_unmeasured_runtime_borrows_from_its_nearest_relative) {
  const InitFit known = fitted_init({.runtime = "python3.9"});
  const InitFit older = fitted_init({.runtime = "python3.8"});
  BOOST_TEST(known.measured);
  BOOST_TEST(!older.measured);
  BOOST_TEST(older.median_s == known.median_s);
  BOOST_TEST(init_median("provided.al2023") == init_median("provided.al2023/go"));
  BOOST_TEST(init_median("") > 0);
  BOOST_TEST(init_median("python99999999999999") > 0);
}

BOOST_AUTO_TEST_CASE(package_size_lengthens_the_fetch_and_imports_the_init) {
  const ColdStartPhases small = cold_start_phases({.runtime = "python3.12"});
  const ColdStartPhases large = cold_start_phases({.runtime = "python3.12", .package_mb = 50});
  const ColdStartPhases heavy =
      cold_start_phases({.runtime = "python3.12", .memory_mb = 128, .import_cpu_s = 2});
  BOOST_TEST(large.fetch.mean_s() > 10 * small.fetch.mean_s());
  BOOST_TEST(heavy.init.mean_s() > 2.0);
  BOOST_TEST(heavy.init.mean_s() < 2.5);
}

BOOST_AUTO_TEST_CASE(draws_meet_the_fitted_median) {
  const ColdStartPhases phases = cold_start_phases({.runtime = "nodejs20.x", .memory_mb = 512});
  RandomStream random{5, "cold"};
  std::vector<double> inits;
  for (int i = 0; i < 20'001; ++i) {
    const ColdStartPhases::Draw draw = phases.sample(random);
    BOOST_REQUIRE((draw.total() == draw.place + draw.fetch + draw.init));
    inits.push_back(to_seconds(draw.init));
  }
  std::sort(inits.begin(), inits.end());
  BOOST_TEST(inits[10'000] == init_median("nodejs20.x"), boost::test_tools::tolerance(0.03));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(service_time)

BOOST_AUTO_TEST_CASE(cpu_time_shrinks_with_memory_until_the_threads_are_used_up) {
  const ServiceTimeModel one{.io_s = 0.1, .cpu_s = 1, .parallelism = 1};
  BOOST_TEST(one.seconds(1769) == 1.1, boost::test_tools::tolerance(1e-12));
  BOOST_TEST(one.seconds(3538) == 1.1, boost::test_tools::tolerance(1e-12));
  BOOST_TEST(one.seconds(128) == 0.1 + 1769.0 / 128, boost::test_tools::tolerance(1e-12));
  const ServiceTimeModel two{.io_s = 0.1, .cpu_s = 1, .parallelism = 2};
  BOOST_TEST(two.seconds(3538) == 0.6, boost::test_tools::tolerance(1e-12));
  BOOST_TEST(two.seconds(10'240) == 0.6, boost::test_tools::tolerance(1e-12));
  BOOST_TEST(one.saturation_mb() == 1769);
  BOOST_TEST(two.saturation_mb() == 3538);
}

BOOST_AUTO_TEST_CASE(the_share_of_cpu_is_the_documented_one) {
  BOOST_TEST(vcpu_share(1769) == 1.0);
  BOOST_TEST(vcpu_share(128) == 0.0724, boost::test_tools::tolerance(1e-3));
  BOOST_TEST(vcpu_share(10'240) == 5.789, boost::test_tools::tolerance(1e-3));
}

BOOST_AUTO_TEST_CASE(a_measured_time_moves_to_another_memory_size) {
  BOOST_TEST((rescale_service(1s, 1.0, 128, 256) == 500ms));
  BOOST_TEST((rescale_service(1s, 0.0, 128, 256) == 1s));
  BOOST_TEST((rescale_service(1s, 0.5, 256, 128) == 1500ms));
  BOOST_TEST((rescale_service(1s, 1.0, 1769, 10'240) == 1s));
}

BOOST_AUTO_TEST_CASE(a_working_set_needs_its_memory) {
  const ServiceTimeModel model{.working_set_mb = 300};
  BOOST_TEST(!model.fits(299));
  BOOST_TEST(model.fits(300));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace lambdarium
