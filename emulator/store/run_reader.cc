#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <system_error>

#include "emulator/store/run_store.h"
#include "emulator/store/sqlite.h"

namespace lambdarium::store {
namespace {

namespace fs = std::filesystem;

void fill(const Statement& row, FunctionRecord& out) {
  out.id = row.integer(0);
  row.text(1, out.name);
  row.text(2, out.runtime);
  out.memory_mb = row.known_integer(3);
  out.timeout_ms = row.known_integer(4);
  out.concurrency = row.known_integer(5);
}

void fill(const Statement& row, InvocationRecord& out) {
  row.text(0, out.id);
  out.function = row.integer(1);
  row.text(2, out.version);
  out.arrival_ns = row.integer(3);
  out.queue_ns = row.known_integer(4);
  out.init_ns = row.known_integer(5);
  out.duration_ns = row.known_integer(6);
  out.billed_ms = row.known_integer(7);
  out.memory_mb = row.known_integer(8);
  out.max_memory_mb = row.known_integer(9);
  row.text(10, out.outcome);
  out.cold = row.integer(11) != 0;
  out.environment = row.known_integer(12);
  row.text(13, out.route);
  out.request_bytes = row.known_integer(14);
  out.response_bytes = row.known_integer(15);
}

void fill(const Statement& row, EnvironmentRecord& out) {
  out.id = row.integer(0);
  out.function = row.integer(1);
  out.started_ns = row.integer(2);
  out.ready_ns = row.known_integer(3);
  out.ended_ns = row.known_integer(4);
  row.text(5, out.why);
}

void fill(const Statement& row, DecisionRecord& out) {
  out.at_ns = row.integer(0);
  row.text(1, out.event);
  row.text(2, out.command);
  row.text(3, out.detail);
}

void fill(const Statement& row, MeterRecord& out) {
  row.text(0, out.meter);
  row.text(1, out.quantity);
  row.text(2, out.unit);
  row.text(3, out.unit_price);
  row.text(4, out.amount);
}

void fill(const Statement& row, SampleRecord& out) {
  out.at_ns = row.integer(0);
  row.text(1, out.series);
  out.value = row.is_null(2) ? std::numeric_limits<double>::quiet_NaN() : row.real(2);
}

constexpr std::array<std::string_view, 7> kTables{
    "meta", "functions", "invocations", "environments", "decisions", "meters", "samples"};

Error not_a_run(const fs::path& path, std::string_view why) {
  return invalid_input(fmt::format("{} is not a recorded run: {}", path.string(), why));
}

// Writing access lets SQLite fold in the log of a writer that was killed; without it, reading is
// all that is needed.
Result<std::unique_ptr<Database>> open_database(const fs::path& path) {
  Result<std::unique_ptr<Database>> writable = Database::open(path, Database::Access::kWrite);
  if (writable.ok()) return writable;
  return Database::open(path, Database::Access::kRead);
}

}  // namespace

// --- rows

template <class Record>
struct RunRows<Record>::Impl {
  Statement statement;
  Status status;
  bool ended = false;
};

template <class Record>
RunRows<Record>::RunRows(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
template <class Record>
RunRows<Record>::RunRows(RunRows&&) noexcept = default;
template <class Record>
RunRows<Record>& RunRows<Record>::operator=(RunRows&&) noexcept = default;
template <class Record>
RunRows<Record>::~RunRows() = default;

template <class Record>
bool RunRows<Record>::next(Record& record) {
  // SQLite would start over after the end.
  if (impl_->ended) return false;
  const Result<bool> row = impl_->statement.step();
  if (row.ok() && *row) {
    fill(impl_->statement, record);
    return true;
  }
  if (!row.ok()) impl_->status = row.error();
  impl_->ended = true;
  impl_->statement.reset();
  return false;
}

template <class Record>
Status RunRows<Record>::status() const {
  return impl_->status;
}

template class RunRows<FunctionRecord>;
template class RunRows<InvocationRecord>;
template class RunRows<EnvironmentRecord>;
template class RunRows<DecisionRecord>;
template class RunRows<MeterRecord>;
template class RunRows<SampleRecord>;

// --- the reader

struct RunReader::Impl {
  std::unique_ptr<Database> database;
  std::map<std::string, std::string> meta;

  template <class Record>
  Result<RunRows<Record>> rows(std::string_view sql) const;
};

Result<std::unique_ptr<RunReader>> RunReader::open(const fs::path& path) {
  std::error_code code;
  const fs::file_status status = fs::status(path, code);
  if (!fs::exists(status)) return not_found(fmt::format("{} does not exist", path.string()));
  if (!fs::is_regular_file(status)) return not_a_run(path, "it is not a file");

  auto impl = std::make_unique<Impl>();
  LAM_TRY(impl->database, open_database(path));
  const Result<std::int64_t> tables = impl->database->query_integer(
      "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'meta'");
  if (!tables.ok()) {
    if (tables.error().code != ErrorCode::kInvalidInput) return tables.error();
    return not_a_run(path, "it is damaged or not an SQLite database");
  }
  if (*tables == 0) return not_a_run(path, "it has no table 'meta'");

  LAM_TRY(Statement statement, impl->database->prepare("SELECT key, value FROM meta"));
  for (;;) {
    LAM_TRY(const bool row, statement.step());
    if (!row) break;
    impl->meta[statement.text(0)] = statement.text(1);
  }
  if (impl->meta["format"] != kRunFormat) {
    return not_a_run(path, fmt::format("its meta key 'format' is '{}' instead of '{}'",
                                       impl->meta["format"], kRunFormat));
  }
  const std::string& text = impl->meta["version"];
  std::int64_t version = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), version);
  if (failed != std::errc{} || end != text.data() + text.size() || version < 1) {
    return not_a_run(path, fmt::format("its meta key 'version' is '{}'", text));
  }
  if (version > kRunVersion) {
    return invalid_input(
        fmt::format("{} was recorded by a later version of this program (format version {}; this "
                    "one reads up to {})",
                    path.string(), version, kRunVersion));
  }
  return std::unique_ptr<RunReader>{new RunReader{std::move(impl)}};
}

