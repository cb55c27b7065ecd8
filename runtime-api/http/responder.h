// The handle with which a request is answered: now or in hours, from any callback of the loop
// thread.
//
// A Responder is moved, never copied, and stays valid when the peer, the connection or the whole
// server is gone: then its calls do nothing. Destroying one that has not answered answers 500,
// so that no client waits for ever.
//
// - Owns: a reference to the connection's state, not the connection.
// - Thread: the loop's.
// - Calls back: on_drain and on_close callbacks are run last, from the loop, never from inside a
//   call of this handle.
// - On failure: nothing here fails; a peer that went away is told by on_close() and connected().

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "models/base/unique_function.h"
#include "models/domain/http_message.h"

namespace lambdarium::http {

// What a Responder talks to: a connection of the server, or a test's recorder (tests/support).
// `exchange` tells the requests of one connection apart: a call for one that is over has no effect.
class ResponseTarget {
 public:
  virtual void add_reference() = 0;
  virtual void drop_reference() = 0;
  virtual bool is_connected(std::uint64_t exchange) const = 0;
  virtual void send(std::uint64_t exchange, HttpResponse&& response) = 0;
  virtual void send_raw(std::uint64_t exchange, int status, std::string_view header_lines,
                        std::string_view body, std::string* owned_body) = 0;
  virtual void start(std::uint64_t exchange, int status, HeaderList&& headers) = 0;
  virtual bool write(std::uint64_t exchange, std::string_view piece) = 0;
  virtual void finish(std::uint64_t exchange, HeaderList&& trailers) = 0;
  virtual void abort(std::uint64_t exchange) = 0;
  virtual void abandon(std::uint64_t exchange) = 0;
  virtual void on_drain(std::uint64_t exchange, UniqueFunction<void()> callback) = 0;
  virtual void on_close(std::uint64_t exchange, UniqueFunction<void()> callback) = 0;
  virtual void pause_body(std::uint64_t exchange, bool pause) = 0;

 protected:
  ~ResponseTarget() = default;
};

class Responder {
 public:
  Responder() = default;
  Responder(ResponseTarget& target, std::uint64_t exchange)
      : target_(&target), exchange_(exchange) {
    target_->add_reference();
  }
  ~Responder() { reset(); }
  Responder(Responder&& other) noexcept
      : target_(std::exchange(other.target_, nullptr)), exchange_(other.exchange_) {}
  Responder& operator=(Responder&& other) noexcept {
    if (this != &other) {
      reset();
      target_ = std::exchange(other.target_, nullptr);
      exchange_ = other.exchange_;
    }
    return *this;
  }

  // True until it has answered, finished or aborted. Says nothing about the peer.
  explicit operator bool() const { return target_ != nullptr; }
  // False once the peer is known to have closed its side. An answer is then still tried: a client
  // may close only its sending side.
  bool connected() const { return target_ != nullptr && target_->is_connected(exchange_); }

  // --- A whole answer. Content-Length, Date and Connection are added; the response's own
  // Content-Length, Transfer-Encoding and Keep-Alive are dropped, its "Connection: close" is
  // honoured, line breaks in values become spaces. The body is moved to the socket, not copied.
  void send(HttpResponse&& response) {
    if (auto* target = take()) {
      target->send(exchange_, std::move(response));
      target->drop_reference();
    }
  }
  // The fast path: `header_lines` are ready-made "Name: value\r\n" lines (may be empty; no
  // Content-Length, Transfer-Encoding, Connection or Date) and are trusted as they are.
  void send_raw(int status, std::string_view header_lines, std::string&& body) {
    if (auto* target = take()) {
      target->send_raw(exchange_, status, header_lines, body, &body);
      target->drop_reference();
    }
  }
  // The same for a body that somebody else owns: it is copied only if the socket does not take it
  // at once.
  void send_raw_view(int status, std::string_view header_lines, std::string_view body) {
    if (auto* target = take()) {
      target->send_raw(exchange_, status, header_lines, body, nullptr);
      target->drop_reference();
    }
  }

  // --- A streamed answer: start, write..., finish. Chunked, unless the headers carry a
  // Content-Length (then exactly that many bytes must be written) or the client speaks HTTP/1.0
  // (then the end is the connection's).
  void start(int status, HeaderList headers) {
    if (target_ != nullptr) target_->start(exchange_, status, std::move(headers));
  }
  // False when more waits for the peer than it should: stop until on_drain() calls. Nothing is lost
  // either way.
  bool write(std::string_view piece) {
    return target_ == nullptr || target_->write(exchange_, piece);
  }
  // Trailers go to HTTP/1.1 clients of chunked answers only.
  void finish(HeaderList trailers = {}) {
    if (auto* target = take()) {
      target->finish(exchange_, std::move(trailers));
      target->drop_reference();
    }
  }
  // Ends the connection without ending the answer, so that the client sees that it is not whole;
  // what was written goes out before.
  void abort() {
    if (auto* target = take()) {
      target->abort(exchange_);
      target->drop_reference();
    }
  }

  // Called once when what waited has gone out, after a write() that said false; set it again for
  // the next time.
  void on_drain(UniqueFunction<void()> callback) {
    if (target_ != nullptr) target_->on_drain(exchange_, std::move(callback));
  }
  // Called at most once, when the peer goes away before the answer is complete; soon, when it
  // already has. Not called after send(), finish() or abort(), nor when the server is destroyed.
  void on_close(UniqueFunction<void()> callback) {
    if (target_ != nullptr) target_->on_close(exchange_, std::move(callback));
  }

 private:
  ResponseTarget* take() { return std::exchange(target_, nullptr); }
  void reset() {
    if (auto* target = take()) {
      target->abandon(exchange_);
      target->drop_reference();
    }
  }

  ResponseTarget* target_ = nullptr;
  std::uint64_t exchange_ = 0;
};

// The valve of a streamed request body. Copies nothing; safe after the request is over.
class BodyFlow {
 public:
  BodyFlow() = default;
  BodyFlow(ResponseTarget& target, std::uint64_t exchange) : target_(&target), exchange_(exchange) {
    target_->add_reference();
  }
  ~BodyFlow() {
    if (target_ != nullptr) target_->drop_reference();
  }
  BodyFlow(BodyFlow&& other) noexcept
      : target_(std::exchange(other.target_, nullptr)), exchange_(other.exchange_) {}
  BodyFlow& operator=(BodyFlow&& other) noexcept {
    std::swap(target_, other.target_);
    std::swap(exchange_, other.exchange_);
    return *this;
  }

  // Stops reading from the peer. What has been read already (at most 64 KiB) still arrives.
  void pause() {
    if (target_ != nullptr) target_->pause_body(exchange_, true);
  }
  void resume() {
    if (target_ != nullptr) target_->pause_body(exchange_, false);
  }

 private:
  ResponseTarget* target_ = nullptr;
  std::uint64_t exchange_ = 0;
};

}  // namespace lambdarium::http
