// What comes first when two things could happen at the same instant.

#include <boost/test/unit_test.hpp>

#include "tests/unit/emulator/fleet/scenario.h"

using namespace lambdarium;
using namespace lambdarium::fleet;

namespace {

FunctionSettings patient() {
  FunctionSettings settings;
  settings.timeout = 900s;
  return settings;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(fleet_ties)

BOOST_AUTO_TEST_CASE(an_environment_whose_time_is_up_is_gone_before_those_that_wait_are_served) {
  struct Case {
    policies::KeepAlive keep_alive;
    AtExpiry at_expiry;
    bool cold;
  };
  using policies::KeepAliveClock;
  using policies::KeepAliveName;
  const Case cases[] = {
      {{KeepAliveName::kFixed, 0s, KeepAliveClock::kFinish}, AtExpiry::kCold, true},
      {{KeepAliveName::kFixed, 0s, KeepAliveClock::kFinish}, AtExpiry::kWarm, false},
      {{KeepAliveName::kFixed, 1ns, KeepAliveClock::kFinish}, AtExpiry::kCold, false},
      {{KeepAliveName::kFixed, 2s, KeepAliveClock::kArrival}, AtExpiry::kCold, true},
      {{KeepAliveName::kFixed, 2s + 1ns, KeepAliveClock::kArrival}, AtExpiry::kCold, false},
      {{KeepAliveName::kNone, 600s, KeepAliveClock::kFinish}, AtExpiry::kWarm, true},
  };
  for (const Case& c : cases) {
    BOOST_TEST_CONTEXT("ttl " << c.keep_alive.ttl.count()) {
      PlatformSettings settings;
      settings.account_concurrency = 1;
      settings.queue.order = policies::QueueOrder::kFifo;
      settings.keep_alive = c.keep_alive;
      settings.at_expiry = c.at_expiry;
      Scenario s{settings};
      s.add();
      const EnvironmentRef environment = s.cold_start(at(0s));
      s.arrive(at(1s));
      s.end(at(2s), environment, 0);
      BOOST_TEST(s.count(EffectKind::kStartEnvironment) == (c.cold ? 1u : 0u));
      BOOST_TEST(s.count(EffectKind::kRetireEnvironment) == (c.cold ? 1u : 0u));
      BOOST_TEST(s.count(EffectKind::kDispatch) == (c.cold ? 0u : 1u));
    }
  }
}

BOOST_AUTO_TEST_CASE(of_equal_priorities_the_environment_that_was_started_first_is_evicted) {
  PlatformSettings settings;
  settings.memory_capacity_mb = 3 * 128;
  Scenario s{settings};
  for (int i = 0; i < 4; ++i) s.add(patient());
  // The slot of an environment that is gone is taken by a later one.
  const EnvironmentRef early = s.cold_start(at(0s), 0s, 0);
  const EnvironmentRef older = s.cold_start(at(1s), 0s, 1);
  s.lost(at(2s), early);
  const EnvironmentRef younger = s.cold_start(at(3s), 0s, 2);
  BOOST_TEST(younger.slot < older.slot);
  s.arrive(at(4s), 2);
  const EnvironmentRef third = s.only(EffectKind::kStartEnvironment).environment;
  s.ready(at(4s), third);

  s.end(at(5s), younger, 2);
  s.end(at(5s), older, 1);
  s.arrive(at(6s), 3);
  BOOST_TEST((s.only(EffectKind::kRetireEnvironment).environment == older));
}

BOOST_AUTO_TEST_CASE(nothing_is_evicted_for_a_start_that_comes_too_fast) {
  PlatformSettings settings;
  settings.memory_capacity_mb = 2 * 128;
  settings.scaling_rate = ScalingRate{1, 10s};
  Scenario s{settings};
  s.add();
  s.add(patient());
  const EnvironmentRef idle = s.cold_start(at(0s), 0s, 0);
  s.end(at(1s), idle, 0);
  s.cold_start(at(2s), 0s, 1);
  s.arrive(at(3s), 1);
  BOOST_TEST((s.only(EffectKind::kReject).reject == RejectReason::kScalingRate));
  BOOST_TEST(s.count(EffectKind::kRetireEnvironment) == 0u);
  s.arrive(at(12s), 1);
  BOOST_TEST((s.only(EffectKind::kRetireEnvironment).environment == idle));
}

BOOST_AUTO_TEST_SUITE_END()
