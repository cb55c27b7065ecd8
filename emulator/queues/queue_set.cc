#include "emulator/queues/queue_set.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "models/base/check.h"

namespace lambdarium::queues {
QueueSet::QueueSet(QueueHome home, QueueLimits limits) : home_(std::move(home)), limits_(limits) {}

QueueSet::Slot* QueueSet::slot(QueueId id) {
  const auto found = slots_.find(id);
  return found == slots_.end() ? nullptr : &found->second;
}

const QueueSet::Slot* QueueSet::slot(QueueId id) const {
  const auto found = slots_.find(id);
  return found == slots_.end() ? nullptr : &found->second;
}

// --- queues

void QueueSet::restore(QueueRecord record) {
  last_queue_ = std::max(last_queue_, record.id);
  names_[record.name] = record.id;
  const QueueId id = record.id;
  slots_.insert_or_assign(id, Slot{Queue{std::move(record)}, kNever});
}

bool QueueSet::restore(StoredMessage stored, Time now) {
  last_message_ = std::max(last_message_, stored.message->key);
  Slot* found = slot(stored.state.queue);
  if (found == nullptr) return false;
  bytes_ += stored.message->weight();
  found->queue.add(std::move(stored), now);
  reschedule(*found);
  return true;
}

std::optional<QueueError> QueueSet::check_redrive(const QueueRecord& record) const {
  if (!record.settings.redrive) return std::nullopt;
  const auto& policy = record.settings.given.at("RedrivePolicy");
  const std::string own = arn_of(record.name);
  if (record.settings.redrive->target_arn == own) {
    return invalid_value(policy, "RedrivePolicy",
                         "A queue cannot be the dead letter target of itself.");
  }
  const QueueRecord* target = find_by_arn(record.settings.redrive->target_arn);
  if (target == nullptr) {
    return invalid_value(policy, "RedrivePolicy", "Dead letter target does not exist.");
  }
  if (!allows_redrive_from(target->settings, own)) {
    return invalid_value(policy, "RedrivePolicy",
                         "The dead letter target's RedriveAllowPolicy does not allow this queue.");
  }
  return std::nullopt;
}

void QueueSet::put(const Queue& queue, Effects& effects) const {
  Change change;
  change.kind = Change::Kind::kPutQueue;
  change.queue = queue.record.id;
  change.record = std::make_shared<const QueueRecord>(queue.record);
  effects.changes.push_back(std::move(change));
}

OrError<QueueId> QueueSet::create(const std::string& name, const AttributeMap& attributes,
                                  const std::map<std::string, std::string>& tags, Time now,
                                  Effects& effects) {
  if (auto error = check_queue_name(name)) return std::move(*error);
  QueueRecord record;
  record.name = name;
  record.created = record.modified = now;
  if (auto error = change(record.settings, attributes)) return std::move(*error);
  if (const QueueRecord* existing = find(name)) {
    for (const auto& [key, value] : record.settings.given) {
      if (shown_setting(existing->settings, key) == value) continue;
      return QueueError{ErrorKind::kQueueNameExists,
                        fmt::format("A queue already exists with the same name and a different "
                                    "value for attribute {}",
                                    key)};
    }
    return existing->id;
  }
  if (auto error = check_redrive(record)) return std::move(*error);
  if (slots_.size() >= limits_.queues_max) {
    return QueueError{ErrorKind::kOverLimit,
                      fmt::format("This emulator holds at most {} queues.", limits_.queues_max)};
  }
  if (tags.size() > kTagsMax) {
    return QueueError{ErrorKind::kInvalidParameterValue,
                      fmt::format("Too many tags added for queue {}.", name)};
  }
  record.tags = tags;
  const QueueId id = record.id = ++last_queue_;
  names_[name] = id;
  const auto added = slots_.emplace(id, Slot{Queue{std::move(record)}, kNever}).first;
  put(added->second.queue, effects);
  return id;
}

std::optional<QueueError> QueueSet::set_attributes(QueueId id, const AttributeMap& attributes,
                                                   Time now, Effects& effects) {
  Slot* found = slot(id);
  if (found == nullptr) return queue_does_not_exist();
  settle(found->queue, now, effects);
  QueueRecord next = found->queue.record;
  if (auto error = change(next.settings, attributes)) return error;
  if (attributes.contains("RedrivePolicy")) {
    if (auto error = check_redrive(next)) return error;
  }
  next.modified = now;
  found->queue.record = std::move(next);
  put(found->queue, effects);
  settle(found->queue, now, effects);
  reschedule(*found);
  return std::nullopt;
}

std::optional<QueueError> QueueSet::tag(QueueId id, const std::map<std::string, std::string>& tags,
                                        Effects& effects) {
  Slot* found = slot(id);
  if (found == nullptr) return queue_does_not_exist();
  auto next = found->queue.record.tags;
  for (const auto& [key, value] : tags) next[key] = value;
  if (next.size() > kTagsMax) {
    return QueueError{ErrorKind::kInvalidParameterValue,
                      fmt::format("Too many tags added for queue {}.", found->queue.record.name)};
  }
  found->queue.record.tags = std::move(next);
  put(found->queue, effects);
  return std::nullopt;
}

std::optional<QueueError> QueueSet::untag(QueueId id, const std::vector<std::string>& keys,
                                          Effects& effects) {
  Slot* found = slot(id);
  if (found == nullptr) return queue_does_not_exist();
  for (const std::string& key : keys) found->queue.record.tags.erase(key);
  put(found->queue, effects);
  return std::nullopt;
}

std::optional<QueueError> QueueSet::remove(QueueId id, Effects& effects) {
  Slot* found = slot(id);
  if (found == nullptr) return queue_does_not_exist();
  for (const StoredMessage& stored : found->queue.remove_all()) bytes_ -= stored.message->weight();
  for (const auto& [ticket, order] : found->queue.parked) {
    parked_.erase(ticket);
    effects.deliveries.push_back({.ticket = ticket, .messages = {}, .queue_removed = true});
  }
  due_.erase({found->due, id});
  names_.erase(found->queue.record.name);
  slots_.erase(id);
  Change change;
  change.kind = Change::Kind::kRemoveQueue;
  change.queue = id;
  effects.changes.push_back(std::move(change));
  return std::nullopt;
}

std::optional<QueueError> QueueSet::purge(QueueId id, Effects& effects) {
  Slot* found = slot(id);
  if (found == nullptr) return queue_does_not_exist();
  for (const StoredMessage& stored : found->queue.remove_all()) bytes_ -= stored.message->weight();
  Change change;
  change.kind = Change::Kind::kPurgeQueue;
  change.queue = id;
  change.key = last_message_;
  effects.changes.push_back(std::move(change));
  reschedule(*found);
  return std::nullopt;
}

const QueueRecord* QueueSet::find(std::string_view name) const {
  const auto found = names_.find(name);
  return found == names_.end() ? nullptr : find(found->second);
}

const QueueRecord* QueueSet::find(QueueId id) const {
  const Slot* found = slot(id);
  return found == nullptr ? nullptr : &found->queue.record;
}

const QueueRecord* QueueSet::find_by_arn(std::string_view arn) const {
  const std::size_t colon = arn.rfind(':');
  if (colon == arn.npos) return nullptr;
  const std::string_view name = arn.substr(colon + 1);
  return arn == arn_of(name) ? find(name) : nullptr;
}

std::string QueueSet::arn_of(std::string_view name) const {
  return fmt::format("arn:aws:sqs:{}:{}:{}", home_.region, home_.account, name);
}

std::vector<std::string> QueueSet::dead_letter_sources(std::string_view arn) const {
  std::vector<std::string> names;
  for (const auto& [name, id] : names_) {
    const auto& redrive = slots_.at(id).queue.record.settings.redrive;
    if (redrive && redrive->target_arn == arn) names.push_back(name);
  }
  return names;
}

MessageCounts QueueSet::counts(QueueId id, Time now, Effects& effects) {
  Slot* found = slot(id);
  if (found == nullptr) return {};
  settle(found->queue, now, effects);
  serve(*found, now, effects);
  return found->queue.counts();
}

}  // namespace lambdarium::queues
