// A stand-in for a connection: gives out Responders and keeps what they answer, so that a Handler
// is tested without a port.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "runtime-api/http/responder.h"

namespace lambdarium::testing {

class RecordedResponse final : public http::ResponseTarget {
 public:
  RecordedResponse() = default;
  RecordedResponse(const RecordedResponse&) = delete;
  RecordedResponse& operator=(const RecordedResponse&) = delete;

  // One at a time. This object must outlive it.
  http::Responder responder() { return http::Responder{*this, 1}; }
  http::BodyFlow flow() { return http::BodyFlow{*this, 1}; }
  // As if the client had gone away.
  void close() {
    connected = false;
    if (on_close_callback) std::exchange(on_close_callback, {})();
  }
  void drain() {
    if (on_drain_callback) std::exchange(on_drain_callback, {})();
  }
  bool answered() const { return finished || aborted; }
  const std::string* header(std::string_view name) const { return headers.find(name); }

  int status = 0;
  HeaderList headers;  // of send() and start(); those of send_raw() taken apart
  std::string body;
  HeaderList trailers;
  bool streamed = false;
  bool finished = false;
  bool aborted = false;
  bool abandoned = false;  // the Responder was destroyed without an answer
  bool connected = true;
  bool accepts_more = true;  // what write() says
  bool body_paused = false;
  int references = 0;

  void add_reference() override { ++references; }
  void drop_reference() override { --references; }
  bool is_connected(std::uint64_t) const override { return connected && !answered(); }
  void send(std::uint64_t, HttpResponse&& response) override {
    status = response.status;
    headers = std::move(response.headers);
    body = std::move(response.body);
    finished = true;
  }
  void send_raw(std::uint64_t, int code, std::string_view header_lines, std::string_view text,
                std::string*) override {
    status = code;
    while (!header_lines.empty()) {
      const std::size_t end = header_lines.find("\r\n");
      const std::string_view line = header_lines.substr(0, end);
      const std::size_t colon = line.find(": ");
      headers.add(std::string{line.substr(0, colon)}, std::string{line.substr(colon + 2)});
      header_lines.remove_prefix(end + 2);
    }
    body = text;
    finished = true;
  }
  void start(std::uint64_t, int code, HeaderList&& list) override {
    status = code;
    headers = std::move(list);
    streamed = true;
  }
  bool write(std::uint64_t, std::string_view piece) override {
    body.append(piece);
    return accepts_more;
  }
  void finish(std::uint64_t, HeaderList&& list) override {
    trailers = std::move(list);
    finished = true;
  }
  void abort(std::uint64_t) override { aborted = true; }
  void abandon(std::uint64_t) override { abandoned = true; }
  void on_drain(std::uint64_t, UniqueFunction<void()> callback) override {
    on_drain_callback = std::move(callback);
  }
  void on_close(std::uint64_t, UniqueFunction<void()> callback) override {
    on_close_callback = std::move(callback);
  }
  void pause_body(std::uint64_t, bool pause) override { body_paused = pause; }

 private:
  UniqueFunction<void()> on_drain_callback;
  UniqueFunction<void()> on_close_callback;
};

}  // namespace lambdarium::testing
