// How the fleet driver starts, calls and ends environments, and what it hears from them.

#include <algorithm>
#include <utility>

#include "emulator/live/fleet_driver.h"
#include "emulator/live/fleet_host.h"
#include "models/base/check.h"
#include "models/base/uuid.h"
#include "runtime-api/protocol/error_payload.h"
#include "runtime-api/protocol/log_lines.h"

namespace lambdarium::live {

using fleet::EventKind;
using fleet::Outcome;

void FleetDriver::start_environment(const fleet::Effect& effect) {
  const RunningFunction& function = functions_.by_id(effect.function);
  const FunctionDefinition& definition = *function.definition;
  ++cold_starts_;
  sandbox::EnvironmentOptions options;
  options.function = definition;
  options.version = function.version;
  if (effect.provisioned) {
    options.initialization_type = "provisioned-concurrency";
    // AWS: 130 s, or the function's timeout where that is longer.
    options.init_limit = std::max<Duration>(130s, std::chrono::seconds{definition.timeout_s});
  }
  options.log_stream =
      runtime_api::log_stream_name(unix_ms(), options.version, make_hex(options_.ids, 32));
  options.tmp_directory = reset_folders_.take(function.id);
  if (hosts_.size() <= effect.environment.slot) hosts_.resize(effect.environment.slot + 1);
  auto host = std::make_unique<Host>(*this, effect.environment, function, effect.provisioned);
  host->environment = std::make_unique<sandbox::Environment>(sandbox_, std::move(options), *host);
  host->init_started = loop_.now();
  log_.write(definition.name,
             host->lines.init_start(unix_ms(), {.initialization_type = host->initialization_type,
                                                .runtime_version = definition.runtime,
                                                .function_name = definition.name,
                                                .function_version = function.version}));
  sandbox::Environment& environment = *host->environment;
  hosts_[effect.environment.slot] = std::move(host);
  environment.start();
}

void FleetDriver::dispatch(const fleet::Effect& effect) {
  Host* host = find_host(effect.environment);
  Active* active = find(effect.invocation);
  LAM_CHECK(host != nullptr && active != nullptr, "dispatch names what exists");
  host->current = effect.invocation;
  Order& order = active->order;
  runtime_api::Invocation invocation;
  invocation.request_id = order.request_id;
  invocation.deadline_ms =
      (loop_.unix_ns() +
       std::chrono::nanoseconds{std::chrono::seconds{host->definition->timeout_s}}.count()) /
      1'000'000;
  invocation.function_arn = order.arn;
  invocation.trace_id = order.trace_id;
  invocation.client_context = std::move(order.client_context);
  invocation.payload = std::move(order.payload);
  invocation.streaming = order.stream != nullptr;
  if (host->init == Host::Init::kFailed) {
    host->held = std::move(invocation);
    initialise_again(*host);
  } else {
    run(*host, std::move(invocation));
  }
}

void FleetDriver::run(Host& host, runtime_api::Invocation invocation) {
  log_line(host, host.current, host.lines.start(unix_ms(), invocation.request_id, host.version));
  host.environment->invoke(std::move(invocation));
}

// Fresh processes in the same environment: its log stream and its /tmp stay. The fleet keeps the
// time, which is the function's.
void FleetDriver::initialise_again(Host& host) {
  host.init = Host::Init::kAgain;
  host.init_started = loop_.now();
  sandbox::EnvironmentOptions options = host.environment->options();
  options.init_limit = kForever;
  options.tmp_directory = host.environment->take_tmp_directory();
  // It may be the old one's callback that brought us here: it goes when the turn is over.
  loop_.defer([gone = std::shared_ptr<sandbox::Environment>{std::move(host.environment)}] {});
  host.environment = std::make_unique<sandbox::Environment>(sandbox_, std::move(options), host);
  host.environment->start();
}

void FleetDriver::retire(const fleet::Effect& effect) {
  Host* host = find_host(effect.environment);
  LAM_CHECK(host != nullptr, "retire names what exists");
  host->environment->stop();
  keep_log(*host, host->filter.finish());
  const fleet::FunctionSettings& settings = functions_.by_id(effect.function).settings;
  const bool reset = effect.retire == fleet::RetireReason::kTimedOut ||
                     effect.retire == fleet::RetireReason::kLost;
  if (reset && settings.revision == host->revision && !settings.removed) {
    reset_folders_.put(effect.function, host->environment->take_tmp_directory());
  }
  // It may be this host's callback that brought us here: it goes when the turn is over.
  loop_.defer([gone = std::shared_ptr<Host>{std::move(hosts_[effect.environment.slot])}] {});
}

void FleetDriver::on_ready(Host& host, Duration length) {
  const bool again = host.init == Host::Init::kAgain;
  report_init(host, length, {}, {});
  host.init = Host::Init::kDone;
  if (again) {
    run(host, std::move(host.held));
  } else {
    apply({.kind = EventKind::kEnvironmentReady, .environment = host.ref});
  }
}

void FleetDriver::on_init_failed(Host& host, const sandbox::Failure& failure) {
  const bool timed_out = failure.kind == sandbox::Failure::Kind::kTimedOut;
  report_init(host, failure.elapsed, timed_out ? "timeout" : "error",
              timed_out ? std::string_view{} : std::string_view{failure.error_type});
  options_.log->warn("init-failed", {{"function", host.definition->name},
                                     {"type", failure.error_type},
                                     {"message", failure.message}});
  if (host.init == Host::Init::kFirst && host.retries_init) {
    host.init = Host::Init::kFailed;
    host.init_abandoned = true;
    apply({.kind = EventKind::kEnvironmentReady,
           .outcome = Outcome::kInitError,
           .environment = host.ref});
    return;
  }
  host.failure = failure;
  apply({.kind = EventKind::kEnvironmentLost,
         .outcome = Outcome::kInitError,
         .environment = host.ref});
}

// `status`: empty when it went well.
void FleetDriver::report_init(const Host& host, Duration length, std::string_view status,
                              std::string_view error_type) {
  const std::string text =
      host.lines.init_report(unix_ms(), host.initialization_type,
                             {.duration = length,
                              .phase = host.init == Host::Init::kAgain ? "invoke" : "init",
                              .status = status,
                              .error_type = error_type});
  if (!text.empty()) log_.write(host.definition->name, text);
}

void FleetDriver::on_result(Host& host, runtime_api::InvocationResult&& result) {
  Active* active = find(host.current);
  if (active == nullptr) return;
  active->response_bytes = static_cast<std::int64_t>(result.payload.size()) +
                           std::max<std::int64_t>(active->streamed_bytes, 0);
  active->error_type = result.error_type;
  Completion completion;
  completion.function_error = result.function_error;
  completion.error_type = std::move(result.error_type);
  completion.content_type = std::move(result.content_type);
  completion.payload = std::move(result.payload);
  // Remembered for the fleet, which hears of the end when the runtime is back.
  if (result.function_error) active->error_type += active->error_type.empty() ? "Unhandled" : "";
  answer(*active, std::move(completion));
}

void FleetDriver::on_stream_start(Host& host, std::string_view content_type) {
  Active* active = find(host.current);
  if (active == nullptr || active->answered || active->order.stream == nullptr) return;
  active->streamed_bytes = 0;
  active->order.stream->on_start(content_type,
                                 [this, alive = alive_, ref = host.ref, id = host.current] {
                                   Host* same = *alive ? find_host(ref) : nullptr;
                                   if (same != nullptr && same->current == id)
                                     same->environment->resume_stream();
                                 });
}

void FleetDriver::on_stream_data(Host& host, std::string_view piece) {
  Active* active = find(host.current);
  if (active == nullptr || active->answered || active->streamed_bytes < 0) return;
  active->streamed_bytes += static_cast<std::int64_t>(piece.size());
  if (!active->order.stream->on_data(piece)) host.environment->pause_stream();
}

void FleetDriver::on_idle(Host& host) {
  const fleet::InvocationId id = std::exchange(host.current, fleet::kNoInvocation);
  const Active* active = find(id);
  const bool failed = active != nullptr && !active->error_type.empty();
  apply({.kind = EventKind::kInvocationEnded,
         .outcome = failed ? Outcome::kFunctionError : Outcome::kOk,
         .environment = host.ref,
         .invocation = id});
}

void FleetDriver::on_lost(Host& host, const sandbox::Failure& failure) {
  host.failure = failure;
  const Active* active = find(host.current);
  const std::string_view id =
      active == nullptr ? std::string_view{"-"} : std::string_view{active->order.request_id};
  log_.write(host.definition->name, host.lines.exited(id, failure.status));
  apply(
      {.kind = EventKind::kEnvironmentLost, .outcome = Outcome::kCrashed, .environment = host.ref});
}

void FleetDriver::on_log(Host& host, std::string_view bytes) {
  keep_log(host, host.filter.filter(bytes));
}

void FleetDriver::keep_log(Host& host, std::string_view bytes) {
  if (bytes.empty()) return;
  log_.write(host.definition->name, bytes);
  Active* active = find(host.logging);
  if (active == nullptr || !active->order.want_log) return;
  // Only the last 4,096 bytes go out; four times that is enough to cut from.
  constexpr std::size_t kKept = 16'384;
  active->log += bytes;
  if (active->log.size() > 2 * kKept) active->log.erase(0, active->log.size() - kKept);
}

}  // namespace lambdarium::live
