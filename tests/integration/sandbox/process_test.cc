// How environments begin and end, whatever they are written in.

#include <sys/wait.h>

#include <csignal>

#include "tests/integration/sandbox/fixture.h"

namespace {

using namespace lambdarium;
using namespace lambdarium::sandbox;
using namespace lambdarium::sandbox::test;

struct ShellFixture : Fixture {
  EnvironmentOptions script(const std::string& text, bool executable = true) const {
    write(folder / "code/bootstrap", text, executable);
    return options("provided.al2023", "unused");
  }
  // A process of the handler that moved to a session of its own and lost its parent.
  std::string runaway(const std::string& then) const {
    return "#!/bin/sh\n(setsid sh -c 'echo $$ > " + (folder / "runaway") +
           "; exec sleep 600' &)\nwhile [ ! -s " + (folder / "runaway") +
           " ]; do sleep 0.01; done\n" + then;
  }
  int runaway_pid() {
    BOOST_REQUIRE(until([this] { return read(folder / "runaway").ends_with('\n'); }));
    return std::stoi(read(folder / "runaway"));
  }
  bool goes_away(int pid) {
    return until([pid] { return !is_running(pid); });
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(processes, ShellFixture)

BOOST_AUTO_TEST_CASE(a_native_function_serves_many_invocations) {
  EnvironmentOptions value = options("provided.al2023", "unused");
  value.function.code_directory = std::string{LAM_BINARY_DIR} + "/examples/first-steps/native";
  start_and_wait(value);
  for (int i = 0; i < 5; ++i) {
    const std::string payload = call("{\"n\":1000}").payload;
    BOOST_TEST(payload.find("\"primes\":168") != std::string::npos, payload);
  }
  BOOST_TEST(call("{\"a\":1}").payload.find("\"echo\":{\"a\":1}") != std::string::npos);
  BOOST_TEST(call("not json").payload.find("\"echo\":\"not json\"") != std::string::npos);
  BOOST_TEST(call("{\"requestContext\":{},\"queryStringParameters\":{\"n\":\"10\"}}")
                 .payload.find("\\\"primes\\\":4") != std::string::npos);
  const auto& failed = call("{\"fail\":true}");
  BOOST_TEST(failed.function_error);
  BOOST_TEST(failed.payload ==
             "{\"errorMessage\":\"failed as requested\",\"errorType\":"
             "\"Function.FailedAsRequested\",\"stackTrace\":[]}");
}

BOOST_AUTO_TEST_CASE(an_exit_before_the_first_next_is_an_init_failure_with_all_output) {
  start(script("#!/bin/sh\necho last words; echo to stderr >&2; exit 3\n"));
  const Failure& failure = wait_for_init_failure();
  BOOST_TEST((failure.kind == Failure::Kind::kExited));
  BOOST_TEST(failure.payload_for("id") ==
             "{\"errorType\":\"Runtime.ExitError\",\"errorMessage\":\"RequestId: id Error: "
             "Runtime exited with error: exit status 3\"}");
  BOOST_TEST(seen.log.find("last words\n") != std::string::npos);
  BOOST_TEST(seen.log.find("to stderr\n") != std::string::npos);
  BOOST_TEST(!environment->is_idle());
}

BOOST_AUTO_TEST_CASE(exit_0_and_signals_are_told_apart) {
  start(script("#!/bin/sh\nexit 0\n"));
  BOOST_TEST(wait_for_init_failure().message == "Runtime exited without providing a reason");
  start(script("#!/bin/sh\nkill -9 $$\n"));
  BOOST_TEST(wait_for_init_failure().message == "Runtime exited with error: signal: killed");
  start(script("#!/bin/sh\nulimit -c 0; kill -SEGV $$\n"));
  BOOST_TEST(wait_for_init_failure().message ==
             "Runtime exited with error: signal: segmentation fault");
}

BOOST_AUTO_TEST_CASE(an_exit_during_an_invocation_loses_the_environment) {
  if (!has_program("python3")) return;
  start_and_wait(python("import os\ndef handler(event, context):\n    os._exit(event)\n"));
  environment->invoke(invocation("7"));
  const Failure& loss = wait_for_loss();
  BOOST_TEST(seen.results.empty());
  BOOST_TEST(loss.message == "Runtime exited with error: exit status 7");
  BOOST_TEST(loss.status.code == 7);
  BOOST_TEST(environment->pid() == 0);
  BOOST_TEST(environment->max_memory_mb() > 1);  // its report names what was seen before
}

BOOST_AUTO_TEST_CASE(a_runtime_that_never_asks_runs_into_the_init_limit) {
  EnvironmentOptions value = script("#!/bin/sh\necho $$ > pid\nsleep 600\n");
  value.init_limit = 300ms;
  start(value);
  const Failure& failure = wait_for_init_failure();
  BOOST_TEST((failure.kind == Failure::Kind::kTimedOut));
  BOOST_TEST(failure.error_type == "Sandbox.Timedout");
  BOOST_TEST(failure.message == "Task timed out after 0.30 seconds");
  BOOST_TEST(!is_running(std::stoi(read(folder / "code/pid"))));
}

BOOST_AUTO_TEST_CASE(what_cannot_be_started_is_refused_with_a_reason) {
  const std::string code = folder / "code";
  std::filesystem::create_directories(code);
  start(options("provided.al2023", "x"));
  BOOST_TEST(seen.init_failures.empty());  // never from inside start()
  BOOST_TEST(wait_for_init_failure().payload_for("id") ==
             "{\"errorType\":\"Runtime.InvalidEntrypoint\",\"errorMessage\":\"RequestId: id Error: "
             "Couldn't find valid bootstrap(s): [" +
                 code + "/bootstrap /opt/bootstrap]\"}");

  start(script("#!/bin/sh\n", false));
  BOOST_TEST(wait_for_init_failure().error_type == "Runtime.InvalidEntrypoint");
  BOOST_TEST(seen.init_failures[0].message ==
             "fork/exec " + code + "/bootstrap: permission denied");

  EnvironmentOptions elsewhere = options("provided.al2023", "x");
  elsewhere.function.code_directory = folder / "nowhere";
  start(elsewhere);
  BOOST_TEST(wait_for_init_failure().error_type == "Runtime.InvalidWorkingDir");

  start(options("cobol60", "x"));
  BOOST_TEST(wait_for_init_failure().error_type == "Runtime.InvalidTaskConfig");

  const std::string path = std::getenv("PATH");
  setenv("PATH", (folder / "empty").c_str(), 1);
  start(options("nodejs20.x", "x"));
  BOOST_TEST(wait_for_init_failure().message.find("node is not in the PATH") != std::string::npos);
  setenv("PATH", path.c_str(), 1);
}

BOOST_AUTO_TEST_CASE(a_wrapper_script_goes_before_the_interpreter) {
  if (!has_program("python3")) return;
  EnvironmentOptions value = python("import os\ndef handler(e, c):\n    return os.environ['W']\n");
  write(folder / "code/wrapper", "#!/bin/sh\nW=wrapped exec \"$@\"\n", true);
  value.function.environment["AWS_LAMBDA_EXEC_WRAPPER"] = folder / "code/wrapper";
  start_and_wait(value);
  BOOST_TEST(call().payload == "\"wrapped\"");
  value.function.environment["AWS_LAMBDA_EXEC_WRAPPER"] = "/nowhere/wrapper";
  start(value);
  BOOST_TEST(wait_for_init_failure().message == "Runtime exited with error: exit status 127");
}

BOOST_AUTO_TEST_CASE(stop_reaches_a_grandchild_in_a_session_of_its_own) {
  start(script(runaway("sleep 600\n")));
  const int pid = runaway_pid();
  BOOST_TEST(is_running(pid));
  environment->stop();
  BOOST_TEST(goes_away(pid));
  BOOST_TEST(seen.init_failures.empty());
}

BOOST_AUTO_TEST_CASE(the_end_of_the_handler_is_the_end_of_its_grandchildren) {
  start(script(runaway("exit 5\n")));
  const int pid = runaway_pid();
  BOOST_TEST(wait_for_init_failure().status.code == 5);
  BOOST_TEST(goes_away(pid));
}

BOOST_AUTO_TEST_CASE(nothing_is_left_when_the_emulator_is_killed) {
  const EnvironmentOptions value = script(runaway("sleep 600\n"));
  const pid_t emulator = fork();
  if (emulator == 0) {
    http::EventLoop own_loop;
    SandboxOptions own;
    own.launcher = std::string{LAM_BINARY_DIR} + "/lambdarium-launcher";
    own.data_directory = folder / "other";
    Result<std::unique_ptr<Sandbox>> made = Sandbox::create(own_loop, own);
    Recorder ignored;
    if (!made.ok()) _exit(1);
    Environment victim{**made, value, ignored};
    victim.start();
    own_loop.run();
    _exit(0);
  }
  const int pid = runaway_pid();
  BOOST_TEST(is_running(pid));
  kill(emulator, SIGKILL);
  waitpid(emulator, nullptr, 0);
  BOOST_TEST(goes_away(pid));
  // Its folder is cleared away by the next one that comes.
  const std::string left = folder / ("other/tmp/run-" + std::to_string(emulator));
  BOOST_TEST(std::filesystem::exists(left));
  SandboxOptions next;
  next.launcher = std::string{LAM_BINARY_DIR} + "/lambdarium-launcher";
  next.data_directory = folder / "other";
  const Result<std::unique_ptr<Sandbox>> successor = Sandbox::create(loop, next);
  BOOST_REQUIRE(successor.ok());
  BOOST_TEST(until([&left] { return !std::filesystem::exists(left); }));
}

BOOST_AUTO_TEST_CASE(the_tmp_folder_is_private_and_may_be_handed_on) {
  if (!has_program("python3")) return;
  const EnvironmentOptions value = python(
      "import os, tempfile\n"
      "def handler(event, context):\n"
      "    name = os.path.join(tempfile.gettempdir(), 'kept')\n"
      "    found = os.path.exists(name)\n"
      "    open(name, 'w').close()\n"
      "    return [found, tempfile.gettempdir()]\n");
  start_and_wait(value);
  const std::string first = call().payload;
  BOOST_TEST(first.starts_with("[false, \"" + (folder / "data/tmp/run-")));
  environment->stop();
  EnvironmentOptions reset = value;
  reset.tmp_directory = environment->take_tmp_directory();
  const std::string kept = reset.tmp_directory;
  start_and_wait(reset);
  BOOST_TEST(call().payload.starts_with("[true, "));
  environment.reset();
  BOOST_TEST(until([&kept] { return !std::filesystem::exists(kept); }));
}

BOOST_AUTO_TEST_CASE(an_environment_may_be_destroyed_at_any_moment) {
  start(script("#!/bin/sh\nsleep 600\n"));
  environment.reset();
  start(script("#!/bin/sh\nsleep 600\n"));
  BOOST_REQUIRE(until([this] { return environment->pid() != 0; }));
  environment.reset();
  EnvironmentOptions value = options("provided.al2023", "unused");
  value.function.code_directory = std::string{LAM_BINARY_DIR} + "/examples/first-steps/native";
  start_and_wait(value);
  environment->invoke(invocation("{\"sleep_ms\":60000}"));
  environment.reset();
  sandbox.reset();
}

BOOST_AUTO_TEST_SUITE_END()
