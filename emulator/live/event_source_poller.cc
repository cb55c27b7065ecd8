#include "emulator/live/event_source_poller.h"

#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "emulator/aws/sqs_event.h"
#include "models/domain/limits.h"

namespace lambdarium::live {
namespace {

constexpr Duration kReceiveWait = 20s;
constexpr Duration kErrorWait = 1s;
constexpr std::int64_t kConcurrencyFirst = 5;
constexpr std::int64_t kConcurrencyEachSecond = 5;
constexpr std::int64_t kConcurrencyMax = 1'250;
// Of messages: what is around them in a record, and what escaping adds, must fit as well.
constexpr std::int64_t kGatheredBytesMax = kSyncPayloadBytesMax / 2;
constexpr Duration kThrottleWaitFirst = 250ms;
constexpr Duration kThrottleWaitMax = 30s;
constexpr Duration kRegainAfter = 10s;  // another batch at once, after throttling

}  // namespace

EventSourcePoller::EventSourcePoller(const Surroundings& around, aws::EventSourceMapping mapping)
    : around_(around), mapping_(std::move(mapping)), again_(around.loop, [this] { poll(); }) {
  // What was stored has been checked; what cannot be read any more lets nothing pass unseen.
  auto filter = queues::EventFilter::parse(mapping_.filters);
  if (filter.ok()) {
    filter_ = *std::move(filter);
  } else {
    around_.log.error("event-source-filter-ignored",
                      {{"mapping", mapping_.uuid}, {"error", filter.error().message}});
  }
}

std::int64_t EventSourcePoller::limit(Time now) const {
  if (throttled_at_ == kNever) return full_limit(now);
  const std::int64_t regained = (now - throttled_at_) / kRegainAfter;
  return std::min(full_limit(now), throttled_limit_ + regained);
}

std::int64_t EventSourcePoller::full_limit(Time now) const {
  if (mapping_.max_concurrency) return *mapping_.max_concurrency;
  if (saturated_since_ == kNever) return kConcurrencyFirst;
  const std::int64_t seconds = (now - saturated_since_) / Duration{1s};
  return std::min(kConcurrencyMax, kConcurrencyFirst + kConcurrencyEachSecond *
                                                           std::min<std::int64_t>(seconds, 300));
}

void EventSourcePoller::look_again(Duration after) {
  if (!stopped_) again_.set(after);
}

void EventSourcePoller::poll() {
  if (stopped_ || asked_) return;
  const Time now = around_.queues.now();
  if (running_ >= limit(now)) {
    if (saturated_since_ == kNever) saturated_since_ = now;
    look_again(1s);  // the limit may have grown
    return;
  }
  const queues::QueueRecord* queue = around_.queues.queues().find_by_arn(mapping_.queue_arn);
  if (queue == nullptr) return;  // until one is made
  queue_ = queue->id;
  queues::QueueSet::Receive receive;
  receive.queue = queue_;
  receive.messages_max = mapping_.batch_size - static_cast<std::int64_t>(gathered_.size());
  receive.bytes_max = kGatheredBytesMax - gathered_bytes_;
  receive.wait = gathered_.empty() ? kReceiveWait : std::max(Duration::zero(), window_ends_ - now);
  auto asked =
      around_.queues.receive(receive, [weak = weak_from_this()](queues::Delivery&& delivery) {
        if (const auto poller = weak.lock()) poller->on_delivery(std::move(delivery));
      });
  if (const auto* error = std::get_if<queues::QueueError>(&asked)) {
    around_.log.warn("event-source-receive-failed",
                     {{"mapping", mapping_.uuid}, {"error", error->message}});
    look_again(kErrorWait);
    return;
  }
  asked_ = std::get<queues::Ticket>(asked);
}

void EventSourcePoller::stop() {
  stopped_ = true;
  again_.clear();
  if (asked_) around_.queues.cancel(*asked_);
  asked_.reset();
  // They were received, and become visible again by themselves; sooner, if they are let go.
  queues::Effects effects;
  for (const Gathered& item : gathered_) {
    (void)around_.queues.queues().change_visibility(queue_, item.message.receipt_handle, 0,
                                                    around_.queues.now(), effects);
  }
  gathered_.clear();
  around_.queues.finish(std::move(effects));
}

void EventSourcePoller::on_delivery(queues::Delivery&& delivery) {
  asked_.reset();
  if (stopped_) return;
  if (delivery.queue_removed) {
    gathered_.clear();
    gathered_bytes_ = 0;
    poll();  // another queue of the name may be there
    return;
  }
  const Time now = around_.queues.now();
  if (gathered_.empty()) window_ends_ = now + std::chrono::seconds{mapping_.window_s};
  queues::Effects effects;
  for (queues::Received& received : delivery.messages) take(std::move(received), effects);
  around_.queues.finish(std::move(effects));
  const bool full = static_cast<std::int64_t>(gathered_.size()) >= mapping_.batch_size ||
                    gathered_bytes_ >= kGatheredBytesMax;
  // A receive that was not empty and yet ended below the batch's size may have stopped at its
  // bytes.
  if (!gathered_.empty() && (full || now >= window_ends_)) flush();
  poll();
}

void EventSourcePoller::take(queues::Received&& received, queues::Effects& effects) {
  std::string record =
      aws::sqs_record(received, mapping_.queue_arn, around_.queues.queues().home().region);
  if (!filter_.matches(record)) {
    (void)around_.queues.queues().remove_message(queue_, received.receipt_handle,
                                                 around_.queues.now(), effects);
    return;
  }
  gathered_bytes_ += received.message->bytes();
  gathered_.push_back({std::move(received), std::move(record)});
}

// Usually one batch; more, where the records would be too large for one payload.
void EventSourcePoller::flush() {
  constexpr std::size_t kAround = 32;  // {"Records":[…]}
  std::vector<Gathered> all = std::exchange(gathered_, {});
  gathered_bytes_ = 0;
  std::size_t next = 0;
  while (next < all.size()) {
    auto batch = std::make_shared<Batch>();
    batch->queue = queue_;
    std::vector<std::string_view> records;
    std::size_t bytes = kAround;
    while (next < all.size()) {
      const std::size_t more = all[next].record.size() + 1;
      if (!records.empty() && bytes + more > static_cast<std::size_t>(kSyncPayloadBytesMax)) break;
      bytes += more;
      records.push_back(all[next].record);
      batch->expires = std::min(batch->expires, all[next].message.state.visible_at);
      batch->messages.push_back(std::move(all[next].message));
      ++next;
    }
    batch->payload = aws::sqs_event(records);
    ++running_;
    invoke(batch);
  }
}

void EventSourcePoller::invoke(const BatchPtr& batch) {
  const bool asked = around_.invoke(mapping_.function, batch->payload,
                                    [self = shared_from_this(), batch](Completion&& completion) {
                                      self->completed(batch, std::move(completion));
                                    });
  if (!asked) retry_later(batch);
}

void EventSourcePoller::completed(const BatchPtr& batch, Completion&& completion) {
  const bool throttled = completion.rejected != fleet::RejectReason::kNone &&
                         completion.rejected != fleet::RejectReason::kFunctionRemoved;
  if (throttled) {
    retry_later(batch);
  } else {
    finish(batch, completion);
  }
}

// Until the messages become visible; then others may have them.
void EventSourcePoller::retry_later(const BatchPtr& batch) {
  const Time now = around_.queues.now();
  throttled_limit_ = std::max<std::int64_t>(1, std::min(limit(now), running_) - 1);
  throttled_at_ = now;
  const Duration wait = std::min(
      kThrottleWaitMax, kThrottleWaitFirst * (std::int64_t{1} << std::min(batch->throttles, 8)));
  ++batch->throttles;
  if (stopped_ || add_saturated(now, wait) >= batch->expires) {
    ended("the function could not be invoked before the messages became visible again");
    return;
  }
  batch->retry = std::make_unique<http::CoarseTimeout>(
      around_.loop, [weak = weak_from_this(), key = batch.get()] {
        if (const auto self = weak.lock()) self->retry(key);
      });
  batch->retry->set(wait);
  retrying_.emplace(batch.get(), batch);
}

void EventSourcePoller::retry(const Batch* key) {
  auto waiting = retrying_.extract(key);
  if (!waiting.empty()) invoke(waiting.mapped());
}

void EventSourcePoller::finish(const BatchPtr& batch, const Completion& completion) {
  if (completion.rejected != fleet::RejectReason::kNone || completion.function_error) {
    ended(completion.function_error ? completion.payload.substr(0, 512)
                                    : std::string{"the function was removed"});
    return;
  }
  std::set<std::string> failed;
  std::string problem;
  if (mapping_.report_failures) {
    std::set<std::string> ids;
    for (const queues::Received& received : batch->messages) ids.insert(received.message->id);
    auto read = aws::read_batch_failures(completion.payload, ids);
    if (!read) {
      ended("the answer is no list of batchItemFailures");
      return;
    }
    failed = *std::move(read);
    if (!failed.empty()) {
      problem = fmt::format("the function reported {} of {} messages as failed", failed.size(),
                            batch->messages.size());
    }
  }
  queues::Effects effects;
  for (const queues::Received& received : batch->messages) {
    if (failed.contains(received.message->id)) continue;
    (void)around_.queues.queues().remove_message(batch->queue, received.receipt_handle,
                                                 around_.queues.now(), effects);
  }
  around_.queues.finish(std::move(effects));
  ended(problem);
}

void EventSourcePoller::ended(std::string_view problem) {
  --running_;
  if (running_ == 0) saturated_since_ = kNever;
  if (!problem.empty()) {
    around_.log.warn("event-source-batch-failed", {{"mapping", mapping_.uuid},
                                                   {"function", mapping_.function.name},
                                                   {"why", std::string{problem}}});
  }
  poll();
}

}  // namespace lambdarium::live
