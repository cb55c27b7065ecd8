// Real environments of real functions in a temporary folder, for the tests of the sandbox.

#pragma once

#include <unistd.h>

#include <boost/test/unit_test.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "runtime-api/http/event_loop.h"
#include "runtime-api/http/timer.h"
#include "runtime-api/sandbox/environment.h"
#include "runtime-api/sandbox/interpreters.h"
#include "runtime-api/sandbox/sandbox.h"

namespace lambdarium::sandbox::test {

// Long enough for a busy machine; nothing waits this long when all is well.
inline constexpr Duration kLimit = 30s;

inline bool has_program(const char* name) {
  const char* path = std::getenv("PATH");
  if (path != nullptr && !find_in_path(name, path).empty()) return true;
  BOOST_TEST_MESSAGE("skipped: no " << name << " on this machine");
  return false;
}

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "lam-sandbox-XXXXXX").string();
    BOOST_REQUIRE(mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

inline void write(const std::string& file, const std::string& text, bool executable = false) {
  std::filesystem::create_directories(std::filesystem::path(file).parent_path());
  std::ofstream{file} << text;
  if (executable) {
    std::filesystem::permissions(file, std::filesystem::perms::owner_all);
  }
}

inline std::string read(const std::string& file) {
  std::ifstream stream{file};
  return {std::istreambuf_iterator<char>{stream}, {}};
}

// False for a process that is gone, and for one that only waits to be collected.
inline bool is_running(int pid) {
  const std::string record = read("/proc/" + std::to_string(pid) + "/stat");
  const std::size_t bracket = record.rfind(')');
  return bracket != std::string::npos && record.size() > bracket + 2 && record[bracket + 2] != 'Z';
}

struct Recorder final : Listener {
  int ready = 0;
  int idle = 0;
  std::vector<Failure> init_failures;
  std::vector<Failure> losses;
  std::vector<runtime_api::InvocationResult> results;
  std::string log;

  void on_ready(Environment&, Duration) override { ++ready; }
  void on_init_failed(Environment&, const Failure& failure) override {
    init_failures.push_back(failure);
  }
  void on_result(Environment&, runtime_api::InvocationResult&& result) override {
    results.push_back(std::move(result));
  }
  void on_idle(Environment&, const runtime_api::Idle&) override { ++idle; }
  void on_lost(Environment&, const Failure& failure) override { losses.push_back(failure); }
  void on_log(Environment&, std::string_view bytes) override { log += bytes; }
};

struct Fixture {
  TemporaryFolder folder;
  http::EventLoop loop;
  std::unique_ptr<Sandbox> sandbox;
  Recorder seen;
  std::unique_ptr<Environment> environment;
  int invocations = 0;

  explicit Fixture(SandboxOptions options = {}) {
    options.launcher = std::string{LAM_BINARY_DIR} + "/lambdarium-launcher";
    options.data_directory = folder / "data";
    Result<std::unique_ptr<Sandbox>> made = Sandbox::create(loop, options);
    BOOST_REQUIRE_MESSAGE(made.ok(), (made.ok() ? "" : made.error().to_string()));
    sandbox = *std::move(made);
  }

  EnvironmentOptions options(const std::string& runtime, const std::string& handler) const {
    EnvironmentOptions value;
    value.function.name = "f";
    value.function.runtime = runtime;
    value.function.handler = handler;
    value.function.code_directory = folder / "code";
    value.log_stream = "2024/05/06/[$LATEST]0123456789abcdef0123456789abcdef";
    return value;
  }
  EnvironmentOptions python(const std::string& source) const {
    write(folder / "code/app.py", source);
    return options("python3.12", "app.handler");
  }
  EnvironmentOptions node(const std::string& source, const std::string& file = "index.mjs") const {
    write(folder / "code/" + file, source);
    return options("nodejs20.x", "index.handler");
  }

  void start(EnvironmentOptions value) {
    environment.reset();
    seen = Recorder{};
    environment = std::make_unique<Environment>(*sandbox, std::move(value), seen);
    environment->start();
  }
  void start_and_wait(EnvironmentOptions value) {
    start(std::move(value));
    const bool settled =
        loop.run_until([this] { return seen.ready > 0 || !seen.init_failures.empty(); }, kLimit);
    BOOST_REQUIRE(settled);
    BOOST_REQUIRE_MESSAGE(seen.ready == 1, seen.log);
  }
  const Failure& wait_for_init_failure() {
    BOOST_REQUIRE(
        loop.run_until([this] { return seen.ready > 0 || !seen.init_failures.empty(); }, kLimit));
    BOOST_REQUIRE_MESSAGE(seen.init_failures.size() == 1, seen.log);
    return seen.init_failures.front();
  }
  const Failure& wait_for_loss() {
    BOOST_REQUIRE(loop.run_until([this] { return !seen.losses.empty(); }, kLimit));
    return seen.losses.front();
  }

  runtime_api::Invocation invocation(const std::string& payload) {
    runtime_api::Invocation value;
    value.request_id = "00000000-0000-4000-8000-00000000000" + std::to_string(++invocations);
    value.deadline_ms = loop.unix_ns() / 1'000'000 + 30'000;
    value.function_arn = "arn:aws:lambda:us-east-1:000000000000:function:f";
    value.trace_id = "Root=1-00000000-00000000000000000000000" + std::to_string(invocations);
    value.payload = payload;
    return value;
  }
  // The result of one whole invocation.
  const runtime_api::InvocationResult& call(const std::string& payload = "{}") {
    const std::size_t before = seen.results.size();
    const int idle_before = seen.idle;
    environment->invoke(invocation(payload));
    const bool ended = loop.run_until(
        [this, idle_before] { return seen.idle > idle_before || !seen.losses.empty(); }, kLimit);
    BOOST_REQUIRE_MESSAGE(ended, seen.log);
    BOOST_REQUIRE_MESSAGE(seen.results.size() == before + 1, seen.log);
    return seen.results.back();
  }
  // For conditions outside the loop, which it cannot be woken for: looks every few milliseconds.
  template <class Condition>
  bool until(Condition condition) {
    http::DeadlineTimer* timer = nullptr;
    http::DeadlineTimer tick{loop, [&timer](Time now) { timer->arm(now + 5ms); }};
    timer = &tick;
    tick.arm(loop.now());
    return loop.run_until([&condition] { return condition(); }, kLimit);
  }
  bool log_holds(const std::string& text) {
    return loop.run_until([this, &text] { return seen.log.find(text) != std::string::npos; },
                          kLimit);
  }
};

}  // namespace lambdarium::sandbox::test
