#include "runtime-api/http/event_loop.h"

#include <uv.h>

#include <csignal>
#include <cstdlib>
#include <ctime>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "models/base/check.h"
#include "runtime-api/http/timeout_wheel.h"

namespace lambdarium::http {
namespace {

std::int64_t read_clock(clockid_t clock) {
  timespec t{};
  clock_gettime(clock, &t);
  return static_cast<std::int64_t>(t.tv_sec) * 1'000'000'000 + t.tv_nsec;
}

uv_loop_t* initialised(uv_loop_t* loop) {
  LAM_CHECK(uv_loop_init(loop) == 0, "cannot create an event loop: out of descriptors or memory");
  return loop;
}

template <class Handle>
uv_handle_t* as_handle(Handle* handle) {
  return reinterpret_cast<uv_handle_t*>(handle);
}

struct PoolWork {
  uv_work_t request{};
  UniqueFunction<void()> work;
  UniqueFunction<void()> done;
  const bool* ending;
};

using Functions = std::vector<UniqueFunction<void()>>;

void run_all(Functions functions) {
  for (auto& function : functions) function();
}

}  // namespace

struct EventLoop::Impl {
  uv_loop_t loop;
  std::int64_t origin_ns;
  uv_async_t wake_up;
  uv_idle_t next_turn;
  uv_timer_t limit;
  uv_signal_t interrupt;
  uv_signal_t terminate;
  TimeoutWheel wheel{initialised(&loop)};
  bool ending = false;
  Functions deferred;
  UniqueFunction<void(int)> on_stop_signal;

  std::mutex posted_mutex;
  Functions posted;  // guarded by posted_mutex

  void run_posted() {
    Functions functions;
    {
      const std::lock_guard lock{posted_mutex};
      functions.swap(posted);
    }
    run_all(std::move(functions));
  }
  void run_deferred() {
    uv_idle_stop(&next_turn);
    run_all(std::exchange(deferred, {}));
  }
};

EventLoop::EventLoop(EventLoopOptions options) {
  static_cast<void>(std::signal(SIGPIPE, SIG_IGN));
  setenv("UV_THREADPOOL_SIZE", std::to_string(options.pool_threads).c_str(), 1);
  impl_ = std::make_unique<Impl>();
  Impl* impl = impl_.get();
  impl->origin_ns = read_clock(CLOCK_MONOTONIC);
  const auto on_posted = [](uv_async_t* async) noexcept {
    static_cast<Impl*>(async->data)->run_posted();
  };
  LAM_CHECK(uv_async_init(&impl->loop, &impl->wake_up, on_posted) == 0);
  uv_idle_init(&impl->loop, &impl->next_turn);
  uv_timer_init(&impl->loop, &impl->limit);
  uv_signal_init(&impl->loop, &impl->interrupt);
  uv_signal_init(&impl->loop, &impl->terminate);
  impl->wake_up.data = impl;
  impl->next_turn.data = impl;
  impl->interrupt.data = impl;
  impl->terminate.data = impl;
}

EventLoop::~EventLoop() {
  Impl* impl = impl_.get();
  impl->ending = true;
  uv_close(as_handle(&impl->wake_up), nullptr);
  uv_close(as_handle(&impl->next_turn), nullptr);
  uv_close(as_handle(&impl->limit), nullptr);
  uv_close(as_handle(&impl->interrupt), nullptr);
  uv_close(as_handle(&impl->terminate), nullptr);
  impl->wheel.close();
  const auto check_closing = [](uv_handle_t* handle, void*) noexcept {
    // A child that was killed keeps its handle until it is reaped, which is what is waited for
    // below.
    LAM_CHECK(
        uv_is_closing(handle) || handle->type == UV_PROCESS,
        std::string{"an object outlives its event loop: "} + uv_handle_type_name(handle->type));
  };
  uv_walk(&impl->loop, check_closing, nullptr);
  uv_run(&impl->loop, UV_RUN_DEFAULT);
  LAM_CHECK(uv_loop_close(&impl->loop) == 0);
}

void EventLoop::run() {
  uv_run(&impl_->loop, UV_RUN_DEFAULT);
}

void EventLoop::stop() {
  uv_stop(&impl_->loop);
}

bool EventLoop::run_until(UniqueFunction<bool()> condition, Duration limit) {
  const Time end = add_saturated(now(), limit);
  while (!condition()) {
    const Time current = now();
    if (current >= end) return false;
    const Duration left = end - current;
    const auto ms = std::chrono::ceil<std::chrono::milliseconds>(left < 24h ? left : Duration{24h});
    uv_update_time(&impl_->loop);
    uv_timer_start(
        &impl_->limit, [](uv_timer_t*) noexcept {}, static_cast<std::uint64_t>(ms.count()), 0);
    uv_run(&impl_->loop, UV_RUN_ONCE);
    uv_timer_stop(&impl_->limit);
  }
  return true;
}

Time EventLoop::now() const {
  return at(Duration{read_clock(CLOCK_MONOTONIC) - impl_->origin_ns});
}

std::int64_t EventLoop::unix_ns() const {
  return read_clock(CLOCK_REALTIME);
}

void EventLoop::post(UniqueFunction<void()> function) {
  {
    const std::lock_guard lock{impl_->posted_mutex};
    impl_->posted.push_back(std::move(function));
  }
  uv_async_send(&impl_->wake_up);
}

void EventLoop::defer(UniqueFunction<void()> function) {
  if (impl_->ending) return;
  impl_->deferred.push_back(std::move(function));
  uv_idle_start(&impl_->next_turn,
                [](uv_idle_t* idle) noexcept { static_cast<Impl*>(idle->data)->run_deferred(); });
}

void EventLoop::queue_work(UniqueFunction<void()> work, UniqueFunction<void()> done) {
  auto* item = new PoolWork;
  item->work = std::move(work);
  item->done = std::move(done);
  item->ending = &impl_->ending;
  item->request.data = item;
  const int error = uv_queue_work(
      &impl_->loop, &item->request,
      [](uv_work_t* request) noexcept { static_cast<PoolWork*>(request->data)->work(); },
      [](uv_work_t* request, int) noexcept {
        const std::unique_ptr<PoolWork> ended{static_cast<PoolWork*>(request->data)};
        if (!*ended->ending) ended->done();
      });
  LAM_CHECK(error == 0, uv_strerror(error));
}

void EventLoop::on_stop_signal(UniqueFunction<void(int signal)> callback) {
  // A callback that replaces itself must not be destroyed while it runs.
  auto old = std::exchange(impl_->on_stop_signal, std::move(callback));
  if (old) defer([kept = std::move(old)] {});
  if (!impl_->on_stop_signal) {
    uv_signal_stop(&impl_->interrupt);
    uv_signal_stop(&impl_->terminate);
    return;
  }
  const auto on_signal = [](uv_signal_t* handle, int signal) noexcept {
    static_cast<Impl*>(handle->data)->on_stop_signal(signal);
  };
  LAM_CHECK(uv_signal_start(&impl_->interrupt, on_signal, SIGINT) == 0);
  LAM_CHECK(uv_signal_start(&impl_->terminate, on_signal, SIGTERM) == 0);
}

uv_loop_s* EventLoop::uv() const {
  return &impl_->loop;
}

TimeoutWheel& EventLoop::timeouts() const {
  return impl_->wheel;
}

}  // namespace lambdarium::http
