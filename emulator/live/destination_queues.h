// The emulator's queues, as destinations of asynchronous invocations.
//
// Thread: the loop's. On failure: a message that its queue cannot take is refused at once, as one
// for a queue that is not there.

#pragma once

#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "emulator/live/async_invocations.h"
#include "emulator/live/queue_driver.h"

namespace lambdarium::live {

class QueuesAsDestinations final : public DestinationQueues {
 public:
  // `driver` outlives it.
  explicit QueuesAsDestinations(QueueDriver& driver) : driver_(driver) {}

  bool send(std::string_view arn, const DestinationMessage& message,
            UniqueFunction<void(bool)> done) override {
    const auto* queue = driver_.queues().find_by_arn(arn);
    if (queue == nullptr) return false;
    queues::Message sent;
    sent.body = message.body;
    for (const auto& [name, type, value] : message.attributes) {
      // SQS: an attribute's value is not empty.
      if (!value.empty()) sent.attributes[name] = {.type = type, .value = value};
    }
    auto prepared = driver_.prepare(queue->id, std::move(sent));
    auto* stored = std::get_if<queues::StoredMessage>(&prepared);
    if (stored == nullptr) return false;
    std::vector<queues::StoredMessage> messages;
    messages.push_back(std::move(*stored));
    driver_.send(std::move(messages),
                 [done = std::move(done)](const Status& status) mutable { done(status.ok()); });
    return true;
  }

 private:
  QueueDriver& driver_;
};

}  // namespace lambdarium::live
