// Concurrency that versions of a function share, and what provisioned concurrency takes from it.

#include <boost/test/unit_test.hpp>

#include "tests/unit/emulator/fleet/scenario.h"

using namespace lambdarium;
using namespace lambdarium::fleet;

namespace {

struct Versions : Scenario {
  // Function 0 with reserved concurrency, and functions 1 and 2 in its group.
  explicit Versions(std::optional<std::int64_t> reserved, PlatformSettings platform = {})
      : Scenario(platform) {
    latest.reserved_concurrency = reserved;
    add(latest);
    version.pool_group = 0;
    add(version);
    add(version);
  }
  bool rejected(RejectReason why) const {
    return count(EffectKind::kReject) == 1 && only(EffectKind::kReject).reject == why;
  }
  FunctionSettings latest;
  FunctionSettings version;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(fleet_pools)

BOOST_AUTO_TEST_CASE(the_functions_of_a_group_share_its_reserved_concurrency) {
  Versions s{2};
  s.cold_start(at(0s), {}, 1);
  const EnvironmentRef second = s.cold_start(at(1s), {}, 2);
  s.arrive(at(2s), 0);
  BOOST_TEST(s.rejected(RejectReason::kReservedConcurrency));
  s.end(at(3s), second, 1);
  s.arrive(at(4s), 0);
  BOOST_TEST(s.count(EffectKind::kStartEnvironment) == 1U);
}

BOOST_AUTO_TEST_CASE(a_change_of_the_groups_limit_holds_for_its_members_at_once) {
  Versions s{1};
  s.cold_start(at(0s), {}, 1);
  s.arrive(at(1s), 2);
  BOOST_TEST(s.rejected(RejectReason::kReservedConcurrency));
  s.latest.reserved_concurrency.reset();
  s.change(0, s.latest, at(2s));
  s.arrive(at(3s), 2);
  BOOST_TEST(s.count(EffectKind::kStartEnvironment) == 1U);
}

BOOST_AUTO_TEST_CASE(a_members_own_limit_is_not_looked_at) {
  Versions s{2};
  s.version.reserved_concurrency = 0;
  s.change(1, s.version, at(0s));
  s.arrive(at(1s), 1);
  BOOST_TEST(s.count(EffectKind::kStartEnvironment) == 1U);
}

BOOST_AUTO_TEST_CASE(provisioned_concurrency_of_a_version_is_taken_from_the_reserved_pool) {
  Versions s{2};
  s.version.provisioned_concurrency = 1;
  s.change(1, s.version, at(0s));
  s.ready(at(1s), s.only(EffectKind::kStartEnvironment).environment);
  // One place is left for everything that does not run on the provisioned environment.
  s.arrive(at(2s), 0);
  BOOST_TEST(s.count(EffectKind::kStartEnvironment) == 1U);
  s.arrive(at(2s), 2);
  BOOST_TEST(s.rejected(RejectReason::kReservedConcurrency));
  s.arrive(at(2s), 1);
  BOOST_TEST(s.only(EffectKind::kDispatch).provisioned);
  s.arrive(at(2s), 1);
  BOOST_TEST(s.rejected(RejectReason::kReservedConcurrency));
}

BOOST_AUTO_TEST_CASE(provisioned_concurrency_without_a_reserve_is_taken_from_the_account) {
  PlatformSettings platform;
  platform.account_concurrency = 2;
  Versions s{std::nullopt, platform};
  s.version.provisioned_concurrency = 1;
  s.change(1, s.version, at(0s));
  s.ready(at(1s), s.only(EffectKind::kStartEnvironment).environment);
  s.arrive(at(2s), 0);
  BOOST_TEST(s.count(EffectKind::kStartEnvironment) == 1U);
  s.arrive(at(2s), 0);
  BOOST_TEST(s.rejected(RejectReason::kAccountConcurrency));
  s.arrive(at(2s), 1);
  BOOST_TEST(s.count(EffectKind::kDispatch) == 1U);
  s.version.provisioned_concurrency = 0;
  s.change(1, s.version, at(3s));
  s.arrive(at(4s), 2);
  BOOST_TEST(s.count(EffectKind::kReject) == 0U);
}

BOOST_AUTO_TEST_CASE(a_queued_request_takes_a_provisioned_environment_in_a_full_pool) {
  PlatformSettings platform;
  platform.queue.order = policies::QueueOrder::kFifo;
  Versions s{1, platform};
  s.version.provisioned_concurrency = 1;
  s.change(1, s.version, at(0s));
  const EnvironmentRef environment = s.only(EffectKind::kStartEnvironment).environment;
  const InvocationId waits = s.arrive(at(1s), 1);
  BOOST_TEST(s.fleet.queued() == 1);
  s.arrive(at(1s), 2);  // nothing will ever free a place for it
  BOOST_TEST(s.rejected(RejectReason::kReservedConcurrency));
  s.ready(at(2s), environment);
  BOOST_TEST(s.only(EffectKind::kDispatch).invocation == waits);
}

BOOST_AUTO_TEST_CASE(a_busy_provisioned_environment_of_an_old_revision_is_replaced_when_done) {
  Scenario s;
  FunctionSettings settings;
  settings.provisioned_concurrency = 1;
  s.add(settings);
  const EnvironmentRef old = s.only(EffectKind::kStartEnvironment).environment;
  s.ready(at(1s), old);
  s.arrive(at(2s));
  ++settings.revision;
  s.change(0, settings, at(3s));
  s.end(at(4s), old, 0);
  BOOST_TEST(s.only(EffectKind::kStartEnvironment).provisioned);
  BOOST_TEST(s.fleet.provisioned(0).starting == 1);
  BOOST_TEST(s.fleet.provisioned(0).ready == 0);
}

BOOST_AUTO_TEST_CASE(provisioned_environments_that_fail_to_start_are_not_started_again) {
  Scenario s;
  FunctionSettings settings;
  settings.provisioned_concurrency = 2;
  s.add(settings);
  s.ready(at(1s), {0, 1});
  s.lost(at(1s), {1, 2}, Outcome::kInitError);
  BOOST_TEST(s.count(EffectKind::kStartEnvironment) == 0U);
  BOOST_TEST(s.fleet.provisioned(0).starting == 0);
  BOOST_TEST(s.fleet.provisioned(0).ready == 1);
}

BOOST_AUTO_TEST_CASE(settings_of_an_unknown_group_are_not_accepted) {
  Versions s{1};
  FunctionSettings settings;
  BOOST_TEST(s.fleet.accepts(3, settings));
  BOOST_TEST(!s.fleet.accepts(4, settings));
  settings.pool_group = 4;
  BOOST_TEST(!s.fleet.accepts(3, settings));
  settings.pool_group = 1;  // in a group itself
  BOOST_TEST(!s.fleet.accepts(3, settings));
  settings.pool_group = 3;
  BOOST_TEST(s.fleet.accepts(3, settings));
}

BOOST_AUTO_TEST_CASE(the_group_is_in_the_text_of_a_run_and_may_be_missing_in_an_old_one) {
  FunctionSettings settings;
  settings.pool_group = 7;
  std::string text = describe(9, settings);
  const auto parsed = parse_function_set(text);
  BOOST_REQUIRE(parsed.ok());
  BOOST_TEST((parsed->settings.pool_group == std::optional<std::uint32_t>{7}));
  text.resize(text.find(" pool_group="));
  const auto old = parse_function_set(text);
  BOOST_REQUIRE(old.ok());
  BOOST_TEST(!old->settings.pool_group.has_value());
}

BOOST_AUTO_TEST_SUITE_END()
