#include "emulator/live/async_invocations.h"

#include <algorithm>

#include <fmt/format.h>

#include "models/base/check.h"
#include "models/base/uuid.h"
#include "models/domain/limits.h"

namespace lambdarium::live {

using fleet::AsyncEffectKind;
using fleet::AsyncInputKind;
using fleet::AsyncOutcome;

namespace {

// An answer that waits for the end of its event's retries is kept up to this size.
constexpr std::size_t kKeptResponseBytesMax = 65'536;

std::int64_t whole_ms(Duration duration) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
}

}  // namespace

Result<std::unique_ptr<AsyncInvocations>> AsyncInvocations::open(http::EventLoop& loop,
                                                                 FleetDriver& driver,
                                                                 AsyncFunctions& functions,
                                                                 AsyncOptions options) {
  std::unique_ptr<AsyncInvocations> async{
      new AsyncInvocations{loop, driver, functions, std::move(options)}};
  store::EventStoreOptions storing;
  storing.committed = [&loop, self = async.get(), alive = async->alive_](
                          std::vector<std::uint64_t> ids, Status status) {
    loop.post([self, alive, ids = std::move(ids), status = std::move(status)] {
      if (*alive) self->on_committed(ids, status);
    });
  };
  LAM_TRY(async->store_, store::EventStore::open(async->options_.data_folder, std::move(storing)));
  async->next_id_ = async->store_->first_free_id();
  return async;
}

AsyncInvocations::AsyncInvocations(http::EventLoop& loop, FleetDriver& driver,
                                   AsyncFunctions& functions, AsyncOptions options)
    : loop_(loop),
      driver_(driver),
      functions_(functions),
      options_(std::move(options)),
      log_(*options_.log),
      files_(loop, options_.data_folder / "destinations", *options_.log),
      queue_(options_.rules),
      timer_(loop, [this](Time) { apply(fleet::AsyncInput{.kind = AsyncInputKind::kWoken}); }) {}

AsyncInvocations::~AsyncInvocations() {
  *alive_ = false;
}

Time AsyncInvocations::time_of(std::int64_t unix_ms) const {
  const std::int64_t now_ms = loop_.unix_ns() / 1'000'000;
  return loop_.now() + std::chrono::milliseconds{unix_ms - now_ms};
}

std::int64_t AsyncInvocations::unix_ms_of(Time time) const {
  return loop_.unix_ns() / 1'000'000 + whole_ms(time - loop_.now());
}

// --- acceptance

void AsyncInvocations::accept(Request request, UniqueFunction<void(Accepted)> done) {
  const auto count = static_cast<std::int64_t>(pending_.size() + events_.size());
  const auto bytes = payload_bytes_ + static_cast<std::int64_t>(request.payload.size());
  if (closed_ || count >= options_.events_max || bytes > options_.payload_bytes_max) {
    done(Accepted::kFull);
    return;
  }
  store(std::move(request), std::move(done));
}

void AsyncInvocations::store(Request request, UniqueFunction<void(Accepted)> done) {
  auto stored = std::make_shared<store::StoredEvent>();
  stored->id = next_id_++;
  stored->request_id = std::move(request.request_id);
  stored->function = std::move(request.function);
  stored->qualifier = std::move(request.qualifier);
  stored->arn = std::move(request.arn);
  stored->trace_id = std::move(request.trace_id);
  stored->payload = std::move(request.payload);
  stored->accepted_unix_ms = loop_.unix_ns() / 1'000'000;
  payload_bytes_ += static_cast<std::int64_t>(stored->payload.size());
  pending_.emplace(stored->id, Pending{stored, std::move(done)});
  store_->append(std::move(stored));
}

void AsyncInvocations::on_committed(const std::vector<std::uint64_t>& ids, const Status& status) {
  if (!status.ok()) log_.error("events-not-stored", {{"why", status.error().message}});
  for (const std::uint64_t id : ids) {
    auto node = pending_.extract(id);
    LAM_CHECK(!node.empty(), "an event is committed once");
    Pending& pending = node.mapped();
    if (status.ok()) {
      ++totals_.accepted;
      pending.done(Accepted::kStored);
      if (!closed_) enqueue(std::move(pending.stored), true);
    } else {
      payload_bytes_ -= static_cast<std::int64_t>(pending.stored->payload.size());
      pending.done(Accepted::kFailed);
    }
  }
}

void AsyncInvocations::recover() {
  auto stored = store_->take_stored();
  if (stored.empty()) return;
  log_.info("events-recovered", {{"events", fmt::to_string(stored.size())}});
  for (auto& event : stored) {
    ++totals_.recovered;
    payload_bytes_ += static_cast<std::int64_t>(event->payload.size());
    enqueue(std::move(event), false);
  }
}

