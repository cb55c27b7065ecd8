// What an environment does now and then: the memory limit, freeze and thaw.

#include "tests/integration/sandbox/fixture.h"

namespace {

using namespace lambdarium;
using namespace lambdarium::sandbox;
using namespace lambdarium::sandbox::test;

SandboxOptions with(bool memory_limit, bool freeze) {
  SandboxOptions options;
  options.memory_limit = memory_limit;
  options.freeze = freeze;
  return options;
}

// Takes event["mb"] megabytes, and where it is told to, in a child; then waits for a file.
constexpr const char* kGreedy = R"(
import os, time
def handler(event, context):
    pid = os.fork() if event.get("child") else 0
    if pid == 0:
        block = bytearray(event["mb"] << 20)
        for at in range(0, len(block), 4096): block[at] = 1
        while not os.path.exists(event["until"]): time.sleep(0.01)
        if event.get("child"): os._exit(0)
    else:
        os.waitpid(pid, 0)
    return "done"
)";

// Counts in the background, into a file.
constexpr const char* kTicking = R"(
import os, subprocess, threading, time
def tick():
    n = 0
    while True:
        n += 1
        with open("ticks.new", "w") as file: file.write(str(n))
        os.rename("ticks.new", "ticks")
        time.sleep(0.002)
threading.Thread(target=tick, daemon=True).start()
child = subprocess.Popen(["sleep", "600"], start_new_session=True)
def handler(event, context): return child.pid
)";

struct Limited : Fixture {
  Limited() : Fixture(with(true, false)) {}
};
struct Unlimited : Fixture {
  Unlimited() : Fixture(with(false, false)) {}
};
struct Freezing : Fixture {
  Freezing() : Fixture(with(true, true)) {}
  std::string ticks() const { return read(folder / "code/ticks"); }
};

char state_of(int pid) {
  const std::string record = read("/proc/" + std::to_string(pid) + "/stat");
  const std::size_t bracket = record.rfind(')');
  return bracket == std::string::npos ? '?' : record[bracket + 2];
}

}  // namespace

BOOST_AUTO_TEST_SUITE(care)

BOOST_FIXTURE_TEST_CASE(what_takes_more_memory_than_it_has_is_killed, Limited) {
  if (!has_program("python3")) return;
  start_and_wait(python(kGreedy));
  environment->invoke(invocation("{\"mb\":300,\"until\":\"never\"}"));
  BOOST_TEST(wait_for_loss().message == "Runtime exited with error: signal: killed");
  BOOST_TEST(seen.losses[0].error_type == "Runtime.ExitError");
  BOOST_TEST(environment->max_memory_mb() >= 128);
}

BOOST_FIXTURE_TEST_CASE(memory_of_its_children_counts, Limited) {
  if (!has_program("python3")) return;
  start_and_wait(python(kGreedy));
  environment->invoke(invocation("{\"mb\":300,\"child\":true,\"until\":\"never\"}"));
  BOOST_TEST(wait_for_loss().message == "Runtime exited with error: signal: killed");
}

BOOST_FIXTURE_TEST_CASE(what_keeps_within_its_memory_is_left_alone, Limited) {
  if (!has_program("python3")) return;
  EnvironmentOptions value = python(kGreedy);
  value.function.memory_mb = 512;
  start_and_wait(value);
  http::DeadlineTimer release{loop, [this](Time) { write(folder / "code/go", ""); }};
  release.arm(loop.now() + 500ms);  // several looks later
  BOOST_TEST(call("{\"mb\":300,\"until\":\"go\"}").payload == "\"done\"");
}

BOOST_FIXTURE_TEST_CASE(without_the_limit_it_may_take_more, Unlimited) {
  if (!has_program("python3")) return;
  start_and_wait(python(kGreedy));
  http::DeadlineTimer release{loop, [this](Time) { write(folder / "code/go", ""); }};
  release.arm(loop.now() + 500ms);
  BOOST_TEST(call("{\"mb\":300,\"until\":\"go\"}").payload == "\"done\"");
}

BOOST_AUTO_TEST_CASE(the_headroom_grows_with_the_memory) {
  BOOST_TEST(memory_headroom_mb(128) == 16);
  BOOST_TEST(memory_headroom_mb(256) == 16);
  BOOST_TEST(memory_headroom_mb(1024) == 64);
  BOOST_TEST(memory_headroom_mb(10'240) == 640);
}

BOOST_FIXTURE_TEST_CASE(an_idle_environment_stands_still_until_it_is_called, Freezing) {
  if (!has_program("python3")) return;
  start_and_wait(python(kTicking));
  const int elsewhere = std::stoi(call().payload);  // moved to a session of its own
  const int launcher = environment->pid();
  BOOST_REQUIRE(until([elsewhere] { return state_of(elsewhere) == 'T'; }));
  BOOST_TEST(state_of(launcher) != 'T');
  const std::string before = ticks();
  http::DeadlineTimer timer{loop, [](Time) {}};
  timer.arm(loop.now() + 100ms);
  loop.run_until([&timer] { return timer.armed_for() == kNever; }, kLimit);
  BOOST_TEST(ticks() == before);

  BOOST_TEST(call().payload == std::to_string(elsewhere));
  BOOST_REQUIRE(until([this, &before] { return ticks() != before; }));
  BOOST_REQUIRE(until([elsewhere] { return state_of(elsewhere) == 'T'; }));  // and again
  environment->stop();
  BOOST_TEST(until([elsewhere] { return !is_running(elsewhere); }));
}

BOOST_FIXTURE_TEST_CASE(without_freeze_the_background_goes_on, Limited) {
  if (!has_program("python3")) return;
  start_and_wait(python(kTicking));
  call();
  for (int i = 0; i < 3; ++i) {
    const std::string before = read(folder / "code/ticks");
    BOOST_REQUIRE(until([&] { return read(folder / "code/ticks") != before; }));
  }
}

BOOST_FIXTURE_TEST_CASE(new_code_of_the_same_size_and_second_is_compiled_anew, Limited) {
  if (!has_program("python3")) return;
  const std::string file = folder / "code/app.py";
  start_and_wait(python("def handler(event, context): return 1\n"));
  BOOST_TEST(call().payload == "1");
  const auto written = std::filesystem::last_write_time(file);
  const EnvironmentOptions again = python("def handler(event, context): return 2\n");
  std::filesystem::last_write_time(file, written);
  sandbox->forget_compiled(folder / "code");
  start_and_wait(again);
  BOOST_TEST(call().payload == "2");
  sandbox->forget_compiled(folder / "never seen");  // nothing to forget
  sandbox->forget_compiled("relative");
}

BOOST_AUTO_TEST_SUITE_END()
