#include "emulator/live/fleet_driver.h"

#include <optional>
#include <utility>

#include <fmt/format.h>

#include "models/base/check.h"
#include "models/base/uuid.h"
#include "runtime-api/protocol/error_payload.h"
#include "runtime-api/protocol/log_lines.h"

namespace lambdarium::live {

using fleet::EffectKind;
using fleet::EventKind;
using fleet::Outcome;

// An environment's processes, and which of the fleet's environments they are.
class FleetDriver::Host final : public sandbox::Listener {
 public:
  Host(FleetDriver& driver, fleet::EnvironmentRef which, const RunningFunction& running)
      : ref(which), definition(running.definition), function(running.id), driver_(driver) {}

  void on_ready(sandbox::Environment&, Duration) override { driver_.on_ready(*this); }
  void on_init_failed(sandbox::Environment&, const sandbox::Failure& why) override {
    driver_.on_lost(*this, why, Outcome::kInitError);
  }
  void on_result(sandbox::Environment&, runtime_api::InvocationResult&& result) override {
    driver_.on_result(*this, std::move(result));
  }
  void on_idle(sandbox::Environment&, const runtime_api::Idle&) override { driver_.on_idle(*this); }
  void on_lost(sandbox::Environment&, const sandbox::Failure& why) override {
    driver_.on_lost(*this, why, Outcome::kCrashed);
  }
  void on_log(sandbox::Environment&, std::string_view bytes) override {
    driver_.on_log(*this, bytes);
  }

  const fleet::EnvironmentRef ref;
  const std::shared_ptr<const FunctionDefinition> definition;
  const fleet::FunctionId function;
  std::unique_ptr<sandbox::Environment> environment;
  fleet::InvocationId current = fleet::kNoInvocation;
  fleet::InvocationId logging = fleet::kNoInvocation;  // whose START line is out
  std::optional<sandbox::Failure> failure;

