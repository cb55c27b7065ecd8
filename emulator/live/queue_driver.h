// Drives the queues with real time and keeps them on disk.
//
//   queues::QueueSet ─▶ Effects ─▶ finish() ─▶ QueueStore ─▶ committed ─▶ `done`
//                                         └──▶ deliveries ─▶ the callback of each receive
//
// Fronts call the queues' own operations and hand the effects to finish(). Messages are sent
// through send(), which lets them be received once they are on disk.
//
// Owns: the queues, their store, one timer. Thread: the loop's. Calls back: `done` and receives,
// last, never from inside of receive() or send(). On failure: `done` says what the disk refused.

#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "emulator/queues/queue_set.h"
#include "emulator/store/queue_store.h"
#include "models/base/log.h"
#include "models/base/random.h"
#include "models/base/result.h"
#include "models/base/unique_function.h"
#include "runtime-api/http/event_loop.h"
#include "runtime-api/http/timer.h"

namespace lambdarium::live {

struct QueueDriverOptions {
  std::filesystem::path data_folder;
  queues::QueueHome home;
  queues::QueueLimits limits;
  RandomStream ids;        // message ids
  LogSink* log = nullptr;  // never null
};

class QueueDriver {
 public:
  static Result<std::unique_ptr<QueueDriver>> open(http::EventLoop& loop,
                                                   QueueDriverOptions options);
  ~QueueDriver();
  QueueDriver(const QueueDriver&) = delete;
  QueueDriver& operator=(const QueueDriver&) = delete;

  queues::QueueSet& queues() { return queues_; }
  const queues::QueueSet& queues() const { return queues_; }
  // Since 1970, by a clock that does not jump: what the queues are to be handed.
  Time now() const { return loop_.now() + epoch_; }

  // Stores what an operation of the queues changed and answers receives. `done` is called once it
  // is on disk; at once, where nothing changed.
  void finish(queues::Effects effects, UniqueFunction<void(const Status&)> done = {});

  // Gives a message an id and its sender, and checks it; then it must be handed to send().
  queues::OrError<queues::StoredMessage> prepare(queues::QueueId queue, queues::Message message,
                                                 std::optional<std::int64_t> delay_s = {});
  void send(std::vector<queues::StoredMessage> messages, UniqueFunction<void(const Status&)> done);

  using OnDelivery = UniqueFunction<void(queues::Delivery&&)>;
  queues::OrError<queues::Ticket> receive(const queues::QueueSet::Receive& receive,
                                          OnDelivery on_delivery);
  // The receive is answered no more.
  void cancel(queues::Ticket ticket);

  // Event source mappings lie beside the queues; what the store held is given once.
  std::vector<store::MappingChange> take_stored_mappings();
  void put_mapping(store::MappingChange change, UniqueFunction<void(const Status&)> done);

  // Called after a queue was made: who waits for one by its name looks again.
  void set_on_created(UniqueFunction<void()> on_created) { on_created_ = std::move(on_created); }

  // Stores what is on its way to the disk; nothing may come afterwards. Blocks on the disk.
  Status close();

 private:
  QueueDriver(http::EventLoop& loop, QueueDriverOptions options);
  void restore();
  void write(std::vector<store::QueueChange> changes, UniqueFunction<void(const Status&)> done);
  void on_committed(const std::vector<std::uint64_t>& tokens, const Status& status);
  void deliver(std::vector<queues::Delivery> deliveries);
  void wake();

  http::EventLoop& loop_;
  QueueDriverOptions options_;
  Duration epoch_;  // what the loop's clock is behind the time since 1970
  queues::QueueSet queues_;
  std::unique_ptr<store::QueueStore> store_;
  std::vector<store::MappingChange> stored_mappings_;
  std::unordered_map<queues::Ticket, OnDelivery> receives_;
  std::unordered_map<std::uint64_t, UniqueFunction<void(const Status&)>> pending_;
  std::uint64_t last_token_ = 0;
  UniqueFunction<void()> on_created_;
  http::DeadlineTimer timer_;
  bool closed_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace lambdarium::live
