// The loop, its timers, child processes and the file watch.
#include <fcntl.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <optional>
#include <set>
#include <thread>

#include "runtime-api/http/event_loop.h"
#include "runtime-api/http/file_watch.h"
#include "runtime-api/http/process.h"
#include "runtime-api/http/timer.h"

namespace lambdarium::http {
namespace {

constexpr Duration kPatience = 20s;

struct LoopFixture {
  EventLoop loop;
  void turn() {
    loop.run_until([] { return false; }, 1ms);
  }
};

BOOST_FIXTURE_TEST_SUITE(event_loop, LoopFixture)

BOOST_AUTO_TEST_CASE(posted_functions_run_in_order_from_any_thread) {
  std::vector<int> seen;
  std::thread thread{[this, &seen] {
    for (int i = 0; i < 100; ++i) loop.post([i, &seen] { seen.push_back(i); });
    loop.post([this] { loop.stop(); });
  }};
  loop.run();
  thread.join();
  BOOST_REQUIRE(seen.size() == 100u);
  for (int i = 0; i < 100; ++i) BOOST_TEST(seen[static_cast<std::size_t>(i)] == i);
}

BOOST_AUTO_TEST_CASE(deferred_functions_run_in_the_next_turn) {
  bool inner = false;
  loop.defer([this, &inner] { loop.defer([&inner] { inner = true; }); });
  BOOST_TEST(!inner);
  BOOST_TEST(loop.run_until([&inner] { return inner; }, kPatience));
}

BOOST_AUTO_TEST_CASE(work_runs_elsewhere_and_is_done_here) {
  std::thread::id worker;
  std::thread::id finisher;
  loop.queue_work([&worker] { worker = std::this_thread::get_id(); },
                  [&finisher, this] {
                    finisher = std::this_thread::get_id();
                    loop.stop();
                  });
  loop.run();
  BOOST_TEST((worker != std::this_thread::get_id()));
  BOOST_TEST((finisher == std::this_thread::get_id()));
}

BOOST_AUTO_TEST_CASE(stop_signals_call_back_instead_of_ending_the_process) {
  int got = 0;
  loop.on_stop_signal([this, &got](int signal) {
    got = signal;
    loop.on_stop_signal({});
    loop.stop();
  });
  raise(SIGTERM);
  loop.run();
  BOOST_TEST(got == SIGTERM);
}

BOOST_AUTO_TEST_CASE(run_until_gives_up_at_its_limit) {
  BOOST_TEST(!loop.run_until([] { return false; }, 2ms));
  BOOST_TEST(loop.run_until([] { return true; }, 0ns));
}

BOOST_AUTO_TEST_CASE(a_deadline_timer_is_never_early_and_fires_once) {
  Time fired{};
  int count = 0;
  DeadlineTimer timer{loop, [&](Time now) {
                        fired = now;
                        ++count;
                      }};
  const Time due = loop.now() + 800us;
  timer.arm(due);
  BOOST_TEST((timer.armed_for() == due));
  BOOST_TEST(loop.run_until([&count] { return count > 0; }, kPatience));
  BOOST_TEST((fired >= due));
  BOOST_TEST((timer.armed_for() == kNever));
  turn();
  BOOST_TEST(count == 1);
}

BOOST_AUTO_TEST_CASE(a_deadline_timer_moves_both_ways_and_is_disarmed) {
  int count = 0;
  DeadlineTimer timer{loop, [&count](Time) { ++count; }};
  timer.arm(loop.now() + 1h);
  timer.arm(loop.now() - 1h);  // due at once
  BOOST_TEST(loop.run_until([&count] { return count == 1; }, kPatience));
  const Time soon = loop.now() + 1ms;
  const Time later = soon + 3ms;
  timer.arm(soon);
  timer.arm(later);
  BOOST_TEST(loop.run_until([&count] { return count == 2; }, kPatience));
  BOOST_TEST((loop.now() >= later));
  timer.arm(loop.now() + 1ms);
  timer.disarm();
  loop.run_until([] { return false; }, 5ms);
  BOOST_TEST(count == 2);
}

BOOST_AUTO_TEST_CASE(timers_may_be_destroyed_and_armed_from_their_own_callback) {
  std::optional<DeadlineTimer> exact;
  int count = 0;
  exact.emplace(loop, [&](Time now) {
    if (++count < 3) {
      exact->arm(now + 1us);
    } else {
      exact.reset();
    }
  });
  exact->arm(loop.now());
  std::optional<CoarseTimeout> coarse;
  coarse.emplace(loop, [&coarse] { coarse.reset(); });
  coarse->set(1ms);
  BOOST_TEST(loop.run_until([&] { return !exact && !coarse; }, kPatience));
  BOOST_TEST(count == 3);
}

BOOST_AUTO_TEST_CASE(coarse_timeouts_are_never_early) {
  std::vector<Duration> late;
  std::vector<std::unique_ptr<CoarseTimeout>> timeouts;
  for (const Duration after : {0ms, 1ms, 99ms, 100ms, 101ms, 250ms}) {
    const Time due = loop.now() + after;
    timeouts.push_back(std::make_unique<CoarseTimeout>(
        loop, [this, &late, due] { late.push_back(loop.now() - due); }));
    timeouts.back()->set(after);
  }
  BOOST_TEST(loop.run_until([&late] { return late.size() == 6; }, kPatience));
  // libuv's clock counts whole milliseconds.
  for (const Duration by : late) BOOST_TEST((by > -2ms));
}

BOOST_AUTO_TEST_CASE(a_coarse_timeout_moves_both_ways_and_is_cleared) {
  int count = 0;
  CoarseTimeout timeout{loop, [&count] { ++count; }};
  timeout.set(1ms);
  timeout.set(1h);
  loop.run_until([] { return false; }, 300ms);
  BOOST_TEST(count == 0);
  timeout.set(1ms);
  BOOST_TEST(loop.run_until([&count] { return count == 1; }, kPatience));
  timeout.set(1ms);
  timeout.clear();
  loop.run_until([] { return false; }, 300ms);
  BOOST_TEST(count == 1);
  timeout.set(kForever);
  BOOST_TEST(!timeout.is_set());
}

BOOST_AUTO_TEST_SUITE_END()

struct ChildFixture : LoopFixture {
  std::optional<ExitStatus> exit;
  std::string out;
  std::string err;
  int ended = 0;
  std::unique_ptr<ChildProcess> child;

