#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>
#include <variant>

#include "emulator/store/run_store.h"
#include "emulator/store/run_tables.h"

namespace lambdarium::store {
namespace {

using Row = std::variant<MetaRecord, FunctionRecord, InvocationRecord, EnvironmentRecord,
                         DecisionRecord, MeterRecord, SampleRecord>;

}  // namespace

// In the background mode `tables` belongs to the thread until it has ended, and everything under
// `mutex` is shared.
struct RunWriter::Impl {
  RunWriterOptions options;
  std::unique_ptr<RunTables> tables;

  mutable std::mutex mutex;
  std::condition_variable wake;
  std::vector<Row> queue;
  std::uint64_t dropped = 0;
  bool stopping = false;
  bool finished = false;
  Status first_error;

  std::jthread thread;  // last: ends before what it uses

  bool background() const { return options.mode == RunWriterOptions::Mode::kBackground; }

  void keep_error(const Status& status) {
    if (!status.ok() && first_error.ok()) first_error = status;
  }

  template <class Record>
  void submit(const Record& record) {
    if (!background()) {
      if (finished || !first_error.ok()) return;
      keep_error(tables->write(record));
      return;
    }
    bool notify = false;
    {
      const std::lock_guard lock{mutex};
      if (stopping || !first_error.ok()) return;
      if (queue.size() >= options.queue_rows) {
        ++dropped;
        return;
      }
      queue.emplace_back(record);
      // The thread sleeps until the first row of a group, and then until the group is full or old
      // enough.
      notify = queue.size() == 1 || queue.size() == options.group_rows;
    }
    if (notify) wake.notify_one();
  }

  void run() {
    std::vector<Row> group;
    for (;;) {
      {
        std::unique_lock lock{mutex};
        wake.wait(lock, [this] { return stopping || !queue.empty(); });
        wake.wait_for(lock, options.group_delay,
                      [this] { return stopping || queue.size() >= options.group_rows; });
        if (queue.empty()) return;  // only when stopping
        group.swap(queue);
      }
      Status written = write_group(group);
      group.clear();
      // A burst must not hold its memory for the rest of the run.
      if (group.capacity() > 4 * options.group_rows) group.shrink_to_fit();
      if (!written.ok()) {
        const std::lock_guard lock{mutex};
        keep_error(written);
        queue.clear();
        return;
      }
    }
  }

  Status write_group(const std::vector<Row>& group) {
    for (const Row& row : group) {
      LAM_TRY_STATUS(std::visit([this](const auto& record) { return tables->write(record); }, row));
    }
    return tables->commit();
  }

  Status finish() {
    if (finished) return first_error;
    if (background()) {
      {
        const std::lock_guard lock{mutex};
        stopping = true;
      }
      wake.notify_one();
      thread.join();
    }
    finished = true;
    if (first_error.ok()) {
      Status closed;
      if (dropped > 0) closed = tables->write(MetaRecord{"dropped_rows", std::to_string(dropped)});
      if (closed.ok()) closed = tables->write(MetaRecord{"finished", "1"});
      if (closed.ok()) closed = tables->close();
      keep_error(closed);
    }
    tables.reset();
    return first_error;
  }
};

Result<std::unique_ptr<RunWriter>> RunWriter::create(const std::filesystem::path& path,
                                                     const RunWriterOptions& options) {
  LAM_CHECK(options.group_rows > 0 && options.queue_rows > 0);
  auto impl = std::make_unique<Impl>();
  impl->options = options;
  LAM_TRY(impl->tables, RunTables::create(path, options.group_rows, impl->background()));
  if (impl->background()) {
    impl->thread = std::jthread{[state = impl.get()] { state->run(); }};
  }
  return std::unique_ptr<RunWriter>{new RunWriter{std::move(impl)}};
}

RunWriter::RunWriter(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

RunWriter::~RunWriter() {
  (void)impl_->finish();  // who wants the answer has called finish()
}

void RunWriter::meta(std::string_view key, std::string_view value) {
  impl_->submit(MetaRecord{std::string{key}, std::string{value}});
}
void RunWriter::function(const FunctionRecord& record) {
  impl_->submit(record);
}
void RunWriter::invocation(const InvocationRecord& record) {
  impl_->submit(record);
}
void RunWriter::environment(const EnvironmentRecord& record) {
  impl_->submit(record);
}
void RunWriter::decision(const DecisionRecord& record) {
  impl_->submit(record);
}
void RunWriter::meter(const MeterRecord& record) {
  impl_->submit(record);
}
void RunWriter::sample(const SampleRecord& record) {
  impl_->submit(record);
}

Status RunWriter::status() const {
  const std::lock_guard lock{impl_->mutex};
  return impl_->first_error;
}

std::uint64_t RunWriter::dropped_rows() const {
  const std::lock_guard lock{impl_->mutex};
  return impl_->dropped;
}

Status RunWriter::finish() {
  return impl_->finish();
}

}  // namespace lambdarium::store
