// An init that fails is run again inside the first invocation.

#include <boost/test/unit_test.hpp>

#include "tests/unit/emulator/fleet/scenario.h"

using namespace lambdarium;
using namespace lambdarium::fleet;

BOOST_AUTO_TEST_SUITE(fleet_init)

BOOST_AUTO_TEST_CASE(
    the_first_invocation_starts_when_the_init_has_failed_and_has_its_whole_timeout) {
  Scenario s;
  s.add();  // 3 s
  s.arrive(at(0s));
  const EnvironmentRef environment = s.only(EffectKind::kStartEnvironment).environment;
  s.ready(at(10s), environment, Outcome::kInitError);
  const Effect dispatch = s.only(EffectKind::kDispatch);
  BOOST_TEST(dispatch.cold);
  BOOST_TEST((dispatch.init == 10s));
  BOOST_TEST((dispatch.deadline == at(13s)));
  BOOST_TEST(s.count(EffectKind::kFail) == 0u);
}

BOOST_AUTO_TEST_CASE(the_init_that_failed_is_not_charged_unless_the_platform_says_so) {
  for (const bool billed : {false, true}) {
    PlatformSettings settings;
    settings.abandoned_init_billed = billed;
    Scenario s{settings};
    s.add();
    s.arrive(at(0s));
    const EnvironmentRef environment = s.only(EffectKind::kStartEnvironment).environment;
    s.ready(at(10s), environment, Outcome::kInitError);
    s.end(at(12s), environment, 0);
    BOOST_TEST(s.only(EffectKind::kCharge).billed_ms == (billed ? 12'000 : 2'000));
    BOOST_TEST((s.only(EffectKind::kCharge).init == 10s));
    // The next one finds a healthy environment.
    s.arrive(at(13s));
    BOOST_TEST(!s.only(EffectKind::kDispatch).cold);
    s.end(at(14s), environment, 1);
    BOOST_TEST(s.only(EffectKind::kCharge).billed_ms == 1'000);
  }
}

BOOST_AUTO_TEST_CASE(when_the_second_init_fails_too_the_invocation_fails_and_pays_for_that_one) {
  Scenario s;
  s.add();
  s.arrive(at(0s));
  const EnvironmentRef environment = s.only(EffectKind::kStartEnvironment).environment;
  s.ready(at(1s), environment, Outcome::kInitError);
  s.lost(at(3s), environment, Outcome::kInitError);
  BOOST_TEST((s.only(EffectKind::kFail).outcome == Outcome::kInitError));
  BOOST_TEST((s.only(EffectKind::kCharge).run == 2s));
  BOOST_TEST(s.only(EffectKind::kCharge).billed_ms == 2'000);
  BOOST_TEST((s.only(EffectKind::kRetireEnvironment).retire == RetireReason::kLost));
  BOOST_TEST(s.fleet.in_flight() == 0);
  BOOST_TEST(s.fleet.population().total == 0);
}

BOOST_AUTO_TEST_CASE(the_second_init_ends_with_the_timeout_of_the_function) {
  Scenario s;
  s.add();
  s.arrive(at(0s));
  const EnvironmentRef environment = s.only(EffectKind::kStartEnvironment).environment;
  s.ready(at(10s), environment, Outcome::kInitError);
  s.wake(at(13s));
  BOOST_TEST((s.only(EffectKind::kFail).outcome == Outcome::kTimedOut));
  BOOST_TEST(s.only(EffectKind::kCharge).billed_ms == 3'000);
}

BOOST_AUTO_TEST_CASE(an_environment_of_its_own_waits_for_an_invocation_to_try_again) {
  Scenario s;
  FunctionSettings settings;
  settings.provisioned_concurrency = 1;
  s.add(settings);
  const EnvironmentRef environment = s.only(EffectKind::kStartEnvironment).environment;
  s.ready(at(1s), environment, Outcome::kInitError);
  BOOST_TEST(s.effects.empty());
  s.arrive(at(5s));
  BOOST_TEST(!s.only(EffectKind::kDispatch).cold);
  s.end(at(6s), environment, 0);
  BOOST_TEST(s.only(EffectKind::kCharge).billed_ms == 1'000);
}

BOOST_AUTO_TEST_CASE(the_text_of_a_recorded_run_tells_a_failed_init_and_an_old_run_is_still_read) {
  const Event failed{
      .kind = EventKind::kEnvironmentReady, .outcome = Outcome::kInitError, .environment = {3, 7}};
  BOOST_TEST(describe(failed) == "environment=7@3 outcome=init-error");
  const auto again = parse_event("environment-ready", describe(failed));
  BOOST_REQUIRE(again.ok());
  BOOST_TEST((again->outcome == Outcome::kInitError));
  const auto healthy = parse_event("environment-ready", "environment=7@3");
  BOOST_REQUIRE(healthy.ok());
  BOOST_TEST((healthy->outcome == Outcome::kOk));
  BOOST_TEST(describe(*healthy) == "environment=7@3");

  PlatformSettings settings;
  settings.abandoned_init_billed = true;
  const std::string text = describe(settings);
  BOOST_TEST(parse_platform(text)->abandoned_init_billed);
  const std::string old = text.substr(0, text.find(" abandoned_init_billed"));
  BOOST_REQUIRE(parse_platform(old).ok());
  BOOST_TEST(!parse_platform(old)->abandoned_init_billed);
}

BOOST_AUTO_TEST_SUITE_END()
