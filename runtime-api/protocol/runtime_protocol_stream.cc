// The part of RuntimeProtocol that knows of responses in pieces.

#include <utility>

#include "models/base/check.h"
#include "models/domain/limits.h"
#include "runtime-api/protocol/answers.h"
#include "runtime-api/protocol/error_payload.h"
#include "runtime-api/protocol/runtime_protocol.h"
#include "runtime-api/protocol/runtime_protocol_route.h"

namespace lambdarium::runtime_api {
namespace {

InvocationResult failure(std::string_view error_type, std::string payload) {
  InvocationResult result;
  result.function_error = true;
  result.error_type = error_type;
  result.content_type = "application/json";
  result.streamed = true;
  result.payload = std::move(payload);
  return result;
}

}  // namespace

// Whatever else the request is (of another invocation, of a wrong mode) has its answer in
// on_request().
bool RuntimeProtocol::takes_as_stream(const HttpRequest& head) const {
  if (state_ != State::kRunning || !invocation_.streaming || head.method != "POST") return false;
  const Route route = Route::of(head.path());
  return route.kind == Route::Kind::kResponse && route.id == invocation_.request_id &&
         header(head.headers, kResponseModeHeader) == kStreamingMode;
}

void RuntimeProtocol::on_stream_start(ExchangeId exchange, const HttpRequest& head,
                                      std::vector<Effect>& effects) {
  LAM_CHECK(takes_as_stream(head), "a stream begins where one is taken");
  state_ = State::kStreaming;
  stream_ = exchange;
  event_.reset();
  effects.emplace_back(StreamStarted{exchange, std::string{header(head.headers, "Content-Type")}});
}

void RuntimeProtocol::on_stream_end(ExchangeId exchange, const HeaderList& trailers, Time now,
                                    std::vector<Effect>& effects) {
  if (!is_streaming(exchange)) return;  // it has its answer
  stream_ = 0;
  InvocationResult result;
  result.streamed = true;
  read_error_trailers(trailers, result);
  accept(exchange, effects);
  finish(std::move(result), now, effects);
}

void RuntimeProtocol::on_stream_truncated(ExchangeId exchange, Time now,
                                          std::vector<Effect>& effects) {
  if (!is_streaming(exchange)) return;
  stream_ = 0;
  refuse_truncated(exchange, effects);
  finish(failure(kTruncatedResponse, unknown_error_payload(kTruncatedResponse)), now, effects);
}

void RuntimeProtocol::on_stream_too_large(ExchangeId exchange, Time now,
                                          std::vector<Effect>& effects) {
  if (!is_streaming(exchange)) return;
  stream_ = 0;
  refuse_too_large(exchange, kStreamedPayloadBytesMax, effects);
  finish(failure(kResponseTooLarge, response_too_large_payload(kStreamedPayloadBytesMax)), now,
         effects);
}

}  // namespace lambdarium::runtime_api
