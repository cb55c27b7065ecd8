// One standard queue: which of its messages can be received, which are hidden and until when.
//
// Every call is handed the time and first lets come true what was due by then: hidden messages
// appear, those older than the retention period go. Messages are received in the order of sending,
// as far as they are visible.
//
// Private to the folder: QueueSet owns queues and carries out what they report. Thread: one at a
// time. On failure: nothing fails here.

#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "emulator/queues/attributes.h"
#include "emulator/queues/message.h"
#include "models/base/time.h"

namespace lambdarium::queues {

// Of a receive; ascending in the order of asking.
using Ticket = std::uint64_t;

// What a queue is, without its messages. Times are since 1970.
struct QueueRecord {
  QueueId id = 0;
  std::string name;
  Time created{};
  Time modified{};
  QueueSettings settings;
  std::map<std::string, std::string> tags;
};

struct StoredMessage {
  std::shared_ptr<const Message> message;
  MessageState state;
};

struct Received {
  std::shared_ptr<const Message> message;
  MessageState state;  // after this receipt
  std::string receipt_handle;
};

struct ReceiveOrder {
  Ticket ticket = 0;
  std::int64_t messages_max = 1;
  std::int64_t bytes_max = INT64_MAX;  // of what is received; the first message is taken always
  Duration visibility{};
  Time deadline{};  // answered with nothing then
};

struct MessageCounts {
  std::int64_t visible = 0;
  std::int64_t in_flight = 0;
  std::int64_t delayed = 0;
};

class Queue {
 public:
  explicit Queue(QueueRecord of) : record(std::move(of)) {}

  QueueRecord record;
  std::map<Ticket, ReceiveOrder> parked;

  // Lets come true what is due; appends the keys of messages that grew too old.
  void settle(Time now, std::vector<StoredMessage>& expired);
  // The next time that something here comes true and anybody wants to know.
  Time due_at() const;

  void add(StoredMessage stored, Time now);
  // The oldest visible message.
  const StoredMessage* first_visible() const;
  // Hides it for `visibility` and counts the receipt. Requires: it is visible.
  const StoredMessage& take(MessageKey key, Duration visibility, Time now);
  // Null: not here.
  const StoredMessage* find(const Receipt& receipt) const;
  bool is_in_flight(MessageKey key) const;
  const StoredMessage& hide(MessageKey key, Time until, Time now);
  StoredMessage remove(MessageKey key);
  std::vector<StoredMessage> remove_all();

  bool has_visible() const { return !visible_.empty(); }
  MessageCounts counts() const;

 private:
  void place(MessageKey key, const MessageState& state, Time now);
  void unplace(MessageKey key, const MessageState& state);

  std::map<MessageKey, StoredMessage> messages_;
  std::set<MessageKey> visible_;
  std::set<std::pair<Time, MessageKey>> hidden_;
  std::int64_t in_flight_ = 0;  // hidden by a receipt; the other hidden ones are delayed
};

}  // namespace lambdarium::queues
