#include "emulator/live/async_invocations.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace lambdarium::live {
namespace {

constexpr std::int64_t kEventsMax = 100'000;
constexpr int kRetriesMax = 2;
constexpr Duration kFirstRetryWait = 60s;
constexpr Duration kThrottleWaitMax = 300s;
constexpr Duration kAgeMax = 21'600s;

bool later(const auto& a, const auto& b) {
  return a->due != b->due ? a->due > b->due : a->order_of_arrival > b->order_of_arrival;
}

}  // namespace

AsyncInvocations::AsyncInvocations(http::EventLoop& loop, FleetDriver& driver, LogSink& log,
                                   double time_scale)
    : loop_(loop),
      driver_(driver),
      log_(log),
      time_scale_(time_scale),
      timer_(loop, [this](Time now) { run_due(now); }) {}

bool AsyncInvocations::accept(Order order) {
  if (under_way_ >= kEventsMax) return false;
  ++under_way_;
  auto event = std::make_unique<Event>();
  event->order = std::move(order);
  event->accepted = loop_.now();
  event->order_of_arrival = accepted_++;
  attempt(std::move(event));
  return true;
}

void AsyncInvocations::attempt(std::unique_ptr<Event> event) {
  Order order;
  order.function = event->order.function;
  order.request_id = event->order.request_id;
  order.arn = event->order.arn;
  order.payload = event->order.payload;
  order.trace_id = event->order.trace_id;
  order.route = event->order.route;
  order.request_bytes = event->order.request_bytes;
  order.done = [this, event = std::move(event)](Completion&& completion) mutable {
    completed(std::move(event), completion);
  };
  driver_.submit(std::move(order));
}

void AsyncInvocations::completed(std::unique_ptr<Event> event, const Completion& completion) {
  const bool ran = completion.rejected == fleet::RejectReason::kNone;
  if (ran && !completion.function_error) {
    --under_way_;
    return;
  }
  if (ran) {
    if (event->failures < kRetriesMax) {
      ++event->failures;
      // Before the move: arguments are evaluated in no particular order.
      const Duration wait = kFirstRetryWait * event->failures;
      retry(std::move(event), wait);
      return;
    }
  } else if (completion.rejected != fleet::RejectReason::kFunctionRemoved) {
    const Duration wait =
        std::min(kThrottleWaitMax, Duration{1s} * (1 << std::min(event->throttles, 9)));
    if (loop_.now() + wait - event->accepted <= kAgeMax) {
      ++event->throttles;
      retry(std::move(event), wait);
      return;
    }
  }
  --under_way_;
  log_.warn("async-event-given-up", {{"request_id", event->order.request_id},
                                     {"function", event->order.arn},
                                     {"attempts", fmt::to_string(event->failures + 1)}});
}

void AsyncInvocations::retry(std::unique_ptr<Event> event, Duration wait) {
  event->due = loop_.now() + from_seconds(to_seconds(wait) / time_scale_);
  waiting_.push_back(std::move(event));
  std::push_heap(waiting_.begin(), waiting_.end(),
                 later<std::unique_ptr<Event>, std::unique_ptr<Event>>);
  timer_.arm(waiting_.front()->due);
}

void AsyncInvocations::run_due(Time now) {
  while (!waiting_.empty() && waiting_.front()->due <= now) {
    std::pop_heap(waiting_.begin(), waiting_.end(),
                  later<std::unique_ptr<Event>, std::unique_ptr<Event>>);
    auto event = std::move(waiting_.back());
    waiting_.pop_back();
    attempt(std::move(event));
  }
  if (!waiting_.empty()) timer_.arm(waiting_.front()->due);
}

}  // namespace lambdarium::live
