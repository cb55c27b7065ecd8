// Queues, messages and mappings as rows: private to this folder.
//
// Thread: that of the database. On failure: Error with the database's file.

#pragma once

#include <memory>

#include "emulator/store/queue_store.h"
#include "emulator/store/sqlite.h"

namespace lambdarium::store {

class QueueRows {
 public:
  // Makes or checks the schema.
  static Result<std::unique_ptr<QueueRows>> open(Database& database);

  Result<StoredQueues> load();
  Status write(const QueueChange& change);

 private:
  QueueRows() = default;
  Status prepare(Database& database);
  Status load_queues(StoredQueues& stored);
  Status load_messages(StoredQueues& stored);
  Status write_queue(const queues::QueueRecord& record);
  Status write_message(const queues::Message& message, const queues::MessageState& state);
  Status write_state(queues::MessageKey key, const queues::MessageState& state);

  Database* database_ = nullptr;  // outlives this
  Statement put_queue_;
  Statement remove_queue_;
  Statement purge_queue_;
  Statement put_message_;
  Statement state_message_;
  Statement remove_message_;
  Statement put_mapping_;
  Statement remove_mapping_;
};

}  // namespace lambdarium::store
