#include "emulator/live/queue_driver.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "models/base/uuid.h"

namespace lambdarium::live {

using queues::Change;

QueueDriver::QueueDriver(http::EventLoop& loop, QueueDriverOptions options)
    : loop_(loop),
      options_(std::move(options)),
      epoch_(Duration{loop.unix_ns()} - loop.now().time_since_epoch()),
      queues_(options_.home, options_.limits),
      timer_(loop, [this](Time) { wake(); }) {}

Result<std::unique_ptr<QueueDriver>> QueueDriver::open(http::EventLoop& loop,
                                                       QueueDriverOptions options) {
  std::unique_ptr<QueueDriver> driver{new QueueDriver{loop, std::move(options)}};
  store::QueueStoreOptions storing;
  // From the store's thread, which ends before the driver does.
  storing.committed = [of = driver.get(), alive = driver->alive_](std::vector<std::uint64_t> tokens,
                                                                  Status status) {
    of->loop_.post([of, alive, tokens = std::move(tokens), status = std::move(status)] {
      if (*alive) of->on_committed(tokens, status);
    });
  };
  LAM_TRY(driver->store_,
          store::QueueStore::open(driver->options_.data_folder, std::move(storing)));
  driver->restore();
  return driver;
}

QueueDriver::~QueueDriver() {
  *alive_ = false;
}

void QueueDriver::restore() {
  store::StoredQueues stored = store_->take_stored();
  stored_mappings_ = std::move(stored.mappings);
  for (queues::QueueRecord& record : stored.queues) queues_.restore(std::move(record));
  const Time present = now();
  for (queues::StoredMessage& message : stored.messages) {
    if (!queues_.restore(message, present)) {
      options_.log->warn("message-without-queue", {{"message_id", message.message->id}});
    }
  }
  wake();
}

void QueueDriver::wake() {
  if (closed_) return;
  queues::Effects effects;
  queues_.wake(now(), effects);
  finish(std::move(effects));
}

void QueueDriver::finish(queues::Effects effects, UniqueFunction<void(const Status&)> done) {
  const bool created =
      std::any_of(effects.changes.begin(), effects.changes.end(),
                  [](const Change& change) { return change.kind == Change::Kind::kPutQueue; });
  std::vector<store::QueueChange> changes;
  changes.reserve(effects.changes.size());
  for (Change& change : effects.changes) changes.emplace_back(std::move(change));
  write(std::move(changes), std::move(done));
  const Time due = queues_.wake_at();
  if (due == kNever) {
    timer_.disarm();
  } else {
    timer_.arm(due - epoch_);
  }
  if (!effects.deliveries.empty()) {
    loop_.defer([this, alive = alive_, deliveries = std::move(effects.deliveries)]() mutable {
      if (*alive) deliver(std::move(deliveries));
    });
  }
  if (created && on_created_) {
    loop_.defer([this, alive = alive_] {
      if (*alive && on_created_) on_created_();
    });
  }
}

void QueueDriver::write(std::vector<store::QueueChange> changes,
                        UniqueFunction<void(const Status&)> done) {
  if (changes.empty() || closed_) {
    if (!done) return;
    Status status = changes.empty() ? Status{} : unavailable("the emulator is shutting down");
    loop_.defer([alive = alive_, status = std::move(status), done = std::move(done)]() mutable {
      if (*alive) done(status);
    });
    return;
  }
  std::uint64_t token = 0;
  if (done) {
    token = ++last_token_;
    pending_.emplace(token, std::move(done));
  }
  store_->write(std::move(changes), token);
}

void QueueDriver::on_committed(const std::vector<std::uint64_t>& tokens, const Status& status) {
  if (!status.ok()) {
    options_.log->error("queues-not-stored", {{"error", status.error().message}});
  }
  for (const std::uint64_t token : tokens) {
    auto waiting = pending_.extract(token);
    if (!waiting.empty()) waiting.mapped()(status);
  }
}

void QueueDriver::deliver(std::vector<queues::Delivery> deliveries) {
  for (queues::Delivery& delivery : deliveries) {
    auto waiting = receives_.extract(delivery.ticket);
    if (!waiting.empty()) waiting.mapped()(std::move(delivery));
  }
}

queues::OrError<queues::StoredMessage> QueueDriver::prepare(queues::QueueId queue,
                                                            queues::Message message,
                                                            std::optional<std::int64_t> delay_s) {
  message.id = make_uuid(options_.ids);
  message.sender = options_.home.account;
  return queues_.prepare(queue, std::move(message), delay_s, now());
}

void QueueDriver::send(std::vector<queues::StoredMessage> messages,
                       UniqueFunction<void(const Status&)> done) {
  std::vector<store::QueueChange> changes;
  changes.reserve(messages.size());
  for (const queues::StoredMessage& stored : messages) {
    Change change;
    change.kind = Change::Kind::kPutMessage;
    change.queue = stored.state.queue;
    change.key = stored.message->key;
    change.message = stored.message;
    change.state = stored.state;
    changes.emplace_back(std::move(change));
  }
  write(std::move(changes), [this, messages = std::move(messages),
                             done = std::move(done)](const Status& status) mutable {
    queues::Effects effects;
    for (queues::StoredMessage& stored : messages) {
      if (status.ok()) {
        (void)queues_.add(std::move(stored), now(), effects);  // false: its queue was deleted
      } else {
        queues_.discard(stored);
      }
    }
    finish(std::move(effects));
    done(status);
  });
}

queues::OrError<queues::Ticket> QueueDriver::receive(const queues::QueueSet::Receive& receive,
                                                     OnDelivery on_delivery) {
  queues::Effects effects;
  auto asked = queues_.receive(receive, now(), effects);
  if (const auto* ticket = std::get_if<queues::Ticket>(&asked)) {
    receives_.emplace(*ticket, std::move(on_delivery));
  }
  finish(std::move(effects));
  return asked;
}

void QueueDriver::cancel(queues::Ticket ticket) {
  receives_.erase(ticket);
  queues_.cancel(ticket);
}

std::vector<store::MappingChange> QueueDriver::take_stored_mappings() {
  return std::exchange(stored_mappings_, {});
}

void QueueDriver::put_mapping(store::MappingChange change,
                              UniqueFunction<void(const Status&)> done) {
  std::vector<store::QueueChange> changes;
  changes.emplace_back(std::move(change));
  write(std::move(changes), std::move(done));
}

Status QueueDriver::close() {
  if (closed_) return {};
  closed_ = true;
  timer_.disarm();
  return store_->close();
}

}  // namespace lambdarium::live
