// Asynchronous invocations (InvocationType Event): accepted once they are on the disk, then run,
// and run again when they fail; their ends are told to destinations and dead-letter targets.
//
//   accept() ─▶ EventStore ─▶ 202 ─▶ fleet::AsyncQueue ─▶ FleetDriver ─▶ …again, or the end:
//                                        a destination that is a function: an event like any other
//                                        a queue of this emulator: a message
//                                        any other one: a line of <data>/destinations/<name>.jsonl
//
// What was accepted survives a killed program: the next one goes on with it, so that an event may
// be processed more than once, and never less.
//
// Owns: the event store and the events under way. Thread: the loop's. Calls back: accept()'s
// `done`, last. On failure: an event that cannot be stored is refused; a destination that cannot be
// written is written later.

#pragma once

#include <cstdint>
#include <deque>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "emulator/fleet/async_queue.h"
#include "emulator/live/destination_files.h"
#include "emulator/live/destination_record.h"
#include "emulator/live/fleet_driver.h"
#include "emulator/store/event_store.h"
#include "models/base/log.h"
#include "models/base/random.h"
#include "runtime-api/http/event_loop.h"
#include "runtime-api/http/timer.h"

namespace lambdarium::live {

// What runs when an event is attempted.
struct AsyncRoute {
  fleet::FunctionId function = 0;
  std::string version = "$LATEST";
};

// How a function's events are treated. Destinations are ARNs; empty: none.
struct AsyncConfig {
  std::int32_t retries_max = fleet::kAsyncRetriesDefault;
  Duration age_max = fleet::kAsyncAgeMaxDefault;
  std::optional<std::int64_t> reserved_concurrency;
  std::string on_success;
  std::string on_failure;
  std::string dead_letter;
};

// A function of this emulator, as a destination names it.
struct AsyncFunctionName {
  std::string function;
  std::string qualifier;
};

// The functions, as asynchronous invocations need to know them. Asked at each attempt, since they
// change while events wait.
class AsyncFunctions {
 public:
  virtual ~AsyncFunctions() = default;
  virtual std::optional<AsyncRoute> route(std::string_view function,
                                          std::string_view qualifier) = 0;
  virtual AsyncConfig config(std::string_view function, std::string_view qualifier) const = 0;
  // Nothing: the ARN names no function, or one of elsewhere.
  virtual std::optional<AsyncFunctionName> parse_arn(std::string_view arn) const = 0;
};

// Queues of this emulator that destinations and dead-letter targets may name.
class DestinationQueues {
 public:
  virtual ~DestinationQueues() = default;
  // False: the ARN names no queue here, and `done` is not called. Otherwise `done` says whether the
  // message is on the disk; it may be called at once.
  virtual bool send(std::string_view arn, const DestinationMessage& message,
                    UniqueFunction<void(bool)> done) = 0;
};

struct AsyncOptions {
  std::filesystem::path data_folder;
  fleet::AsyncRules rules;
  std::int64_t events_max = 100'000;
  std::int64_t payload_bytes_max = std::int64_t{512} << 20;  // of all events
  RandomStream ids;        // request ids of what destinations are sent
  LogSink* log = nullptr;  // never null
};

struct AsyncTotals {
  std::uint64_t accepted = 0;   // by this program
  std::uint64_t recovered = 0;  // from an earlier one
  std::uint64_t succeeded = 0;
  std::uint64_t failed = 0;     // given up, or their function was deleted
  std::uint64_t retried = 0;    // waits for another attempt
  std::uint64_t delivered = 0;  // to destinations and dead-letter targets
};

class AsyncInvocations {
 public:
  struct Request {
    std::string function;
    std::string qualifier;
    std::string request_id;  // UUID
    std::string arn;         // as invoked
    std::string trace_id;
    std::string payload;
  };
  enum class Accepted : std::uint8_t {
    kStored,
    kFull,    // too many events wait
    kFailed,  // the disk refused; the log says why
  };

