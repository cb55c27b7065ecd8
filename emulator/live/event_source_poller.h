// One event source mapping at work: takes messages of its queue, puts them together to batches,
// invokes the function, and deletes what it has done.
//
//   receive ─▶ filter ─▶ gather: until the batch is full, or its window is over ─▶ invoke
//     success: deleted   failure: visible again when the queue's visibility timeout ends
//
// AWS's rules: what no filter matches is deleted; a throttled invocation is tried again until the
// messages become visible, and fewer batches run at once then; without MaximumConcurrency, five run
// at once and five more every second, up to 1,250.
//
// Shared: batches under way keep it until they are done, so that it can be replaced at any time.
// Thread: the loop's. On failure: the log says which batch went wrong and why.

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "emulator/aws/event_source_mapping.h"
#include "emulator/live/order.h"
#include "emulator/live/queue_driver.h"
#include "emulator/queues/event_filter.h"
#include "models/base/log.h"
#include "runtime-api/http/event_loop.h"
#include "runtime-api/http/timer.h"

namespace lambdarium::live {

// Invokes a function; false where there is none to invoke, and then `done` is not called.
using InvokeFunction = std::function<bool(const aws::FunctionName& function, std::string payload,
                                          UniqueFunction<void(Completion&&)> done)>;

class EventSourcePoller final : public std::enable_shared_from_this<EventSourcePoller> {
 public:
  struct Surroundings {
    http::EventLoop& loop;
    QueueDriver& queues;
    InvokeFunction invoke;
    LogSink& log;
  };

  // All of the surroundings outlive it. Owned by a shared_ptr.
  EventSourcePoller(const Surroundings& around, aws::EventSourceMapping mapping);
  EventSourcePoller(const EventSourcePoller&) = delete;
  EventSourcePoller& operator=(const EventSourcePoller&) = delete;

  // Takes messages as long as there are any; call it again when the queue was made.
  void poll();
  // Takes no more messages. Batches under way come to their end.
  void stop();

 private:
  struct Batch {
    std::vector<queues::Received> messages;
    queues::QueueId queue = 0;
    std::string payload;
    Time expires = kNever;  // the first of the messages becomes visible
    int throttles = 0;
    std::unique_ptr<http::CoarseTimeout> retry;
  };
  using BatchPtr = std::shared_ptr<Batch>;

  // Batches at once: as many as are allowed, less after throttling.
  std::int64_t limit(Time now) const;
  std::int64_t full_limit(Time now) const;
  void on_delivery(queues::Delivery&& delivery);
  void take(queues::Received&& received, queues::Effects& effects);
  void flush();
  void invoke(const BatchPtr& batch);
  void completed(const BatchPtr& batch, Completion&& completion);
  void retry_later(const BatchPtr& batch);
  void retry(const Batch* key);
  void finish(const BatchPtr& batch, const Completion& completion);
  void ended(std::string_view problem);
  void look_again(Duration after);

  struct Gathered {
    queues::Received message;
    std::string record;
  };

  Surroundings around_;
  aws::EventSourceMapping mapping_;
  queues::EventFilter filter_;
  queues::QueueId queue_ = 0;
  std::optional<queues::Ticket> asked_;
  std::vector<Gathered> gathered_;
  std::int64_t gathered_bytes_ = 0;
  Time window_ends_ = kNever;
  std::int64_t running_ = 0;
  Time saturated_since_ = kNever;
  Time throttled_at_ = kNever;
  std::int64_t throttled_limit_ = 0;
  std::unordered_map<const Batch*, BatchPtr> retrying_;
  bool stopped_ = false;
  http::CoarseTimeout again_;
};

}  // namespace lambdarium::live
