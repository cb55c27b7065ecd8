#include "emulator/store/run_tables.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cmath>
#include <system_error>

#include "emulator/store/run_format.h"
#include "emulator/store/run_store.h"

namespace lambdarium::store {
namespace {

namespace fs = std::filesystem;

std::string beside(const fs::path& path, std::string_view suffix) {
  return path.string() + std::string{suffix};
}

// Only a run may be replaced by a run.
Status check_replaceable(const fs::path& path) {
  std::error_code code;
  const fs::file_status status = fs::status(path, code);
  if (!fs::exists(status)) {
    const fs::path folder = path.parent_path();
    if (!folder.empty() && !fs::is_directory(folder, code)) {
      return invalid_input(fmt::format("cannot write {}: the folder {} does not exist",
                                       path.string(), folder.string()));
    }
    return {};
  }
  if (fs::is_regular_file(status)) {
    if (fs::file_size(path, code) == 0 && !code) return {};
    if (RunReader::open(path).ok()) return {};
  }
  return invalid_input(fmt::format(
      "{} exists and is not a recorded run; remove it or choose another name", path.string()));
}

// A new empty file beside `path`, so that the rename stays within one file system.
Result<fs::path> make_sibling(const fs::path& path) {
  for (int attempt = 0; attempt < 100; ++attempt) {
    const std::string name = beside(path, fmt::format(".new-{}-{}", ::getpid(), attempt));
    const int fd = ::open(name.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0666);
    if (fd >= 0) {
      ::close(fd);
      return fs::path{name};
    }
    if (errno != EEXIST) {
      return unavailable(fmt::format("cannot write {}: {}", path.string(),
                                     std::generic_category().message(errno)));
    }
  }
  return unavailable(
      fmt::format("cannot write {}: too many unfinished files beside it", path.string()));
}

Status write_empty_run(const fs::path& file) {
  LAM_TRY(std::unique_ptr<Database> database, Database::open(file, Database::Access::kWrite));
  LAM_TRY_STATUS(database->execute("PRAGMA page_size=4096; PRAGMA synchronous=OFF"));
  LAM_TRY(Transaction transaction, Transaction::begin(*database));
  LAM_TRY_STATUS(database->execute(kRunSchema));
  const std::string marks = fmt::format(
      "PRAGMA application_id={}; PRAGMA user_version={};"
      "INSERT INTO meta VALUES ('format', '{}'), ('version', '{}')",
      kRunApplicationId, kRunVersion, kRunFormat, kRunVersion);
  LAM_TRY_STATUS(database->execute(marks.c_str()));
  LAM_TRY_STATUS(transaction.commit());
  return database->close();
}

}  // namespace

Result<std::unique_ptr<RunTables>> RunTables::create(const fs::path& path, std::size_t group_rows,
                                                     bool durable) {
  LAM_TRY_STATUS(check_replaceable(path));
  LAM_TRY(const fs::path fresh, make_sibling(path));
  std::error_code code;
  if (const Status written = write_empty_run(fresh); !written.ok()) {
    fs::remove(fresh, code);
    return written.error();
  }
  // The log of a run that was killed here before must not be taken for the new file's.
  for (const std::string_view suffix : {"-wal", "-shm", "-journal"}) {
    fs::remove(beside(path, suffix), code);
  }
  fs::rename(fresh, path, code);
  if (code) {
    const Error error =
        unavailable(fmt::format("cannot write {}: {}", path.string(), code.message()));
    fs::remove(fresh, code);
    return error;
  }
  std::unique_ptr<RunTables> tables{new RunTables};
  tables->group_rows_ = group_rows;
  LAM_TRY(tables->database_, Database::open(path, Database::Access::kWrite));
  LAM_TRY_STATUS(tables->database_->execute("PRAGMA journal_mode=WAL"));
  LAM_TRY_STATUS(tables->database_->execute("PRAGMA wal_autocheckpoint=4000"));
  LAM_TRY_STATUS(
      tables->database_->execute(durable ? "PRAGMA synchronous=NORMAL" : "PRAGMA synchronous=OFF"));
  LAM_TRY_STATUS(tables->prepare());
  return tables;
}

Status RunTables::prepare() {
  LAM_TRY(meta_, database_->prepare("INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)"));
  LAM_TRY(function_,
          database_->prepare("INSERT OR REPLACE INTO functions (id, name, runtime, memory_mb, "
                             "timeout_ms, concurrency) VALUES (?, ?, ?, ?, ?, ?)"));
  LAM_TRY(invocation_,
          database_->prepare(
              "INSERT INTO invocations (id, function, version, arrival_ns, queue_ns, init_ns, "
              "duration_ns, billed_ms, memory_mb, max_memory_mb, outcome, cold, environment, "
              "route, request_bytes, response_bytes) "
              "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"));
  LAM_TRY(environment_,
          database_->prepare("INSERT OR REPLACE INTO environments (id, function, started_ns, "
                             "ready_ns, ended_ns, why) VALUES (?, ?, ?, ?, ?, ?)"));
  LAM_TRY(decision_, database_->prepare("INSERT INTO decisions (at_ns, event, command, detail) "
                                        "VALUES (?, ?, ?, ?)"));
  LAM_TRY(meter_,
          database_->prepare("INSERT INTO meters (meter, quantity, unit, unit_price, amount) "
                             "VALUES (?, ?, ?, ?, ?)"));
  LAM_TRY(sample_,
          database_->prepare("INSERT INTO samples (at_ns, series, value) VALUES (?, ?, ?)"));
  return {};
}

Status RunTables::insert(Statement& statement) {
  if (pending_ == 0) {
    LAM_TRY_STATUS(database_->execute("BEGIN IMMEDIATE"));
  }
  ++pending_;
  LAM_TRY_STATUS(statement.run());
  return pending_ >= group_rows_ ? commit() : Status{};
}

Status RunTables::commit() {
  if (pending_ == 0) return {};
  pending_ = 0;
  return database_->execute("COMMIT");
}

Status RunTables::close() {
  LAM_TRY_STATUS(commit());
  for (Statement* statement :
       {&meta_, &function_, &invocation_, &environment_, &decision_, &meter_, &sample_}) {
    *statement = Statement{};
  }
  LAM_TRY_STATUS(database_->execute("PRAGMA wal_checkpoint(TRUNCATE)"));
  // One file without companions, for whoever copies it. Refused while somebody reads the run, which
  // does no harm.
  LAM_TRY_STATUS(database_->execute("PRAGMA busy_timeout=250"));
  (void)database_->execute("PRAGMA journal_mode=DELETE");
  return database_->close();
}

Status RunTables::write(const MetaRecord& record) {
  meta_.bind(1, std::string_view{record.key}).bind(2, std::string_view{record.value});
  return insert(meta_);
}

Status RunTables::write(const FunctionRecord& record) {
  function_.bind(1, record.id)
      .bind(2, std::string_view{record.name})
      .bind_known(3, std::string_view{record.runtime})
      .bind_known(4, record.memory_mb)
      .bind_known(5, record.timeout_ms)
      .bind_known(6, record.concurrency);
  return insert(function_);
}

Status RunTables::write(const InvocationRecord& record) {
  invocation_.bind(1, std::string_view{record.id})
      .bind(2, record.function)
      .bind_known(3, std::string_view{record.version})
      .bind(4, record.arrival_ns)
      .bind_known(5, record.queue_ns)
      .bind_known(6, record.init_ns)
      .bind_known(7, record.duration_ns)
      .bind_known(8, record.billed_ms)
      .bind_known(9, record.memory_mb)
      .bind_known(10, record.max_memory_mb)
      .bind_known(11, std::string_view{record.outcome})
      .bind(12, std::int64_t{record.cold ? 1 : 0})
      .bind_known(13, record.environment)
      .bind_known(14, std::string_view{record.route})
      .bind_known(15, record.request_bytes)
      .bind_known(16, record.response_bytes);
  return insert(invocation_);
}

Status RunTables::write(const EnvironmentRecord& record) {
  environment_.bind(1, record.id)
      .bind(2, record.function)
      .bind(3, record.started_ns)
      .bind_known(4, record.ready_ns)
      .bind_known(5, record.ended_ns)
      .bind_known(6, std::string_view{record.why});
  return insert(environment_);
}

Status RunTables::write(const DecisionRecord& record) {
  decision_.bind(1, record.at_ns)
      .bind(2, std::string_view{record.event})
      .bind(3, std::string_view{record.command})
      .bind(4, std::string_view{record.detail});
  return insert(decision_);
}

Status RunTables::write(const MeterRecord& record) {
  meter_.bind(1, std::string_view{record.meter})
      .bind(2, std::string_view{record.quantity})
      .bind(3, std::string_view{record.unit})
      .bind_known(4, std::string_view{record.unit_price})
      .bind_known(5, std::string_view{record.amount});
  return insert(meter_);
}

Status RunTables::write(const SampleRecord& record) {
  sample_.bind(1, record.at_ns).bind(2, std::string_view{record.series});
  if (std::isnan(record.value)) {
    sample_.bind_null(3);
  } else {
    sample_.bind(3, record.value);
  }
  return insert(sample_);
}

}  // namespace lambdarium::store
