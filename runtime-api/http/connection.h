// One connection of the server: reads requests one after the other, hands them over, writes the
// answers.
//
//   idle -> head -> body -> whole, waiting for the answer -> idle
//
// The answer may also be complete before the body is: the rest is then read and dropped, up to a
// limit.
//
// - Owns: its socket and the parser. Counted references: one for the socket, one for each Responder
// and BodyFlow, and one
//   while a function of it may call the handler.
// - Thread: the loop's.

#pragma once

#include <uv.h>

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "runtime-api/http/message_parser.h"
#include "runtime-api/http/responder.h"
#include "runtime-api/http/server_core.h"
#include "runtime-api/http/timer.h"
#include "runtime-api/http/wire.h"

namespace lambdarium::http {

class Connection final : public ResponseTarget, private MessageParser::Listener {
 public:
  explicit Connection(ServerCore& core);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Takes the pending connection of the listener. False: it was gone already, and this object goes
  // too.
  bool accept(uv_stream_t* listener);
  // For one connection too many.
  void refuse_at_once(int status, std::string_view why);
  // The server is closing: ends now if nothing is under way, otherwise after the answer.
  void close_when_idle();
  // Ends now. With `tell`, as if the peer had left.
  void cut(bool tell);

  // --- ResponseTarget
  void add_reference() override { ++references_; }
  void drop_reference() override;
  bool is_connected(std::uint64_t exchange) const override;
  void send(std::uint64_t exchange, HttpResponse&& response) override;
  void send_raw(std::uint64_t exchange, int status, std::string_view header_lines,
                std::string_view body, std::string* owned_body) override;
  void start(std::uint64_t exchange, int status, HeaderList&& headers) override;
  bool write(std::uint64_t exchange, std::string_view piece) override;
  void finish(std::uint64_t exchange, HeaderList&& trailers) override;
  void abort(std::uint64_t exchange) override;
  void abandon(std::uint64_t exchange) override;
  void on_drain(std::uint64_t exchange, UniqueFunction<void()> callback) override;
  void on_close(std::uint64_t exchange, UniqueFunction<void()> callback) override;
  void pause_body(std::uint64_t exchange, bool pause) override;

 private:
  // What becomes of the body that is being read.
  enum class BodyUse : std::uint8_t { kBuffer, kStream, kDrop };
  enum class Answer : std::uint8_t { kNone, kAwaited, kStreaming, kDone };
  enum class Framing : std::uint8_t { kLength, kChunked, kUntilClose, kNoBody };
  // What the timeout is about.
  enum class Phase : std::uint8_t { kNothing, kIdle, kHead, kBody, kWrite, kLinger };
  struct WriteJob;
  class Reference;
  class Hold;

  ~Connection();

  // --- connection.cc: reading
  void on_read(ssize_t size, const char* data);
  std::size_t process(const char* data, std::size_t size);
  void keep(std::string&& bytes, std::size_t start);
  void process_backlog();
  void process_backlog_soon();
  bool may_read_message() const;
  void begin_message();
  bool on_head() override;
  bool on_body(std::string_view piece) override;
  std::optional<Refusal> check_head(bool& expects_continue);
  bool plan_body(bool expects_continue);
  void open_stream(bool expects_continue);
  void message_complete();
  void parsing_failed();
  void body_too_large();
  void lose_body(BodyLoss why);
  void stop_listening_to_it();
  void body_ended_early();

  // --- connection_life.cc: ending
  void end_of_input(bool reset);
  void peer_left();
  void on_timeout();
  Phase current_phase() const;
  void update_timeout();
  void update_reading();
  void close_when_flushed();
  void linger();
  void close_socket();
  void release_callbacks();
  bool awaits_answer() const {
    return answer_ == Answer::kAwaited || answer_ == Answer::kStreaming;
  }

  // --- connection_write.cc: answering
  bool accepts(std::uint64_t exchange) const { return exchange == exchange_ && awaits_answer(); }
  bool may_send(std::uint64_t exchange);
  bool will_close() const { return !keep_alive_ || core_.closing; }
  void refuse(const Refusal& refusal);
  void answer_refused(HttpResponse&& response);
  void append_end_of_head(std::string& head, const FramingFields& framing);
  void write_out(std::initializer_list<std::string_view> parts, std::string* owned_last = nullptr);
  void flush();
  void flush_soon();
  void queue_rest(std::initializer_list<std::string_view> parts, std::size_t written,
                  std::string* owned_last);
  void written(std::size_t size, int error);
  void write_failed();
  void answer_done();
  void next_message();

  ServerCore& core_;
  uv_tcp_t socket_;
  uv_shutdown_t shutdown_;
  MessageParser parser_;
  std::optional<CoarseTimeout> timeout_;  // none once the socket is closed
  std::string peer_address_;

  // The request that is being read or answered.
  HttpRequest request_;
  std::unique_ptr<BodySink> sink_;
  std::optional<HttpResponse> held_refusal_;  // goes out when the refused body has been read
  std::size_t body_bytes_ = 0;
  std::size_t body_bytes_max_ = 0;
  std::size_t dropped_bytes_ = 0;
  std::uint64_t exchange_ = 0;
  std::uint64_t stream_left_ = 0;  // of Framing::kLength
  BodyUse body_use_ = BodyUse::kBuffer;
  Answer answer_ = Answer::kNone;
  Framing framing_ = Framing::kNoBody;
  bool message_open_ = false;  // its first byte has come
  bool head_done_ = false;
  bool request_whole_ = false;
  bool is_head_request_ = false;
  bool keep_alive_ = true;
  bool body_paused_ = false;
  UniqueFunction<void()> on_drain_;
  UniqueFunction<void()> on_close_;

  // What has come but is not yet wanted: requests behind the one that is being answered.
  std::string backlog_;
  std::size_t backlog_start_ = 0;

  std::string cork_;              // answers to pipelined requests, written together
  std::size_t queued_bytes_ = 0;  // given to libuv, not yet taken by the socket
  int references_ = 1;
  int holds_ = 0;
  Phase phase_ = Phase::kNothing;
  bool processing_ = false;
  bool more_input_ = false;
  bool reading_ = false;
  bool peer_closed_ = false;
  bool closed_ = false;
  bool close_when_flushed_ = false;
  bool lingering_ = false;
  bool deaf_ = false;  // input is dropped unparsed
  bool backlog_scheduled_ = false;
};

// Keeps the memory of a connection.
class Connection::Reference {
 public:
  explicit Reference(Connection& connection) : connection_(&connection) {
    connection_->add_reference();
  }
  ~Reference() {
    if (connection_ != nullptr) connection_->drop_reference();
  }
  Reference(Reference&& other) noexcept : connection_(std::exchange(other.connection_, nullptr)) {}
  Reference& operator=(Reference&&) = delete;
  Connection* operator->() const { return connection_; }

 private:
  Connection* connection_;
};

// Held while the handler, a sink or a callback may run: what they own is destroyed only after they
// have returned, also when they close the connection.
class Connection::Hold {
 public:
  explicit Hold(Connection& connection) : connection_(connection), reference_(connection) {
    ++connection_.holds_;
  }
  ~Hold() {
    if (--connection_.holds_ == 0 && connection_.closed_) connection_.release_callbacks();
  }
  Hold(const Hold&) = delete;
  Hold& operator=(const Hold&) = delete;

 private:
  Connection& connection_;
  Reference reference_;
};

}  // namespace lambdarium::http
