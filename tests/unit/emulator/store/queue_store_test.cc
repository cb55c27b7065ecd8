#include "emulator/store/queue_store.h"

#include <boost/test/unit_test.hpp>
#include <condition_variable>
#include <mutex>
#include <utility>

#include "emulator/store/sqlite.h"
#include "tests/unit/emulator/store/temporary_folder.h"

namespace lambdarium::store {
namespace {

using queues::Change;
using testing::TemporaryFolder;

// An open store that remembers what was committed.
class Opened {
 public:
  explicit Opened(const std::filesystem::path& folder) {
    QueueStoreOptions options;
    options.committed = [this](const std::vector<std::uint64_t>& tokens, const Status& status) {
      const std::lock_guard lock{mutex_};
      (status.ok() ? committed_ : failed_) += tokens.size();
      heard_.notify_all();
    };
    auto opened = QueueStore::open(folder, std::move(options));
    if (!opened.ok()) BOOST_FAIL(opened.error().to_string());
    store_ = *std::move(opened);
  }
  QueueStore* operator->() { return store_.get(); }
  void write(std::vector<QueueChange> changes) {
    store_->write(std::move(changes), ++token_);
    std::unique_lock lock{mutex_};
    heard_.wait(lock, [this] { return committed_ + failed_ == token_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable heard_;
  std::size_t committed_ = 0;
  std::size_t failed_ = 0;
  std::uint64_t token_ = 0;
  std::unique_ptr<QueueStore> store_;  // last: its thread ends before what it reports to
};

Change put_queue(queues::QueueId id, std::string name) {
  queues::QueueRecord record;
  record.id = id;
  record.name = std::move(name);
  record.created = at(1s);
  record.modified = at(2s);
  BOOST_TEST(!queues::change(record.settings, {{"VisibilityTimeout", "7"}}));
  record.tags = {{"t", "ü"}};
  Change change;
  change.kind = Change::Kind::kPutQueue;
  change.queue = id;
  change.record = std::make_shared<const queues::QueueRecord>(std::move(record));
  return change;
}

Change put_message(queues::QueueId queue, queues::MessageKey key, std::string body = "text") {
  auto message = std::make_shared<queues::Message>();
  message->key = key;
  message->id = "id-" + std::to_string(key);
  message->body = std::move(body);
  message->attributes = {{"b", {"Binary", std::string("\0\xff", 2)}}, {"s", {"String", "v"}}};
  message->trace_header = "Root=1";
  message->group_id = "g";
  message->sender = "me";
  message->sent = at(3s);
  Change change;
  change.kind = Change::Kind::kPutMessage;
  change.queue = queue;
  change.key = key;
  change.message = message;
  change.state.queue = queue;
  change.state.visible_at = at(4s);
  return change;
}

Change of_kind(Change::Kind kind, queues::QueueId queue, queues::MessageKey key = 0) {
  Change change;
  change.kind = kind;
  change.queue = queue;
  change.key = key;
  return change;
}

BOOST_AUTO_TEST_SUITE(queue_store)

BOOST_AUTO_TEST_CASE(what_was_committed_is_found_again) {
  const TemporaryFolder folder;
  {
    Opened store{folder.path()};
    store.write({put_queue(1, "a"), put_message(1, 10), put_message(1, 11)});
    Change state = of_kind(Change::Kind::kStateMessage, 1, 11);
    state.state = {.queue = 1,
                   .visible_at = at(9s),
                   .first_received = at(8s),
                   .receive_count = 3,
                   .receive_count_here = 2,
                   .dead_letter_source = "arn"};
    store.write({state, MappingChange{"u", "{}"}, MappingChange{"v", "{}"}});
    store.write({MappingChange{"v", std::nullopt}});
  }
  Opened store{folder.path()};
  const StoredQueues stored = store->take_stored();
  BOOST_REQUIRE(stored.queues.size() == 1);
  BOOST_TEST(stored.queues[0].name == "a");
  BOOST_TEST(stored.queues[0].settings.visibility_s == 7);
  BOOST_TEST(stored.queues[0].tags.at("t") == "ü");
  BOOST_TEST((stored.queues[0].modified == at(2s)));
  BOOST_REQUIRE(stored.messages.size() == 2);
  const queues::Message& first = *stored.messages[0].message;
  BOOST_TEST(first.key == 10U);
  BOOST_TEST(first.body == "text");
  BOOST_TEST((first.attributes.at("b").value == std::string("\0\xff", 2)));
  BOOST_TEST(first.attributes.at("s").type == "String");
  BOOST_TEST(first.trace_header == "Root=1");
  BOOST_TEST((stored.messages[0].state.first_received == kNever));
  BOOST_TEST((stored.messages[0].state.visible_at == at(4s)));
  BOOST_TEST(stored.messages[1].state.receive_count == 3);
  BOOST_TEST(stored.messages[1].state.receive_count_here == 2);
  BOOST_TEST(stored.messages[1].state.dead_letter_source == "arn");
  BOOST_REQUIRE(stored.mappings.size() == 1);
  BOOST_TEST(stored.mappings[0].uuid == "u");
  BOOST_TEST(store->take_stored().queues.empty());
}

BOOST_AUTO_TEST_CASE(what_was_removed_is_gone) {
  const TemporaryFolder folder;
  {
    Opened store{folder.path()};
    store.write({put_queue(1, "a"), put_queue(2, "b"), put_message(1, 1), put_message(2, 2),
                 put_message(2, 3), put_message(2, 4)});
    store.write({of_kind(Change::Kind::kRemoveQueue, 1)});
    store.write({of_kind(Change::Kind::kPurgeQueue, 2, 2)});
    store.write({of_kind(Change::Kind::kRemoveMessage, 2, 3)});
  }
  Opened store{folder.path()};
  const StoredQueues stored = store->take_stored();
  BOOST_REQUIRE(stored.queues.size() == 1);
  BOOST_TEST(stored.queues[0].name == "b");
  BOOST_REQUIRE(stored.messages.size() == 1);
  BOOST_TEST(stored.messages[0].message->key == 4U);
}

BOOST_AUTO_TEST_CASE(changes_that_nobody_waits_for_are_written_in_order_and_at_the_end) {
  const TemporaryFolder folder;
  {
    Opened store{folder.path()};
    store->write({put_queue(1, "a")}, 0);
    store->write({put_message(1, 1)}, 0);
    store->write({of_kind(Change::Kind::kRemoveMessage, 1, 1)}, 0);
    store->write({put_message(1, 2)}, 0);
    BOOST_TEST(store->close().ok());
  }
  Opened store{folder.path()};
  const StoredQueues stored = store->take_stored();
  BOOST_REQUIRE(stored.messages.size() == 1);
  BOOST_TEST(stored.messages[0].message->key == 2U);
}

BOOST_AUTO_TEST_CASE(a_database_of_another_program_is_left_alone) {
  const TemporaryFolder folder;
  {
    auto other = Database::open(folder.path() / "queues.sqlite", Database::Access::kCreate);
    BOOST_REQUIRE(other.ok());
    BOOST_TEST((*other)->execute("CREATE TABLE t (x)").ok());
  }
  QueueStoreOptions options;
  options.committed = [](const std::vector<std::uint64_t>&, const Status&) {};
  const auto opened = QueueStore::open(folder.path(), std::move(options));
  BOOST_REQUIRE(!opened.ok());
  BOOST_TEST(opened.error().message.find("another program") != std::string::npos);
  BOOST_TEST(opened.error().message.find("--data") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace lambdarium::store
