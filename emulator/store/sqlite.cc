#include "emulator/store/sqlite.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <climits>

namespace lambdarium::store {

// --- statements

void Statement::Finalize::operator()(sqlite3_stmt* statement) const noexcept {
  sqlite3_finalize(statement);
}

Statement& Statement::bind(int index, std::int64_t value) {
  const int code = sqlite3_bind_int64(handle_.get(), index, value);
  LAM_CHECK(code == SQLITE_OK, sqlite3_errstr(code));
  return *this;
}

Statement& Statement::bind(int index, double value) {
  const int code = sqlite3_bind_double(handle_.get(), index, value);
  LAM_CHECK(code == SQLITE_OK, sqlite3_errstr(code));
  return *this;
}

Statement& Statement::bind(int index, std::string_view value) {
  // An empty view may have no address, which SQLite would take for NULL.
  const char* bytes = value.empty() ? "" : value.data();
  const int code =
      sqlite3_bind_text64(handle_.get(), index, bytes, value.size(), SQLITE_STATIC, SQLITE_UTF8);
  // A text of more than SQLite's limit (a gigabyte) is the one failure that data can cause.
  if (code == SQLITE_TOOBIG) return bind_null(index);
  LAM_CHECK(code == SQLITE_OK, sqlite3_errstr(code));
  return *this;
}

Statement& Statement::bind_null(int index) {
  const int code = sqlite3_bind_null(handle_.get(), index);
  LAM_CHECK(code == SQLITE_OK, sqlite3_errstr(code));
  return *this;
}

Statement& Statement::bind_known(int index, std::int64_t value) {
  return value < 0 ? bind_null(index) : bind(index, value);
}

Statement& Statement::bind_known(int index, std::string_view value) {
  return value.empty() ? bind_null(index) : bind(index, value);
}

Result<bool> Statement::step() {
  const int code = sqlite3_step(handle_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  Error error = database_->error(code);
  sqlite3_reset(handle_.get());
  return error;
}

Status Statement::run() {
  const Result<bool> stepped = step();
  sqlite3_reset(handle_.get());
  if (!stepped.ok()) return stepped.error();
  return {};
}

void Statement::reset() {
  sqlite3_reset(handle_.get());
}

bool Statement::is_null(int column) const {
  return sqlite3_column_type(handle_.get(), column) == SQLITE_NULL;
}

std::int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(handle_.get(), column);
}

double Statement::real(int column) const {
  return sqlite3_column_double(handle_.get(), column);
}

std::string Statement::text(int column) const {
  std::string out;
  text(column, out);
  return out;
}

void Statement::text(int column, std::string& out) const {
  out.clear();
  const auto* bytes = sqlite3_column_text(handle_.get(), column);
  if (bytes == nullptr) return;
  const int size = sqlite3_column_bytes(handle_.get(), column);
  out.assign(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
}

std::int64_t Statement::known_integer(int column) const {
  return is_null(column) ? -1 : integer(column);
}

// --- the database

Result<std::unique_ptr<Database>> Database::open(const std::filesystem::path& file, Access access) {
  std::unique_ptr<Database> database{new Database{file}};
  int flags = SQLITE_OPEN_EXRESCODE;
  switch (access) {
    case Access::kRead:
      flags |= SQLITE_OPEN_READONLY;
      break;
    case Access::kWrite:
      flags |= SQLITE_OPEN_READWRITE;
      break;
    case Access::kCreate:
      flags |= SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
      break;
  }
  // SQLite makes a handle even where it fails, to carry the error; the destructor closes it.
  const int code = sqlite3_open_v2(file.c_str(), &database->handle_, flags, nullptr);
  if (code != SQLITE_OK) return database->error(code);
  // A reader that looks at the file holds a writer up for moments only.
  sqlite3_busy_timeout(database->handle_, 5'000);
  return database;
}

Database::~Database() {
  sqlite3_close_v2(handle_);
}

Status Database::execute(const char* sql) {
  const int code = sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return error(code);
  return {};
}

Result<Statement> Database::prepare(std::string_view sql) const {
  LAM_CHECK(sql.size() < INT_MAX);
  Statement statement;
  sqlite3_stmt* handle = nullptr;
  const int code = sqlite3_prepare_v3(handle_, sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &handle, nullptr);
  if (code != SQLITE_OK) return error(code);
  statement.handle_.reset(handle);
  statement.database_ = this;
  return statement;
}

Result<std::int64_t> Database::query_integer(std::string_view sql) const {
  LAM_TRY(Statement statement, prepare(sql));
  LAM_TRY(const bool row, statement.step());
  return row ? statement.integer(0) : std::int64_t{0};
}

Result<std::string> Database::query_text(std::string_view sql) const {
  LAM_TRY(Statement statement, prepare(sql));
  LAM_TRY(const bool row, statement.step());
  return row ? statement.text(0) : std::string{};
}

Status Database::close() {
  const int code = sqlite3_close(handle_);
  if (code != SQLITE_OK) return error(code);
  handle_ = nullptr;
  return {};
}

Error Database::error(int code) const {
  const int primary = code & 0xff;
  const char* text = handle_ == nullptr ? sqlite3_errstr(code) : sqlite3_errmsg(handle_);
  switch (primary) {
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
      return invalid_input(
          fmt::format("{} is damaged or not an SQLite database ({})", file_.string(), text));
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return unavailable(fmt::format("{} is in use by another program ({})", file_.string(), text));
    case SQLITE_FULL:
      return unavailable(fmt::format("{}: the disk is full ({})", file_.string(), text));
    case SQLITE_CANTOPEN:
      return unavailable(fmt::format("{} cannot be opened ({})", file_.string(), text));
    default:
      return unavailable(fmt::format("{}: {}", file_.string(), text));
  }
}

// --- transactions

Result<Transaction> Transaction::begin(Database& database) {
  LAM_TRY_STATUS(database.execute("BEGIN IMMEDIATE"));
  return Transaction{database};
}

Transaction::~Transaction() {
  // Where SQLite has rolled back by itself, this is refused, which changes nothing.
  if (database_ != nullptr) (void)database_->execute("ROLLBACK");
}

Status Transaction::commit() {
  LAM_TRY_STATUS(database_->execute("COMMIT"));
  database_ = nullptr;
  return {};
}

Status adopt_schema(Database& database, const char* schema, SchemaStamp stamp) {
  const std::string file = database.file().string();
  LAM_TRY(const std::int64_t application, database.query_integer("PRAGMA application_id"));
  LAM_TRY(const std::int64_t version, database.query_integer("PRAGMA user_version"));
  LAM_TRY(const std::int64_t tables, database.query_integer("SELECT count(*) FROM sqlite_master"));
  if (application == 0 && version == 0 && tables == 0) {
    LAM_TRY_STATUS(database.execute("PRAGMA auto_vacuum=INCREMENTAL"));
    LAM_TRY(Transaction transaction, Transaction::begin(database));
    LAM_TRY_STATUS(database.execute(schema));
    const std::string mark = fmt::format("PRAGMA user_version={}; PRAGMA application_id={}",
                                         stamp.version, stamp.application_id);
    LAM_TRY_STATUS(database.execute(mark.c_str()));
    return transaction.commit();
  }
  if (application != stamp.application_id) {
    return invalid_input(fmt::format("{} is a database of another program", file));
  }
  if (version != stamp.version) {
    return invalid_input(
        fmt::format("{} was written by another version of this program (schema {}; this one knows "
                    "{})",
                    file, version, stamp.version));
  }
  LAM_TRY(const std::string check, database.query_text("PRAGMA quick_check(1)"));
  if (check != "ok") return invalid_input(fmt::format("{} is damaged ({})", file, check));
  return {};
}

}  // namespace lambdarium::store
