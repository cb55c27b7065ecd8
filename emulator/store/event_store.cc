#include "emulator/store/event_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

#include "emulator/store/sqlite.h"

namespace lambdarium::store {
namespace {

namespace fs = std::filesystem;

// In the SQLite header: "LAME".
constexpr std::int64_t kApplicationId = 0x4c414d45;
constexpr std::int64_t kVersion = 1;
constexpr const char* kSchema = R"sql(
CREATE TABLE events (
  id INTEGER PRIMARY KEY,
  request_id TEXT NOT NULL,
  function TEXT NOT NULL,
  qualifier TEXT NOT NULL,
  arn TEXT NOT NULL,
  trace_id TEXT NOT NULL,
  accepted_unix_ms INTEGER NOT NULL,
  failures INTEGER NOT NULL,
  throttles INTEGER NOT NULL,
  due_unix_ms INTEGER NOT NULL,
  skipped_ms INTEGER NOT NULL,
  payload TEXT NOT NULL
) STRICT;
)sql";

struct Change {
  std::uint64_t id = 0;
  bool removed = false;
  EventProgress progress;
};

std::int64_t signed_id(std::uint64_t id) {
  return static_cast<std::int64_t>(id);
}

}  // namespace

// The database and its statements belong to the thread, once it runs; everything under `mutex` is
// shared.
struct EventStore::Impl {
  EventStoreOptions options;
  std::unique_ptr<Database> database;
  Statement insert;
  Statement update;
  Statement erase;
  std::vector<std::shared_ptr<const StoredEvent>> stored;
  std::uint64_t first_free_id = 1;

  std::mutex mutex;
  std::condition_variable wake;
  std::vector<std::shared_ptr<const StoredEvent>> appended;
  std::vector<Change> changes;
  bool stopping = false;
  bool closed = false;
  Status close_status;

  std::jthread thread;  // last: ends before what it uses

  Status prepare();
  Status load();
  void run();
  std::vector<std::shared_ptr<const StoredEvent>> take_group();
  Status write(const std::vector<std::shared_ptr<const StoredEvent>>& group,
               const std::vector<Change>& changed);
  Status write_event(const StoredEvent& event);
  Status write_change(const Change& change);
};

Status EventStore::Impl::prepare() {
  LAM_TRY_STATUS(adopt_schema(*database, kSchema, {kApplicationId, kVersion}));
  // With FULL, a commit is on the disk before it is reported.
  LAM_TRY_STATUS(database->execute("PRAGMA journal_mode=WAL"));
  LAM_TRY_STATUS(database->execute("PRAGMA synchronous=FULL"));
  LAM_TRY_STATUS(database->execute("PRAGMA journal_size_limit=67108864"));
  LAM_TRY_STATUS(database->execute("PRAGMA incremental_vacuum"));
  LAM_TRY(insert,
          database->prepare("INSERT INTO events (id, request_id, function, qualifier, arn, "
                            "trace_id, accepted_unix_ms, failures, throttles, due_unix_ms, "
                            "skipped_ms, payload) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"));
  LAM_TRY(update,
          database->prepare("UPDATE events SET failures = ?, throttles = ?, due_unix_ms = ?, "
                            "skipped_ms = ? WHERE id = ?"));
  LAM_TRY(erase, database->prepare("DELETE FROM events WHERE id = ?"));
  return load();
}

Status EventStore::Impl::load() {
  LAM_TRY(Statement row,
          database->prepare("SELECT id, request_id, function, qualifier, arn, trace_id, "
                            "accepted_unix_ms, failures, throttles, due_unix_ms, skipped_ms, "
                            "payload FROM events ORDER BY id"));
  for (;;) {
    LAM_TRY(const bool any, row.step());
    if (!any) return {};
    auto event = std::make_shared<StoredEvent>();
    int column = 0;
    event->id = static_cast<std::uint64_t>(row.integer(column++));
    event->request_id = row.text(column++);
    event->function = row.text(column++);
    event->qualifier = row.text(column++);
    event->arn = row.text(column++);
    event->trace_id = row.text(column++);
    event->accepted_unix_ms = row.integer(column++);
    event->progress.failures = static_cast<std::int32_t>(row.integer(column++));
    event->progress.throttles = static_cast<std::int32_t>(row.integer(column++));
    event->progress.due_unix_ms = row.integer(column++);
    event->progress.skipped_ms = row.integer(column++);
    event->payload = row.text(column++);
    first_free_id = event->id + 1;
    stored.push_back(std::move(event));
  }
}

// Requires the mutex. What has come together, as far as a group goes.
std::vector<std::shared_ptr<const StoredEvent>> EventStore::Impl::take_group() {
  std::size_t count = 0;
  std::size_t bytes = 0;
  while (count < std::min(appended.size(), options.group_events_max) &&
         (count == 0 || bytes < options.group_bytes_max)) {
    bytes += appended[count++]->payload.size();
  }
  const auto end = appended.begin() + static_cast<std::ptrdiff_t>(count);
  std::vector<std::shared_ptr<const StoredEvent>> group{std::make_move_iterator(appended.begin()),
                                                        std::make_move_iterator(end)};
  appended.erase(appended.begin(), end);
  return group;
}

