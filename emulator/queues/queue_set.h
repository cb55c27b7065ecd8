// All queues of the emulator: the queue service's decisions.
//
// Calls change the queues at once and append to the caller's Effects: what must be written down,
// and which receives are answered. A receive is answered through Effects always, at once or later,
// under the ticket that it was given. There is no clock: `now` is handed in, as the time since
// 1970, and wake_at() says when to call wake().
//
// A message is accepted in two steps, so that it can be received no earlier than it is on disk:
//
//   prepare() ─▶ the driver stores it ─▶ add(), or discard() where the disk refused
//
// Owns: the queues. Thread: one at a time. On failure: QueueError; nothing has changed then.

#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "emulator/queues/attributes.h"
#include "emulator/queues/error.h"
#include "emulator/queues/message.h"
#include "emulator/queues/queue.h"
#include "models/base/time.h"

namespace lambdarium::queues {

struct QueueLimits {
  std::int64_t in_flight_max = 120'000;            // of one queue
  std::int64_t bytes_max = std::int64_t{1} << 30;  // of all messages: they are held in memory
  std::size_t queues_max = 1'000;
  std::size_t parked_max = 10'000;  // receives that wait, of one queue
};

// What must be written down, in this order.
struct Change {
  enum class Kind : std::uint8_t {
    kPutQueue,       // record
    kRemoveQueue,    // queue, with its messages
    kPurgeQueue,     // the messages of `queue` with keys up to `key`
    kPutMessage,     // message, state
    kStateMessage,   // key, state
    kRemoveMessage,  // key
  };
  Kind kind = Kind::kPutQueue;
  QueueId queue = 0;
  MessageKey key = 0;
  std::shared_ptr<const QueueRecord> record;
  std::shared_ptr<const Message> message;
  MessageState state;
};

struct Delivery {
  Ticket ticket = 0;
  std::vector<Received> messages;
  bool queue_removed = false;
};

struct Effects {
  std::vector<Change> changes;
  std::vector<Delivery> deliveries;
};

// Whose queues these are.
struct QueueHome {
  std::string region = "us-east-1";
  std::string account = "000000000000";
};

class QueueSet {
 public:
  explicit QueueSet(QueueHome home, QueueLimits limits = {});

  // What was stored; before anything else. Messages of queues that are not there are left out
  // (false).
  void restore(QueueRecord record);
  bool restore(StoredMessage stored, Time now);

  // A queue of that name with no other attributes than these is given back as it is.
  OrError<QueueId> create(const std::string& name, const AttributeMap& attributes,
                          const std::map<std::string, std::string>& tags, Time now,
                          Effects& effects);
  std::optional<QueueError> set_attributes(QueueId id, const AttributeMap& attributes, Time now,
                                           Effects& effects);
  std::optional<QueueError> tag(QueueId id, const std::map<std::string, std::string>& tags,
                                Effects& effects);
  std::optional<QueueError> untag(QueueId id, const std::vector<std::string>& keys,
                                  Effects& effects);
  std::optional<QueueError> remove(QueueId id, Effects& effects);
  std::optional<QueueError> purge(QueueId id, Effects& effects);

  const QueueRecord* find(std::string_view name) const;
  const QueueRecord* find_by_arn(std::string_view arn) const;
  const QueueRecord* find(QueueId id) const;
  // By name, ascending.
  const std::map<std::string, QueueId, std::less<>>& names() const { return names_; }
  std::string arn_of(std::string_view name) const;
  const QueueHome& home() const { return home_; }
  // Queues whose redrive policy names this one, by name.
  std::vector<std::string> dead_letter_sources(std::string_view arn) const;
  MessageCounts counts(QueueId id, Time now, Effects& effects);

  // Numbers the message and checks it. `delay_s`: nothing: the queue's own.
  OrError<StoredMessage> prepare(QueueId id, Message message, std::optional<std::int64_t> delay_s,
                                 Time now);
  // False: the queue is gone, and the message with it.
  bool add(StoredMessage stored, Time now, Effects& effects);
  void discard(const StoredMessage& stored);

  struct Receive {
    QueueId queue = 0;
    std::int64_t messages_max = 1;
    std::int64_t bytes_max = INT64_MAX;
    std::optional<Duration> visibility = {};  // nothing: the queue's
    std::optional<Duration> wait = {};        // nothing: the queue's
  };
  OrError<Ticket> receive(const Receive& receive, Time now, Effects& effects);
  // A receive that is waiting is answered no more: whoever asked is gone.
  void cancel(Ticket ticket);

  // AWS: a receipt handle deletes its message for as long as that exists, also when it has become
  // visible again; deleting one that is gone succeeds.
  std::optional<QueueError> remove_message(QueueId id, std::string_view receipt_handle, Time now,
                                           Effects& effects);
  std::optional<QueueError> change_visibility(QueueId id, std::string_view receipt_handle,
                                              std::int64_t seconds, Time now, Effects& effects);

  Time wake_at() const { return due_.empty() ? kNever : due_.begin()->first; }
  void wake(Time now, Effects& effects);

  std::int64_t bytes() const { return bytes_; }

 private:
  struct Slot {
    Queue queue;
    Time due = kNever;  // as in due_
  };
  Slot* slot(QueueId id);
  const Slot* slot(QueueId id) const;
  std::optional<QueueError> check_redrive(const QueueRecord& record) const;
  void put(const Queue& queue, Effects& effects) const;
  void settle(Queue& queue, Time now, Effects& effects);
  // Answers waiting receives as far as there are messages, here and where messages were moved to.
  void serve(Slot& slot, Time now, Effects& effects);
  std::vector<Received> collect(Queue& queue, const ReceiveOrder& order, Time now, Effects& effects,
                                std::vector<QueueId>& moved_to);
  bool redrive(Queue& queue, const StoredMessage& stored, Time now, Effects& effects,
               std::vector<QueueId>& moved_to);
  void expire_receives(Queue& queue, Time now, Effects& effects);
  void reschedule(Slot& slot);

  QueueHome home_;
  QueueLimits limits_;
  std::map<QueueId, Slot> slots_;
  std::map<std::string, QueueId, std::less<>> names_;
  std::map<Ticket, QueueId> parked_;
  std::set<std::pair<Time, QueueId>> due_;
  QueueId last_queue_ = 0;
  MessageKey last_message_ = 0;
  Ticket last_ticket_ = 0;
  std::int64_t bytes_ = 0;
};

}  // namespace lambdarium::queues
