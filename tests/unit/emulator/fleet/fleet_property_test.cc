// Random histories, seeded: whatever happens, nothing is lost, nothing is answered twice, limits
// hold, and the same events give the same effects after a round trip through the text of a recorded
// run.

#include <map>
#include <set>

#include <boost/test/unit_test.hpp>

#include "models/base/random.h"
#include "tests/unit/emulator/fleet/scenario.h"

using namespace lambdarium;
using namespace lambdarium::fleet;

namespace {

PlatformSettings random_platform(RandomStream& random) {
  PlatformSettings settings;
  settings.seed = random.next();
  settings.account_concurrency = 1 + static_cast<std::int64_t>(random.below(12));
  settings.keep_alive.ttl = Duration{static_cast<std::int64_t>(random.below(5'000'000'000))};
  settings.keep_alive.name =
      random.below(5) == 0 ? policies::KeepAliveName::kNone : policies::KeepAliveName::kFixed;
  settings.keep_alive.clock = static_cast<policies::KeepAliveClock>(random.below(3));
  settings.dispatch = static_cast<policies::DispatchOrder>(random.below(6));
  settings.queue.order = static_cast<policies::QueueOrder>(random.below(4));
  if (random.below(2) == 0) settings.queue.max_length = static_cast<std::int64_t>(random.below(4));
  if (random.below(2) == 0) settings.queue.max_wait = 1s;
  if (random.below(2) == 0)
    settings.max_environments = 1 + static_cast<std::int64_t>(random.below(6));
  if (random.below(3) == 0) settings.memory_capacity_mb = 512;
  if (random.below(3) == 0) settings.scaling_rate = ScalingRate{3, 1s};
  settings.eviction = static_cast<policies::Eviction>(random.below(5));
  settings.pending_start = static_cast<PendingStart>(random.below(2));
  settings.no_memory = static_cast<NoMemory>(random.below(2));
  settings.at_expiry = static_cast<AtExpiry>(random.below(2));
  return settings;
}

FunctionSettings random_function(RandomStream& random) {
  FunctionSettings settings;
  settings.memory_mb = 128 << random.below(2);
  settings.timeout = 1s;
  settings.concurrency = 1 + static_cast<std::int64_t>(random.below(2));
  if (random.below(4) == 0)
    settings.reserved_concurrency = static_cast<std::int64_t>(random.below(3));
  settings.provisioned_concurrency = random.below(5) == 0 ? 1 : 0;
  return settings;
}

struct Answered {
  int rejected = 0;
  int charged = 0;
};

class History {
 public:
  explicit History(std::uint64_t seed)
      : random_(seed, "fleet-property"), platform_(random_platform(random_)), scenario_(platform_) {
    for (FunctionId id = 0; id < 3; ++id) {
      settings_.push_back(random_function(random_));
      // Versions of one function share its pool.
      if (id > 0 && random_.below(3) == 0) settings_.back().pool_group = 0;
      scenario_.add(settings_.back());
      note("function-set", describe(id, settings_.back()));
    }
  }

  void run(int steps) {
    for (int i = 0; i < steps; ++i) step();
    drain();
  }

  void check_answers() const {
    BOOST_TEST(answers_.size() == arrivals_);
    for (const auto& [invocation, answer] : answers_) {
      BOOST_TEST_INFO("invocation " << invocation);
      BOOST_TEST(answer.rejected + answer.charged == 1);
    }
    BOOST_TEST(scenario_.fleet.in_flight() == 0);
    BOOST_TEST(scenario_.fleet.queued() == 0);
  }

  // The recorded lines, decided again by a fresh fleet.
  void check_twin() const {
    auto platform = parse_platform(describe(platform_));
    BOOST_REQUIRE(platform.ok());
    Fleet fleet{*platform};
    std::vector<Effect> effects;
    std::size_t line = 0;
    while (line < lines_.size()) {
      const Line& event = lines_[line++];
      effects.clear();
      if (event.name == "function-set") {
        auto set = parse_function_set(event.detail);
        BOOST_REQUIRE(set.ok());
        fleet.set_function(set->id, set->settings, event.at, effects);
      } else {
        auto parsed = parse_event(event.name, event.detail);
        BOOST_REQUIRE(parsed.ok());
        fleet.step(*parsed, event.at, effects);
      }
      for (const Effect& effect : effects) {
        BOOST_REQUIRE(line < lines_.size());
        BOOST_REQUIRE_EQUAL(lines_[line].name, std::string{to_string(effect.kind)});
        BOOST_REQUIRE_EQUAL(lines_[line].detail, describe(effect));
        ++line;
      }
    }
  }

 private:
  struct Line {
    Time at;
    std::string name;
    std::string detail;
  };
  struct Run {
    EnvironmentRef environment;
    InvocationId invocation;
  };

  void step() {
    now_ += Duration{static_cast<std::int64_t>(random_.below(400'000'000))};
    const Time wake = scenario_.fleet.next_wake();
    if (wake <= now_) {
      now_ = std::max(wake, scenario_.now);
      apply({.kind = EventKind::kWoken});
      return;
    }
    const std::uint64_t choice = random_.below(10);
    if (choice < 5) {
      Event event{.kind = EventKind::kArrived};
      event.function = static_cast<FunctionId>(random_.below(3));
      event.invocation = arrivals_++;
      event.expected = Duration{static_cast<std::int64_t>(random_.below(1000))};
      answers_[event.invocation];
      apply(event);
    } else if (choice < 7 && !starting_.empty()) {
      const EnvironmentRef environment = take(starting_);
      const bool fails = random_.below(8) == 0;
      const bool again = fails && random_.below(2) == 0;  // in the first invocation
      apply({.kind = fails && !again ? EventKind::kEnvironmentLost : EventKind::kEnvironmentReady,
             .outcome = fails ? Outcome::kInitError : Outcome::kOk,
             .environment = environment});
    } else if (choice < 9 && !running_.empty()) {
      end_one();
    } else if (choice == 9) {
      const auto id = static_cast<FunctionId>(random_.below(3));
      settings_[id].revision += random_.below(2);
      if (random_.below(3) == 0) {
        settings_[id].provisioned_concurrency = static_cast<std::int64_t>(random_.below(3));
      }
      scenario_.change(id, settings_[id], now_);
      note("function-set", describe(id, settings_[id]));
      observe();
    }
  }

  void end_one() {
    const Run run = take(running_);
    const bool crash = random_.below(10) == 0;
    apply({.kind = crash ? EventKind::kEnvironmentLost : EventKind::kInvocationEnded,
           .outcome = !crash                  ? Outcome::kOk
                      : random_.below(3) == 0 ? Outcome::kInitError
                                              : Outcome::kCrashed,
           .environment = run.environment,
           .invocation = run.invocation});
  }

  // Lets everything come to an end: each start succeeds, each run ends, each wait is over.
  void drain() {
    for (int i = 0; i < 100'000 && (!starting_.empty() || !running_.empty()); ++i) {
      now_ += 1ms;
      if (scenario_.fleet.next_wake() <= now_) {
        apply({.kind = EventKind::kWoken});
      } else if (!starting_.empty()) {
        apply({.kind = EventKind::kEnvironmentReady, .environment = take(starting_)});
      } else {
        const Run run = take(running_);
        apply({.kind = EventKind::kInvocationEnded,
               .environment = run.environment,
               .invocation = run.invocation});
      }
    }
    while (scenario_.fleet.queued() > 0 && scenario_.fleet.next_wake() != kNever) {
      now_ = std::max(now_, scenario_.fleet.next_wake());
      apply({.kind = EventKind::kWoken});
    }
  }

  template <class T>
  T take(std::vector<T>& from) {
    const auto index = static_cast<std::ptrdiff_t>(random_.below(from.size()));
    const T value = from[static_cast<std::size_t>(index)];
    from.erase(from.begin() + index);
    return value;
  }

  void apply(const Event& event) {
    note(std::string{to_string(event.kind)}, describe(event));
    scenario_.step(event, now_);
    observe();
  }

  void note(const std::string& name, const std::string& detail) {
    lines_.push_back({now_, name, detail});
    for_settings_ = name == "function-set";
    if (for_settings_ && lines_.size() <= 6) observe();
  }

  void observe() {
    for (const Effect& effect : scenario_.effects) {
      lines_.push_back({now_, std::string{to_string(effect.kind)}, describe(effect)});
      switch (effect.kind) {
        case EffectKind::kStartEnvironment:
          BOOST_TEST(serials_.insert(effect.environment.serial).second);
          starting_.push_back(effect.environment);
          break;
        case EffectKind::kDispatch: {
          running_.push_back({effect.environment, effect.invocation});
          const auto on_it = std::count_if(running_.begin(), running_.end(), [&](const Run& run) {
            return run.environment == effect.environment;
          });
          BOOST_TEST(on_it <= settings_[effect.function].concurrency);
          break;
        }
        case EffectKind::kRetireEnvironment:
          std::erase(starting_, effect.environment);
          std::erase_if(running_,
                        [&](const Run& run) { return run.environment == effect.environment; });
          break;
        case EffectKind::kReject:
          ++answers_[effect.invocation].rejected;
          break;
        case EffectKind::kFail:
          std::erase_if(running_,
                        [&](const Run& run) { return run.invocation == effect.invocation; });
          // One that shared a failed start has no environment to be charged for.
          shared_failures_.insert(effect.invocation);
          break;
        case EffectKind::kCharge:
          shared_failures_.erase(effect.invocation);
          ++answers_[effect.invocation].charged;
          break;
      }
    }
    for (const InvocationId invocation : shared_failures_) ++answers_[invocation].charged;
    shared_failures_.clear();
    scenario_.effects.clear();
    const Population& population = scenario_.fleet.population();
    BOOST_TEST(population.total == population.starting + population.busy + population.idle);
    BOOST_TEST(population.idle_memory_mb <= population.memory_mb);
  }

  RandomStream random_;
  PlatformSettings platform_;
  Scenario scenario_;
  std::vector<FunctionSettings> settings_;
  Time now_;
  bool for_settings_ = false;
  std::uint64_t arrivals_ = 0;
  std::map<InvocationId, Answered> answers_;
  std::set<InvocationId> shared_failures_;
  std::set<std::uint32_t> serials_;
  std::vector<EnvironmentRef> starting_;
  std::vector<Run> running_;
  std::vector<Line> lines_;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(fleet_property)

BOOST_AUTO_TEST_CASE(every_invocation_is_answered_once_and_the_twin_decides_alike) {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    BOOST_TEST_CONTEXT("seed " << seed) {
      History history{seed};
      history.run(300);
      history.check_answers();
      history.check_twin();
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
