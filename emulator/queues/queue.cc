#include "emulator/queues/queue.h"

#include <algorithm>

#include "models/base/check.h"

namespace lambdarium::queues {
namespace {

Duration seconds(std::int64_t count) {
  return std::chrono::seconds{count};
}

}  // namespace

void Queue::settle(Time now, std::vector<StoredMessage>& expired) {
  while (!hidden_.empty() && hidden_.begin()->first <= now) {
    const MessageKey key = hidden_.begin()->second;
    if (messages_.at(key).state.receive_count_here > 0) --in_flight_;
    hidden_.erase(hidden_.begin());
    visible_.insert(key);
  }
  // Keys ascend with the time of sending, so the oldest message is the first.
  const Duration retention = seconds(record.settings.retention_s);
  while (!messages_.empty() &&
         add_saturated(messages_.begin()->second.message->sent, retention) <= now) {
    expired.push_back(remove(messages_.begin()->first));
  }
}

Time Queue::due_at() const {
  Time due = kNever;
  if (!messages_.empty()) {
    due = add_saturated(messages_.begin()->second.message->sent,
                        seconds(record.settings.retention_s));
  }
  if (parked.empty()) return due;
  if (!hidden_.empty()) due = std::min(due, hidden_.begin()->first);
  for (const auto& [ticket, order] : parked) due = std::min(due, order.deadline);
  return due;
}

void Queue::place(MessageKey key, const MessageState& state, Time now) {
  if (state.visible_at <= now) {
    visible_.insert(key);
    return;
  }
  hidden_.emplace(state.visible_at, key);
  if (state.receive_count_here > 0) ++in_flight_;
}

void Queue::unplace(MessageKey key, const MessageState& state) {
  if (visible_.erase(key) > 0) return;
  LAM_CHECK(hidden_.erase({state.visible_at, key}) == 1);
  if (state.receive_count_here > 0) --in_flight_;
}

void Queue::add(StoredMessage stored, Time now) {
  const MessageKey key = stored.message->key;
  place(key, stored.state, now);
  messages_.insert_or_assign(key, std::move(stored));
}

const StoredMessage* Queue::first_visible() const {
  return visible_.empty() ? nullptr : &messages_.at(*visible_.begin());
}

const StoredMessage& Queue::take(MessageKey key, Duration visibility, Time now) {
  StoredMessage& stored = messages_.at(key);
  LAM_CHECK(visible_.erase(key) == 1);
  ++stored.state.receive_count;
  ++stored.state.receive_count_here;
  if (stored.state.first_received == kNever) stored.state.first_received = now;
  stored.state.visible_at = add_saturated(now, visibility);
  place(key, stored.state, now);
  return stored;
}

const StoredMessage* Queue::find(const Receipt& receipt) const {
  const auto found = messages_.find(receipt.key);
  if (found == messages_.end() || found->second.message->id != receipt.message_id) return nullptr;
  return &found->second;
}

bool Queue::is_in_flight(MessageKey key) const {
  const auto found = messages_.find(key);
  return found != messages_.end() && !visible_.contains(key) &&
         found->second.state.receive_count_here > 0;
}

const StoredMessage& Queue::hide(MessageKey key, Time until, Time now) {
  StoredMessage& stored = messages_.at(key);
  unplace(key, stored.state);
  stored.state.visible_at = until;
  place(key, stored.state, now);
  return stored;
}

StoredMessage Queue::remove(MessageKey key) {
  auto node = messages_.extract(key);
  LAM_CHECK(!node.empty());
  unplace(key, node.mapped().state);
  return std::move(node.mapped());
}

std::vector<StoredMessage> Queue::remove_all() {
  std::vector<StoredMessage> all;
  all.reserve(messages_.size());
  for (auto& [key, stored] : messages_) all.push_back(std::move(stored));
  messages_.clear();
  visible_.clear();
  hidden_.clear();
  in_flight_ = 0;
  return all;
}

MessageCounts Queue::counts() const {
  MessageCounts counts;
  counts.visible = static_cast<std::int64_t>(visible_.size());
  counts.in_flight = in_flight_;
  counts.delayed = static_cast<std::int64_t>(hidden_.size()) - in_flight_;
  return counts;
}

}  // namespace lambdarium::queues
