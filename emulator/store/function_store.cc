#include "emulator/store/function_store.h"

#include <fmt/format.h>

#include <array>
#include <mutex>
#include <set>
#include <system_error>

#include "emulator/store/folder_lock.h"
#include "emulator/store/function_rows.h"
#include "emulator/store/package.h"
#include "emulator/store/sqlite.h"

namespace lambdarium::store {
namespace {

namespace fs = std::filesystem;

// In the SQLite header: "LAMS".
constexpr std::int64_t kApplicationId = 0x4c414d53;

// One step for each schema version; user_version counts those that were made. A step that has been
// released never changes.
constexpr std::array kMigrations{
    R"sql(
CREATE TABLE functions (
  name TEXT NOT NULL,
  version TEXT NOT NULL,
  origin TEXT NOT NULL,
  runtime TEXT NOT NULL,
  handler TEXT NOT NULL,
  role TEXT NOT NULL,
  description TEXT NOT NULL,
  architecture TEXT NOT NULL,
  memory_mb INTEGER NOT NULL,
  timeout_s INTEGER NOT NULL,
  ephemeral_mb INTEGER NOT NULL,
  reserved_concurrency INTEGER,
  environment_concurrency INTEGER NOT NULL,
  environment TEXT NOT NULL,
  tags TEXT NOT NULL,
  code_directory TEXT NOT NULL,
  package TEXT NOT NULL,
  code_sha256 TEXT NOT NULL,
  code_size INTEGER NOT NULL,
  last_modified TEXT NOT NULL,
  revision_id TEXT NOT NULL,
  state TEXT NOT NULL,
  state_reason TEXT NOT NULL,
  state_reason_code TEXT NOT NULL,
  last_update_status TEXT NOT NULL,
  last_update_status_reason TEXT NOT NULL,
  last_update_status_reason_code TEXT NOT NULL,
  settings TEXT NOT NULL,
  PRIMARY KEY (name, version)
) STRICT, WITHOUT ROWID;
)sql",
    R"sql(
CREATE TABLE function_items (
  function TEXT NOT NULL,
  kind TEXT NOT NULL,
  key TEXT NOT NULL,
  document TEXT NOT NULL,
  PRIMARY KEY (function, kind, key)
) STRICT, WITHOUT ROWID;
CREATE TABLE version_numbers (
  function TEXT PRIMARY KEY,
  last INTEGER NOT NULL,
  description TEXT NOT NULL
) STRICT, WITHOUT ROWID;
)sql",
};

Error with_advice(Error error, const fs::path& file) {
  if (error.code == ErrorCode::kInvalidInput) {
    error.message += fmt::format(
        "; move it away to start without functions, or choose another folder with --data "
        "(packages stay beside it in {})",
        file.parent_path().string());
  }
  return error;
}

Status migrate(Database& database) {
  const std::string file = database.file().string();
  LAM_TRY(const std::int64_t application, database.query_integer("PRAGMA application_id"));
  LAM_TRY(const std::int64_t version, database.query_integer("PRAGMA user_version"));
  LAM_TRY(const std::int64_t tables, database.query_integer("SELECT count(*) FROM sqlite_master"));
  const bool fresh = application == 0 && version == 0 && tables == 0;
  if (!fresh && application != kApplicationId) {
    return invalid_input(fmt::format("{} is a database of another program", file));
  }
  if (version > static_cast<std::int64_t>(kMigrations.size())) {
    return invalid_input(fmt::format(
        "{} was written by a later version of this program (schema {}; this one knows up to {})",
        file, version, kMigrations.size()));
  }
  if (version < 0) return invalid_input(fmt::format("{} has schema version {}", file, version));
  for (auto step = static_cast<std::size_t>(version); step < kMigrations.size(); ++step) {
    LAM_TRY(Transaction transaction, Transaction::begin(database));
    LAM_TRY_STATUS(database.execute(kMigrations[step]));
    LAM_TRY_STATUS(database.execute(
        fmt::format("PRAGMA user_version={}; PRAGMA application_id={}", step + 1, kApplicationId)
            .c_str()));
    LAM_TRY_STATUS(transaction.commit());
  }
  return {};
}

