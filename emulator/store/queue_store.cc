#include "emulator/store/queue_store.h"

#include <algorithm>
#include <condition_variable>
#include <iterator>
#include <mutex>
#include <thread>
#include <utility>

#include "emulator/store/queue_rows.h"
#include "emulator/store/sqlite.h"

namespace lambdarium::store {
namespace {

namespace fs = std::filesystem;

struct Entry {
  QueueChange change;
  std::uint64_t token = 0;  // on the last change of those that were written together
};

bool is_new_message(const Entry& entry) {
  const auto* change = std::get_if<queues::Change>(&entry.change);
  return change != nullptr && change->kind == queues::Change::Kind::kPutMessage;
}

}  // namespace

// The database belongs to the thread, once it runs; everything under `mutex` is shared.
struct QueueStore::Impl {
  QueueStoreOptions options;
  std::unique_ptr<Database> database;
  std::unique_ptr<QueueRows> rows;
  StoredQueues stored;

  std::mutex mutex;
  std::condition_variable wake;
  std::vector<Entry> waiting;
  std::size_t tokens_waiting = 0;
  bool stopping = false;
  bool closed = false;
  Status close_status;

  std::jthread thread;  // last: ends before what it uses

  void run();
  std::vector<Entry> take_group();
  Status write(const std::vector<Entry>& group);
};

// Requires the mutex. What has come together, as far as a group goes; what was written together
// stays together.
std::vector<Entry> QueueStore::Impl::take_group() {
  std::size_t count = std::min(waiting.size(), options.group_changes_max);
  while (count > 0 && count < waiting.size() && waiting[count - 1].token == 0) ++count;
  const auto end = waiting.begin() + static_cast<std::ptrdiff_t>(count);
  std::vector<Entry> group{std::make_move_iterator(waiting.begin()), std::make_move_iterator(end)};
  waiting.erase(waiting.begin(), end);
  for (const Entry& entry : group) tokens_waiting -= entry.token != 0 ? 1 : 0;
  return group;
}

void QueueStore::Impl::run() {
  bool failed = false;
  for (;;) {
    std::vector<Entry> group;
    bool last_try = false;
    {
      std::unique_lock lock{mutex};
      const auto urgent = [this] { return stopping || tokens_waiting > 0; };
      wake.wait(lock, [&] { return urgent() || !waiting.empty(); });
      if (!urgent()) {
        wake.wait_for(lock, failed ? options.retry_delay : options.change_delay, urgent);
      }
      group = take_group();
      last_try = stopping && waiting.empty();
      if (group.empty()) return;  // only when stopping
    }
    Status written = write(group);
    failed = !written.ok();
    std::vector<std::uint64_t> tokens;
    for (Entry& entry : group) {
      if (entry.token != 0) tokens.push_back(std::exchange(entry.token, 0));
    }
    if (!tokens.empty()) options.committed(std::move(tokens), written);
    if (failed) {
      std::erase_if(group, is_new_message);
      const std::lock_guard lock{mutex};
      waiting.insert(waiting.begin(), std::make_move_iterator(group.begin()),
                     std::make_move_iterator(group.end()));
      if (last_try) {
        close_status = std::move(written);
        return;
      }
    }
  }
}

Status QueueStore::Impl::write(const std::vector<Entry>& group) {
  LAM_TRY(Transaction transaction, Transaction::begin(*database));
  for (const Entry& entry : group) {
    LAM_TRY_STATUS(rows->write(entry.change));
  }
  return transaction.commit();
}

Result<std::unique_ptr<QueueStore>> QueueStore::open(const fs::path& data_folder,
                                                     QueueStoreOptions options) {
  LAM_CHECK(options.committed && options.group_changes_max > 0);
  auto impl = std::make_unique<Impl>();
  impl->options = std::move(options);
  LAM_TRY(impl->database, Database::open(data_folder / "queues.sqlite", Database::Access::kCreate));
  auto rows = QueueRows::open(*impl->database);
  if (rows.ok()) {
    impl->rows = *std::move(rows);
    LAM_TRY(impl->stored, impl->rows->load());
  } else {
    Error error = std::move(rows).error();
    if (error.code == ErrorCode::kInvalidInput) {
      error.message +=
          "; move it away to start without the queues that it holds, or choose another folder with "
          "--data";
    }
    return error;
  }
  impl->thread = std::jthread{[state = impl.get()] { state->run(); }};
  return std::unique_ptr<QueueStore>{new QueueStore{std::move(impl)}};
}

QueueStore::QueueStore(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

QueueStore::~QueueStore() {
  (void)close();  // who wants the answer has called close()
}

StoredQueues QueueStore::take_stored() {
  return std::exchange(impl_->stored, {});
}

void QueueStore::write(std::vector<QueueChange> changes, std::uint64_t token) {
  if (changes.empty() && token == 0) return;
  {
    const std::lock_guard lock{impl_->mutex};
    LAM_CHECK(!impl_->stopping, "write() after close()");
    LAM_CHECK(!changes.empty(), "a token needs a change to wait for");
    for (QueueChange& change : changes) impl_->waiting.push_back({std::move(change), 0});
    impl_->waiting.back().token = token;
    if (token != 0) ++impl_->tokens_waiting;
  }
  impl_->wake.notify_one();
}

Status QueueStore::close() {
  if (impl_->closed) return impl_->close_status;
  impl_->closed = true;
  {
    const std::lock_guard lock{impl_->mutex};
    impl_->stopping = true;
  }
  impl_->wake.notify_one();
  impl_->thread.join();
  impl_->rows.reset();
  if (Status closed = impl_->database->close(); impl_->close_status.ok()) {
    impl_->close_status = std::move(closed);
  }
  return impl_->close_status;
}

}  // namespace lambdarium::store
