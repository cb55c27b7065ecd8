#include "emulator/store/event_store.h"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <condition_variable>
#include <csignal>
#include <mutex>
#include <set>
#include <utility>

#include "emulator/store/sqlite.h"
#include "models/base/random.h"
#include "tests/unit/emulator/store/temporary_folder.h"

namespace lambdarium::store {
namespace {

using testing::TemporaryFolder;

std::shared_ptr<StoredEvent> event(std::uint64_t id, std::string payload = "{}") {
  auto made = std::make_shared<StoredEvent>();
  made->id = id;
  made->request_id = "request-" + std::to_string(id);
  made->function = "f";
  made->qualifier = "live";
  made->arn = "arn:aws:lambda:us-east-1:000000000000:function:f:live";
  made->trace_id = "Root=1-2-3";
  made->payload = std::move(payload);
  made->accepted_unix_ms = 1'700'000'000'000 + static_cast<std::int64_t>(id);
  return made;
}

// An open store that remembers what was committed.
class Opened {
 public:
  explicit Opened(const std::filesystem::path& folder, EventStoreOptions options = {}) {
    options.committed = [this](std::vector<std::uint64_t> ids, const Status& status) {
      const std::lock_guard lock{mutex_};
      groups.push_back(ids.size());
      for (const std::uint64_t id : ids) (status.ok() ? committed : failed).push_back(id);
      if (!status.ok()) error = status.error().message;
      heard_.notify_all();
    };
    auto opened = EventStore::open(folder, std::move(options));
    if (!opened.ok()) BOOST_FAIL(opened.error().to_string());
    store_ = *std::move(opened);
  }
  EventStore* operator->() { return store_.get(); }
  void wait_for(std::size_t count) {
    std::unique_lock lock{mutex_};
    heard_.wait(lock, [&] { return committed.size() + failed.size() >= count; });
  }
  std::vector<std::uint64_t> stored_ids() {
    std::vector<std::uint64_t> ids;
    for (const auto& found : store_->take_stored()) ids.push_back(found->id);
    return ids;
  }

  std::vector<std::uint64_t> committed;
  std::vector<std::uint64_t> failed;
  std::vector<std::size_t> groups;
  std::string error;

