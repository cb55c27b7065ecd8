// The prepared inserts of RUN.sqlite, grouped into transactions: what both modes of the RunWriter
// write with. One thread.

#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "emulator/store/sqlite.h"
#include "models/domain/run_record.h"

namespace lambdarium::store {

struct MetaRecord {
  std::string key;
  std::string value;
};

class RunTables {
 public:
  // Makes an empty run beside `path`, renames it to `path`, and opens it. `durable`: commits reach
  // the disk in order, so that the file also survives the loss of power.
  static Result<std::unique_ptr<RunTables>> create(const std::filesystem::path& path,
                                                   std::size_t group_rows, bool durable);

  // Each adds a row to the open group, and commits the group when it is full.
  Status write(const MetaRecord& record);
  Status write(const FunctionRecord& record);
  Status write(const InvocationRecord& record);
  Status write(const EnvironmentRecord& record);
  Status write(const DecisionRecord& record);
  Status write(const MeterRecord& record);
  Status write(const SampleRecord& record);

  Status commit();
  // Commits, folds the log into the file, closes.
  Status close();

 private:
  RunTables() = default;
  Status prepare();
  Status insert(Statement& statement);

  std::unique_ptr<Database> database_;  // before the statements, which refer to it
  Statement meta_;
  Statement function_;
  Statement invocation_;
  Statement environment_;
  Statement decision_;
  Statement meter_;
  Statement sample_;
  std::size_t group_rows_ = 1;
  std::size_t pending_ = 0;
};

}  // namespace lambdarium::store