  ProcessEvents events() {
    ProcessEvents made;
    made.on_exit = [this](const ExitStatus& status) { exit = status; };
    made.on_output = [this](int fd, std::string_view bytes) {
      (fd == 1 ? out : err).append(bytes);
    };
    made.on_output_end = [this](int) { ++ended; };
    return made;
  }
  void spawn(SpawnOptions options) {
    auto spawned = ChildProcess::spawn(loop, std::move(options), events());
    BOOST_REQUIRE_MESSAGE(spawned.ok(), (spawned.ok() ? "" : spawned.error().message));
    child = *std::move(spawned);
  }
  void shell(const std::string& script, SpawnOptions options = {}) {
    options.file = "/bin/sh";
    options.args = {"-c", script};
    spawn(std::move(options));
  }
  bool wait() {
    return loop.run_until([this] { return exit.has_value() && ended == 2; }, kPatience);
  }
};

BOOST_FIXTURE_TEST_SUITE(child_process, ChildFixture)

BOOST_AUTO_TEST_CASE(output_and_exit_code_come_back) {
  shell("echo out; echo err >&2; exit 7");
  BOOST_TEST(child->pid() > 0);
  BOOST_TEST(wait());
  BOOST_TEST(out == "out\n");
  BOOST_TEST(err == "err\n");
  BOOST_TEST(exit->code == 7);
  BOOST_TEST(exit->signal == 0);
  BOOST_TEST(!child->running());
}

BOOST_AUTO_TEST_CASE(the_environment_and_folder_are_those_given_and_no_others) {
  setenv("LAMBDARIUM_TEST_INHERITED", "yes", 1);
  SpawnOptions options;
  options.env = {"ONLY=this", "PATH=/usr/bin:/bin"};
  options.cwd = "/";
  options.file = "env";
  spawn(std::move(options));
  BOOST_TEST(wait());
  BOOST_TEST(out == "ONLY=this\nPATH=/usr/bin:/bin\n");
}

BOOST_AUTO_TEST_CASE(a_signal_reaches_the_whole_group) {
  shell("sleep 1000 & echo started; wait");
  BOOST_TEST(loop.run_until([this] { return out == "started\n"; }, kPatience));
  BOOST_TEST(::getpgid(child->pid()) == child->pid());
  BOOST_TEST(::getsid(child->pid()) == child->pid());
  child->kill(SIGTERM);
  // The pipes end only when the grandchild is gone too.
  BOOST_TEST(wait());
  BOOST_TEST(exit->signal == SIGTERM);
}

BOOST_AUTO_TEST_CASE(what_a_process_leaves_behind_is_killed) {
  shell("sleep 1000 & exit 0");
  BOOST_TEST(wait());
  BOOST_TEST(exit->code == 0);
}

BOOST_AUTO_TEST_CASE(destruction_kills_and_reaps) {
  shell("echo started; sleep 1000");
  BOOST_TEST(loop.run_until([this] { return out == "started\n"; }, kPatience));
  const int pid = child->pid();
  child.reset();
  BOOST_TEST(loop.run_until([pid] { return ::kill(pid, 0) != 0; }, kPatience));
  BOOST_TEST(!exit.has_value());
}

BOOST_AUTO_TEST_CASE(a_callback_may_destroy_the_child) {
  ProcessEvents made = events();
  made.on_output = [this](int, std::string_view) { child.reset(); };
  auto spawned =
      ChildProcess::spawn(loop, {"/bin/sh", {"-c", "echo x; sleep 1000"}, {}, {}}, std::move(made));
  child = *std::move(spawned);
  BOOST_TEST(loop.run_until([this] { return child == nullptr; }, kPatience));
}

BOOST_AUTO_TEST_CASE(paused_output_holds_the_child) {
  shell("head -c 4000000 /dev/zero; echo done >&2");
  child->pause_output(1);
  loop.run_until([] { return false; }, 50ms);
  BOOST_TEST(err.empty());
  BOOST_TEST(out.size() <= 65'536u);
  child->resume_output(1);
  BOOST_TEST(wait());
  BOOST_TEST(out.size() == 4'000'000u);
  BOOST_TEST(err == "done\n");
}

BOOST_AUTO_TEST_CASE(input_is_written_and_closed) {
  SpawnOptions options;
  options.in = StdioMode::kPipe;
  shell("cat", std::move(options));
  child->write_input(std::string(1'000'000, 'i'));
  child->write_input("end");
  child->close_input();
  BOOST_TEST(wait());
  BOOST_TEST(child->pending_input() == 0u);
  BOOST_TEST(out.size() == 1'000'003u);
  BOOST_TEST(out.ends_with("iend"));
}

BOOST_AUTO_TEST_CASE(extra_descriptors_are_handed_down) {
  int pipe_ends[2];
  BOOST_REQUIRE(::pipe2(pipe_ends, O_CLOEXEC) == 0);
  SpawnOptions options;
  options.extra_fds = {pipe_ends[1]};
  shell("echo extra >&3", std::move(options));
  BOOST_TEST(wait());
  char text[16];
  BOOST_TEST(::read(pipe_ends[0], text, sizeof text) == 6);
  ::close(pipe_ends[0]);
  ::close(pipe_ends[1]);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_started_is_named) {
  const auto missing = ChildProcess::spawn(loop, {"/no/such/program", {}, {}, "/"}, events());
  BOOST_REQUIRE(!missing.ok());
  BOOST_TEST(missing.error().message ==
             "cannot start '/no/such/program' in folder '/': no such file or directory");
  BOOST_TEST(!ChildProcess::spawn(loop, {"/bin/true", {}, {}, "/no/such/folder"}, events()).ok());
  BOOST_TEST(!ChildProcess::spawn(loop, {"/etc/passwd", {}, {}, {}}, events()).ok());
}

BOOST_AUTO_TEST_SUITE_END()

struct WatchFixture : LoopFixture {
  std::filesystem::path folder;
  std::set<std::string> changed;
  std::unique_ptr<FileWatch> watch;

  WatchFixture() {
    std::string name = (std::filesystem::temp_directory_path() / "lam-watch-XXXXXX").string();
    folder = ::mkdtemp(name.data());
    std::filesystem::create_directories(folder / "sub");
    std::filesystem::create_directories(folder / "node_modules" / "x");
    auto started = FileWatch::start(loop, {folder.string(), 5ms}, [this](const auto& paths) {
      changed.insert(paths.begin(), paths.end());
    });
    watch = *std::move(started);
  }
  ~WatchFixture() {
    watch.reset();
    std::filesystem::remove_all(folder);
  }
  void touch(const std::string& path) { std::ofstream{folder / path} << "x"; }
  bool sees(const std::string& path) {
    return loop.run_until([this, path] { return changed.contains(path); }, kPatience);
  }
};

BOOST_FIXTURE_TEST_SUITE(file_watch, WatchFixture)

BOOST_AUTO_TEST_CASE(changes_at_any_depth_are_told_and_new_folders_are_added) {
  BOOST_TEST(watch->folder_count() == 2u);
  touch("a.py");
  BOOST_TEST(sees("a.py"));
  touch("sub/b.py");
  BOOST_TEST(sees("sub/b.py"));
  std::filesystem::create_directories(folder / "new" / "deep");
  touch("new/deep/c.py");
  BOOST_TEST(sees("new/deep/c.py"));
  BOOST_TEST(watch->folder_count() == 4u);
  std::filesystem::remove_all(folder / "new");
  BOOST_TEST(loop.run_until([this] { return watch->folder_count() == 2; }, kPatience));
}

BOOST_AUTO_TEST_CASE(skipped_folders_are_silent) {
  touch("node_modules/x/y.js");
  touch("z.js");
  BOOST_TEST(sees("z.js"));
  BOOST_TEST(changed == std::set<std::string>{"z.js"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(what_is_no_folder_is_named) {
  const auto started = FileWatch::start(loop, {"/no/such/folder"}, [](const auto&) {});
  BOOST_REQUIRE(!started.ok());
  BOOST_TEST(started.error().message == "cannot watch '/no/such/folder': not a folder");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace lambdarium::http
