// Accepted asynchronous events on disk, in a database of their own: `events.sqlite` in the data
// folder. What was reported as committed survives a killed process.
//
// Calls never touch the disk, so the event loop makes them: they append to queues that one thread
// of the store's own empties. It commits in groups, whatever has come together while the last group
// was on its way to the disk: thousands of events a second where each commit waits for the disk.
// Progress and removals wait a little for company, since losing one only means that an event is
// processed again.
//
// Owns: the database and its thread. The folder's lock is FunctionStore's: open that first.
// Thread: any. Calls back: Options::committed, from the store's thread, once for every event that
// was appended. On failure (disk full): the group's events are reported with the error and are not
// stored; progress and removals are kept and tried again.

#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "models/base/result.h"
#include "models/base/time.h"
#include "models/base/unique_function.h"

namespace lambdarium::store {

struct EventProgress {
  std::int32_t failures = 0;
  std::int32_t throttles = 0;
  std::int64_t due_unix_ms = 0;  // of the next attempt; 0: at once
  std::int64_t skipped_ms = 0;   // what --time-scale took off its waits

  bool operator==(const EventProgress&) const = default;
};

struct StoredEvent {
  std::uint64_t id = 0;  // ascending in the order of acceptance; at least 1
  std::string request_id;
  std::string function;   // name
  std::string qualifier;  // as invoked; empty: none was given
  std::string arn;        // as invoked
  std::string trace_id;
  std::string payload;
  std::int64_t accepted_unix_ms = 0;
  EventProgress progress;

  bool operator==(const StoredEvent&) const = default;
};

struct EventStoreOptions {
  // The ids are those of the events of one group, in their order.
  UniqueFunction<void(std::vector<std::uint64_t> ids, Status status)> committed;
  std::size_t group_events_max = 2'048;
  std::size_t group_bytes_max = 32u << 20;  // of payloads
  Duration change_delay = 20ms;  // progress and removals wait this long at most, unless the disk
                                 // is busy
  Duration retry_delay = 1s;     // before what could not be written is tried again
};

class EventStore {
 public:
  // Makes the database where it is missing. Errors: it is damaged, another program's, or of a later
  // version.
  static Result<std::unique_ptr<EventStore>> open(const std::filesystem::path& data_folder,
                                                  EventStoreOptions options);
  ~EventStore();  // close(), without its answer
  EventStore(const EventStore&) = delete;
  EventStore& operator=(const EventStore&) = delete;

  // What open() found, in the order of acceptance; the second call gives nothing.
  std::vector<std::shared_ptr<const StoredEvent>> take_stored();
  // Above every id that open() found.
  std::uint64_t first_free_id() const;

  // Requires: `event` does not change.
  void append(std::shared_ptr<const StoredEvent> event);
  // Of events that are stored.
  void save(std::uint64_t id, const EventProgress& progress);
  void remove(std::uint64_t id);

  // Writes what is waiting, reporting as usual, and closes the file. Blocks on the disk. Nothing
  // may come afterwards.
  Status close();

 private:
  struct Impl;
  explicit EventStore(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace lambdarium::store