void EventStore::Impl::run() {
  bool failed = false;
  for (;;) {
    std::vector<std::shared_ptr<const StoredEvent>> group;
    std::vector<Change> changed;
    bool last_try = false;
    {
      std::unique_lock lock{mutex};
      const auto urgent = [this] { return stopping || !appended.empty(); };
      wake.wait(lock, [&] { return urgent() || !changes.empty(); });
      if (!urgent()) {
        wake.wait_for(lock, failed ? options.retry_delay : options.change_delay, urgent);
      }
      group = take_group();
      changed.swap(changes);
      last_try = stopping && appended.empty();
      if (group.empty() && changed.empty()) return;  // only when stopping
    }
    Status written = write(group, changed);
    failed = !written.ok();
    if (!group.empty()) {
      std::vector<std::uint64_t> ids;
      ids.reserve(group.size());
      for (const auto& event : group) ids.push_back(event->id);
      group.clear();
      options.committed(std::move(ids), written);
    }
    if (failed) {
      const std::lock_guard lock{mutex};
      changes.insert(changes.begin(), changed.begin(), changed.end());
      if (last_try) {
        close_status = std::move(written);
        return;
      }
    }
  }
}

Status EventStore::Impl::write(const std::vector<std::shared_ptr<const StoredEvent>>& group,
                               const std::vector<Change>& changed) {
  LAM_TRY(Transaction transaction, Transaction::begin(*database));
  for (const Change& change : changed) {
    LAM_TRY_STATUS(write_change(change));
  }
  for (const auto& event : group) {
    LAM_TRY_STATUS(write_event(*event));
  }
  return transaction.commit();
}

Status EventStore::Impl::write_event(const StoredEvent& event) {
  int column = 0;
  const auto text = [&](std::string_view value) { insert.bind(++column, value); };
  const auto number = [&](std::int64_t value) { insert.bind(++column, value); };
  number(signed_id(event.id));
  text(event.request_id);
  text(event.function);
  text(event.qualifier);
  text(event.arn);
  text(event.trace_id);
  number(event.accepted_unix_ms);
  number(event.progress.failures);
  number(event.progress.throttles);
  number(event.progress.due_unix_ms);
  number(event.progress.skipped_ms);
  text(event.payload);
  return insert.run();
}

Status EventStore::Impl::write_change(const Change& change) {
  if (change.removed) return erase.bind(1, signed_id(change.id)).run();
  return update.bind(1, std::int64_t{change.progress.failures})
      .bind(2, std::int64_t{change.progress.throttles})
      .bind(3, change.progress.due_unix_ms)
      .bind(4, change.progress.skipped_ms)
      .bind(5, signed_id(change.id))
      .run();
}

Result<std::unique_ptr<EventStore>> EventStore::open(const fs::path& data_folder,
                                                     EventStoreOptions options) {
  LAM_CHECK(options.committed && options.group_events_max > 0);
  auto impl = std::make_unique<Impl>();
  impl->options = std::move(options);
  const fs::path file = data_folder / "events.sqlite";
  LAM_TRY(impl->database, Database::open(file, Database::Access::kCreate));
  if (const Status prepared = impl->prepare(); !prepared.ok()) {
    Error error = prepared.error();
    if (error.code == ErrorCode::kInvalidInput) {
      error.message +=
          "; move it away to start without the asynchronous events that it holds, or "
          "choose another folder with --data";
    }
    return error;
  }
  impl->thread = std::jthread{[state = impl.get()] { state->run(); }};
  return std::unique_ptr<EventStore>{new EventStore{std::move(impl)}};
}

EventStore::EventStore(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

EventStore::~EventStore() {
  (void)close();  // who wants the answer has called close()
}

std::vector<std::shared_ptr<const StoredEvent>> EventStore::take_stored() {
  return std::exchange(impl_->stored, {});
}

std::uint64_t EventStore::first_free_id() const {
  return impl_->first_free_id;
}

void EventStore::append(std::shared_ptr<const StoredEvent> event) {
  {
    const std::lock_guard lock{impl_->mutex};
    LAM_CHECK(!impl_->stopping, "append() after close()");
    impl_->appended.push_back(std::move(event));
  }
  impl_->wake.notify_one();
}

void EventStore::save(std::uint64_t id, const EventProgress& progress) {
  {
    const std::lock_guard lock{impl_->mutex};
    impl_->changes.push_back({.id = id, .removed = false, .progress = progress});
  }
  impl_->wake.notify_one();
}

void EventStore::remove(std::uint64_t id) {
  {
    const std::lock_guard lock{impl_->mutex};
    impl_->changes.push_back({.id = id, .removed = true, .progress = {}});
  }
  impl_->wake.notify_one();
}

Status EventStore::close() {
  if (impl_->closed) return impl_->close_status;
  impl_->closed = true;
  {
    const std::lock_guard lock{impl_->mutex};
    impl_->stopping = true;
  }
  impl_->wake.notify_one();
  impl_->thread.join();
  impl_->insert = {};
  impl_->update = {};
  impl_->erase = {};
  if (Status closed = impl_->database->close(); impl_->close_status.ok()) {
    impl_->close_status = std::move(closed);
  }
  return impl_->close_status;
}

}  // namespace lambdarium::store
