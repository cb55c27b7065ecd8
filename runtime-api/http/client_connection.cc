// One connection of the client.

#include <fmt/format.h>

#include <array>
#include <utility>

#include "models/base/check.h"
#include "runtime-api/http/client_core.h"
#include "runtime-api/http/wire.h"

namespace lambdarium::http {
namespace {

bool is_idempotent(std::string_view method) {
  return method == "GET" || method == "HEAD" || method == "PUT" || method == "DELETE" ||
         method == "OPTIONS";
}

bool usually_has_body(std::string_view method) {
  return method == "POST" || method == "PUT" || method == "PATCH";
}

}  // namespace

// What the socket did not take at once. The body stays the exchange's, which outlives the open
// socket.
struct ClientConnection::WriteJob {
  uv_write_t request;
  std::string head;
  std::string tail;
};

ClientConnection::ClientConnection(ClientCore& core, ClientOrigin& origin)
    : core_(core),
      origin_(origin),
      parser_(MessageParser::Direction::kResponse, *this, core.options.header_bytes_max) {
  core_.add_reference();
  LAM_CHECK(uv_tcp_init(core.loop.uv(), &socket_) == 0);
  socket_.data = this;
  connect_.data = this;
  timeout_.emplace(core.loop, [this] {
    if (exchange_ == nullptr) {
      close();
    } else if (!connected_) {
      fail(ErrorCode::kUnavailable, "no connection in time");
    }
  });
}

void ClientConnection::connect(ClientExchange& exchange) {
  exchange_ = &exchange;
  exchange.connection = this;
  timeout_->set(core_.options.connect_timeout);
  const int error =
      uv_tcp_connect(&connect_, &socket_, reinterpret_cast<const sockaddr*>(&origin_.address),
                     [](uv_connect_t* request, int status) noexcept {
                       static_cast<ClientConnection*>(request->data)->connected(status);
                     });
  if (error == 0) return;
  // From the loop, since request() promises not to call back from inside.
  core_.fail_soon(exchange.id, unavailable(fmt::format("{}: cannot connect: {}", origin_.name,
                                                       uv_strerror(error))));
}

void ClientConnection::connected(int error) {
  if (closed_) return;
  if (error != 0) {
    origin_.resolved = false;  // the name may have moved
    fail(ErrorCode::kUnavailable, fmt::format("cannot connect: {}", uv_strerror(error)));
    return;
  }
  connected_ = true;
  timeout_->clear();
  uv_tcp_nodelay(&socket_, 1);
  start_reading();
  send_request();
}

void ClientConnection::begin(ClientExchange& exchange) {
  exchange_ = &exchange;
  exchange.connection = this;
  used_before_ = true;
  timeout_->clear();
  send_request();
}

bool ClientConnection::append_request_head(std::string& out, const HttpRequest& message) {
  out.append(message.method).append(" ");
  if (message.target.empty()) out.append("/");
  out.append(message.target).append(" HTTP/1.1\r\n");
  if (!message.headers.contains("Host")) append_header(out, "Host", origin_.name);
  ask_to_close_ = append_headers(out, message.headers).says_close;
  if (ask_to_close_) out.append("Connection: close\r\n");
  const bool chunked = !message.trailers.empty();
  if (chunked) {
    out.append("Transfer-Encoding: chunked\r\n");
  } else if (!message.body.empty() || usually_has_body(message.method)) {
    out.append("Content-Length: ");
    append_number(out, message.body.size());
    out.append("\r\n");
  }
  out.append("\r\n");
  return chunked;
}

void ClientConnection::send_request() {
  const HttpRequest& message = exchange_->request.message;
  response_begun_ = false;
  parser_.start();
  if (message.method == "HEAD") parser_.expect_no_body();
  std::string& head = core_.scratch;
  head.clear();
  if (!append_request_head(head, message)) {
    write_parts(head, message.body, {});
    return;
  }
  std::string tail;
  if (!message.body.empty()) {
    append_chunk_size(head, message.body.size());
    tail = "\r\n";
  }
  append_last_chunk(tail, message.trailers);
  write_parts(head, message.body, tail);
}

void ClientConnection::write_parts(std::string_view head, std::string_view body,
                                   std::string_view tail) {
  std::array<uv_buf_t, 3> buffers;
  const auto fill = [&buffers](std::string_view a, std::string_view b, std::string_view c) {
    unsigned count = 0;
    for (const std::string_view part : {a, b, c}) {
      if (part.empty()) continue;
      buffers[count++] =
          uv_buf_init(const_cast<char*>(part.data()), static_cast<unsigned>(part.size()));
    }
    return count;
  };
  auto* stream = reinterpret_cast<uv_stream_t*>(&socket_);
  const int result = uv_try_write(stream, buffers.data(), fill(head, body, tail));
  std::size_t taken = result < 0 ? 0 : static_cast<std::size_t>(result);
  if (taken == head.size() + body.size() + tail.size()) return;
  const auto rest_of = [&taken](std::string_view part) {
    const std::size_t skipped = std::min(taken, part.size());
    taken -= skipped;
    return part.substr(skipped);
  };
  auto job = std::make_unique<WriteJob>();
  job->head = rest_of(head);
  const std::string_view body_rest = rest_of(body);
  job->tail = rest_of(tail);
  job->request.data = job.get();
  writing_ = true;
  // A broken connection is reported by the callback, so an error of the first try needs no
  // handling.
  const int error =
      uv_write(&job->request, stream, buffers.data(), fill(job->head, body_rest, job->tail),
               [](uv_write_t* request, int status) noexcept {
                 const std::unique_ptr<WriteJob> ended{static_cast<WriteJob*>(request->data)};
                 static_cast<ClientConnection*>(request->handle->data)->written(status);
               });
  LAM_CHECK(error == 0, uv_strerror(error));
  static_cast<void>(job.release());  // taken back by the callback, which always comes
}

void ClientConnection::written(int error) {
  writing_ = false;
  // With an error: the answer may have come before the server stopped reading, so reading decides.
  // It will see the end of the connection.
  if (closed_ || error == 0) return;
  if (!reading_) connection_lost(uv_strerror(error));
}

void ClientConnection::on_read(ssize_t size, const char* data) {
  if (size > 0) {
    if (exchange_ == nullptr) {
      close();  // nobody asked
      return;
    }
    parse(data, static_cast<std::size_t>(size));
    return;
  }
  reading_ = false;
  if (exchange_ == nullptr) {
    close();
  } else if (size == UV_EOF && parser_.end_of_input() == MessageParser::Outcome::kComplete) {
    response_complete(false);
  } else {
    connection_lost(size == UV_EOF ? "the connection was closed"
                                   : uv_strerror(static_cast<int>(size)));
  }
}

void ClientConnection::parse(const char* data, std::size_t size) {
  const ClientCore::Calling calling{core_};
  response_begun_ = true;
  std::size_t done = 0;
  while (done < size) {
    std::size_t used = 0;
    const MessageParser::Outcome outcome = parser_.feed(data + done, size - done, used);
    done += used;
    if (closed_) return;
    switch (outcome) {
      case MessageParser::Outcome::kNeedMore:
        break;
      case MessageParser::Outcome::kStopped:
        return;
      case MessageParser::Outcome::kFailed:
        fail(ErrorCode::kInvalidInput,
             fmt::format("not a HTTP response: {}", parser_.failure().why));
        return;
      case MessageParser::Outcome::kComplete:
        if (parser_.status() >= 200) {
          response_complete(done == size);
          return;
        }
        parser_.start();  // "100 Continue" and its like come before the response
        if (exchange_->request.message.method == "HEAD") parser_.expect_no_body();
        break;
    }
  }
}

bool ClientConnection::on_head() {
  if (parser_.status() < 200) return true;
  exchange_->response.status = parser_.status();
  if (exchange_->sink != nullptr) {
    exchange_->sink->on_head(parser_.status(), std::move(parser_.headers));
    return !closed_;
  }
  exchange_->response.headers = std::move(parser_.headers);
  return true;
}

bool ClientConnection::on_body(std::string_view piece) {
  if (exchange_->sink != nullptr) {
    exchange_->sink->on_data(piece);
    return !closed_;
  }
  std::string& body = exchange_->response.body;
  if (body.size() + piece.size() > core_.options.body_bytes_max) {
    fail(ErrorCode::kTooLarge,
         fmt::format("a response body of more than {} bytes", core_.options.body_bytes_max));
    return false;
  }
  body.append(piece);
  return true;
}

void ClientConnection::response_complete(bool all_input_used) {
  ClientExchange& exchange = *exchange_;
  HeaderList trailers = std::move(parser_.trailers);
  const ClientCore::Calling calling{core_};
  const bool reusable = all_input_used && parser_.keep_alive() && !writing_ && !ask_to_close_;
  if (reusable) {
    exchange_ = nullptr;
    exchange.connection = nullptr;
    start_reading();
    timeout_->set(core_.options.idle_timeout);
    core_.connection_idle(*this);
  } else {
    close();
  }
  if (exchange.sink != nullptr) {
    auto sink = exchange.sink.get();
    core_.finish(exchange);
    sink->on_end(std::move(trailers));
  } else {
    core_.finish(exchange);
  }
}

void ClientConnection::connection_lost(std::string_view why) {
  ClientExchange& exchange = *exchange_;
  // A server may close a connection that it thinks unused while a request is on its way to it.
  if (used_before_ && !response_begun_ && !exchange.retried &&
      is_idempotent(exchange.request.message.method)) {
    close();
    core_.retry(exchange);
    return;
  }
  fail(ErrorCode::kUnavailable, fmt::format("{} before the response was complete", why));
}

void ClientConnection::fail(ErrorCode code, std::string_view why) {
  core_.fail(*exchange_, Error{code, fmt::format("{}: {}", origin_.name, why), {}});
}

void ClientConnection::close() {
  if (closed_) return;
  closed_ = true;
  const bool idle = exchange_ == nullptr;
  if (!idle) exchange_->connection = nullptr;
  exchange_ = nullptr;
  timeout_.reset();
  core_.connection_closed(*this, idle);
  uv_close(reinterpret_cast<uv_handle_t*>(&socket_), [](uv_handle_t* handle) noexcept {
    delete static_cast<ClientConnection*>(handle->data);
  });
}

void ClientConnection::pause(bool pause) {
  if (!connected_ || closed_) return;
  if (!pause) {
    start_reading();
  } else if (std::exchange(reading_, false)) {
    uv_read_stop(reinterpret_cast<uv_stream_t*>(&socket_));
  }
}

void ClientConnection::start_reading() {
  if (std::exchange(reading_, true)) return;
  uv_read_start(
      reinterpret_cast<uv_stream_t*>(&socket_),
      [](uv_handle_t* handle, std::size_t, uv_buf_t* buffer) noexcept {
        auto& space = static_cast<ClientConnection*>(handle->data)->core_.read_buffer;
        *buffer = uv_buf_init(space.data(), static_cast<unsigned>(space.size()));
      },
      [](uv_stream_t* stream, ssize_t size, const uv_buf_t* buffer) noexcept {
        if (size != 0) static_cast<ClientConnection*>(stream->data)->on_read(size, buffer->base);
      });
}

}  // namespace lambdarium::http
