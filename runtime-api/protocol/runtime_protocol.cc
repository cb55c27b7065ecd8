#include "runtime-api/protocol/runtime_protocol.h"

#include <algorithm>
#include <utility>

#include <fmt/compile.h>
#include <fmt/format.h>

#include "models/base/check.h"
#include "models/domain/limits.h"
#include "runtime-api/protocol/answers.h"
#include "runtime-api/protocol/error_payload.h"
#include "runtime-api/protocol/json_text.h"
#include "runtime-api/protocol/runtime_protocol_route.h"

namespace lambdarium::runtime_api {
namespace {

constexpr std::string_view kPrefix = "/2018-06-01/";
constexpr std::string_view kErrorWithCause = "application/vnd.aws.lambda.error.cause+json";
constexpr std::string_view kErrorResponse = "InvocationErrorResponse";
constexpr std::string_view kConcurrentModification = "Concurrent state modification";

// Line breaks would let an invoker write header lines of its own into the answer.
std::string one_line(std::string_view value) {
  std::string clean{value};
  std::replace_if(
      clean.begin(), clean.end(), [](char c) { return c == '\r' || c == '\n' || c == '\0'; }, ' ');
  return clean;
}

std::string optional_line(std::string_view name, std::string_view value) {
  return value.empty() ? std::string{} : fmt::format("{}: {}\r\n", name, one_line(value));
}

std::string event_head(const Invocation& invocation) {
  std::string rare;
  if (!invocation.client_context.empty() || !invocation.cognito_identity.empty() ||
      !invocation.tenant_id.empty()) {
    rare = optional_line("Lambda-Runtime-Client-Context", invocation.client_context) +
           optional_line("Lambda-Runtime-Cognito-Identity", invocation.cognito_identity) +
           optional_line("Lambda-Runtime-Aws-Tenant-Id", invocation.tenant_id);
  }
  return fmt::format(FMT_COMPILE("Content-Type: {}\r\nLambda-Runtime-Aws-Request-Id: {}\r\n"
                                 "Lambda-Runtime-Deadline-Ms: {}\r\n"
                                 "Lambda-Runtime-Invoked-Function-Arn: {}\r\n{}{}{}{}"),
                     invocation.content_type.empty() ? "application/json" : invocation.content_type,
                     invocation.request_id, invocation.deadline_ms, invocation.function_arn,
                     invocation.trace_id.empty() ? "" : "Lambda-Runtime-Trace-Id: ",
                     invocation.trace_id, invocation.trace_id.empty() ? "" : "\r\n", rare);
}

bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}
bool is_letter(char c) {
  return is_upper(c) || (c >= 'a' && c <= 'z');
}

// Whether `text` contains the word, a dot, an upper-case letter and another letter.
bool has_qualified_name(std::string_view text, std::string_view word) {
  for (std::size_t i = text.find(word); i != std::string_view::npos; i = text.find(word, i + 1)) {
    const std::string_view rest = text.substr(i + word.size());
    if (rest.size() >= 3 && rest[0] == '.' && is_upper(rest[1]) && is_letter(rest[2])) return true;
  }
  return false;
}

}  // namespace

RuntimeProtocol::Route RuntimeProtocol::Route::of(std::string_view path) {
  if (!path.starts_with(kPrefix)) return {};
  path.remove_prefix(kPrefix.size());
  if (path == "ping") return {Kind::kPing, {}};
  if (path == "runtime/init/error") return {Kind::kInitError, {}};
  constexpr std::string_view kInvocation = "runtime/invocation/";
  if (!path.starts_with(kInvocation)) return {};
  path.remove_prefix(kInvocation.size());
  if (path == "next") return {Kind::kNext, {}};
  const std::size_t slash = path.find('/');
  if (slash == std::string_view::npos) return {};
  const std::string_view verb = path.substr(slash + 1);
  if (verb == "response") return {Kind::kResponse, path.substr(0, slash)};
  if (verb == "error") return {Kind::kError, path.substr(0, slash)};
  return {};
}

std::string_view to_string(RuntimeProtocol::State state) {
  switch (state) {
    case RuntimeProtocol::State::kStarted:
      return "Started";
    case RuntimeProtocol::State::kInitError:
      return "InitError";
    case RuntimeProtocol::State::kReady:
      return "Ready";
    case RuntimeProtocol::State::kRunning:
      return "Running";
    case RuntimeProtocol::State::kStreaming:
      return "InvocationResponse";
    case RuntimeProtocol::State::kResponseSent:
      return "RuntimeResponseSentState";
  }
  return "Unknown";
}

std::string scrub_error_type(std::string_view type) {
  if (has_qualified_name(type, "Runtime") || has_qualified_name(type, "Function")) {
    return std::string{type};
  }
  return type.starts_with("Function.") ? "Function.Unknown" : "Runtime.Unknown";
}

