#include "runtime-api/http/timer.h"

#include <sys/timerfd.h>
#include <unistd.h>
#include <uv.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "models/base/check.h"
#include "runtime-api/http/timeout_wheel.h"

namespace lambdarium::http {
namespace {
constexpr std::uint64_t kTickMs = 100;
static_assert(CoarseTimeout::kTick == std::chrono::milliseconds{kTickMs});
}  // namespace

struct DeadlineTimer::Impl {
  uv_poll_t poll;
  EventLoop* loop;
  int fd;
  Time due = kNever;
  Time set_for = kNever;  // what the descriptor is set to: never later than `due`
  bool closed = false;
  UniqueFunction<void(Time)> on_due;

  void set_descriptor(Time at);
  void fired();
};

void DeadlineTimer::Impl::set_descriptor(Time at) {
  // Relative to the loop's clock, so that its origin stays the loop's business. Zero would disarm.
  const Duration left = std::max<Duration>(at - loop->now(), 1ns);
  itimerspec spec{};
  spec.it_value.tv_sec = left / 1s;
  spec.it_value.tv_nsec = (left % 1s).count();
  LAM_CHECK(timerfd_settime(fd, 0, &spec, nullptr) == 0, std::strerror(errno));
  set_for = at;
}

void DeadlineTimer::Impl::fired() {
  std::uint64_t expirations = 0;
  // Without this the descriptor stays readable. It may have been set again since the loop saw it
  // fire.
  if (read(fd, &expirations, sizeof expirations) < 0) return;
  set_for = kNever;
  if (due == kNever) return;
  const Time now = loop->now();
  if (now < due) {
    set_descriptor(due);
    return;
  }
  due = kNever;
  on_due(now);
}

DeadlineTimer::DeadlineTimer(EventLoop& loop, UniqueFunction<void(Time now)> on_due)
    : impl_(new Impl) {
  impl_->loop = &loop;
  impl_->on_due = std::move(on_due);
  impl_->fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  LAM_CHECK(impl_->fd >= 0, std::strerror(errno));
  impl_->poll.data = impl_;
  LAM_CHECK(uv_poll_init(loop.uv(), &impl_->poll, impl_->fd) == 0);
  const auto on_readable = [](uv_poll_t* poll, int, int) noexcept {
    static_cast<Impl*>(poll->data)->fired();
  };
  LAM_CHECK(uv_poll_start(&impl_->poll, UV_READABLE, on_readable) == 0);
}

DeadlineTimer::~DeadlineTimer() {
  impl_->due = kNever;
  uv_close(reinterpret_cast<uv_handle_t*>(&impl_->poll), [](uv_handle_t* handle) noexcept {
    auto* impl = static_cast<Impl*>(handle->data);
    ::close(impl->fd);
    delete impl;
  });
}

void DeadlineTimer::arm(Time at) {
  impl_->due = at;
  if (at < impl_->set_for) impl_->set_descriptor(at);
}

void DeadlineTimer::disarm() {
  impl_->due = kNever;
}

Time DeadlineTimer::armed_for() const {
  return impl_->due;
}

CoarseTimeout::CoarseTimeout(EventLoop& loop, UniqueFunction<void()> on_timeout)
    : wheel_(loop.timeouts()), on_timeout_(std::move(on_timeout)) {}

CoarseTimeout::~CoarseTimeout() {
  wheel_.forget(*this);
}

void CoarseTimeout::set(Duration after) {
  if (after == kForever) {
    clear();
  } else {
    wheel_.set(*this, after);
  }
}

TimeoutWheel::TimeoutWheel(uv_loop_t* loop) : loop_(loop) {
  LAM_CHECK(uv_timer_init(loop, &ticker_) == 0);
  ticker_.data = this;
}

void TimeoutWheel::close() {
  uv_close(reinterpret_cast<uv_handle_t*>(&ticker_), nullptr);
}

std::uint64_t TimeoutWheel::current_tick() const {
  return uv_now(loop_) / kTickMs;
}

void TimeoutWheel::set(CoarseTimeout& timeout, Duration after) {
  const auto ms = std::chrono::ceil<std::chrono::milliseconds>(std::max<Duration>(after, 0ns));
  const auto ticks = (static_cast<std::uint64_t>(ms.count()) + kTickMs - 1) / kTickMs;
  // One more, since the current tick has partly passed.
  const std::uint64_t due = current_tick() + ticks + 1;
  timeout.due_tick_ = due;
  if (timeout.linked_tick_ <= due) return;
  if (timeout.back_ != nullptr) unlink(timeout);
  link(timeout, due);
}

void TimeoutWheel::link(CoarseTimeout& timeout, std::uint64_t tick) {
  if (linked_++ == 0 && !uv_is_active(reinterpret_cast<uv_handle_t*>(&ticker_))) {
    last_tick_ = current_tick();
    uv_timer_start(
        &ticker_,
        [](uv_timer_t* timer) noexcept { static_cast<TimeoutWheel*>(timer->data)->on_tick(); },
        kTickMs, kTickMs);
  }
  CoarseTimeout*& head = slots_[tick % kSlots];
  timeout.linked_tick_ = tick;
  timeout.next_ = head;
  timeout.back_ = &head;
  if (head != nullptr) head->back_ = &timeout.next_;
  head = &timeout;
}

void TimeoutWheel::unlink(CoarseTimeout& timeout) {
  *timeout.back_ = timeout.next_;
  if (timeout.next_ != nullptr) timeout.next_->back_ = timeout.back_;
  timeout.next_ = nullptr;
  timeout.back_ = nullptr;
  timeout.linked_tick_ = CoarseTimeout::kNotSet;
  --linked_;
}

void TimeoutWheel::forget(CoarseTimeout& timeout) {
  if (timeout.back_ != nullptr) unlink(timeout);
  if (running_ == &timeout) running_ = nullptr;
}

void TimeoutWheel::on_tick() {
  const std::uint64_t now = current_tick();
  // After a long stall each slot needs one visit only.
  if (now - last_tick_ > kSlots) last_tick_ = now - kSlots;
  while (last_tick_ < now) visit_slot(++last_tick_);
  if (linked_ == 0) uv_timer_stop(&ticker_);
}

void TimeoutWheel::visit_slot(std::uint64_t tick) {
  CoarseTimeout*& slot = slots_[tick % kSlots];
  due_ = std::exchange(slot, nullptr);
  if (due_ != nullptr) due_->back_ = &due_;
  while (due_ != nullptr) {
    CoarseTimeout& timeout = *due_;
    unlink(timeout);
    if (timeout.due_tick_ == CoarseTimeout::kNotSet) continue;
    if (timeout.due_tick_ > last_tick_) {
      link(timeout, timeout.due_tick_);
      continue;
    }
    timeout.due_tick_ = CoarseTimeout::kNotSet;
    // Moved out, since the callback may destroy the timeout and with it the function that is
    // running.
    running_ = &timeout;
    UniqueFunction<void()> callback = std::move(timeout.on_timeout_);
    callback();
    if (running_ != nullptr) running_->on_timeout_ = std::move(callback);
    running_ = nullptr;
  }
}

}  // namespace lambdarium::http
