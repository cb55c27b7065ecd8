#include "emulator/live/fleet_driver.h"

#include <utility>

#include <fmt/format.h>

#include "emulator/live/fleet_host.h"
#include "models/base/check.h"
#include "runtime-api/protocol/error_payload.h"

namespace lambdarium::live {

using fleet::EffectKind;
using fleet::EventKind;
using fleet::Outcome;

FleetDriver::FleetDriver(http::EventLoop& loop, sandbox::Sandbox& sandbox, FunctionTable& functions,
                         PlatformLog& log, FleetDriverOptions options)
    : loop_(loop),
      sandbox_(sandbox),
      functions_(functions),
      log_(log),
      options_(std::move(options)),
      recorder_(options_.record),
      fleet_(options_.platform),
      reset_folders_(sandbox),
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
  reset_folders_.drop(function.id);
  meter_provisioned(function, now);
  fleet_.set_function(function.id, function.settings, now, effects_);
  recorder_.function_set(function, now, effects_);
  draining_ = true;
  for (std::size_t i = 0; i < effects_.size(); ++i) perform(effects_[i]);
  draining_ = false;
  drain_events();
}

void FleetDriver::meter_provisioned(const RunningFunction& function, Time now) {
  const fleet::FunctionSettings& settings = function.settings;
  const ProvisionedPeriod next{
      .concurrency = settings.removed ? 0 : settings.provisioned_concurrency,
      .memory_mb = settings.memory_mb,
      .architecture = function.architecture,
      .since = now};
  const auto found = provisioned_.find(function.id);
  if (found != provisioned_.end()) {
    const ProvisionedPeriod& period = found->second;
    const bool same = period.concurrency == next.concurrency &&
                      period.memory_mb == next.memory_mb &&
                      period.architecture == next.architecture;
    if (same) return;
    meter_provisioned(period, now);
    provisioned_.erase(found);
  }
  if (next.concurrency > 0) provisioned_.emplace(function.id, next);
}

void FleetDriver::meter_provisioned(const ProvisionedPeriod& period, Time now) {
  meter_.add_provisioned(period.architecture, period.memory_mb, period.concurrency,
                         now - period.since);
}

void FleetDriver::submit(Order order) {
  if (stopped_) return;
  auto active = std::make_unique<Active>();
  active->arrived = loop_.now();
  fleet::Event event{.kind = EventKind::kArrived, .function = order.function};
  event.invocation = next_invocation_++;
  active->order = std::move(order);
  if (active->order.stream != nullptr && options_.stream_pace) {
    active->order.stream = std::make_shared<PacedStream>(loop_, std::move(active->order.stream),
                                                         *options_.stream_pace);
  }
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

void FleetDriver::reject(const fleet::Effect& effect) {
  ++rejected_;
  Active* active = find(effect.invocation);
  LAM_CHECK(active != nullptr);
  recorder_.rejected(effect, {.version = functions_.by_id(effect.function).version,
                              .request_id = active->order.request_id,
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
    if (host->init == Host::Init::kAgain) {
      report_init(*host, loop_.now() - host->init_started, "timeout", {});
      log_line(*host, effect.invocation, host->lines.start(unix_ms(), request_id, host->version));
    }
    log_line(*host, effect.invocation, host->lines.timed_out(unix_ms(), request_id, timeout));
  } else {
    LAM_CHECK(host->failure.has_value());
    completion.error_type = host->failure->error_type;
    completion.payload = host->failure->payload_for(request_id);
  }
  active->error_type = completion.error_type;
  active->response_bytes = static_cast<std::int64_t>(completion.payload.size());
  if (effect.outcome == Outcome::kInitError) {
    log_line(*host, effect.invocation, host->lines.start(unix_ms(), request_id, host->version));
  }
  answer(*active, std::move(completion));
}

// Hands the completion over now, or keeps it for the REPORT line where the log is wanted.
void FleetDriver::answer(Active& active, Completion completion) {
  if (active.answered) return;
  completion.streamed = active.streamed_bytes >= 0;
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
  recorder_.charged(effect, {.version = function.version,
                             .request_id = active->order.request_id,
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
  if (effect.cold && !effect.provisioned && !host->init_abandoned) report.init = effect.init;
  if (effect.outcome == Outcome::kTimedOut) {
    report.status = "timeout";
  } else if (effect.outcome == Outcome::kCrashed || effect.outcome == Outcome::kInitError) {
    report.status = "error";
    report.error_type = active->error_type;
  }
  log_.defer(host->definition->name,
             host->lines.end(unix_ms(), report, effect.outcome == Outcome::kFunctionError),
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

void FleetDriver::shut_down() {
  if (stopped_) return;
  stopped_ = true;
  wake_.disarm();
  recorder_.close(loop_.now());
  for (const auto& [id, period] : provisioned_) meter_provisioned(period, loop_.now());
  provisioned_.clear();
  for (const auto& host : hosts_) {
    if (host != nullptr) host->environment->stop();
  }
  hosts_.clear();
  active_.clear();
}

}  // namespace lambdarium::live