void AsyncInvocations::enqueue(std::shared_ptr<const store::StoredEvent> stored,
                               bool had_function) {
  const store::StoredEvent& from = *stored;
  fleet::AsyncInput input{.kind = AsyncInputKind::kAccepted,
                          .target = target_of(from),
                          .event = from.id,
                          // A clock that was set back makes no event younger than new.
                          .accepted = std::min(loop_.now(), time_of(from.accepted_unix_ms))};
  input.progress.failures = from.progress.failures;
  input.progress.throttles = from.progress.throttles;
  if (from.progress.due_unix_ms > 0) input.progress.due = time_of(from.progress.due_unix_ms);
  input.progress.skipped = std::chrono::milliseconds{from.progress.skipped_ms};
  Event event;
  event.target = input.target;
  event.had_function = had_function;
  event.stored = std::move(stored);
  events_.emplace(input.event, std::move(event));
  apply(input);
}

fleet::AsyncTargetId AsyncInvocations::target_of(const store::StoredEvent& event) {
  const auto [place, added] =
      target_ids_.try_emplace(std::pair{event.function, event.qualifier},
                              static_cast<fleet::AsyncTargetId>(targets_.size()));
  if (added) {
    targets_.push_back({event.function, event.qualifier, {}});
    apply(place->second);
  }
  return place->second;
}

void AsyncInvocations::function_changed(std::string_view function) {
  for (std::size_t id = 0; id < targets_.size(); ++id) {
    if (targets_[id].function == function) apply(static_cast<fleet::AsyncTargetId>(id));
  }
}

Status AsyncInvocations::close() {
  closed_ = true;
  timer_.disarm();
  return store_->close();
}

// --- the queue's inputs and effects

void AsyncInvocations::apply(std::uint64_t id, AsyncInputKind kind, AsyncOutcome outcome) {
  apply(fleet::AsyncInput{.kind = kind, .outcome = outcome, .event = id});
}

// An effect's callback may bring the next input: it waits until the effects of this one are carried
// out.
void AsyncInvocations::apply(Input input) {
  if (closed_) return;
  inputs_.emplace_back(std::move(input), loop_.now());
  if (!draining_) drain();
}

void AsyncInvocations::drain() {
  draining_ = true;
  while (!inputs_.empty()) {
    const auto [input, now] = inputs_.front();
    inputs_.pop_front();
    effects_.clear();
    if (const auto* changed = std::get_if<fleet::AsyncTargetId>(&input)) {
      Target& target = targets_[*changed];
      target.config = functions_.config(target.function, target.qualifier);
      const AsyncConfig& config = target.config;
      queue_.set_target(*changed,
                        {.retries_max = config.retries_max,
                         .age_max = config.age_max,
                         .reserved_concurrency = config.reserved_concurrency,
                         .on_success = !config.on_success.empty(),
                         .on_failure = !config.on_failure.empty() || !config.dead_letter.empty()},
                        now, effects_);
    } else {
      queue_.step(std::get<fleet::AsyncInput>(input), now, effects_);
    }
    for (std::size_t i = 0; i < effects_.size(); ++i) perform(effects_[i]);
  }
  draining_ = false;
  if (const Time due = queue_.next_wake(); due == kNever) {
    timer_.disarm();
  } else if (due != timer_.armed_for()) {
    timer_.arm(due);
  }
}

void AsyncInvocations::perform(const fleet::AsyncEffect& effect) {
  switch (effect.kind) {
    case AsyncEffectKind::kAttempt:
      attempt(effect.event);
      break;
    case AsyncEffectKind::kSave:
      save(effect);
      break;
    case AsyncEffectKind::kDeliver:
      deliver(effect);
      break;
    case AsyncEffectKind::kForget:
      forget(effect);
      break;
  }
}

void AsyncInvocations::attempt(std::uint64_t id) {
  Event& event = events_.at(id);
  const store::StoredEvent& stored = *event.stored;
  auto route = functions_.route(stored.function, stored.qualifier);
  if (!route) {
    // One that was there is deleted; one that never was may still come, with its template.
    apply(id, AsyncInputKind::kEnded,
          event.had_function ? AsyncOutcome::kRemoved : AsyncOutcome::kNotRun);
    return;
  }
  event.had_function = true;
  Order order;
  order.function = route->function;
  order.request_id = stored.request_id;
  order.arn = stored.arn;
  order.payload = stored.payload;
  order.trace_id = stored.trace_id;
  order.request_bytes = static_cast<std::int64_t>(stored.payload.size());
  order.done = [this, alive = alive_, id,
                version = std::move(route->version)](Completion&& completion) {
    if (*alive) completed(id, version, std::move(completion));
  };
  driver_.submit(std::move(order));
}

void AsyncInvocations::completed(std::uint64_t id, const std::string& version,
                                 Completion&& completion) {
  AsyncOutcome outcome = AsyncOutcome::kNotRun;
  if (completion.rejected == fleet::RejectReason::kNone) {
    outcome = completion.function_error ? AsyncOutcome::kFunctionError : AsyncOutcome::kSucceeded;
    if (const auto found = events_.find(id); found != events_.end()) {
      found->second.response =
          AsyncResponse{std::move(completion.payload), version, completion.function_error};
      apply(found->second.target);  // its end goes by how events are treated now
    }
  } else if (completion.rejected == fleet::RejectReason::kFunctionRemoved) {
    outcome = AsyncOutcome::kRemoved;
  }
  apply(id, AsyncInputKind::kEnded, outcome);
}