 private:
  std::mutex mutex_;
  std::condition_variable heard_;
  std::unique_ptr<EventStore> store_;
};

BOOST_AUTO_TEST_SUITE(event_store)

BOOST_AUTO_TEST_CASE(what_was_appended_is_found_again_in_its_order) {
  const TemporaryFolder folder;
  {
    Opened store{folder.path()};
    BOOST_TEST(store.stored_ids().empty());
    BOOST_TEST(store->first_free_id() == 1U);
    for (const std::uint64_t id : {1, 2, 3}) {
      store->append(event(id, R"({"n":)" + std::to_string(id) + ",\"text\":\"\u00e9\"}"));
    }
    BOOST_TEST(store->close().ok());
    BOOST_TEST(store.committed == (std::vector<std::uint64_t>{1, 2, 3}),
               boost::test_tools::per_element());
  }
  Opened again{folder.path()};
  BOOST_TEST(again->first_free_id() == 4U);
  const auto stored = again->take_stored();
  BOOST_TEST_REQUIRE(stored.size() == 3U);
  BOOST_TEST((*stored[1] == *event(2, "{\"n\":2,\"text\":\"\u00e9\"}")));
  BOOST_TEST(again->take_stored().empty());
}

BOOST_AUTO_TEST_CASE(progress_and_removals_are_kept) {
  const TemporaryFolder folder;
  const EventProgress progress{
      .failures = 2, .throttles = 1, .due_unix_ms = 5, .skipped_ms = 119'880};
  {
    Opened store{folder.path()};
    for (const std::uint64_t id : {1, 2, 3}) store->append(event(id));
    store.wait_for(3);
    store->save(2, {.failures = 1});
    store->save(2, progress);
    store->save(3, progress);
    store->remove(3);
    store->remove(77);  // never was
    BOOST_TEST(store->close().ok());
  }
  Opened again{folder.path()};
  const auto stored = again->take_stored();
  BOOST_TEST_REQUIRE(stored.size() == 2U);
  BOOST_TEST(stored[0]->id == 1U);
  BOOST_TEST((stored[0]->progress == EventProgress{}));
  BOOST_TEST((stored[1]->progress == progress));
}

BOOST_AUTO_TEST_CASE(events_are_committed_in_groups_of_bounded_size) {
  const TemporaryFolder folder;
  EventStoreOptions options;
  options.group_events_max = 10;
  Opened store{folder.path(), std::move(options)};
  for (std::uint64_t id = 1; id <= 95; ++id) store->append(event(id));
  store.wait_for(95);
  BOOST_TEST(store->close().ok());
  for (const std::size_t size : store.groups) BOOST_TEST(size <= 10U);
  for (std::size_t i = 0; i < 95; ++i) BOOST_TEST_REQUIRE(store.committed[i] == i + 1);
}

BOOST_AUTO_TEST_CASE(large_payloads_fill_a_group_too) {
  const TemporaryFolder folder;
  EventStoreOptions options;
  options.group_bytes_max = 1;
  Opened store{folder.path(), std::move(options)};
  for (std::uint64_t id = 1; id <= 5; ++id) store->append(event(id));
  BOOST_TEST(store->close().ok());
  BOOST_TEST(store.groups == (std::vector<std::size_t>{1, 1, 1, 1, 1}),
             boost::test_tools::per_element());
}

// Runs `child` in a process of its own, which SIGKILL ends once it has written `bytes` to its pipe.
// Returns what it wrote: 8 bytes for each number.
template <class Child>
std::vector<std::uint64_t> numbers_of_killed(std::size_t count, Child child) {
  int pipe_ends[2] = {};
  BOOST_REQUIRE(::pipe(pipe_ends) == 0);
  const pid_t pid = ::fork();
  BOOST_REQUIRE(pid >= 0);
  if (pid == 0) {
    ::close(pipe_ends[0]);
    child(pipe_ends[1]);
    ::_exit(1);
  }
  ::close(pipe_ends[1]);
  std::vector<std::uint64_t> numbers;
  std::uint64_t number = 0;
  const auto read_one = [&] {
    if (::read(pipe_ends[0], &number, sizeof number) != sizeof number) return false;
    numbers.push_back(number);
    return true;
  };
  while (numbers.size() < count && read_one()) {
  }
  ::kill(pid, SIGKILL);
  while (read_one()) {
  }
  ::close(pipe_ends[0]);
  int status = 0;
  BOOST_REQUIRE(::waitpid(pid, &status, 0) == pid);
  BOOST_TEST(WIFSIGNALED(status));
  return numbers;
}

BOOST_AUTO_TEST_CASE(what_was_reported_survives_a_process_that_is_killed) {
  const std::uint64_t seed = 20'261'124;
  BOOST_TEST_MESSAGE("seed " << seed);
  RandomStream random{seed, "kills"};
  const TemporaryFolder folder;
  std::set<std::uint64_t> reported;
  for (int round = 0; round < 5; ++round) {
    const std::size_t kill_after = 1 + random.next() % 400;
    const auto numbers = numbers_of_killed(kill_after, [&](int out) {
      EventStoreOptions options;
      options.group_events_max = 50;
      options.committed = [out](const std::vector<std::uint64_t>& ids, const Status& status) {
        if (!status.ok()) ::_exit(2);
        for (const std::uint64_t id : ids) {
          if (::write(out, &id, sizeof id) != sizeof id) ::_exit(3);
        }
      };
      auto opened = EventStore::open(folder.path(), std::move(options));
      if (!opened.ok()) ::_exit(4);
      const std::uint64_t first = (*opened)->first_free_id();
      for (std::uint64_t i = 0; i < 4'000; ++i) (*opened)->append(event(first + i));
      for (;;) ::pause();
    });
    BOOST_TEST(numbers.size() >= kill_after);
    reported.insert(numbers.begin(), numbers.end());
  }
  Opened store{folder.path()};
  const auto stored = store.stored_ids();
  const std::set<std::uint64_t> found{stored.begin(), stored.end()};
  BOOST_TEST(std::includes(found.begin(), found.end(), reported.begin(), reported.end()));
}

BOOST_AUTO_TEST_CASE(a_full_disk_is_reported_and_what_was_to_be_removed_is_removed_later) {
  const TemporaryFolder folder;
  const pid_t pid = ::fork();
  BOOST_REQUIRE(pid >= 0);
  if (pid == 0) {
    ::signal(SIGXFSZ, SIG_IGN);
    EventStoreOptions options;
    options.retry_delay = 1ms;
    Opened store{folder.path(), std::move(options)};
    store->append(event(1));
    store.wait_for(1);
    const rlimit small{.rlim_cur = 64 << 10, .rlim_max = RLIM_INFINITY};
    ::setrlimit(RLIMIT_FSIZE, &small);
    store->append(event(2, std::string(1 << 20, 'x')));
    store->remove(1);
    store.wait_for(2);
    const rlimit large{.rlim_cur = RLIM_INFINITY, .rlim_max = RLIM_INFINITY};
    ::setrlimit(RLIMIT_FSIZE, &large);
    store->append(event(3));
    store.wait_for(3);
    const bool closed = store->close().ok();
    const bool expected = store.committed == std::vector<std::uint64_t>{1, 3} &&
                          store.failed == std::vector<std::uint64_t>{2} &&
                          store.error.find("events.sqlite") != std::string::npos;
    ::_exit(closed && expected ? 0 : 1);
  }
  int status = 0;
  BOOST_REQUIRE(::waitpid(pid, &status, 0) == pid);
  BOOST_TEST(WIFEXITED(status));
  BOOST_TEST(WEXITSTATUS(status) == 0);
  Opened again{folder.path()};
  BOOST_TEST(again.stored_ids() == std::vector<std::uint64_t>{3}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(files_of_others_and_of_later_versions_are_refused_by_name) {
  const auto refused = [](const TemporaryFolder& folder) {
    EventStoreOptions options;
    options.committed = [](std::vector<std::uint64_t>, const Status&) {};
    auto opened = EventStore::open(folder.path(), std::move(options));
    BOOST_TEST_REQUIRE(!opened.ok());
    BOOST_TEST((opened.error().code == ErrorCode::kInvalidInput));
    BOOST_TEST(opened.error().message.find("events.sqlite") != std::string::npos);
    return opened.error().message;
  };
  const TemporaryFolder text;
  text.write("events.sqlite", std::string(8'192, 'x'));
  BOOST_TEST(refused(text).find("move it away") != std::string::npos);

  const TemporaryFolder foreign;
  {
    auto database = Database::open(foreign / "events.sqlite", Database::Access::kCreate);
    BOOST_REQUIRE(database.ok());
    BOOST_TEST((*database)->execute("CREATE TABLE t (x)").ok());
  }
  BOOST_TEST(refused(foreign).find("another program") != std::string::npos);

  const TemporaryFolder later;
  { Opened store{later.path()}; }
  {
    auto database = Database::open(later / "events.sqlite", Database::Access::kWrite);
    BOOST_REQUIRE(database.ok());
    BOOST_TEST((*database)->execute("PRAGMA user_version=2").ok());
  }
  BOOST_TEST(refused(later).find("schema 2") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace lambdarium::store