 private:
  FleetDriver& driver_;
};

FleetDriver::FleetDriver(http::EventLoop& loop, sandbox::Sandbox& sandbox, FunctionTable& functions,
                         PlatformLog& log, FleetDriverOptions options)
    : loop_(loop),
      sandbox_(sandbox),
      functions_(functions),
      log_(log),
      options_(std::move(options)),
      recorder_(options_.record),
      fleet_(options_.platform),
      wake_(loop, [this](Time) { apply({.kind = EventKind::kWoken}); }) {
  recorder_.platform(options_.platform);
}

FleetDriver::~FleetDriver() {
  *alive_ = false;
  hosts_.clear();
}

void FleetDriver::function_changed(const RunningFunction& function) {
  LAM_CHECK(!draining_, "functions change between events");
  const Time now = loop_.now();
  effects_.clear();
  fleet_.set_function(function.id, function.settings, now, effects_);
  recorder_.function_set(function, now, effects_);
  draining_ = true;
  for (std::size_t i = 0; i < effects_.size(); ++i) perform(effects_[i]);
  draining_ = false;
  drain_events();
}

void FleetDriver::submit(Order order) {
  if (stopped_) return;
  auto active = std::make_unique<Active>();
  active->arrived = loop_.now();
  fleet::Event event{.kind = EventKind::kArrived, .function = order.function};
  event.invocation = next_invocation_++;
  active->order = std::move(order);
  active_.emplace(event.invocation, std::move(active));
  apply(event);
}

// Callbacks of an effect may bring the next event: it waits until the effects of this one are
// carried out.
void FleetDriver::apply(const fleet::Event& event) {
  if (stopped_) return;
  events_.emplace_back(event, loop_.now());
  drain_events();
}

void FleetDriver::drain_events() {
  if (draining_) return;
  draining_ = true;
  while (!events_.empty()) {
    const auto [event, now] = events_.front();
    events_.pop_front();
    effects_.clear();
    fleet_.step(event, now, effects_);
    recorder_.step(event, now, effects_);
    for (std::size_t i = 0; i < effects_.size(); ++i) perform(effects_[i]);
  }
  draining_ = false;
  wake_when_due();
}

void FleetDriver::wake_when_due() {
  const Time due = fleet_.next_wake();
  if (due == wake_.armed_for()) return;
  if (due == kNever) {
    wake_.disarm();
  } else {
    wake_.arm(due);
  }
}

void FleetDriver::perform(const fleet::Effect& effect) {
  switch (effect.kind) {
    case EffectKind::kStartEnvironment:
      start_environment(effect);
      break;
    case EffectKind::kDispatch:
      dispatch(effect);
      break;
    case EffectKind::kRetireEnvironment:
      retire(effect);
      break;
    case EffectKind::kReject:
      reject(effect);
      break;
    case EffectKind::kFail:
      fail(effect);
      break;
    case EffectKind::kCharge:
      charge(effect);
      break;
  }
}

FleetDriver::Host* FleetDriver::find_host(fleet::EnvironmentRef ref) const {
  if (ref.slot >= hosts_.size()) return nullptr;
  Host* host = hosts_[ref.slot].get();
  return host != nullptr && host->ref == ref ? host : nullptr;
}

FleetDriver::Active* FleetDriver::find(fleet::InvocationId id) {
  const auto found = active_.find(id);
  return found == active_.end() ? nullptr : found->second.get();
}

void FleetDriver::start_environment(const fleet::Effect& effect) {
  const RunningFunction& function = functions_.by_id(effect.function);
  const FunctionDefinition& definition = *function.definition;
  ++cold_starts_;
  sandbox::EnvironmentOptions options;
  options.function = definition;
  if (effect.provisioned) options.initialization_type = "provisioned-concurrency";
  options.log_stream = runtime_api::log_stream_name(loop_.unix_ns() / 1'000'000, options.version,
                                                    make_hex(options_.ids, 32));
  if (hosts_.size() <= effect.environment.slot) hosts_.resize(effect.environment.slot + 1);
  auto host = std::make_unique<Host>(*this, effect.environment, function);
  host->environment = std::make_unique<sandbox::Environment>(sandbox_, std::move(options), *host);
  log_.write(definition.name, runtime_api::init_start_line(definition.runtime, ""));
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
  log_line(*host, effect.invocation, runtime_api::start_line(order.request_id, "$LATEST"));
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
  host->environment->invoke(std::move(invocation));
}

void FleetDriver::retire(const fleet::Effect& effect) {
  Host* host = find_host(effect.environment);
  LAM_CHECK(host != nullptr, "retire names what exists");
  host->environment->stop();
  // It may be this host's callback that brought us here: it goes when the turn is over.
  loop_.defer([gone = std::shared_ptr<Host>{std::move(hosts_[effect.environment.slot])}] {});
}

void FleetDriver::reject(const fleet::Effect& effect) {
  ++rejected_;
  Active* active = find(effect.invocation);
  LAM_CHECK(active != nullptr);
  recorder_.rejected(effect, {.request_id = active->order.request_id,
                              .route = active->order.route,
                              .arrived = active->arrived,
                              .request_bytes = active->order.request_bytes});
  Completion completion;
  completion.rejected = effect.reject;
  const auto owned = std::move(active_.extract(effect.invocation).mapped());
  answer(*owned, std::move(completion));
}

void FleetDriver::fail(const fleet::Effect& effect) {
  Host* host = find_host(effect.environment);
  Active* active = find(effect.invocation);
  LAM_CHECK(host != nullptr && active != nullptr);
  const std::string& request_id = active->order.request_id;
  Completion completion;
  completion.function_error = true;
  if (effect.outcome == Outcome::kTimedOut) {
    const Duration timeout = std::chrono::seconds{host->definition->timeout_s};
    completion.error_type = runtime_api::kTimedOut;
    completion.payload = runtime_api::timed_out_payload(request_id, timeout);
    log_line(*host, effect.invocation,
             runtime_api::timed_out_line(loop_.unix_ns() / 1'000'000, request_id, timeout));
  } else {
    LAM_CHECK(host->failure.has_value());
    completion.error_type = host->failure->error_type;
    completion.payload = host->failure->payload_for(request_id);
  }
  active->error_type = completion.error_type;
  active->response_bytes = static_cast<std::int64_t>(completion.payload.size());
  if (effect.outcome == Outcome::kInitError) {
    log_line(*host, effect.invocation, runtime_api::start_line(request_id, "$LATEST"));
  }
  answer(*active, std::move(completion));
}

// Hands the completion over now, or keeps it for the REPORT line where the log is wanted.
void FleetDriver::answer(Active& active, Completion completion) {
  if (active.answered) return;
  const bool waits = active.order.want_log && completion.rejected == fleet::RejectReason::kNone &&
                     completion.log_text.empty();
  if (waits) {
    active.order.done = [done = std::move(active.order.done),
                         held = std::move(completion)](Completion&& with_log) mutable {
      held.log_text = std::move(with_log.log_text);
      done(std::move(held));
    };
    return;
  }
  active.answered = true;
  auto done = std::move(active.order.done);
  done(std::move(completion));
}

void FleetDriver::charge(const fleet::Effect& effect) {
  ++charged_;
  Active* active = find(effect.invocation);
  LAM_CHECK(active != nullptr);
  const Host* host = find_host(effect.environment);
  LAM_CHECK(host != nullptr);
  const RunningFunction& function = functions_.by_id(effect.function);
  meter_.add_invocation({.architecture = function.architecture,
                         .memory_mb = effect.memory_mb,
                         .scratch_mb = host->definition->ephemeral_mb,
                         .billed_ms = effect.billed_ms,
                         .provisioned = effect.provisioned});
  const std::int64_t max_memory = host->environment->max_memory_mb();
  recorder_.charged(effect, {.request_id = active->order.request_id,
                             .route = active->order.route,
                             .arrived = active->arrived,
                             .request_bytes = active->order.request_bytes,
                             .response_bytes = active->response_bytes,
                             .max_memory_mb = max_memory});
  runtime_api::InvocationReport report;
  report.request_id = active->order.request_id;
  report.duration = effect.run;
  report.billed_ms = effect.billed_ms;
  report.memory_mb = effect.memory_mb;
  report.max_memory_mb = max_memory;
  if (effect.cold && !effect.provisioned) report.init = effect.init;
  if (effect.outcome == Outcome::kTimedOut) {
    report.status = "timeout";
  } else if (effect.outcome == Outcome::kCrashed || effect.outcome == Outcome::kInitError) {
    report.status = "error";
    report.error_type = active->error_type;
  }
  log_.defer(host->definition->name,
             runtime_api::end_line(report.request_id) + runtime_api::report_line(report),
             [this, alive = alive_, id = effect.invocation](std::string_view text) {
               if (*alive) finish(id, text);
             });
}

// A line of the platform in an invocation's log; what the function prints from there on belongs to
// that invocation.
void FleetDriver::log_line(const Host& host, fleet::InvocationId id, std::string text) {
  log_.defer(host.definition->name, std::move(text),
             [this, alive = alive_, ref = host.ref, id](std::string_view line) {
               if (!*alive) return;
               if (Host* same = find_host(ref)) same->logging = id;
               Active* active = find(id);
               if (active != nullptr && active->order.want_log) active->log += line;
             });
}

// The last line of its log is out.
void FleetDriver::finish(fleet::InvocationId id, std::string_view text) {
  auto node = active_.extract(id);
  if (node.empty()) return;
  Active& active = *node.mapped();
  if (active.answered) return;
  active.log += text;
  Completion completion;
  completion.log_text = std::move(active.log);
  answer(active, std::move(completion));
}

void FleetDriver::on_ready(Host& host) {
  apply({.kind = EventKind::kEnvironmentReady, .environment = host.ref});
}

void FleetDriver::on_result(Host& host, runtime_api::InvocationResult&& result) {
  Active* active = find(host.current);
  if (active == nullptr) return;
  active->response_bytes = static_cast<std::int64_t>(result.payload.size());
  active->error_type = result.error_type;
  Completion completion;
  completion.function_error = result.function_error;
  completion.error_type = std::move(result.error_type);
  completion.payload = std::move(result.payload);
  // Remembered for the fleet, which hears of the end when the runtime is back.
  if (result.function_error) active->error_type += active->error_type.empty() ? "Unhandled" : "";
  answer(*active, std::move(completion));
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

void FleetDriver::on_lost(Host& host, const sandbox::Failure& failure, Outcome outcome) {
  host.failure = failure;
  const FunctionDefinition& definition = *host.definition;
  if (outcome == Outcome::kInitError) {
    log_.write(
        definition.name,
        runtime_api::init_report_line(
            {.duration = failure.elapsed,
             .status = failure.kind == sandbox::Failure::Kind::kTimedOut ? "timeout" : "error",
             .error_type = failure.error_type}));
    options_.log->warn("init-failed", {{"function", definition.name},
                                       {"type", failure.error_type},
                                       {"message", failure.message}});
  } else {
    const Active* active = find(host.current);
    const std::string_view id =
        active == nullptr ? std::string_view{"-"} : std::string_view{active->order.request_id};
    log_.write(definition.name, runtime_api::exit_lines(id, failure.status));
  }
  apply({.kind = EventKind::kEnvironmentLost, .outcome = outcome, .environment = host.ref});
}

void FleetDriver::on_log(Host& host, std::string_view bytes) {
  log_.write(host.definition->name, bytes);
  Active* active = find(host.logging);
  if (active == nullptr || !active->order.want_log) return;
  // Only the last 4,096 bytes go out; four times that is enough to cut from.
  constexpr std::size_t kKept = 16'384;
  active->log += bytes;
  if (active->log.size() > 2 * kKept) active->log.erase(0, active->log.size() - kKept);
}

void FleetDriver::shut_down() {
  if (stopped_) return;
  stopped_ = true;
  wake_.disarm();
  recorder_.close(loop_.now());
  for (const auto& host : hosts_) {
    if (host != nullptr) host->environment->stop();
  }
  hosts_.clear();
  active_.clear();
}

}  // namespace lambdarium::live
