#include "emulator/store/run_store.h"

#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <csignal>
#include <thread>

#include "tests/unit/emulator/store/temporary_folder.h"

namespace lambdarium::store {
namespace {

namespace fs = std::filesystem;
using testing::count_entries;
using testing::read_file;
using testing::TemporaryFolder;
using Mode = RunWriterOptions::Mode;

std::unique_ptr<RunWriter> make_writer(const fs::path& path, const RunWriterOptions& options = {}) {
  auto writer = RunWriter::create(path, options);
  BOOST_REQUIRE_MESSAGE(writer.ok(), (writer.ok() ? std::string{} : writer.error().message));
  return *std::move(writer);
}

std::unique_ptr<RunReader> open_run(const fs::path& path) {
  auto reader = RunReader::open(path);
  BOOST_REQUIRE_MESSAGE(reader.ok(), (reader.ok() ? std::string{} : reader.error().message));
  return *std::move(reader);
}

void run_sql(const fs::path& file, const char* sql) {
  sqlite3* database = nullptr;
  BOOST_REQUIRE(sqlite3_open(file.c_str(), &database) == SQLITE_OK);
  BOOST_REQUIRE(sqlite3_exec(database, sql, nullptr, nullptr, nullptr) == SQLITE_OK);
  sqlite3_close(database);
}

void write_example(RunSink& sink) {
  sink.meta("seed", "1");
  sink.meta("seed", "2");
  sink.function(
      {.id = 0, .name = "f", .runtime = "python3.12", .memory_mb = 128, .timeout_ms = 3000});
  FunctionRecord unknown;
  unknown.id = 1;
  unknown.name = "g";
  sink.function(unknown);
  InvocationRecord full;
  full.id = "r-1";
  full.function = 1;
  full.arrival_ns = 10;
  full.queue_ns = 0;
  full.init_ns = 20;
  full.duration_ns = 30;
  full.billed_ms = 1;
  full.memory_mb = 128;
  full.max_memory_mb = 40;
  full.outcome = "ok";
  full.cold = true;
  full.environment = 7;
  full.route = "GET /x";
  full.request_bytes = 5;
  full.response_bytes = 6;
  sink.invocation(full);
  InvocationRecord thin;
  thin.id = "r-2";
  thin.arrival_ns = 11;
  thin.outcome = "throttled";
  sink.invocation(thin);
  EnvironmentRecord starting;
  starting.id = 7;
  starting.function = 1;
  starting.started_ns = 10;
  sink.environment(starting);
  sink.environment(
      {.id = 7, .function = 1, .started_ns = 10, .ready_ns = 30, .ended_ns = 99, .why = "expired"});
  sink.decision({.at_ns = 10, .event = "arrived", .command = "", .detail = "function=1"});
  sink.decision({.at_ns = 10, .event = "arrived", .command = "start", .detail = "environment=7"});
  sink.meter({.meter = "requests",
              .quantity = "2",
              .unit = "request",
              .unit_price = "0.0000002",
              .amount = "0.0000004"});
  sink.meter({.meter = "free", .quantity = "1", .unit = "x", .unit_price = "", .amount = ""});
  sink.sample({.at_ns = 5, .series = "busy", .value = 1.5});
  sink.sample({.at_ns = 6, .series = "busy", .value = std::nan("")});
}

void check_example(const fs::path& path) {
  const auto run = open_run(path);
  BOOST_TEST(run->meta("seed") == "2");
  BOOST_TEST(run->meta("format") == "lambdarium-run");
  BOOST_TEST(run->meta("version") == "1");
  BOOST_TEST(run->meta("nothing") == "");

  const auto functions = read_all(run->functions());
  BOOST_REQUIRE((functions.ok() && functions->size() == 2));
  BOOST_TEST(functions->at(0).runtime == "python3.12");
  BOOST_TEST(functions->at(1).runtime == "");
  BOOST_TEST(functions->at(1).memory_mb == -1);
  BOOST_TEST(functions->at(1).concurrency == 1);

  const auto invocations = read_all(run->invocations());
  BOOST_REQUIRE((invocations.ok() && invocations->size() == 2));
  const InvocationRecord& full = invocations->at(0);
  BOOST_TEST(full.id == "r-1");
  BOOST_TEST(full.version == "$LATEST");
  BOOST_TEST(full.queue_ns == 0);
  BOOST_TEST(full.init_ns == 20);
  BOOST_TEST(full.duration_ns == 30);
  BOOST_TEST(full.billed_ms == 1);
  BOOST_TEST(full.max_memory_mb == 40);
  BOOST_TEST(full.outcome == "ok");
  BOOST_TEST(full.cold);
  BOOST_TEST(full.environment == 7);
  BOOST_TEST(full.route == "GET /x");
  BOOST_TEST(full.request_bytes == 5);
  BOOST_TEST(full.response_bytes == 6);
  const InvocationRecord& thin = invocations->at(1);
  BOOST_TEST(thin.queue_ns == -1);
  BOOST_TEST(thin.route == "");
  BOOST_TEST(!thin.cold);

  const auto environments = read_all(run->environments());
  BOOST_REQUIRE((environments.ok() && environments->size() == 1));
  BOOST_TEST(environments->at(0).why == "expired");
  BOOST_TEST(environments->at(0).ended_ns == 99);

  const auto decisions = read_all(run->decisions());
  BOOST_REQUIRE((decisions.ok() && decisions->size() == 2));
  BOOST_TEST(decisions->at(0).command == "");
  BOOST_TEST(decisions->at(1).command == "start");
  BOOST_TEST(decisions->at(1).detail == "environment=7");

  const auto meters = read_all(run->meters());
  BOOST_REQUIRE((meters.ok() && meters->size() == 2));
  BOOST_TEST(meters->at(0).unit_price == "0.0000002");
  BOOST_TEST(meters->at(1).amount == "");

  const auto samples = read_all(run->samples());
  BOOST_REQUIRE((samples.ok() && samples->size() == 2));
  BOOST_TEST(samples->at(0).value == 1.5);
  BOOST_TEST(std::isnan(samples->at(1).value));
  BOOST_TEST(*run->count("decisions") == 2);
  BOOST_TEST(!run->count("decisions; DROP TABLE meta").ok());
}

BOOST_AUTO_TEST_SUITE(run_store)

BOOST_AUTO_TEST_CASE(a_run_written_directly_comes_back) {
  const TemporaryFolder folder;
  const auto writer = make_writer(folder / "r.sqlite");
  write_example(*writer);
  BOOST_TEST(writer->finish().ok());
  check_example(folder / "r.sqlite");
  BOOST_TEST(open_run(folder / "r.sqlite")->finished());
  BOOST_TEST(count_entries(folder.path()) == 1U);  // no log and no temporary file beside it
}

BOOST_AUTO_TEST_CASE(a_run_written_in_the_background_comes_back) {
  const TemporaryFolder folder;
  const auto writer = make_writer(folder / "r.sqlite", {.mode = Mode::kBackground});
  write_example(*writer);
  BOOST_TEST(writer->finish().ok());
  check_example(folder / "r.sqlite");
  BOOST_TEST(count_entries(folder.path()) == 1U);
}

BOOST_AUTO_TEST_CASE(groups_of_every_size_give_the_same_run) {
  for (const std::size_t group : {1U, 2U, 3U, 1000U}) {
    for (const Mode mode : {Mode::kDirect, Mode::kBackground}) {
      const TemporaryFolder folder;
      const auto writer = make_writer(folder / "r.sqlite", {.mode = mode, .group_rows = group});
      write_example(*writer);
      BOOST_TEST(writer->finish().ok());
      check_example(folder / "r.sqlite");
    }
  }
}

BOOST_AUTO_TEST_CASE(decisions_keep_their_order_over_many_groups) {
  const TemporaryFolder folder;
  const auto writer = make_writer(
      folder / "r.sqlite", {.mode = Mode::kBackground, .group_rows = 100, .group_delay = 1ms});
  for (std::int64_t i = 0; i < 5'000; ++i)
    writer->decision({.at_ns = i, .event = "woken", .command = "", .detail = ""});
  BOOST_REQUIRE(writer->finish().ok());
  BOOST_TEST(writer->dropped_rows() == 0U);
  const auto run = open_run(folder / "r.sqlite");
  auto rows = run->decisions();
  BOOST_REQUIRE(rows.ok());
  DecisionRecord record;
  std::int64_t expected = 0;
  while (rows->next(record)) BOOST_REQUIRE(record.at_ns == expected++);
  BOOST_TEST(rows->status().ok());
  BOOST_TEST(expected == 5'000);
  BOOST_TEST(!rows->next(record));  // the end stays the end
}

BOOST_AUTO_TEST_CASE(all_columns_that_are_promised_are_there) {
  const TemporaryFolder folder;
  const auto writer = make_writer(folder / "r.sqlite");
  BOOST_REQUIRE(writer->finish().ok());
  run_sql(folder / "r.sqlite",
          "SELECT id, function, version, arrival_ns, queue_ns, init_ns, duration_ns, billed_ms, "
          "memory_mb, max_memory_mb, outcome, cold, environment, route, gpu_partition, batch, "
          "request_bytes, response_bytes FROM invocations;"
          "SELECT id, function, started_ns, ready_ns, ended_ns, why FROM environments;"
          "SELECT seq, at_ns, event, command, detail FROM decisions;"
          "SELECT key, value FROM meta; SELECT * FROM functions; SELECT * FROM meters; SELECT * "
          "FROM samples");
}

BOOST_AUTO_TEST_CASE(a_full_queue_drops_rows_and_says_how_many) {
  const TemporaryFolder folder;
  // The thread waits a minute for its group, so the queue fills.
  const auto writer = make_writer(
      folder / "r.sqlite",
      {.mode = Mode::kBackground, .group_rows = 1'000, .queue_rows = 10, .group_delay = 60s});
  for (std::int64_t i = 0; i < 15; ++i) writer->sample({.at_ns = i, .series = "s", .value = 0});
  BOOST_TEST(writer->dropped_rows() == 5U);
  BOOST_REQUIRE(writer->finish().ok());
  const auto run = open_run(folder / "r.sqlite");
  BOOST_TEST(*run->count("samples") == 10);
  BOOST_TEST(run->meta("dropped_rows") == "5");
}

BOOST_AUTO_TEST_CASE(rows_after_the_end_are_discarded_and_finish_answers_the_same) {
  for (const Mode mode : {Mode::kDirect, Mode::kBackground}) {
    const TemporaryFolder folder;
    const auto writer = make_writer(folder / "r.sqlite", {.mode = mode});
    BOOST_TEST(writer->finish().ok());
    write_example(*writer);
    BOOST_TEST(writer->finish().ok());
    BOOST_TEST(*open_run(folder / "r.sqlite")->count("decisions") == 0);
  }
}

BOOST_AUTO_TEST_CASE(a_writer_that_is_dropped_finishes_its_run) {
  const TemporaryFolder folder;
  write_example(*make_writer(folder / "r.sqlite", {.mode = Mode::kBackground}));
  check_example(folder / "r.sqlite");
}

BOOST_AUTO_TEST_CASE(a_run_is_readable_while_it_is_written) {
  const TemporaryFolder folder;
  const auto writer = make_writer(folder / "r.sqlite", {.group_rows = 2});
  writer->meta("a", "1");
  writer->meta("b", "2");
  writer->meta("c", "3");
  const auto run = open_run(folder / "r.sqlite");
  BOOST_TEST(run->meta("b") == "2");
  BOOST_TEST(run->meta("c") == "");  // its group is still open
  BOOST_TEST(!run->finished());
  BOOST_TEST(writer->finish().ok());
}

BOOST_AUTO_TEST_CASE(a_run_of_a_killed_program_is_readable_up_to_its_last_group) {
  const TemporaryFolder folder;
  int ready[2];
  BOOST_REQUIRE(::pipe(ready) == 0);
  const ::pid_t child = ::fork();
  BOOST_REQUIRE(child >= 0);
  if (child == 0) {
    auto writer = RunWriter::create(folder / "r.sqlite", {.group_rows = 100});
    if (!writer.ok()) ::_exit(1);
    for (std::int64_t i = 0; i < 1'050; ++i)
      (*writer)->sample({.at_ns = i, .series = "s", .value = 1});
    if (::write(ready[1], "x", 1) != 1) ::_exit(1);
    for (;;) ::pause();
  }
  ::close(ready[1]);
  char byte = 0;
  const ::ssize_t got = ::read(ready[0], &byte, 1);
  ::close(ready[0]);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  BOOST_REQUIRE(got == 1);
  {
    const auto run = open_run(folder / "r.sqlite");
    BOOST_TEST(*run->count("samples") == 1'000);
    BOOST_TEST(!run->finished());
  }
  // And it can be replaced by a new run.
  const auto writer = make_writer(folder / "r.sqlite");
  BOOST_TEST(writer->finish().ok());
  BOOST_TEST(*open_run(folder / "r.sqlite")->count("samples") == 0);
}

BOOST_AUTO_TEST_CASE(a_run_replaces_a_run_and_nothing_else) {
  const TemporaryFolder folder;
  { write_example(*make_writer(folder / "r.sqlite")); }
  BOOST_TEST(make_writer(folder / "r.sqlite")->finish().ok());
  BOOST_TEST(*open_run(folder / "r.sqlite")->count("decisions") == 0);

  folder.write("thesis.txt", "years of work");
  const auto refused = RunWriter::create(folder / "thesis.txt");
  BOOST_REQUIRE(!refused.ok());
  BOOST_TEST(refused.error().message ==
             (folder / "thesis.txt").string() +
                 " exists and is not a recorded run; remove it or choose another name");
  BOOST_TEST((refused.error().code == ErrorCode::kInvalidInput));
  BOOST_TEST(read_file(folder / "thesis.txt") == "years of work");
  BOOST_TEST(!RunWriter::create(folder.path()).ok());
  folder.write("empty", "");
  BOOST_TEST(make_writer(folder / "empty")->finish().ok());
}

BOOST_AUTO_TEST_CASE(a_folder_that_does_not_exist_is_named) {
  const TemporaryFolder folder;
  const auto refused = RunWriter::create(folder / "none" / "r.sqlite");
  BOOST_REQUIRE(!refused.ok());
  BOOST_TEST(refused.error().message == "cannot write " + (folder / "none" / "r.sqlite").string() +
                                            ": the folder " + (folder / "none").string() +
                                            " does not exist");
}

BOOST_AUTO_TEST_CASE(files_that_are_no_runs_are_refused_by_name) {
  const TemporaryFolder folder;
  const auto message = [](const fs::path& path) {
    const auto reader = RunReader::open(path);
    BOOST_REQUIRE(!reader.ok());
    return reader.error().message;
  };
  BOOST_TEST(message(folder / "none") == (folder / "none").string() + " does not exist");
  BOOST_TEST(message(folder.path()) ==
             folder.path().string() + " is not a recorded run: it is not a file");
  const fs::path text = folder.write("text", std::string(5'000, 'x'));
  BOOST_TEST(message(text) ==
             text.string() + " is not a recorded run: it is damaged or not an SQLite database");
  run_sql(folder / "other", "CREATE TABLE t (x)");
  BOOST_TEST(message(folder / "other") ==
             (folder / "other").string() + " is not a recorded run: it has no table 'meta'");
  run_sql(folder / "foreign",
          "CREATE TABLE meta (key, value); INSERT INTO meta VALUES ('format', 'x')");
  BOOST_TEST(
      message(folder / "foreign") ==
      (folder / "foreign").string() +
          " is not a recorded run: its meta key 'format' is 'x' instead of 'lambdarium-run'");
}

BOOST_AUTO_TEST_CASE(a_run_of_a_later_format_is_refused) {
  const TemporaryFolder folder;
  BOOST_REQUIRE(make_writer(folder / "r.sqlite")->finish().ok());
  run_sql(folder / "r.sqlite", "UPDATE meta SET value = '2' WHERE key = 'version'");
  const auto reader = RunReader::open(folder / "r.sqlite");
  BOOST_REQUIRE(!reader.ok());
  BOOST_TEST(reader.error().message == (folder / "r.sqlite").string() +
                                           " was recorded by a later version of this program "
                                           "(format version 2; this one reads up to 1)");
}

BOOST_AUTO_TEST_CASE(two_cursors_of_one_reader_do_not_disturb_each_other) {
  const TemporaryFolder folder;
  { write_example(*make_writer(folder / "r.sqlite")); }
  const auto run = open_run(folder / "r.sqlite");
  auto first = run->decisions();
  auto second = run->decisions();
  BOOST_REQUIRE((first.ok() && second.ok()));
  DecisionRecord a;
  DecisionRecord b;
  BOOST_TEST(first->next(a));
  BOOST_TEST(first->next(a));
  BOOST_TEST(second->next(b));
  BOOST_TEST(a.command == "start");
  BOOST_TEST(b.command == "");
}

BOOST_AUTO_TEST_CASE(rows_may_come_from_several_threads_in_the_background_mode) {
  const TemporaryFolder folder;
  const auto writer = make_writer(folder / "r.sqlite", {.mode = Mode::kBackground});
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([sink = writer.get()] {
        for (std::int64_t n = 0; n < 500; ++n)
          sink->sample({.at_ns = n, .series = "s", .value = 1});
      });
    }
  }
  BOOST_TEST(writer->finish().ok());
  BOOST_TEST(*open_run(folder / "r.sqlite")->count("samples") == 2'000);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace lambdarium::store