void RuntimeProtocol::on_request(ExchangeId exchange, HttpRequest&& request, Time now,
                                 std::vector<Effect>& effects) {
  dispatch(exchange, request, Body::kComplete, now, effects);
}

void RuntimeProtocol::on_truncated_request(ExchangeId exchange, const HttpRequest& request,
                                           Time now, std::vector<Effect>& effects) {
  HttpRequest head{
      request.method, request.target, request.minor_version, request.headers, {}, {}, {}};
  dispatch(exchange, head, Body::kTruncated, now, effects);
}

void RuntimeProtocol::on_oversized_request(ExchangeId exchange, const HttpRequest& request,
                                           Time now, std::vector<Effect>& effects) {
  HttpRequest head{
      request.method, request.target, request.minor_version, request.headers, {}, {}, {}};
  dispatch(exchange, head, Body::kOversized, now, effects);
}

void RuntimeProtocol::on_disconnected(ExchangeId exchange) {
  std::erase(parked_, exchange);
}

void RuntimeProtocol::dispatch(ExchangeId exchange, HttpRequest& request, Body body, Time now,
                               std::vector<Effect>& effects) {
  static const SharedText not_found = shared("404 page not found\n");
  static const SharedText pong = shared("pong");
  static const SharedText nothing = shared("");

  // The id is compared before anything of the request is moved.
  const Route route = Route::of(request.path());
  if (route.kind == Route::Kind::kUnknown) return answer_text(exchange, 404, not_found, effects);
  if (request.method != (route.wants_get() ? "GET" : "POST")) {
    effects.emplace_back(Answer{
        exchange, 405, fmt::format("Allow: {}\r\n", route.wants_get() ? "GET" : "POST"), nothing});
    return;
  }
  switch (route.kind) {
    case Route::Kind::kPing:
      return answer_text(exchange, 200, pong, effects);
    case Route::Kind::kNext:
      return on_next(exchange, now, effects);
    case Route::Kind::kInitError:
      return on_init_error(exchange, request, now, effects);
    case Route::Kind::kResponse:
      if (refuse_post(exchange, route.id, "InvocationResponse", effects)) return;
      return on_response(exchange, request, body, now, effects);
    case Route::Kind::kError:
      if (refuse_post(exchange, route.id, kErrorResponse, effects)) return;
      return on_error(exchange, request, body, now, effects);
    case Route::Kind::kUnknown:
      return;
  }
}

void RuntimeProtocol::on_next(ExchangeId exchange, Time now, std::vector<Effect>& effects) {
  switch (state_) {
    case State::kInitError:
      return refuse_transition(exchange, state_, "Ready", kNotAllowed, effects);
    case State::kRunning:
      // AWS: the event is handed out again as long as it is not answered.
      return deliver(exchange, now, effects);
    case State::kStarted:
      state_ = State::kReady;
      parked_.push_back(exchange);
      effects.emplace_back(InitDone{now});
      return;
    case State::kStreaming:
      // Over another connection it may be read before the last piece: it counts when that has come.
      next_while_streaming_ = true;
      parked_.push_back(exchange);
      return;
    case State::kResponseSent:
      parked_.push_back(exchange);
      return end_invocation(now, effects);
    case State::kReady:
      if (event_ != nullptr && parked_.empty()) return deliver(exchange, now, effects);
      parked_.push_back(exchange);
      return;
  }
}

void RuntimeProtocol::end_invocation(Time now, std::vector<Effect>& effects) {
  state_ = State::kReady;
  Idle idle{std::move(invocation_.request_id), delivered_, answered_, now};
  invocation_ = Invocation{};
  effects.emplace_back(std::move(idle));
}

void RuntimeProtocol::invoke(Invocation invocation, Time now, std::vector<Effect>& effects) {
  LAM_CHECK(can_invoke(), "an environment serves one invocation at a time");
  event_ = shared(std::move(invocation.payload));
  invocation_ = std::move(invocation);
  invocation_.payload.clear();
  if (parked_.empty()) return;
  const ExchangeId exchange = parked_.front();
  parked_.pop_front();
  deliver(exchange, now, effects);
}

void RuntimeProtocol::deliver(ExchangeId exchange, Time now, std::vector<Effect>& effects) {
  if (state_ != State::kRunning) delivered_ = now;
  state_ = State::kRunning;
  effects.emplace_back(Answer{exchange, 200, event_head(invocation_), event_});
}

// AWS: an id that is not the current one is 400 before the state is looked at.
bool RuntimeProtocol::refuse_post(ExchangeId exchange, std::string_view id, std::string_view target,
                                  std::vector<Effect>& effects) {
  const bool active =
      state_ == State::kRunning || state_ == State::kStreaming || state_ == State::kResponseSent;
  if (!active || id.empty() || id != invocation_.request_id) {
    refuse(exchange, 400, "InvalidRequestID", "Invalid request ID", effects);
    return true;
  }
  // An error may overtake a stream: it wins, and the stream is cut.
  const bool overtakes = state_ == State::kStreaming && target == kErrorResponse;
  if (state_ != State::kRunning && !overtakes) {
    refuse_transition(exchange, state_, target, kNotAllowed, effects);
    return true;
  }
  return false;
}

