#include "emulator/fleet/fleet.h"

#include <boost/test/unit_test.hpp>

#include "tests/unit/emulator/fleet/scenario.h"

using namespace lambdarium;
using namespace lambdarium::fleet;

namespace {

PlatformSettings with_ttl(Duration ttl) {
  PlatformSettings settings;
  settings.keep_alive.ttl = ttl;
  return settings;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(fleet_core)

BOOST_AUTO_TEST_CASE(two_requests_at_once_are_two_environments) {
  Scenario s;
  s.add();
  s.arrive(at(0s));
  const EnvironmentRef first = s.only(EffectKind::kStartEnvironment).environment;
  s.arrive(at(0s));
  const EnvironmentRef second = s.only(EffectKind::kStartEnvironment).environment;
  BOOST_TEST((first != second));
  BOOST_TEST(s.fleet.population().starting == 2);
}

BOOST_AUTO_TEST_CASE(a_busy_environment_never_takes_a_second_request) {
  Scenario s;
  s.add();
  const EnvironmentRef environment = s.cold_start(at(0s), 1s);
  BOOST_TEST((s.only(EffectKind::kDispatch).environment == environment));
  s.arrive(at(2s));
  BOOST_TEST(s.count(EffectKind::kDispatch) == 0u);
  BOOST_TEST((s.only(EffectKind::kStartEnvironment).cause == ColdCause::kConcurrency));
}

BOOST_AUTO_TEST_CASE(a_warm_request_is_dispatched_at_once_and_charged_for_its_run_only) {
  Scenario s;
  s.add();
  const EnvironmentRef environment = s.cold_start(at(0s), 250ms);
  s.end(at(1250ms), environment, 0);
  const Effect cold = s.only(EffectKind::kCharge);
  BOOST_TEST(cold.cold);
  BOOST_TEST(cold.billed_ms == 1250);
  BOOST_TEST(cold.queued.count() == 0);

  const InvocationId warm = s.arrive(at(2s));
  BOOST_TEST((s.only(EffectKind::kDispatch).environment == environment));
  s.end(at(2s) + 10'000'001ns, environment, warm);
  BOOST_TEST(!s.only(EffectKind::kCharge).cold);
  BOOST_TEST(s.only(EffectKind::kCharge).billed_ms == 11);
}

BOOST_AUTO_TEST_CASE(init_that_is_not_billable_stays_out_of_the_bill) {
  Scenario s;
  FunctionSettings settings;
  settings.init_billed = false;
  s.add(settings);
  const EnvironmentRef environment = s.cold_start(at(0s), 250ms);
  s.end(at(1250ms), environment, 0);
  BOOST_TEST(s.only(EffectKind::kCharge).billed_ms == 1000);
}

BOOST_AUTO_TEST_CASE(an_environment_expires_exactly_at_the_end_of_its_keep_alive) {
  Scenario s{with_ttl(10s)};
  s.add();
  const EnvironmentRef environment = s.cold_start(at(0s));
  s.end(at(1s), environment, 0);
  s.wake(at(11s) - 1ns);
  BOOST_TEST(s.count(EffectKind::kRetireEnvironment) == 0u);
  BOOST_TEST((s.fleet.next_wake() == at(11s)));
  s.wake(at(11s));
  BOOST_TEST((s.only(EffectKind::kRetireEnvironment).retire == RetireReason::kExpired));
  BOOST_TEST((s.fleet.next_wake() == kNever));
}

BOOST_AUTO_TEST_CASE(a_request_at_the_instant_of_expiry_is_cold_unless_configured_otherwise) {
  for (const AtExpiry choice : {AtExpiry::kCold, AtExpiry::kWarm}) {
    PlatformSettings settings = with_ttl(10s);
    settings.at_expiry = choice;
    Scenario s{settings};
    s.add();
    const EnvironmentRef environment = s.cold_start(at(0s));
    s.end(at(1s), environment, 0);
    s.arrive(at(11s));
    BOOST_TEST(s.count(EffectKind::kDispatch) == (choice == AtExpiry::kWarm ? 1u : 0u));
  }
}

BOOST_AUTO_TEST_CASE(each_use_re_arms_the_keep_alive) {
  Scenario s{with_ttl(10s)};
  s.add();
  const EnvironmentRef environment = s.cold_start(at(0s));
  s.end(at(1s), environment, 0);
  s.arrive(at(9s));
  s.end(at(9s), environment, 1);
  s.wake(at(11s));
  BOOST_TEST(s.count(EffectKind::kRetireEnvironment) == 0u);
  s.wake(at(19s));
  BOOST_TEST(s.count(EffectKind::kRetireEnvironment) == 1u);
}

BOOST_AUTO_TEST_CASE(the_keep_alive_clock_can_start_at_arrival_or_at_first_idle) {
  for (const auto clock :
       {policies::KeepAliveClock::kArrival, policies::KeepAliveClock::kFirstIdle}) {
    PlatformSettings settings = with_ttl(10s);
    settings.keep_alive.clock = clock;
    Scenario s{settings};
    FunctionSettings function;
    function.timeout = 900s;
    s.add(function);
    const EnvironmentRef environment = s.cold_start(at(0s));
    s.end(at(1s), environment, 0);
    s.arrive(at(5s));
    s.end(at(8s), environment, 1);
    const Time expires =
        clock == policies::KeepAliveClock::kArrival ? at(15s) : at(11s);  // 5 + 10, 1 + 10
    s.wake(expires - 1ns);
    BOOST_TEST(s.count(EffectKind::kRetireEnvironment) == 0u);
    s.wake(expires);
    BOOST_TEST(s.count(EffectKind::kRetireEnvironment) == 1u);
  }
}

BOOST_AUTO_TEST_CASE(without_keep_alive_every_request_is_cold) {
  PlatformSettings settings;
  settings.keep_alive.name = policies::KeepAliveName::kNone;
  Scenario s{settings};
  s.add();
  const EnvironmentRef environment = s.cold_start(at(0s));
  s.end(at(1s), environment, 0);
  BOOST_TEST((s.only(EffectKind::kRetireEnvironment).retire == RetireReason::kExpired));
  s.arrive(at(1s));
  BOOST_TEST((s.only(EffectKind::kStartEnvironment).cause == ColdCause::kExpired));
}

BOOST_AUTO_TEST_CASE(dispatch_orders_choose_the_environment_that_their_name_says) {
  using policies::DispatchOrder;
  // Environments 1, 2, 3 are created in this order and finish in the order 2, 3, 1.
  const std::pair<DispatchOrder, std::uint32_t> expected[] = {
      {DispatchOrder::kMru, 1},    {DispatchOrder::kLru, 2},      {DispatchOrder::kNewest, 3},
      {DispatchOrder::kOldest, 1}, {DispatchOrder::kLowestId, 1},
  };
  for (const auto& [order, serial] : expected) {
    PlatformSettings settings;
    settings.dispatch = order;
    Scenario s{settings};
    s.add();
    EnvironmentRef environments[3];
    for (EnvironmentRef& environment : environments) environment = s.cold_start(at(0s));
    s.end(at(1s), environments[1], 1);
    s.end(at(2s), environments[2], 2);
    s.end(at(3s) - 1ns, environments[0], 0);
    s.arrive(at(4s));
    BOOST_TEST(s.only(EffectKind::kDispatch).environment.serial == serial);
  }
}

BOOST_AUTO_TEST_CASE(the_account_limit_throttles_and_frees_with_the_end_of_an_invocation) {
  PlatformSettings settings;
  settings.account_concurrency = 1;
  Scenario s{settings};
  s.add();
  const EnvironmentRef environment = s.cold_start(at(0s));
  s.arrive(at(1s));
  BOOST_TEST((s.only(EffectKind::kReject).reject == RejectReason::kAccountConcurrency));
  s.end(at(2s), environment, 0);
  s.arrive(at(2s));
  BOOST_TEST(s.count(EffectKind::kDispatch) == 1u);
}

BOOST_AUTO_TEST_CASE(reserved_concurrency_limits_its_function_and_is_kept_from_the_others) {
  PlatformSettings settings;
  settings.account_concurrency = 2;
  Scenario s{settings};
  FunctionSettings reserved;
  reserved.reserved_concurrency = 1;
  s.add(reserved);
  s.add();
  s.arrive(at(0s), 0);
  s.arrive(at(0s), 0);
  BOOST_TEST((s.only(EffectKind::kReject).reject == RejectReason::kReservedConcurrency));
  s.arrive(at(0s), 1);
  BOOST_TEST(s.count(EffectKind::kStartEnvironment) == 1u);
  s.arrive(at(0s), 1);
  BOOST_TEST((s.only(EffectKind::kReject).reject == RejectReason::kAccountConcurrency));
}

BOOST_AUTO_TEST_CASE(reserved_concurrency_of_zero_turns_everything_away) {
  Scenario s;
  FunctionSettings none;
  none.reserved_concurrency = 0;
  s.add(none);
  s.arrive(at(0s));
  BOOST_TEST((s.only(EffectKind::kReject).reject == RejectReason::kReservedConcurrency));
}

BOOST_AUTO_TEST_CASE(queues_hand_out_in_their_order) {
  using policies::QueueOrder;
  const std::pair<QueueOrder, InvocationId> expected[] = {
      {QueueOrder::kFifo, 1}, {QueueOrder::kSjf, 2}, {QueueOrder::kPriority, 3}};
  for (const auto& [order, first] : expected) {
    PlatformSettings settings;
    settings.account_concurrency = 1;
    settings.queue.order = order;
    Scenario s{settings};
    s.add();
    const EnvironmentRef environment = s.cold_start(at(0s));
    s.arrive(at(1s), 0, 5s, 1);
    s.arrive(at(1s), 0, 1s, 1);
    s.arrive(at(1s), 0, 5s, 9);
    BOOST_TEST(s.fleet.queued() == 3);
    s.end(at(2s), environment, 0);
    BOOST_TEST(s.only(EffectKind::kDispatch).invocation == first);
    BOOST_TEST((s.only(EffectKind::kDispatch).queued == Duration{1s}));
  }
}

BOOST_AUTO_TEST_CASE(a_full_queue_and_a_long_wait_turn_requests_away) {
  PlatformSettings settings;
  settings.account_concurrency = 1;
  settings.queue = {policies::QueueOrder::kFifo, 1, 2s};
  Scenario s{settings};
  FunctionSettings patient;
  patient.timeout = 900s;
  s.add(patient);
  const EnvironmentRef environment = s.cold_start(at(0s));
  s.arrive(at(1s));
  s.arrive(at(1s));
  BOOST_TEST((s.only(EffectKind::kReject).reject == RejectReason::kQueueFull));
  BOOST_TEST((s.fleet.next_wake() == at(3s)));
  s.wake(at(3s));
  BOOST_TEST((s.only(EffectKind::kReject).reject == RejectReason::kQueueTimeout));
  s.end(at(3s), environment, 0);
  BOOST_TEST(s.count(EffectKind::kDispatch) == 0u);
  BOOST_TEST(s.fleet.queued() == 0);
}

BOOST_AUTO_TEST_CASE(
    an_invocation_times_out_just_after_its_deadline_and_takes_its_environment_along) {
  Scenario s;
  s.add();  // 3 s
  const EnvironmentRef environment = s.cold_start(at(0s), 1s);
  BOOST_TEST((s.only(EffectKind::kDispatch).deadline == at(4s)));
  s.wake(at(4s));
  BOOST_TEST((s.only(EffectKind::kFail).outcome == Outcome::kTimedOut));
  BOOST_TEST(s.only(EffectKind::kCharge).billed_ms == 4000);
  BOOST_TEST((s.only(EffectKind::kRetireEnvironment).retire == RetireReason::kTimedOut));
  s.end(at(5s), environment, 0);
  BOOST_TEST(s.effects.empty());
  s.arrive(at(6s));
  BOOST_TEST((s.only(EffectKind::kStartEnvironment).cause == ColdCause::kLost));
}

BOOST_AUTO_TEST_CASE(an_invocation_that_ends_at_its_deadline_has_made_it) {
  Scenario s;
  s.add();
  const EnvironmentRef environment = s.cold_start(at(0s));
  s.end(at(3s), environment, 0);
  BOOST_TEST((s.only(EffectKind::kCharge).outcome == Outcome::kOk));
}

BOOST_AUTO_TEST_CASE(a_crash_fails_what_ran_and_the_next_request_starts_anew) {
  Scenario s;
  s.add();
  const EnvironmentRef environment = s.cold_start(at(0s));
  s.lost(at(1s), environment);
  BOOST_TEST((s.only(EffectKind::kFail).outcome == Outcome::kCrashed));
  BOOST_TEST(s.only(EffectKind::kCharge).billed_ms == 1000);
  BOOST_TEST(s.fleet.population().total == 0);
  BOOST_TEST(s.fleet.in_flight() == 0);
  s.lost(at(1s), environment);
  BOOST_TEST(s.effects.empty());
}

BOOST_AUTO_TEST_CASE(a_failed_start_fails_its_invocation_and_bills_the_time_spent) {
  Scenario s;
  s.add();
  s.arrive(at(0s));
  s.lost(at(2s), s.only(EffectKind::kStartEnvironment).environment, Outcome::kInitError);
  BOOST_TEST((s.only(EffectKind::kFail).outcome == Outcome::kInitError));
  BOOST_TEST(s.only(EffectKind::kCharge).billed_ms == 2000);
  BOOST_TEST(s.fleet.in_flight() == 0);
}

BOOST_AUTO_TEST_CASE(with_too_few_environments_requests_wait_in_order_and_idle_ones_make_room) {
  PlatformSettings settings;
  settings.max_environments = 1;
  Scenario s{settings};
  s.add();
  s.add();
  const EnvironmentRef first = s.cold_start(at(0s), 0s, 0);
  s.arrive(at(1s), 1);
  const InvocationId third = s.arrive(at(1s), 0);
  BOOST_TEST(s.effects.empty());
  BOOST_TEST(s.fleet.in_flight() == 3);  // AWS's limits count them
  s.end(at(2s), first, 0);
  BOOST_TEST((s.only(EffectKind::kRetireEnvironment).retire == RetireReason::kEvicted));
  const EnvironmentRef second = s.only(EffectKind::kStartEnvironment).environment;
  s.ready(at(3s), second);
  BOOST_TEST((s.only(EffectKind::kDispatch).queued == Duration{1s}));
  s.end(at(4s), second, 1);
  BOOST_TEST((s.only(EffectKind::kStartEnvironment).invocation == third));
}

BOOST_AUTO_TEST_CASE(a_start_that_cannot_fit_is_dropped_and_nothing_is_evicted_for_it) {
  PlatformSettings settings;
  settings.memory_capacity_mb = 1000;
  Scenario s{settings};
  FunctionSettings small;
  small.memory_mb = 600;
  FunctionSettings large;
  large.memory_mb = 1001;
  s.add(small);
  s.add(large);
  s.end(at(1s), s.cold_start(at(0s)), 0);
  s.arrive(at(2s), 1);
  BOOST_TEST((s.only(EffectKind::kReject).reject == RejectReason::kNoMemory));
  BOOST_TEST(s.fleet.population().total == 1);
}

BOOST_AUTO_TEST_CASE(the_scaling_rate_lets_a_burst_through_and_then_refills) {
  PlatformSettings settings;
  settings.account_concurrency = std::nullopt;
  settings.scaling_rate = ScalingRate{2, 10s};
  Scenario s{settings};
  s.add();
  s.arrive(at(0s));
  s.arrive(at(0s));
  s.arrive(at(0s));
  BOOST_TEST((s.only(EffectKind::kReject).reject == RejectReason::kScalingRate));
  s.arrive(at(5s) - 1ns);
  BOOST_TEST(s.count(EffectKind::kReject) == 1u);
  s.arrive(at(5s));
  BOOST_TEST(s.count(EffectKind::kStartEnvironment) == 1u);
}

BOOST_AUTO_TEST_CASE(requests_may_share_a_start_that_is_under_way) {
  PlatformSettings settings;
  settings.pending_start = PendingStart::kWait;
  Scenario s{settings};
  s.add();
  s.arrive(at(0s));
  const EnvironmentRef environment = s.only(EffectKind::kStartEnvironment).environment;
  s.arrive(at(1s));
  BOOST_TEST(s.effects.empty());
  s.ready(at(2s), environment);
  BOOST_TEST(s.only(EffectKind::kDispatch).invocation == 0u);
  BOOST_TEST(s.only(EffectKind::kDispatch).cold);
  // Nothing starts any more: the second request gets a start of its own rather than waiting for the
  // first to end.
  BOOST_TEST(s.count(EffectKind::kStartEnvironment) == 1u);
}

BOOST_AUTO_TEST_CASE(one_environment_serves_as_many_requests_as_its_concurrency) {
  Scenario s;
  FunctionSettings settings;
  settings.concurrency = 2;
  s.add(settings);
  const EnvironmentRef environment = s.cold_start(at(0s));
  s.arrive(at(1s));
  BOOST_TEST((s.only(EffectKind::kDispatch).environment == environment));
  s.arrive(at(1s));
  BOOST_TEST(s.count(EffectKind::kStartEnvironment) == 1u);
  BOOST_TEST(s.fleet.population().busy == 1);
  s.end(at(2s), environment, 0);
  BOOST_TEST(s.fleet.population().busy == 1);
  s.wake(at(4s));  // the second one's deadline: its slot alone is freed
  BOOST_TEST((s.only(EffectKind::kFail).outcome == Outcome::kTimedOut));
  BOOST_TEST(s.count(EffectKind::kRetireEnvironment) == 0u);
  BOOST_TEST(s.fleet.idle_environments(0) == 1);
}

BOOST_AUTO_TEST_CASE(new_code_replaces_idle_environments_now_and_busy_ones_when_they_are_done) {
  Scenario s;
  FunctionSettings settings;
  s.add(settings);
  const EnvironmentRef idle = s.cold_start(at(0s));
  const EnvironmentRef busy = s.cold_start(at(0s));
  s.end(at(1s), idle, 0);
  settings.revision = 2;
  s.change(0, settings, at(2s));
  BOOST_TEST((s.only(EffectKind::kRetireEnvironment).environment == idle));
  s.end(at(3s), busy, 1);
  BOOST_TEST((s.only(EffectKind::kRetireEnvironment).retire == RetireReason::kReplaced));
}

BOOST_AUTO_TEST_CASE(a_removed_function_answers_nobody_and_leaves_nothing) {
  Scenario s;
  FunctionSettings settings;
  s.add(settings);
  s.end(at(1s), s.cold_start(at(0s)), 0);
  settings.removed = true;
  s.change(0, settings, at(2s));
  BOOST_TEST((s.only(EffectKind::kRetireEnvironment).retire == RetireReason::kRemoved));
  s.arrive(at(3s));
  BOOST_TEST((s.only(EffectKind::kReject).reject == RejectReason::kFunctionRemoved));
}

BOOST_AUTO_TEST_CASE(provisioned_environments_start_ahead_never_expire_and_spill_over) {
  Scenario s{with_ttl(10s)};
  FunctionSettings settings;
  settings.provisioned_concurrency = 1;
  s.add(settings);
  const Effect started = s.only(EffectKind::kStartEnvironment);
  BOOST_TEST(started.provisioned);
  s.ready(at(1s), started.environment);
  s.wake(at(100s));
  BOOST_TEST(s.fleet.idle_environments(0) == 1);
  s.arrive(at(101s));
  BOOST_TEST((s.only(EffectKind::kDispatch).environment == started.environment));
  BOOST_TEST(!s.only(EffectKind::kDispatch).cold);
  s.arrive(at(101s));
  BOOST_TEST((s.only(EffectKind::kStartEnvironment).cause == ColdCause::kConcurrency));
}

BOOST_AUTO_TEST_SUITE_END()
