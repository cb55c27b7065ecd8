#include "emulator/store/function_store.h"

#include <fmt/format.h>

#include <array>
#include <mutex>
#include <nlohmann/json.hpp>
#include <set>
#include <system_error>

#include "emulator/store/folder_lock.h"
#include "emulator/store/package.h"
#include "emulator/store/sqlite.h"

namespace lambdarium::store {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

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
};

constexpr std::string_view kColumns =
    "name, version, origin, runtime, handler, role, description, architecture, memory_mb, "
    "timeout_s, ephemeral_mb, reserved_concurrency, environment_concurrency, environment, tags, "
    "code_directory, package, code_sha256, code_size, last_modified, revision_id, state, "
    "state_reason, state_reason_code, last_update_status, last_update_status_reason, "
    "last_update_status_reason_code, settings";
constexpr std::string_view kPlaces =
    "?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?";

std::string to_json(const std::map<std::string, std::string>& map) {
  // Bytes that are no UTF-8 would make dump() throw; AWS allows none either.
  return json(map).dump(-1, ' ', false, json::error_handler_t::replace);
}

std::map<std::string, std::string> map_from_json(const std::string& text) {
  std::map<std::string, std::string> map;
  const json parsed = json::parse(text, nullptr, false);
  if (!parsed.is_object()) return map;
  for (const auto& [key, value] : parsed.items()) {
    if (value.is_string()) map[key] = value.get<std::string>();
  }
  return map;
}

std::string_view origin_name(FunctionOrigin origin) {
  return origin == FunctionOrigin::kTemplate ? "template" : "api";
}

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
  mutable Statement get;
  mutable Statement list;
  mutable Statement used_packages;

  Status prepare() {
    LAM_TRY(put, database->prepare(fmt::format("INSERT OR REPLACE INTO functions ({}) VALUES ({})",
                                               kColumns, kPlaces)));
    LAM_TRY(insert, database->prepare(
                        fmt::format("INSERT INTO functions ({}) VALUES ({}) ON CONFLICT DO NOTHING "
                                    "RETURNING 1",
                                    kColumns, kPlaces)));
    LAM_TRY(remove, database->prepare("DELETE FROM functions WHERE name = ? RETURNING 1"));
    LAM_TRY(get, database->prepare(fmt::format(
                     "SELECT {} FROM functions WHERE name = ? AND version = ?", kColumns)));
    LAM_TRY(list, database->prepare(
                      fmt::format("SELECT {} FROM functions ORDER BY name, version", kColumns)));
    LAM_TRY(used_packages,
            database->prepare("SELECT DISTINCT package FROM functions WHERE package <> ''"));
    return {};
  }

  // Runs a statement to its end and says whether it gave a row.
  static Result<bool> run(Statement& statement) {
    bool any = false;
    for (;;) {
      LAM_TRY(const bool row, statement.step());
      if (!row) break;
      any = true;
    }
    statement.reset();
    return any;
  }

  Result<bool> write(Statement& statement, const StoredFunction& function) const;
  StoredFunction read(const Statement& row) const;
};

Result<bool> FunctionStore::Impl::write(Statement& statement,
                                        const StoredFunction& function) const {
  const FunctionDefinition& definition = function.definition;
  const std::string environment = to_json(definition.environment);
  const std::string tags = to_json(definition.tags);
  int column = 0;
  const auto text = [&](std::string_view value) { statement.bind(++column, value); };
  const auto number = [&](std::int64_t value) { statement.bind(++column, value); };
  text(definition.name);
  text(function.version);
  text(origin_name(function.origin));
  text(definition.runtime);
  text(definition.handler);
  text(definition.role);
  text(definition.description);
  text(definition.architecture);
  number(definition.memory_mb);
  number(definition.timeout_s);
  number(definition.ephemeral_mb);
  if (definition.reserved_concurrency) {
    number(*definition.reserved_concurrency);
  } else {
    statement.bind_null(++column);
  }
  number(definition.environment_concurrency);
  text(environment);
  text(tags);
  text(definition.code_directory);
  text(function.package);
  text(function.code_sha256);
  number(function.code_size);
  text(function.last_modified);
  text(function.revision_id);
  text(function.state);
  text(function.state_reason);
  text(function.state_reason_code);
  text(function.last_update_status);
  text(function.last_update_status_reason);
  text(function.last_update_status_reason_code);
  text(function.settings);
  return run(statement);
}

StoredFunction FunctionStore::Impl::read(const Statement& row) const {
  StoredFunction function;
  FunctionDefinition& definition = function.definition;
  int column = 0;
  const auto text = [&] { return row.text(column++); };
  const auto number = [&] { return row.integer(column++); };
  definition.name = text();
  function.version = text();
  function.origin = text() == "template" ? FunctionOrigin::kTemplate : FunctionOrigin::kApi;
  definition.runtime = text();
  definition.handler = text();
  definition.role = text();
  definition.description = text();
  definition.architecture = text();
  definition.memory_mb = number();
  definition.timeout_s = number();
  definition.ephemeral_mb = number();
  if (!row.is_null(column)) definition.reserved_concurrency = row.integer(column);
  ++column;
  definition.environment_concurrency = number();
  definition.environment = map_from_json(text());
  definition.tags = map_from_json(text());
  definition.code_directory = text();
  function.package = text();
  function.code_sha256 = text();
  function.code_size = number();
  function.last_modified = text();
  function.revision_id = text();
  function.state = text();
  function.state_reason = text();
  function.state_reason_code = text();
  function.last_update_status = text();
  function.last_update_status_reason = text();
  function.last_update_status_reason_code = text();
  function.settings = text();
  if (!function.package.empty()) {
    definition.code_directory = (packages / function.package).string();
  }
  return function;
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
  LAM_TRY([[maybe_unused]] const bool row, impl_->write(impl_->put, function));
  return {};
}

Status FunctionStore::insert(const StoredFunction& function) {
  const std::lock_guard lock{impl_->mutex};
  LAM_TRY(const bool inserted, impl_->write(impl_->insert, function));
  if (!inserted) {
    // AWS: "exist", as the service spells it.
    return Error{ErrorCode::kAlreadyExists,
                 fmt::format("Function already exist: {}", function.definition.name)};
  }
  return {};
}

Result<bool> FunctionStore::remove(std::string_view name) {
  const std::lock_guard lock{impl_->mutex};
  impl_->remove.bind(1, name);
  return Impl::run(impl_->remove);
}

Result<std::optional<StoredFunction>> FunctionStore::get(std::string_view name,
                                                         std::string_view version) const {
  const std::lock_guard lock{impl_->mutex};
  impl_->get.bind(1, name).bind(2, version);
  LAM_TRY(const bool row, impl_->get.step());
  std::optional<StoredFunction> function;
  if (row) function = impl_->read(impl_->get);
  impl_->get.reset();
  return function;
}

Result<std::vector<StoredFunction>> FunctionStore::list() const {
  const std::lock_guard lock{impl_->mutex};
  std::vector<StoredFunction> functions;
  for (;;) {
    LAM_TRY(const bool row, impl_->list.step());
    if (!row) break;
    functions.push_back(impl_->read(impl_->list));
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
