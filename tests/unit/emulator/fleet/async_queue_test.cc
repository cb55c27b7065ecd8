#include "emulator/fleet/async_queue.h"

#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "models/base/random.h"

namespace lambdarium::fleet {
namespace {

// A queue with a short way to say what happens, and what came out: "attempt 1", "save 1 60s",
// "deliver 1 RetriesExhausted x3", "forget 1 Success x1".
class Line {
 public:
  explicit Line(AsyncRules rules = {}, AsyncTarget target = {}) : queue(rules) { set(target); }

  void set(const AsyncTarget& target, AsyncTargetId id = 0, Duration when = {}) {
    effects_.clear();
    queue.set_target(id, target, at(when), effects_);
  }
  Line& accept(AsyncEventId id, Duration when, AsyncTargetId target = 0) {
    return step(
        {.kind = AsyncInputKind::kAccepted, .target = target, .event = id, .accepted = at(when)},
        when);
  }
  Line& end(AsyncEventId id, AsyncOutcome outcome, Duration when) {
    return step({.kind = AsyncInputKind::kEnded, .outcome = outcome, .event = id}, when);
  }
  Line& delivered(AsyncEventId id, AsyncOutcome outcome, Duration when) {
    return step({.kind = AsyncInputKind::kDelivered, .outcome = outcome, .event = id}, when);
  }
  Line& wake(Duration when) { return step({.kind = AsyncInputKind::kWoken}, when); }
  Line& step(const AsyncInput& input, Duration when) {
    effects_.clear();
    queue.step(input, at(when), effects_);
    return *this;
  }
  // What the last step, or the last setting, led to.
  std::string out() const {
    std::string text;
    for (const AsyncEffect& effect : effects_) {
      if (!text.empty()) text += ", ";
      switch (effect.kind) {
        case AsyncEffectKind::kAttempt:
          text += fmt::format("attempt {}", effect.event);
          break;
        case AsyncEffectKind::kSave:
          text += fmt::format("save {} {}s", effect.event, to_seconds(effect.progress.due));
          break;
        case AsyncEffectKind::kDeliver:
          text += fmt::format("deliver {} {} x{}", effect.event, to_string(effect.condition),
                              effect.attempts);
          break;
        case AsyncEffectKind::kForget:
          text += fmt::format("forget {} {} x{}", effect.event, to_string(effect.condition),
                              effect.attempts);
          break;
      }
    }
    return text;
  }
  const std::vector<AsyncEffect>& effects() const { return effects_; }

  AsyncQueue queue;

