// What happens to messages: sending, receiving, giving up, deleting.

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "emulator/queues/queue_set.h"
#include "models/base/check.h"

namespace lambdarium::queues {
namespace {

constexpr std::int64_t kVisibilitySecondsMax = 43'200;

Change removal(const StoredMessage& stored) {
  Change change;
  change.kind = Change::Kind::kRemoveMessage;
  change.queue = stored.state.queue;
  change.key = stored.message->key;
  return change;
}

Change new_state(const StoredMessage& stored) {
  Change change;
  change.kind = Change::Kind::kStateMessage;
  change.queue = stored.state.queue;
  change.key = stored.message->key;
  change.state = stored.state;
  return change;
}

}  // namespace

// --- sending

OrError<StoredMessage> QueueSet::prepare(QueueId id, Message message,
                                         std::optional<std::int64_t> delay_s, Time now) {
  const Slot* found = slot(id);
  if (found == nullptr) return queue_does_not_exist();
  const QueueSettings& settings = found->queue.record.settings;
  if (delay_s && (*delay_s < 0 || *delay_s > kDelaySecondsMax)) {
    return invalid_value(fmt::to_string(*delay_s), "DelaySeconds",
                         "DelaySeconds must be >= 0 and <= 900.");
  }
  if (auto problem = find_problem(message, settings.bytes_max)) return std::move(*problem);
  if (bytes_ + message.weight() > limits_.bytes_max) {
    return QueueError{
        ErrorKind::kOverLimit,
        fmt::format("The queues of this emulator hold {} bytes of messages, and {} at most.",
                    bytes_, limits_.bytes_max)};
  }
  message.key = ++last_message_;
  message.sent = now;
  StoredMessage stored;
  stored.state.queue = id;
  stored.state.visible_at = now + std::chrono::seconds{delay_s.value_or(settings.delay_s)};
  bytes_ += message.weight();
  stored.message = std::make_shared<const Message>(std::move(message));
  return stored;
}

bool QueueSet::add(StoredMessage stored, Time now, Effects& effects) {
  Slot* found = slot(stored.state.queue);
  if (found == nullptr) {
    discard(stored);
    return false;
  }
  settle(found->queue, now, effects);
  found->queue.add(std::move(stored), now);
  serve(*found, now, effects);
  return true;
}

void QueueSet::discard(const StoredMessage& stored) {
  bytes_ -= stored.message->weight();
}

// --- receiving

OrError<Ticket> QueueSet::receive(const Receive& receive, Time now, Effects& effects) {
  Slot* found = slot(receive.queue);
  if (found == nullptr) return queue_does_not_exist();
  LAM_CHECK(receive.messages_max > 0);
  Queue& queue = found->queue;
  const QueueSettings& settings = queue.record.settings;
  settle(queue, now, effects);
  const Duration wait = receive.wait.value_or(std::chrono::seconds{settings.wait_s});
  ReceiveOrder order;
  order.messages_max = receive.messages_max;
  order.bytes_max = receive.bytes_max;
  order.visibility = receive.visibility.value_or(std::chrono::seconds{settings.visibility_s});
  order.deadline = add_saturated(now, wait);
  if (wait <= Duration::zero() && queue.has_visible() &&
      queue.counts().in_flight >= limits_.in_flight_max) {
    return QueueError{ErrorKind::kOverLimit,
                      fmt::format("The maximum number of messages in flight is reached: {}.",
                                  limits_.in_flight_max)};
  }
  if (wait > Duration::zero() && queue.parked.size() >= limits_.parked_max) {
    return QueueError{
        ErrorKind::kOverLimit,
        fmt::format("{} receives are waiting for this queue already.", limits_.parked_max)};
  }
  order.ticket = ++last_ticket_;
  queue.parked.emplace(order.ticket, order);
  parked_.emplace(order.ticket, receive.queue);
  serve(*found, now, effects);
  return order.ticket;
}

void QueueSet::cancel(Ticket ticket) {
  const auto found = parked_.find(ticket);
  if (found == parked_.end()) return;
  if (Slot* of = slot(found->second)) {
    of->queue.parked.erase(ticket);
    reschedule(*of);
  }
  parked_.erase(found);
}

void QueueSet::settle(Queue& queue, Time now, Effects& effects) {
  std::vector<StoredMessage> expired;
  queue.settle(now, expired);
  for (const StoredMessage& stored : expired) {
    bytes_ -= stored.message->weight();
    effects.changes.push_back(removal(stored));
  }
}

void QueueSet::serve(Slot& slot_of, Time now, Effects& effects) {
  std::vector<QueueId> touched;
  Queue& queue = slot_of.queue;
  while (!queue.parked.empty() && queue.has_visible() &&
         queue.counts().in_flight < limits_.in_flight_max) {
    const ReceiveOrder order = queue.parked.begin()->second;
    std::vector<Received> messages = collect(queue, order, now, effects, touched);
    if (messages.empty()) break;  // all that was visible has gone to a dead-letter queue
    queue.parked.erase(order.ticket);
    parked_.erase(order.ticket);
    effects.deliveries.push_back(
        {.ticket = order.ticket, .messages = std::move(messages), .queue_removed = false});
  }
  expire_receives(queue, now, effects);
  reschedule(slot_of);
  // A message that moved begins to be counted anew, so that no circle of queues goes on for ever.
  for (const QueueId id : touched) {
    if (Slot* other = slot(id)) serve(*other, now, effects);
  }
}

std::vector<Received> QueueSet::collect(Queue& queue, const ReceiveOrder& order, Time now,
                                        Effects& effects, std::vector<QueueId>& moved_to) {
  std::vector<Received> messages;
  std::int64_t bytes = 0;
  std::vector<MessageKey> taken_with_no_time;
  const std::int64_t room = limits_.in_flight_max - queue.counts().in_flight;
  const std::int64_t count_max = std::min(order.messages_max, room);
  // Visibility zero leaves a message visible: hide it until this receive is full.
  const bool keep_visible = order.visibility <= Duration::zero();
  const Duration visibility = keep_visible ? Duration{1} : order.visibility;
  while (static_cast<std::int64_t>(messages.size()) < count_max) {
    const StoredMessage* first = queue.first_visible();
    if (first == nullptr) break;
    if (redrive(queue, *first, now, effects, moved_to)) continue;
    bytes += first->message->bytes();
    if (!messages.empty() && bytes > order.bytes_max) break;
    const MessageKey key = first->message->key;
    (void)queue.take(key, visibility, now);  // what it became is read below
    if (keep_visible) taken_with_no_time.push_back(key);
    const StoredMessage& stored = *first;
    messages.push_back({stored.message, stored.state,
                        make_receipt_handle(stored.message->id, key, stored.state.receive_count)});
  }
  for (const MessageKey key : taken_with_no_time) (void)queue.hide(key, now, now);
  for (Received& received : messages) {
    if (keep_visible) received.state.visible_at = now;
    effects.changes.push_back(new_state({received.message, received.state}));
  }
  return messages;
}

bool QueueSet::redrive(Queue& queue, const StoredMessage& stored, Time now, Effects& effects,
                       std::vector<QueueId>& moved_to) {
  const auto& policy = queue.record.settings.redrive;
  if (!policy || stored.state.receive_count_here < policy->max_receive_count) return false;
  const QueueRecord* record = find_by_arn(policy->target_arn);
  // Without its target, a queue goes on delivering.
  if (record == nullptr || record->id == queue.record.id) return false;
  Slot* target = slot(record->id);
  StoredMessage moved = queue.remove(stored.message->key);
  moved.state.queue = record->id;
  moved.state.visible_at = now;
  moved.state.receive_count_here = 0;
  moved.state.dead_letter_source = arn_of(queue.record.name);
  effects.changes.push_back(new_state(moved));
  settle(target->queue, now, effects);
  target->queue.add(std::move(moved), now);
  if (std::find(moved_to.begin(), moved_to.end(), record->id) == moved_to.end()) {
    moved_to.push_back(record->id);
  }
  return true;
}

void QueueSet::expire_receives(Queue& queue, Time now, Effects& effects) {
  for (auto it = queue.parked.begin(); it != queue.parked.end();) {
    if (it->second.deadline > now) {
      ++it;
      continue;
    }
    effects.deliveries.push_back({.ticket = it->first, .messages = {}, .queue_removed = false});
    parked_.erase(it->first);
    it = queue.parked.erase(it);
  }
}

void QueueSet::reschedule(Slot& slot_of) {
  const Time due = slot_of.queue.due_at();
  if (due == slot_of.due) return;
  const QueueId id = slot_of.queue.record.id;
  due_.erase({slot_of.due, id});
  slot_of.due = due;
  if (due != kNever) due_.emplace(due, id);
}

void QueueSet::wake(Time now, Effects& effects) {
  while (!due_.empty() && due_.begin()->first <= now) {
    Slot& due = slots_.at(due_.begin()->second);
    settle(due.queue, now, effects);
    serve(due, now, effects);
    // Full of messages in flight: nothing to do before one of them is deleted.
    if (due.due <= now) {
      due_.erase({due.due, due.queue.record.id});
      due.due = kNever;
    }
  }
}

// --- after a receipt

std::optional<QueueError> QueueSet::remove_message(QueueId id, std::string_view receipt_handle,
                                                   Time now, Effects& effects) {
  Slot* found = slot(id);
  if (found == nullptr) return queue_does_not_exist();
  auto receipt = parse_receipt_handle(receipt_handle);
  if (auto* error = std::get_if<QueueError>(&receipt)) return std::move(*error);
  settle(found->queue, now, effects);
  if (const StoredMessage* stored = found->queue.find(std::get<Receipt>(receipt))) {
    const StoredMessage removed = found->queue.remove(stored->message->key);
    bytes_ -= removed.message->weight();
    effects.changes.push_back(removal(removed));
  }
  serve(*found, now, effects);
  return std::nullopt;
}

std::optional<QueueError> QueueSet::change_visibility(QueueId id, std::string_view receipt_handle,
                                                      std::int64_t seconds, Time now,
                                                      Effects& effects) {
  Slot* found = slot(id);
  if (found == nullptr) return queue_does_not_exist();
  if (seconds < 0 || seconds > kVisibilitySecondsMax) {
    return invalid_value(fmt::to_string(seconds), "VisibilityTimeout",
                         "Must be between 0 and 43200.");
  }
  auto receipt = parse_receipt_handle(receipt_handle);
  if (auto* error = std::get_if<QueueError>(&receipt)) return std::move(*error);
  settle(found->queue, now, effects);
  const StoredMessage* stored = found->queue.find(std::get<Receipt>(receipt));
  if (stored == nullptr) {
    return invalid_value(receipt_handle, "ReceiptHandle",
                         "Message does not exist or is not available for visibility timeout "
                         "change.");
  }
  const MessageKey key = stored->message->key;
  if (!found->queue.is_in_flight(key) ||
      stored->state.receive_count != std::get<Receipt>(receipt).count) {
    return QueueError{ErrorKind::kMessageNotInflight, "The message referred to is not in flight."};
  }
  effects.changes.push_back(
      new_state(found->queue.hide(key, now + std::chrono::seconds{seconds}, now)));
  serve(*found, now, effects);
  return std::nullopt;
}

}  // namespace lambdarium::queues