void RuntimeProtocol::finish(InvocationResult result, Time now, std::vector<Effect>& effects) {
  state_ = State::kResponseSent;
  answered_ = now;
  event_.reset();
  result.request_id = invocation_.request_id;
  result.at = now;
  effects.emplace_back(std::move(result));
  if (const ExchangeId cut = std::exchange(stream_, 0); cut != 0) {
    refuse_transition(cut, state_, "InvocationResponse", kNotAllowed, effects);
  }
  if (std::exchange(next_while_streaming_, false)) end_invocation(now, effects);
}

// A body that did not arrive whole or is too large: the runtime is told so, and the invocation
// still ends, with an error.
void RuntimeProtocol::fail_post(ExchangeId exchange, Body body, Time now,
                                std::vector<Effect>& effects) {
  InvocationResult result;
  result.function_error = true;
  result.content_type = "application/json";
  if (body == Body::kTruncated) {
    result.error_type = kTruncatedResponse;
    result.payload = unknown_error_payload(kTruncatedResponse);
    finish(std::move(result), now, effects);
    return refuse_truncated(exchange, effects);
  }
  result.error_type = kResponseTooLarge;
  result.payload = response_too_large_payload();
  finish(std::move(result), now, effects);
  refuse_too_large(exchange, kSyncPayloadBytesMax, effects);
}

void RuntimeProtocol::on_response(ExchangeId exchange, HttpRequest& request, Body body, Time now,
                                  std::vector<Effect>& effects) {
  InvocationResult result;
  result.content_type = header(request.headers, "Content-Type");
  const std::string_view mode = header(request.headers, kResponseModeHeader);
  if (!mode.empty() && mode != kStreamingMode) {
    result.function_error = true;
    result.error_type = kInvalidResponseMode;
    result.payload = unknown_error_payload(kInvalidResponseMode);
    finish(std::move(result), now, effects);
    return refuse(exchange, 400, "InvalidFunctionResponseMode", "Invalid function response mode",
                  effects);
  }
  const bool too_large = std::cmp_greater(request.body.size(), kSyncPayloadBytesMax);
  if (body != Body::kComplete || too_large) {
    return fail_post(exchange, too_large ? Body::kOversized : body, now, effects);
  }
  result.streamed = !mode.empty();
  if (!read_error_trailers(request.trailers, result)) result.payload = std::move(request.body);
  finish(std::move(result), now, effects);
  accept(exchange, effects);
}

void RuntimeProtocol::on_error(ExchangeId exchange, HttpRequest& request, Body body, Time now,
                               std::vector<Effect>& effects) {
  const bool too_large = std::cmp_greater(request.body.size(), kSyncPayloadBytesMax);
  if (body != Body::kComplete || too_large) {
    return fail_post(exchange, too_large ? Body::kOversized : body, now, effects);
  }
  const std::string_view sent_type = header(request.headers, kErrorTypeHeader);
  InvocationResult result;
  result.function_error = true;
  result.error_type = scrub_error_type(sent_type);
  result.content_type = header(request.headers, "Content-Type");
  if (request.body.empty()) {
    result.payload = unknown_error_payload(sent_type.empty() ? sent_type : result.error_type);
    result.content_type = "application/json";
  } else if (result.content_type == kErrorWithCause) {
    const bool understood = strip_error_cause(request.body, result.payload);
    if (!understood) result.payload = "\"Invalid error body\"";
    result.content_type = understood ? "application/json" : "application/octet-stream";
  } else {
    result.payload = std::move(request.body);
  }
  finish(std::move(result), now, effects);
  accept(exchange, effects);
}

void RuntimeProtocol::on_init_error(ExchangeId exchange, HttpRequest& request, Time now,
                                    std::vector<Effect>& effects) {
  if (state_ != State::kStarted) {
    return refuse_transition(exchange, state_, "InitError", kNotAllowed, effects);
  }
  state_ = State::kInitError;
  const std::string_view sent_type = header(request.headers, kErrorTypeHeader);
  InitFailed failed{scrub_error_type(sent_type), std::move(request.body), now};
  if (failed.payload.empty()) {
    failed.payload = unknown_error_payload(sent_type.empty() ? sent_type : failed.error_type);
  }
  effects.emplace_back(std::move(failed));
  accept(exchange, effects);
}

void RuntimeProtocol::shut_down(std::vector<Effect>& effects) {
  for (const ExchangeId exchange : parked_) {
    refuse_transition(exchange, state_, "Ready", kConcurrentModification, effects);
  }
  parked_.clear();
}

}  // namespace lambdarium::runtime_api