Result<std::unique_ptr<Database>> open_database(const fs::path& file) {
  LAM_TRY(std::unique_ptr<Database> database, Database::open(file, Database::Access::kCreate));
  LAM_TRY_STATUS(migrate(*database));
  LAM_TRY(const std::string check, database->query_text("PRAGMA quick_check(1)"));
  if (check != "ok") {
    return invalid_input(fmt::format("{} is damaged ({})", file.string(), check));
  }
  // With FULL, a commit is on the disk before it is acknowledged.
  LAM_TRY_STATUS(database->execute("PRAGMA journal_mode=WAL"));
  LAM_TRY_STATUS(database->execute("PRAGMA synchronous=FULL"));
  return database;
}

}  // namespace

struct FunctionStore::Impl {
  FolderLock lock;
  fs::path packages;
  mutable std::mutex mutex;  // everything below
  std::unique_ptr<Database> database;
  mutable Statement put;
  mutable Statement insert;
  mutable Statement remove;
  Statement remove_version;
  Statement remove_items;
  Statement put_item;
  Statement remove_item;
  Statement put_numbering;
  mutable Statement items;
  mutable Statement numberings;
  mutable Statement get;
  mutable Statement list;
  mutable Statement used_packages;

  Status prepare() {
    LAM_TRY(put, database->prepare(fmt::format("INSERT OR REPLACE INTO functions ({}) VALUES ({})",
                                               kFunctionColumns, kFunctionPlaces)));
    LAM_TRY(insert, database->prepare(
                        fmt::format("INSERT INTO functions ({}) VALUES ({}) ON CONFLICT DO NOTHING "
                                    "RETURNING 1",
                                    kFunctionColumns, kFunctionPlaces)));
    LAM_TRY(remove, database->prepare("DELETE FROM functions WHERE name = ? RETURNING 1"));
    LAM_TRY(remove_version,
            database->prepare("DELETE FROM functions WHERE name = ? AND version = ?"));
    LAM_TRY(remove_items, database->prepare("DELETE FROM function_items WHERE function = ?"));
    LAM_TRY(put_item,
            database->prepare("INSERT OR REPLACE INTO function_items VALUES (?, ?, ?, ?)"));
    LAM_TRY(remove_item,
            database->prepare(
                "DELETE FROM function_items WHERE function = ? AND kind = ? AND key = ?"));
    LAM_TRY(put_numbering,
            database->prepare("INSERT OR REPLACE INTO version_numbers VALUES (?, ?, ?)"));
    LAM_TRY(items, database->prepare("SELECT function, kind, key, document FROM function_items "
                                     "ORDER BY function, kind, key"));
    LAM_TRY(numberings, database->prepare("SELECT function, last, description "
                                          "FROM version_numbers ORDER BY function"));
    LAM_TRY(get, database->prepare(fmt::format(
                     "SELECT {} FROM functions WHERE name = ? AND version = ?", kFunctionColumns)));
    LAM_TRY(list, database->prepare(fmt::format("SELECT {} FROM functions ORDER BY name, version",
                                                kFunctionColumns)));
    LAM_TRY(used_packages,
            database->prepare("SELECT DISTINCT package FROM functions WHERE package <> ''"));
    return {};
  }

  Status write(const FunctionUpdate& update);
};

Status FunctionStore::Impl::write(const FunctionUpdate& update) {
  for (const StoredFunction& function : update.put) {
    LAM_TRY([[maybe_unused]] const bool row, write_function(put, function));
  }
  for (const auto& [name, version] : update.remove) {
    LAM_TRY_STATUS(remove_version.bind(1, name).bind(2, version).run());
  }
  for (const FunctionItem& item : update.put_items) {
    put_item.bind(1, item.function).bind(2, item.kind).bind(3, item.key).bind(4, item.document);
    LAM_TRY_STATUS(put_item.run());
  }
  for (const FunctionItem& item : update.remove_items) {
    remove_item.bind(1, item.function).bind(2, item.kind).bind(3, item.key);
    LAM_TRY_STATUS(remove_item.run());
  }
  if (update.numbering) {
    const VersionNumbering& numbering = *update.numbering;
    put_numbering.bind(1, numbering.function).bind(2, numbering.last);
    LAM_TRY_STATUS(put_numbering.bind(3, numbering.description).run());
  }
  return {};
}

