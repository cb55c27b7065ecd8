// A set of queues with a clock of its own, for tests.

#pragma once

#include <boost/test/unit_test.hpp>
#include <string>
#include <utility>
#include <vector>

#include "emulator/queues/queue_set.h"

namespace lambdarium::queues::testing {

class Queues {
 public:
  explicit Queues(QueueLimits limits = {}) : set(QueueHome{}, limits) {}

  QueueId create(const std::string& name, const AttributeMap& attributes = {}) {
    auto made = set.create(name, attributes, {}, now, effects);
    if (const auto* error = std::get_if<QueueError>(&made)) BOOST_FAIL(error->message);
    return std::get<QueueId>(made);
  }
  static Message text(std::string body) {
    Message message;
    message.body = std::move(body);
    return message;
  }
  // Prepared, stored, added.
  MessageKey send(QueueId queue, std::string body, std::optional<std::int64_t> delay_s = {}) {
    Message message = text(std::move(body));
    message.id = "id-" + message.body;
    auto prepared = set.prepare(queue, std::move(message), delay_s, now);
    if (const auto* error = std::get_if<QueueError>(&prepared)) BOOST_FAIL(error->message);
    auto& stored = std::get<StoredMessage>(prepared);
    const MessageKey key = stored.message->key;
    BOOST_TEST(set.add(std::move(stored), now, effects));
    return key;
  }
  Ticket ask(const QueueSet::Receive& receive) {
    auto ticket = set.receive(receive, now, effects);
    if (const auto* error = std::get_if<QueueError>(&ticket)) BOOST_FAIL(error->message);
    return std::get<Ticket>(ticket);
  }
  // A receive that does not wait.
  std::vector<Received> receive(QueueId queue, std::int64_t count = 10,
                                std::optional<Duration> visibility = {}) {
    effects.deliveries.clear();
    ask({.queue = queue, .messages_max = count, .visibility = visibility, .wait = 0s});
    BOOST_REQUIRE(effects.deliveries.size() == 1);
    return std::move(effects.deliveries.front().messages);
  }
  std::vector<std::string> bodies(QueueId queue, std::int64_t count = 10,
                                  std::optional<Duration> visibility = {}) {
    std::vector<std::string> texts;
    for (const Received& received : receive(queue, count, visibility)) {
      texts.push_back(received.message->body);
    }
    return texts;
  }
  void wait(Duration time) {
    now += time;
    set.wake(now, effects);
  }
  MessageCounts counts(QueueId queue) { return set.counts(queue, now, effects); }

  QueueSet set;
  Effects effects;
  Time now = at(1'700'000'000s);
};

using Texts = std::vector<std::string>;

inline ErrorKind kind(const std::optional<QueueError>& error) {
  BOOST_REQUIRE(error.has_value());
  return error->kind;
}

}  // namespace lambdarium::queues::testing
