// RUN.sqlite: what a run leaves behind, written through RunSink and read back. docs/run-format.md
// documents the columns.
//
// Writing. The file appears under its name only once it holds a complete, empty run (it is made
// beside it and renamed); a run that is there already is replaced, anything else is refused. Rows
// are committed in groups into a write-ahead log: a program that is killed loses at most the last
// group, and the file stays readable. finish() makes the rest durable, folds the log into the one
// file and sets the meta key `finished`. Thread: with Mode::kDirect every call writes and all calls
// come from one thread (simulator, tools). With Mode::kBackground calls only append to a bounded
// queue, from any thread, and never touch the disk (event loop); one thread of the writer's own
// takes the rows out and commits. Rows that find the queue full are dropped and counted in the meta
// key `dropped_rows`: the loop must not wait, and a reader must know. On failure (disk full): the
// first error is kept, later rows are discarded, status() and finish() return it.

#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "models/base/result.h"
#include "models/base/time.h"
#include "models/domain/run_record.h"

namespace lambdarium::store {

// Written to the meta table as `format` and `version`; a reader refuses other formats and later
// versions.
inline constexpr std::string_view kRunFormat = "lambdarium-run";
inline constexpr std::int64_t kRunVersion = 1;

struct RunWriterOptions {
  enum class Mode : std::uint8_t { kDirect, kBackground };
  Mode mode = Mode::kDirect;
  std::size_t group_rows = 32'768;   // committed together at the latest; at least 1
  std::size_t queue_rows = 131'072;  // kBackground: rows that may wait for the disk
  Duration group_delay = 100ms;      // kBackground: a row waits at most this long for its group
};

class RunWriter final : public RunSink {
 public:
  static Result<std::unique_ptr<RunWriter>> create(const std::filesystem::path& path,
                                                   const RunWriterOptions& options = {});
  ~RunWriter() override;  // finish(), without its answer
  RunWriter(const RunWriter&) = delete;
  RunWriter& operator=(const RunWriter&) = delete;

  void meta(std::string_view key,
            std::string_view value) override;            // the last value of a key stays
  void function(const FunctionRecord& record) override;  // by id: a later one replaces it
  void invocation(const InvocationRecord& record) override;
  void environment(const EnvironmentRecord& record) override;  // by id: a later one replaces it
  void decision(
      const DecisionRecord& record) override;  // numbered in the order of the calls, from 1
  void meter(const MeterRecord& record) override;
  void sample(const SampleRecord& record) override;

  // The first thing that went wrong; ok while nothing has. Any thread.
  Status status() const;
  // Rows that found the queue full so far. Any thread.
  std::uint64_t dropped_rows() const;
  // Writes what is waiting and closes the file. Blocks on the disk. Rows that come later are
  // discarded; a second call returns the same answer.
  Status finish();

 private:
  struct Impl;
  explicit RunWriter(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// The rows of one table, in order. `while (rows.next(record)) …`, then status(). Valid while its
// reader lives.
template <class Record>
class RunRows {
 public:
  RunRows(RunRows&&) noexcept;
  RunRows& operator=(RunRows&&) noexcept;
  ~RunRows();

  // Fills `record` and returns true, or returns false at the end and after an error.
  bool next(Record& record);
  Status status() const;

 private:
  friend class RunReader;
  struct Impl;
  explicit RunRows(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// Reads a run: finished, still being written, or left by a program that was killed. One thread.
// Columns that are NULL come back as RunSink's "not known": -1 and the empty string.
class RunReader {
 public:
  // A missing file, a file that is no run, and one of a later version are errors that name the
  // file.
  static Result<std::unique_ptr<RunReader>> open(const std::filesystem::path& path);
  ~RunReader();
  RunReader(const RunReader&) = delete;
  RunReader& operator=(const RunReader&) = delete;

  const std::map<std::string, std::string>& meta() const;
  // The value of a meta key; empty where there is none.
  std::string meta(std::string_view key) const;
  // Whether the writer came to its end; otherwise the last rows may be missing.
  bool finished() const;

  Result<RunRows<FunctionRecord>> functions() const;        // by id
  Result<RunRows<InvocationRecord>> invocations() const;    // in the order of writing
  Result<RunRows<EnvironmentRecord>> environments() const;  // by id
  Result<RunRows<DecisionRecord>> decisions() const;        // by seq
  Result<RunRows<MeterRecord>> meters() const;              // in the order of writing
  Result<RunRows<SampleRecord>> samples() const;            // in the order of writing
  // Number of rows of a table of the format: "invocations", "decisions", …
  Result<std::int64_t> count(std::string_view table) const;

 private:
  struct Impl;
  explicit RunReader(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// All rows at once, for tables that are small.
template <class Record>
Result<std::vector<Record>> read_all(Result<RunRows<Record>> rows) {
  if (!rows.ok()) return std::move(rows).error();
  std::vector<Record> all;
  Record record;
  while (rows->next(record)) all.push_back(record);
  if (const Status status = rows->status(); !status.ok()) return status.error();
  return all;
}

}  // namespace lambdarium::store
