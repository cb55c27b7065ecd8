// A thin owner of SQLite's handles: private to this folder, the only code that calls the library.
//
// Thread: a Database and its statements belong to one thread at a time.
// On failure: Error with the database's file and SQLite's text. What the machine refused (disk
// full, I/O) is kUnavailable; a file that is no database or is damaged is kInvalidInput.

#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "models/base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace lambdarium::store {

class Database;

class Statement {
 public:
  Statement() = default;

  // Parameters are numbered from 1. Text is borrowed until the statement has run: no temporaries.
  Statement& bind(int index, std::int64_t value);
  Statement& bind(int index, double value);
  Statement& bind(int index, std::string_view value);
  Statement& bind_null(int index);
  // "Not known" of the run records: negative numbers and empty text become NULL.
  Statement& bind_known(int index, std::int64_t value);
  Statement& bind_known(int index, std::string_view value);

  // True while there is a row.
  Result<bool> step();
  // step() for a statement without rows, then reset().
  Status run();
  void reset();

  bool is_null(int column) const;
  std::int64_t integer(int column) const;
  double real(int column) const;
  std::string text(int column) const;
  void text(int column, std::string& out) const;  // reuses the memory of `out`
  // The counterpart of bind_known(): -1 for NULL.
  std::int64_t known_integer(int column) const;

 private:
  friend class Database;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const noexcept;
  };
  std::unique_ptr<sqlite3_stmt, Finalize> handle_;
  const Database* database_ = nullptr;  // outlives its statements
};

class Database {
 public:
  enum class Access : std::uint8_t { kRead, kWrite, kCreate };

  static Result<std::unique_ptr<Database>> open(const std::filesystem::path& file, Access access);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  Status execute(const char* sql);
  Result<Statement> prepare(std::string_view sql) const;
  // The first column of the first row; 0 where there is none.
  Result<std::int64_t> query_integer(std::string_view sql) const;
  Result<std::string> query_text(std::string_view sql) const;
  // Closes; an error means that something is still open or could not be written. Statements must be
  // gone.
  Status close();

  // What SQLite says went wrong last, as an Error that names the file.
  Error error(int code) const;
  const std::filesystem::path& file() const { return file_; }

 private:
  explicit Database(std::filesystem::path file) : file_(std::move(file)) {}
  std::filesystem::path file_;
  sqlite3* handle_ = nullptr;
};

// Rolls back unless committed.
class Transaction {
 public:
  static Result<Transaction> begin(Database& database);
  Transaction(Transaction&& other) noexcept : database_(other.database_) {
    other.database_ = nullptr;
  }
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction();
  Status commit();

 private:
  explicit Transaction(Database& database) : database_(&database) {}
  Database* database_;
};

// What makes a file one of ours: an id in SQLite's header, and the version of its tables.
struct SchemaStamp {
  std::int64_t application_id = 0;
  std::int64_t version = 0;
};

// Gives an empty database its tables; refuses one of another program, of another version, or that
// is damaged. Pages that are free go back to the file system when the file is opened next.
Status adopt_schema(Database& database, const char* schema, SchemaStamp stamp);

}  // namespace lambdarium::store