void AsyncInvocations::save(const fleet::AsyncEffect& effect) {
  ++totals_.retried;
  Event& event = events_.at(effect.event);
  if (event.response && event.response->payload.size() > kKeptResponseBytesMax) {
    event.response.reset();
  }
  store_->save(effect.event, {.failures = effect.progress.failures,
                              .throttles = effect.progress.throttles,
                              .due_unix_ms = unix_ms_of(effect.progress.due),
                              .skipped_ms = whole_ms(effect.progress.skipped)});
}

// --- destinations

void AsyncInvocations::deliver(const fleet::AsyncEffect& effect) {
  Event& event = events_.at(effect.event);
  const AsyncConfig& config = targets_[event.target].config;
  const store::StoredEvent& stored = *event.stored;
  const bool success = effect.condition == fleet::AsyncCondition::kSuccess;
  const EndedEvent ended{
      .request_id = stored.request_id,
      .arn = stored.arn,
      .payload = stored.payload,
      .condition = effect.condition,
      .attempts = effect.attempts,
      // AWS: nothing is said of earlier attempts where the concurrency was taken away.
      .response =
          event.response && effect.condition != fleet::AsyncCondition::kZeroReservedConcurrency
              ? &*event.response
              : nullptr};
  const std::string& destination = success ? config.on_success : config.on_failure;
  const std::string dead_letter = success ? std::string{} : config.dead_letter;
  event.deliveries_open = 1;  // this call's own, so that none of the others is taken for the last
  event.delivery_failed = false;
  if (!destination.empty()) {
    ++event.deliveries_open;
    deliver_to(effect.event, destination, destination_record(ended, loop_.unix_ns() / 1'000'000));
  }
  if (!dead_letter.empty()) {
    ++event.deliveries_open;
    send_message(effect.event, dead_letter, dead_letter_message(ended));
  }
  settle(effect.event);
}

void AsyncInvocations::deliver_to(std::uint64_t id, const std::string& arn, std::string record) {
  const auto name = functions_.parse_arn(arn);
  if (!name) {
    send_message(id, arn, {.body = std::move(record), .attributes = {}});
    return;
  }
  const bool exists = functions_.route(name->function, name->qualifier).has_value();
  if (!exists || record.size() > static_cast<std::size_t>(kSyncPayloadBytesMax)) {
    log_.warn("destination-function-cannot-be-invoked",
              {{"destination", arn},
               {"why", exists ? "the record is too large for an event" : "it does not exist"}});
    send_message(id, arn, {.body = std::move(record), .attributes = {}});
    return;
  }
  Request request;
  request.function = name->function;
  request.qualifier = name->qualifier;
  request.request_id = make_uuid(options_.ids);
  request.arn = arn;
  request.trace_id = events_.at(id).stored->trace_id;
  request.payload = std::move(record);
  // Not bounded by events_max: it takes the place of the event that it tells of.
  store(std::move(request),
        [this, id](Accepted accepted) { delivered(id, accepted == Accepted::kStored); });
}

// To the queue that the ARN names or, where there is none, to a file.
void AsyncInvocations::send_message(std::uint64_t id, const std::string& arn,
                                    const DestinationMessage& message) {
  const auto done = [this, alive = alive_, id](bool ok) {
    if (*alive) delivered(id, ok);
  };
  if (queues_ != nullptr && queues_->send(arn, message, done)) return;
  const std::string name = destination_file_name(arn);
  log_.info("destination-written",
            {{"request_id", events_.at(id).stored->request_id},
             {"destination", arn},
             {"file", (options_.data_folder / "destinations" / (name + ".jsonl")).string()}});
  files_.append(name, to_line(message), done);
}

void AsyncInvocations::delivered(std::uint64_t id, bool ok) {
  const auto found = events_.find(id);
  if (found == events_.end()) return;
  if (ok) {
    ++totals_.delivered;
  } else {
    found->second.delivery_failed = true;
  }
  settle(id);
}

// One delivery less is under way.
void AsyncInvocations::settle(std::uint64_t id) {
  Event& event = events_.at(id);
  if (--event.deliveries_open > 0) return;
  apply(id, AsyncInputKind::kDelivered,
        event.delivery_failed ? AsyncOutcome::kNotRun : AsyncOutcome::kSucceeded);
}

void AsyncInvocations::forget(const fleet::AsyncEffect& effect) {
  const auto node = events_.extract(effect.event);
  const store::StoredEvent& stored = *node.mapped().stored;
  if (effect.condition == fleet::AsyncCondition::kSuccess) {
    ++totals_.succeeded;
  } else {
    ++totals_.failed;
    log_.warn("async-event-given-up", {{"request_id", stored.request_id},
                                       {"function", stored.arn},
                                       {"condition", std::string{to_string(effect.condition)}},
                                       {"attempts", fmt::to_string(effect.attempts)}});
  }
  payload_bytes_ -= static_cast<std::int64_t>(stored.payload.size());
  store_->remove(effect.event);
}

}  // namespace lambdarium::live
