#include "runtime-api/sandbox/environment.h"

#include <algorithm>
#include <utility>
#include <variant>
#include <vector>

#include "models/base/check.h"
#include "models/domain/limits.h"
#include "runtime-api/sandbox/environment_impl.h"
#include "runtime-api/sandbox/memory.h"

namespace lambdarium::sandbox {
namespace {

using runtime_api::Answer;
using runtime_api::Effect;
using runtime_api::ExchangeId;

constexpr Duration kMemoryInterval = 100ms;
constexpr int kMemoryAlwaysFirst = 3;

// The content type is the only header of the answers that are not events.
HttpResponse to_response(const Answer& answer) {
  HttpResponse response{answer.status, {}, *answer.body};
  std::string_view lines = answer.head;
  while (!lines.empty()) {
    const std::size_t end = lines.find("\r\n");
    const std::string_view line = lines.substr(0, end);
    const std::size_t colon = line.find(": ");
    if (colon != std::string_view::npos) {
      response.headers.add(std::string{line.substr(0, colon)}, std::string{line.substr(colon + 2)});
    }
    lines = end == std::string_view::npos ? std::string_view{} : lines.substr(end + 2);
  }
  return response;
}

}  // namespace

http::BodyPlan Environment::Impl::plan(const HttpRequest& head) {
  // A stream over its limit is cut by us, so that the connection can go on.
  constexpr std::size_t kUnlimited = http::BodyPlan::kServerDefault - 1;
  if (protocol_.takes_as_stream(head)) return {http::BodyMode::kStreamed, kUnlimited};
  return {http::BodyMode::kBuffered, std::size_t{kSyncPayloadBytesMax}};
}

void Environment::Impl::handle(HttpRequest&& request, http::Responder responder) {
  const ExchangeId exchange = ++last_exchange_;
  responders_.emplace_back(exchange, std::move(responder));
  run([&](std::vector<Effect>& effects) {
    protocol_.on_request(exchange, std::move(request), loop_.now(), effects);
    const bool answered =
        std::any_of(effects.begin(), effects.end(), [exchange](const Effect& effect) {
          const Answer* answer = std::get_if<Answer>(&effect);
          return answer != nullptr && answer->exchange == exchange;
        });
    if (!answered) park(exchange);
  });
}

void Environment::Impl::handle_truncated(HttpRequest&& partial, http::Responder responder) {
  const ExchangeId exchange = ++last_exchange_;
  responders_.emplace_back(exchange, std::move(responder));
  run([&](std::vector<Effect>& effects) {
    protocol_.on_truncated_request(exchange, partial, loop_.now(), effects);
  });
}

// The server has turned a request away. A body over the limit is an answer of the handler all the
// same.
HttpResponse Environment::Impl::refuse(const http::Refusal& refusal, const HttpRequest* head) {
  constexpr int kTooLarge = 413;
  if (head == nullptr || refusal.status != kTooLarge || !is_live()) {
    return Handler::refuse(refusal, head);
  }
  std::vector<Effect> effects;
  const ExchangeId exchange = ++last_exchange_;
  protocol_.on_oversized_request(exchange, *head, loop_.now(), effects);
  HttpResponse response{refusal.status, {}, {}};
  std::erase_if(effects, [&response, exchange](const Effect& effect) {
    const Answer* answer = std::get_if<Answer>(&effect);
    if (answer == nullptr || answer->exchange != exchange) return false;
    response = to_response(*answer);
    return true;
  });
  // The server waits for this answer: the listener, which may end all this, has its turn later.
  loop_.defer([this, alive = alive_, effects = std::move(effects)]() mutable {
    if (*alive && is_live()) carry_out(effects);
  });
  return response;
}

// A request that is not answered at once; its connection may go meanwhile.
void Environment::Impl::park(ExchangeId exchange) {
  for (auto& [id, responder] : responders_) {
    if (id != exchange) continue;
    responder.on_close([this, alive = alive_, exchange] {
      if (!*alive) return;
      protocol_.on_disconnected(exchange);
      std::erase_if(responders_, [exchange](const auto& entry) { return entry.first == exchange; });
    });
  }
}

void Environment::Impl::answer(const Answer& answer) {
  const auto entry =
      std::find_if(responders_.begin(), responders_.end(),
                   [&answer](const auto& candidate) { return candidate.first == answer.exchange; });
  if (entry == responders_.end()) return;
  http::Responder responder = std::move(entry->second);
  responders_.erase(entry);
  responder.send_raw_view(answer.status, answer.head, *answer.body);
}

void Environment::Impl::carry_out(std::vector<Effect>& effects) {
  const std::shared_ptr<bool> alive = alive_;
  for (Effect& effect : effects) {
    if (phase_ == Phase::kOver) return;
    if (const auto* to_send = std::get_if<Answer>(&effect)) {
      answer(*to_send);
    } else if (auto* result = std::get_if<runtime_api::InvocationResult>(&effect)) {
      stream_flow_.resume();  // an error may have overtaken a stream that waits
      if (phase_ == Phase::kEnding) continue;
      sample_memory();
      listener_.on_result(self_, std::move(*result));
    } else if (const auto* started = std::get_if<runtime_api::StreamStarted>(&effect)) {
      listener_.on_stream_start(self_, started->content_type);
    } else if (const auto* idle = std::get_if<runtime_api::Idle>(&effect)) {
      if (phase_ == Phase::kEnding) continue;
      listener_.on_idle(self_, *idle);
    } else if (const auto* ready = std::get_if<runtime_api::InitDone>(&effect)) {
      if (phase_ != Phase::kStarting) continue;
      phase_ = Phase::kReady;
      init_timer_.clear();
      sandbox_.housekeeping().wake();
      listener_.on_ready(self_, ready->at - started_);
      // For the report of a first invocation that does not live to its result.
      if (*alive) sample_memory();
    } else if (auto* failed = std::get_if<runtime_api::InitFailed>(&effect)) {
      Failure failure;
      failure.kind = Failure::Kind::kReported;
      failure.error_type = std::move(failed->error_type);
      failure.message = "the runtime reported an error of its initialisation";
      failure.reported_payload = std::move(failed->payload);
      sample_memory();
      fail(std::move(failure));
    }
    if (!*alive) return;
  }
}

void Environment::Impl::invoke(runtime_api::Invocation invocation) {
  LAM_CHECK(is_idle(), "an invocation for an environment that is not idle");
  seen_idle_ = false;
  if (!frozen_.empty()) thaw();
  sandbox_.housekeeping().wake();
  run([&](std::vector<Effect>& effects) {
    protocol_.invoke(std::move(invocation), loop_.now(), effects);
  });
}

void Environment::Impl::sample_memory() {
  const Time now = loop_.now();
  if (memory_samples_ >= kMemoryAlwaysFirst && now - memory_sampled_ < kMemoryInterval) return;
  memory_sampled_ = now;
  ++memory_samples_;
  if (process_ == nullptr) return;
  max_memory_bytes_ = std::max(max_memory_bytes_, descendants_peak_bytes(process_->pid()));
}

// --- The class that owners see ---

Environment::Environment(Sandbox& sandbox, EnvironmentOptions options, Listener& listener)
    : impl_(std::make_unique<Impl>(*this, sandbox, std::move(options), listener)) {}
Environment::~Environment() = default;

void Environment::start() {
  impl_->start();
}
bool Environment::is_idle() const {
  return impl_->is_idle();
}
void Environment::invoke(runtime_api::Invocation invocation) {
  impl_->invoke(std::move(invocation));
}
void Environment::pause_stream() {
  impl_->pause_stream();
}
void Environment::resume_stream() {
  impl_->resume_stream();
}
void Environment::stop() {
  impl_->stop();
}
std::int64_t Environment::max_memory_mb() {
  return impl_->max_memory_mb();
}
std::string Environment::take_tmp_directory() {
  return impl_->take_tmp_directory();
}
int Environment::port() const {
  return impl_->port();
}
int Environment::pid() const {
  return impl_->pid();
}
const EnvironmentOptions& Environment::options() const {
  return impl_->options();
}

}  // namespace lambdarium::sandbox