 private:
  std::vector<AsyncEffect> effects_;
};

constexpr auto kOk = AsyncOutcome::kSucceeded;
constexpr auto kError = AsyncOutcome::kFunctionError;
constexpr auto kNotRun = AsyncOutcome::kNotRun;

BOOST_AUTO_TEST_SUITE(async_queue)

BOOST_AUTO_TEST_CASE(an_event_is_attempted_at_once_and_forgotten_after_success) {
  Line line;
  BOOST_TEST(line.accept(1, 5s).out() == "attempt 1");
  BOOST_TEST(line.queue.running() == 1);
  BOOST_TEST(line.end(1, kOk, 6s).out() == "forget 1 Success x1");
  BOOST_TEST(line.queue.size() == 0);
  BOOST_TEST((line.queue.next_wake() == kNever));
}

BOOST_AUTO_TEST_CASE(a_function_error_is_retried_after_one_and_after_two_minutes) {
  Line line;
  line.accept(1, 0s);
  BOOST_TEST(line.end(1, kError, 1s).out() == "save 1 61s");
  BOOST_TEST((line.queue.next_wake() == at(61s)));
  BOOST_TEST(line.wake(61s - 1ns).out() == "");
  BOOST_TEST(line.wake(61s).out() == "attempt 1");
  BOOST_TEST(line.end(1, kError, 62s).out() == "save 1 182s");
  BOOST_TEST(line.wake(182s).out() == "attempt 1");
  BOOST_TEST(line.end(1, kError, 183s).out() == "forget 1 RetriesExhausted x3");
}

BOOST_AUTO_TEST_CASE(so_many_retries_as_the_target_allows) {
  for (const int retries : {0, 1, 2}) {
    Line line({}, {.retries_max = retries});
    line.accept(1, 0s);
    Duration now = 0s;
    for (int i = 0; i < retries; ++i) {
      line.end(1, kError, now);
      now = line.queue.next_wake().time_since_epoch();
      BOOST_TEST(line.wake(now).out() == "attempt 1");
    }
    BOOST_TEST(line.end(1, kError, now).out() ==
               fmt::format("forget 1 RetriesExhausted x{}", retries + 1));
  }
}

BOOST_AUTO_TEST_CASE(a_success_after_failures_counts_every_attempt) {
  Line line({}, {.on_success = true});
  line.accept(1, 0s).end(1, kError, 0s).wake(60s);
  BOOST_TEST(line.end(1, kOk, 61s).out() == "deliver 1 Success x2");
  BOOST_TEST(line.delivered(1, kOk, 62s).out() == "forget 1 Success x2");
}

BOOST_AUTO_TEST_CASE(only_the_condition_that_has_a_destination_is_told) {
  Line only_failure({}, {.retries_max = 0, .on_failure = true});
  BOOST_TEST(only_failure.accept(1, 0s).end(1, kOk, 0s).out() == "forget 1 Success x1");
  BOOST_TEST(only_failure.accept(2, 0s).end(2, kError, 0s).out() ==
             "deliver 2 RetriesExhausted x1");
  Line only_success({}, {.retries_max = 0, .on_success = true});
  BOOST_TEST(only_success.accept(1, 0s).end(1, kError, 0s).out() == "forget 1 RetriesExhausted x1");
}

BOOST_AUTO_TEST_CASE(throttles_back_off_from_one_second_to_five_minutes_and_are_no_retries) {
  Line line;
  line.accept(1, 0s);
  Duration now = 0s;
  for (const int wait : {1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300}) {
    BOOST_TEST(line.end(1, kNotRun, now).out() ==
               fmt::format("save 1 {}s", to_seconds(now) + wait));
    now += std::chrono::seconds{wait};
    BOOST_TEST(line.wake(now).out() == "attempt 1");
  }
  BOOST_TEST(line.effects()[0].progress.failures == 0);
  // An attempt that runs ends the row of throttles.
  line.end(1, kError, now);
  now = line.queue.next_wake().time_since_epoch();
  line.wake(now);
  BOOST_TEST(line.end(1, kNotRun, now).out() == fmt::format("save 1 {}s", to_seconds(now) + 1));
}

BOOST_AUTO_TEST_CASE(an_event_that_would_be_too_old_by_its_next_attempt_is_given_up) {
  Line at_the_edge({}, {.age_max = 60s, .on_failure = true});
  BOOST_TEST(at_the_edge.accept(1, 0s).end(1, kError, 0s).out() == "save 1 60s");
  BOOST_TEST(at_the_edge.wake(60s).out() == "attempt 1");

  Line over_it({}, {.age_max = 60s, .on_failure = true});
  BOOST_TEST(over_it.accept(1, 0s).end(1, kError, 1ns).out() == "deliver 1 EventAgeExceeded x1");

  Line throttled({}, {.age_max = 60s});
  throttled.accept(1, 0s).end(1, kNotRun, 59s);
  BOOST_TEST(throttled.out() == "save 1 60s");
  BOOST_TEST(throttled.wake(60s).out() == "attempt 1");
  BOOST_TEST(throttled.end(1, kNotRun, 60s).out() == "forget 1 EventAgeExceeded x0");
}

BOOST_AUTO_TEST_CASE(an_event_that_is_too_old_when_its_turn_comes_is_not_attempted) {
  Line line({.attempts_max = 1}, {.age_max = 60s, .on_failure = true});
  line.accept(1, 0s).accept(2, 0s).accept(3, 1s);
  BOOST_TEST(line.end(1, kOk, 60s + 1ns).out() ==
             "forget 1 Success x1, deliver 2 EventAgeExceeded x0, attempt 3");
}

BOOST_AUTO_TEST_CASE(a_reserved_concurrency_of_zero_ends_an_event_at_once) {
  Line line({}, {.reserved_concurrency = 0, .on_failure = true});
  BOOST_TEST(line.accept(1, 0s).out() == "deliver 1 ZeroReservedConcurrency x0");
  BOOST_TEST(line.queue.running() == 0);

  Line lowered;
  lowered.accept(1, 0s).accept(2, 0s).end(1, kError, 0s);
  lowered.set({.reserved_concurrency = 0});
  BOOST_TEST(lowered.end(2, kNotRun, 1s).out() == "forget 2 ZeroReservedConcurrency x0");
  BOOST_TEST(lowered.wake(60s).out() == "forget 1 ZeroReservedConcurrency x1");
}

BOOST_AUTO_TEST_CASE(no_more_attempts_run_than_the_function_has_reserved) {
  Line line({}, {.reserved_concurrency = 2});
  line.accept(1, 0s).accept(2, 0s);
  BOOST_TEST(line.accept(3, 0s).out() == "");
  BOOST_TEST(line.accept(4, 0s).out() == "");
  BOOST_TEST(line.end(2, kOk, 1s).out() == "forget 2 Success x1, attempt 3");
  line.set({.reserved_concurrency = 3}, 0, 1s);
  BOOST_TEST(line.out() == "attempt 4");
}

BOOST_AUTO_TEST_CASE(targets_take_turns_where_attempts_are_bounded) {
  Line line({.attempts_max = 1});
  line.set({}, 1);
  line.accept(1, 0s).accept(2, 0s).accept(3, 0s).accept(10, 0s, 1).accept(11, 0s, 1);
  BOOST_TEST(line.end(1, kOk, 1s).out() == "forget 1 Success x1, attempt 10");
  BOOST_TEST(line.end(10, kOk, 1s).out() == "forget 10 Success x1, attempt 2");
  BOOST_TEST(line.end(2, kOk, 1s).out() == "forget 2 Success x1, attempt 11");
  BOOST_TEST(line.end(11, kOk, 1s).out() == "forget 11 Success x1, attempt 3");
}

BOOST_AUTO_TEST_CASE(a_delivery_that_fails_is_made_again) {
  Line line({}, {.on_success = true});
  line.accept(1, 0s).end(1, kOk, 0s);
  BOOST_TEST(line.delivered(1, kNotRun, 1s).out() == "");
  BOOST_TEST((line.queue.next_wake() == at(2s)));
  BOOST_TEST(line.wake(2s).out() == "deliver 1 Success x1");
  BOOST_TEST(line.delivered(1, kNotRun, 2s).out() == "");
  BOOST_TEST((line.queue.next_wake() == at(4s)));
  BOOST_TEST(line.wake(4s).out() == "deliver 1 Success x1");
  BOOST_TEST(line.delivered(1, kOk, 4s).out() == "forget 1 Success x1");
}

BOOST_AUTO_TEST_CASE(an_event_of_a_deleted_function_is_forgotten_without_a_word) {
  Line line({}, {.on_success = true, .on_failure = true});
  line.accept(1, 0s);
  BOOST_TEST(line.end(1, AsyncOutcome::kRemoved, 1s).out() == "forget 1 FunctionRemoved x0");
}

BOOST_AUTO_TEST_CASE(inputs_about_what_is_gone_or_in_another_state_are_ignored) {
  Line line;
  line.accept(1, 0s);
  BOOST_TEST(line.delivered(1, kOk, 0s).out() == "");
  BOOST_TEST(line.end(2, kOk, 0s).out() == "");
  line.end(1, kError, 0s);
  BOOST_TEST(line.end(1, kOk, 0s).out() == "");  // it waits: nothing of it runs
  BOOST_TEST(line.queue.size() == 1);
}

BOOST_AUTO_TEST_CASE(the_time_scale_divides_waits_and_an_age_counts_them_in_full) {
  Line line({.time_scale = 1000}, {.age_max = 180s});
  BOOST_TEST(line.accept(1, 0s).end(1, kError, 0s).out() == "save 1 0.06s");
  line.wake(60ms);
  BOOST_TEST(line.end(1, kError, 60ms).out() == "save 1 0.18s");
  line.wake(180ms);
  BOOST_TEST(line.end(1, kError, 180ms).out() == "forget 1 RetriesExhausted x3");

  Line young({.time_scale = 1000}, {.age_max = 179s});
  young.accept(1, 0s).end(1, kError, 0s).wake(60ms);
  BOOST_TEST(young.end(1, kError, 60ms).out() == "forget 1 EventAgeExceeded x2");
}

BOOST_AUTO_TEST_CASE(a_stored_event_goes_on_where_it_was) {
  Line line;
  AsyncInput again{.kind = AsyncInputKind::kAccepted, .event = 7, .accepted = at(-100s)};
  again.progress = {.failures = 2, .throttles = 0, .due = at(20s)};
  BOOST_TEST(line.step(again, 0s).out() == "");
  BOOST_TEST((line.queue.next_wake() == at(20s)));
  BOOST_TEST(line.wake(20s).out() == "attempt 7");
  BOOST_TEST(line.end(7, kError, 21s).out() == "forget 7 RetriesExhausted x3");

  again.event = 8;
  again.progress.due = at(21s);  // passed while nobody was there
  BOOST_TEST(line.step(again, 21s).out() == "attempt 8");
  again.event = 9;
  again.accepted = at(-21'600s);
  BOOST_TEST(line.step(again, 21s).out() == "forget 9 EventAgeExceeded x2");
}

BOOST_AUTO_TEST_CASE(every_event_ends_once_whatever_happens) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    RandomStream random{seed, "async"};
    Line line({.attempts_max = 4}, {.reserved_concurrency = 3, .on_failure = true});
    line.set({.retries_max = 1, .age_max = 400s, .on_success = true}, 1);
    std::vector<AsyncEventId> running;
    std::vector<AsyncEventId> delivering;
    std::vector<int> ended(200);
    Duration now = 0s;
    const auto take = [&] {
      for (const AsyncEffect& effect : line.effects()) {
        if (effect.kind == AsyncEffectKind::kAttempt) running.push_back(effect.event);
        if (effect.kind == AsyncEffectKind::kDeliver) delivering.push_back(effect.event);
        if (effect.kind == AsyncEffectKind::kForget) ++ended[effect.event];
      }
      BOOST_TEST_REQUIRE(running.size() <= 4U);
    };
    AsyncEventId next = 0;
    while (next < 200 || line.queue.size() > 0) {
      now += std::chrono::milliseconds{random.next() % 3'000};
      const auto pick = [&random](std::vector<AsyncEventId>& from) {
        std::swap(from[random.next() % from.size()], from.back());
        const AsyncEventId id = from.back();
        from.pop_back();
        return id;
      };
      const auto choice = random.next() % 4;
      if (choice == 0 && next < 200) {
        line.accept(next, now, static_cast<AsyncTargetId>(next % 2));
        ++next;
      } else if (choice == 1 && !running.empty()) {
        constexpr AsyncOutcome kOutcomes[] = {kOk, kError, kNotRun, AsyncOutcome::kRemoved};
        line.end(pick(running), kOutcomes[random.next() % 4], now);
      } else if (choice == 2 && !delivering.empty()) {
        line.delivered(pick(delivering), random.next() % 3 == 0 ? kNotRun : kOk, now);
      } else {
        if (running.empty() && delivering.empty() && line.queue.next_wake() != kNever) {
          now = std::max(now, line.queue.next_wake().time_since_epoch());
        }
        line.wake(now);
      }
      take();
    }
    for (const int times : ended) BOOST_TEST_REQUIRE(times == 1);
    BOOST_TEST(line.queue.running() == 0);
    BOOST_TEST(line.queue.waiting() == 0);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace lambdarium::fleet