  // `driver` and `functions` outlive it. Errors: the database, see store::EventStore.
  static Result<std::unique_ptr<AsyncInvocations>> open(http::EventLoop& loop, FleetDriver& driver,
                                                        AsyncFunctions& functions,
                                                        AsyncOptions options);
  ~AsyncInvocations();
  AsyncInvocations(const AsyncInvocations&) = delete;
  AsyncInvocations& operator=(const AsyncInvocations&) = delete;

  // Requires: the function exists. `done` may be called at once, where the answer is kFull.
  void accept(Request request, UniqueFunction<void(Accepted)> done);
  // Null: there are none. Outlives this object or is taken back.
  void set_queues(DestinationQueues* queues) { queues_ = queues; }
  // Goes on with what an earlier program left. Call once, when the functions are there.
  void recover();
  // The function was changed or removed, or how its events are treated.
  void function_changed(std::string_view function);
  // Stores what is on its way to the disk; nothing is attempted from then on. Blocks on the disk.
  Status close();

  const AsyncTotals& totals() const { return totals_; }
  std::int64_t pending() const { return queue_.size(); }
  std::int64_t running() const { return queue_.running(); }
  std::int64_t waiting() const { return queue_.waiting(); }

 private:
  struct Event {
    std::shared_ptr<const store::StoredEvent> stored;
    fleet::AsyncTargetId target = 0;
    bool had_function = false;  // its function existed when it was accepted or attempted
    std::optional<AsyncResponse> response;
    int deliveries_open = 0;
    bool delivery_failed = false;
  };
  struct Pending {
    std::shared_ptr<const store::StoredEvent> stored;
    UniqueFunction<void(Accepted)> done;
  };
  struct Target {
    std::string function;
    std::string qualifier;
    AsyncConfig config;
  };
  using Input = std::variant<fleet::AsyncInput, fleet::AsyncTargetId>;  // or a changed target

  AsyncInvocations(http::EventLoop& loop, FleetDriver& driver, AsyncFunctions& functions,
                   AsyncOptions options);
  void store(Request request, UniqueFunction<void(Accepted)> done);
  void on_committed(const std::vector<std::uint64_t>& ids, const Status& status);
  void enqueue(std::shared_ptr<const store::StoredEvent> stored, bool had_function);
  fleet::AsyncTargetId target_of(const store::StoredEvent& event);
  void apply(Input input);
  void apply(std::uint64_t id, fleet::AsyncInputKind kind, fleet::AsyncOutcome outcome);
  void drain();
  void perform(const fleet::AsyncEffect& effect);
  void attempt(std::uint64_t id);
  void completed(std::uint64_t id, const std::string& version, Completion&& completion);
  void save(const fleet::AsyncEffect& effect);
  void deliver(const fleet::AsyncEffect& effect);
  void deliver_to(std::uint64_t id, const std::string& arn, std::string record);
  void send_message(std::uint64_t id, const std::string& arn, const DestinationMessage& message);
  void delivered(std::uint64_t id, bool ok);
  void settle(std::uint64_t id);
  void forget(const fleet::AsyncEffect& effect);
  Time time_of(std::int64_t unix_ms) const;
  std::int64_t unix_ms_of(Time time) const;

  http::EventLoop& loop_;
  FleetDriver& driver_;
  AsyncFunctions& functions_;
  AsyncOptions options_;
  LogSink& log_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  std::unique_ptr<store::EventStore> store_;
  DestinationQueues* queues_ = nullptr;
  DestinationFiles files_;
  fleet::AsyncQueue queue_;
  std::uint64_t next_id_ = 1;
  std::int64_t payload_bytes_ = 0;                      // of what is pending and under way
  std::unordered_map<std::uint64_t, Pending> pending_;  // on their way to the disk
  std::unordered_map<std::uint64_t, Event> events_;
  std::vector<Target> targets_;  // by the queue's id
  std::map<std::pair<std::string, std::string>, fleet::AsyncTargetId, std::less<>> target_ids_;
  std::deque<std::pair<Input, Time>> inputs_;
  std::vector<fleet::AsyncEffect> effects_;
  bool draining_ = false;
  bool closed_ = false;
  AsyncTotals totals_;
  http::DeadlineTimer timer_;
};

}  // namespace lambdarium::live