RunReader::RunReader(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
RunReader::~RunReader() = default;

const std::map<std::string, std::string>& RunReader::meta() const {
  return impl_->meta;
}

std::string RunReader::meta(std::string_view key) const {
  const auto found = impl_->meta.find(std::string{key});
  return found == impl_->meta.end() ? std::string{} : found->second;
}

bool RunReader::finished() const {
  return meta("finished") == "1";
}

template <class Record>
Result<RunRows<Record>> RunReader::Impl::rows(std::string_view sql) const {
  auto state = std::make_unique<typename RunRows<Record>::Impl>();
  LAM_TRY(state->statement, database->prepare(sql));
  return RunRows<Record>{std::move(state)};
}

Result<RunRows<FunctionRecord>> RunReader::functions() const {
  return impl_->rows<FunctionRecord>(
      "SELECT id, name, runtime, memory_mb, timeout_ms, concurrency FROM functions ORDER BY id");
}

Result<RunRows<InvocationRecord>> RunReader::invocations() const {
  return impl_->rows<InvocationRecord>(
      "SELECT id, function, version, arrival_ns, queue_ns, init_ns, duration_ns, billed_ms, "
      "memory_mb, max_memory_mb, outcome, cold, environment, route, request_bytes, "
      "response_bytes FROM invocations ORDER BY seq");
}

Result<RunRows<EnvironmentRecord>> RunReader::environments() const {
  return impl_->rows<EnvironmentRecord>(
      "SELECT id, function, started_ns, ready_ns, ended_ns, why FROM environments ORDER BY id");
}

Result<RunRows<DecisionRecord>> RunReader::decisions() const {
  return impl_->rows<DecisionRecord>(
      "SELECT at_ns, event, command, detail FROM decisions ORDER BY seq");
}

Result<RunRows<MeterRecord>> RunReader::meters() const {
  return impl_->rows<MeterRecord>(
      "SELECT meter, quantity, unit, unit_price, amount FROM meters ORDER BY seq");
}

Result<RunRows<SampleRecord>> RunReader::samples() const {
  return impl_->rows<SampleRecord>("SELECT at_ns, series, value FROM samples ORDER BY seq");
}

Result<std::int64_t> RunReader::count(std::string_view table) const {
  if (std::find(kTables.begin(), kTables.end(), table) == kTables.end()) {
    return invalid_input(fmt::format("a recorded run has no table '{}'", table));
  }
  return impl_->database->query_integer(fmt::format("SELECT count(*) FROM {}", table));
}

}  // namespace lambdarium::store
