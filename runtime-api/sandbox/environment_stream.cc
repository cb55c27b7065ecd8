// Responses in pieces: from the runtime's request body to the listener.

#include <algorithm>
#include <utility>
#include <vector>

#include "models/domain/limits.h"
#include "runtime-api/sandbox/environment_impl.h"

namespace lambdarium::sandbox {

using runtime_api::Effect;
using runtime_api::ExchangeId;

// The server owns it and may keep it a moment longer than the environment lives.
class Environment::Impl::StreamSink final : public http::BodySink {
 public:
  StreamSink(Impl& owner, ExchangeId exchange)
      : owner_(owner), alive_(owner.alive_), exchange_(exchange) {}

  void on_data(std::string_view piece) override {
    if (*alive_) owner_.on_stream_data(exchange_, piece);
  }
  void on_end(HeaderList&& trailers) override {
    if (*alive_) owner_.on_stream_end(exchange_, trailers);
  }
  void on_lost(http::BodyLoss) override {
    if (*alive_) owner_.on_stream_lost(exchange_);
  }

 private:
  Impl& owner_;
  const std::shared_ptr<bool> alive_;
  const ExchangeId exchange_;
};

std::unique_ptr<http::BodySink> Environment::Impl::handle_streamed(HttpRequest&& head,
                                                                   http::Responder responder,
                                                                   http::BodyFlow flow) {
  const ExchangeId exchange = ++last_exchange_;
  responders_.emplace_back(exchange, std::move(responder));
  stream_flow_ = std::move(flow);
  stream_bytes_ = 0;
  auto sink = std::make_unique<StreamSink>(*this, exchange);
  run([&](std::vector<Effect>& effects) { protocol_.on_stream_start(exchange, head, effects); });
  return sink;
}

void Environment::Impl::on_stream_data(ExchangeId exchange, std::string_view piece) {
  if (phase_ == Phase::kOver || !protocol_.is_streaming(exchange)) return;
  const auto room = static_cast<std::size_t>(kStreamedPayloadBytesMax - stream_bytes_);
  const bool too_large = piece.size() > room;
  piece = piece.substr(0, room);
  stream_bytes_ += static_cast<std::int64_t>(piece.size());
  const std::shared_ptr<bool> alive = alive_;
  if (!piece.empty()) listener_.on_stream_data(self_, piece);
  if (!too_large || !*alive || phase_ == Phase::kOver) return;
  run([&](std::vector<Effect>& effects) {
    protocol_.on_stream_too_large(exchange, loop_.now(), effects);
  });
}

void Environment::Impl::on_stream_end(ExchangeId exchange, const HeaderList& trailers) {
  if (phase_ == Phase::kOver) return;
  run([&](std::vector<Effect>& effects) {
    protocol_.on_stream_end(exchange, trailers, loop_.now(), effects);
  });
}

void Environment::Impl::on_stream_lost(ExchangeId exchange) {
  if (phase_ == Phase::kOver) return;
  run([&](std::vector<Effect>& effects) {
    protocol_.on_stream_truncated(exchange, loop_.now(), effects);
  });
}

}  // namespace lambdarium::sandbox
