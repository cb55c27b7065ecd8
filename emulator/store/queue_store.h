// The message queues on disk, and the event source mappings that read them: `queues.sqlite` in the
// data folder. What was reported as committed survives a killed process.
//
// Calls never touch the disk, so the event loop makes them: changes are appended to a list that one
// thread of the store's own writes in order, in groups: whatever has come together while the last
// group was on its way to the disk. Changes that nobody waits for (receive counts, say) wait a
// little for company.
//
// Owns: the database and its thread. The folder's lock is FunctionStore's: open that first.
// Thread: any. Calls back: QueueStoreOptions::committed, from the store's thread, once for every
// token. On failure (disk full): the tokens of the group are reported with the error; its new
// messages are dropped, everything else is tried again.

#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "emulator/queues/queue_set.h"
#include "models/base/result.h"
#include "models/base/time.h"
#include "models/base/unique_function.h"

namespace lambdarium::store {

// An event source mapping; the document is its owner's JSON. No document: it is removed.
struct MappingChange {
  std::string uuid;
  std::optional<std::string> document;
};

using QueueChange = std::variant<queues::Change, MappingChange>;

struct QueueStoreOptions {
  UniqueFunction<void(std::vector<std::uint64_t> tokens, Status status)> committed;
  std::size_t group_changes_max = 4'096;
  Duration change_delay = 20ms;  // changes without a token wait this long at most
  Duration retry_delay = 1s;     // before what could not be written is tried again
};

struct StoredQueues {
  std::vector<queues::QueueRecord> queues;      // by id
  std::vector<queues::StoredMessage> messages;  // by key
  std::vector<MappingChange> mappings;          // by uuid
};

class QueueStore {
 public:
  // Makes the database where it is missing. Errors: it is damaged, another program's, or of a later
  // version.
  static Result<std::unique_ptr<QueueStore>> open(const std::filesystem::path& data_folder,
                                                  QueueStoreOptions options);
  ~QueueStore();  // close(), without its answer
  QueueStore(const QueueStore&) = delete;
  QueueStore& operator=(const QueueStore&) = delete;

  // What open() found; the second call gives nothing.
  StoredQueues take_stored();

  // `token` is reported once all of them are on disk; 0: nobody waits.
  void write(std::vector<QueueChange> changes, std::uint64_t token);

  // Writes what is waiting, reporting as usual, and closes the file. Blocks on the disk. Nothing
  // may come afterwards.
  Status close();

 private:
  struct Impl;
  explicit QueueStore(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace lambdarium::store