Result<std::unique_ptr<FunctionStore>> FunctionStore::open(const fs::path& data_folder) {
  std::error_code code;
  const fs::path folder = fs::absolute(data_folder, code).lexically_normal();
  auto impl = std::make_unique<Impl>();
  impl->packages = folder / "packages";
  fs::create_directories(impl->packages, code);
  if (code || !fs::is_directory(impl->packages, code)) {
    return unavailable(fmt::format("cannot make the data folder {}: {}", folder.string(),
                                   code ? code.message() : "a file is in its place"));
  }
  LAM_TRY(impl->lock, FolderLock::take(folder));
  const fs::path file = folder / "state.sqlite";
  Result<std::unique_ptr<Database>> database = open_database(file);
  if (!database.ok()) return with_advice(std::move(database).error(), file);
  impl->database = *std::move(database);
  if (const Status prepared = impl->prepare(); !prepared.ok()) {
    return with_advice(prepared.error(), file);
  }
  return std::unique_ptr<FunctionStore>{new FunctionStore{std::move(impl)}};
}

FunctionStore::FunctionStore(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
FunctionStore::~FunctionStore() = default;

Status FunctionStore::put(const StoredFunction& function) {
  const std::lock_guard lock{impl_->mutex};
  LAM_TRY([[maybe_unused]] const bool row, write_function(impl_->put, function));
  return {};
}

Status FunctionStore::insert(const StoredFunction& function) {
  const std::lock_guard lock{impl_->mutex};
  LAM_TRY(const bool inserted, write_function(impl_->insert, function));
  if (!inserted) {
    // AWS: "exist", as the service spells it.
    return Error{ErrorCode::kAlreadyExists,
                 fmt::format("Function already exist: {}", function.definition.name)};
  }
  return {};
}

Result<bool> FunctionStore::remove(std::string_view name) {
  const std::lock_guard lock{impl_->mutex};
  LAM_TRY(Transaction transaction, Transaction::begin(*impl_->database));
  impl_->remove.bind(1, name);
  LAM_TRY(const bool any, run_to_end(impl_->remove));
  LAM_TRY_STATUS(impl_->remove_items.bind(1, name).run());
  LAM_TRY_STATUS(transaction.commit());
  return any;
}

Status FunctionStore::update(const FunctionUpdate& update) {
  const std::lock_guard lock{impl_->mutex};
  LAM_TRY(Transaction transaction, Transaction::begin(*impl_->database));
  LAM_TRY_STATUS(impl_->write(update));
  return transaction.commit();
}

Result<std::vector<FunctionItem>> FunctionStore::items() const {
  const std::lock_guard lock{impl_->mutex};
  Statement& row = impl_->items;
  std::vector<FunctionItem> items;
  for (;;) {
    LAM_TRY(const bool any, row.step());
    if (!any) break;
    items.push_back({row.text(0), row.text(1), row.text(2), row.text(3)});
  }
  row.reset();
  return items;
}

Result<std::vector<VersionNumbering>> FunctionStore::numberings() const {
  const std::lock_guard lock{impl_->mutex};
  Statement& row = impl_->numberings;
  std::vector<VersionNumbering> numberings;
  for (;;) {
    LAM_TRY(const bool any, row.step());
    if (!any) break;
    numberings.push_back({row.text(0), row.integer(1), row.text(2)});
  }
  row.reset();
  return numberings;
}

Result<std::optional<StoredFunction>> FunctionStore::get(std::string_view name,
                                                         std::string_view version) const {
  const std::lock_guard lock{impl_->mutex};
  impl_->get.bind(1, name).bind(2, version);
  LAM_TRY(const bool row, impl_->get.step());
  std::optional<StoredFunction> function;
  if (row) function = read_function(impl_->get, impl_->packages);
  impl_->get.reset();
  return function;
}

Result<std::vector<StoredFunction>> FunctionStore::list() const {
  const std::lock_guard lock{impl_->mutex};
  std::vector<StoredFunction> functions;
  for (;;) {
    LAM_TRY(const bool row, impl_->list.step());
    if (!row) break;
    functions.push_back(read_function(impl_->list, impl_->packages));
  }
  impl_->list.reset();
  return functions;
}

const fs::path& FunctionStore::packages_folder() const {
  return impl_->packages;
}

Result<std::size_t> FunctionStore::remove_unused_packages() {
  std::set<std::string, std::less<>> used;
  {
    const std::lock_guard lock{impl_->mutex};
    for (;;) {
      LAM_TRY(const bool row, impl_->used_packages.step());
      if (!row) break;
      used.insert(impl_->used_packages.text(0));
    }
    impl_->used_packages.reset();
  }
  return remove_packages_except(impl_->packages, used);
}

}  // namespace lambdarium::store
