#include "runtime-api/http/connection.h"

#include <algorithm>
#include <utility>

#include "models/base/check.h"

namespace lambdarium::http {
namespace {

// Room made at once for a body whose length was announced but has not come.
constexpr std::size_t kReserveBytesMax = 1u << 20;

bool starts_with_ignoring_case(std::string_view text, std::string_view prefix) {
  return text.size() >= prefix.size() && equal_ignoring_case(text.substr(0, prefix.size()), prefix);
}

// "http://host/path" becomes "/path", and its host overrides the Host line. False: not a target
// this server has.
bool to_origin_form(HttpRequest& request) {
  std::string& target = request.target;
  if (target.starts_with('/')) return true;
  if (target == "*") return request.method == "OPTIONS";
  const bool secure = starts_with_ignoring_case(target, "https://");
  if (!secure && !starts_with_ignoring_case(target, "http://")) return false;
  const std::size_t host_start = secure ? 8 : 7;
  const std::size_t host_end = std::min(target.find_first_of("/?#", host_start), target.size());
  if (host_end == host_start) return false;
  request.headers.set("Host", target.substr(host_start, host_end - host_start));
  target.erase(0, host_end);
  if (!target.starts_with('/')) target.insert(0, 1, '/');
  return true;
}

}  // namespace

Connection::Connection(ServerCore& core)
    : core_(core),
      parser_(MessageParser::Direction::kRequest, *this, core.options.header_bytes_max),
      timeout_(std::in_place, core.loop, [this] { on_timeout(); }) {
  core_.add_reference();
  LAM_CHECK(uv_tcp_init(core.loop.uv(), &socket_) == 0);
  socket_.data = this;
}

Connection::~Connection() {
  core_.drop_reference();
}

void Connection::drop_reference() {
  if (--references_ == 0) delete this;
}

bool Connection::accept(uv_stream_t* listener) {
  core_.added(*this);
  if (uv_accept(listener, reinterpret_cast<uv_stream_t*>(&socket_)) != 0) {
    close_socket();
    return false;
  }
  uv_tcp_nodelay(&socket_, 1);
  sockaddr_storage address{};
  int size = sizeof address;
  char text[64];
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (uv_tcp_getpeername(&socket_, generic, &size) == 0 &&
      uv_ip_name(generic, text, sizeof text) == 0) {
    peer_address_ = text;
  }
  update_reading();
  update_timeout();
  return true;
}

void Connection::refuse_at_once(int status, std::string_view why) {
  const Hold hold{*this};
  begin_message();
  answer_ = Answer::kAwaited;
  stop_listening_to_it();
  refuse({status, why});
}

void Connection::close_when_idle() {
  const Hold hold{*this};
  if (!message_open_ && backlog_.empty()) close_when_flushed();
}

void Connection::cut(bool tell) {
  if (closed_) return;
  const Hold hold{*this};
  close_socket();
  if (!tell) return;
  lose_body(BodyLoss::kTruncated);
  peer_left();
}

void Connection::on_read(ssize_t size, const char* data) {
  const Hold hold{*this};
  if (size < 0) {
    end_of_input(size != UV_EOF);
    return;
  }
  const auto count = static_cast<std::size_t>(size);
  if (deaf_ || lingering_) {
    dropped_bytes_ += count;
    if (lingering_ && dropped_bytes_ > core_.options.discard_bytes_max) close_socket();
  } else if (!backlog_.empty() || !may_read_message()) {
    backlog_.append(data, count);
  } else {
    const std::size_t used = process(data, count);
    if (used < count) keep({data + used, count - used}, 0);
    flush_soon();
  }
  update_reading();
  update_timeout();
}

// Keeps what process() has left for later.
void Connection::keep(std::string&& bytes, std::size_t start) {
  if (closed_ || deaf_ || lingering_) return;
  backlog_ = std::move(bytes);
  backlog_start_ = start;
}

void Connection::process_backlog() {
  const Hold hold{*this};
  backlog_scheduled_ = false;
  if (closed_ || !may_read_message()) return;
  std::string bytes = std::exchange(backlog_, {});
  const std::size_t start = std::exchange(backlog_start_, 0);
  const std::size_t used = process(bytes.data() + start, bytes.size() - start);
  if (start + used < bytes.size()) keep(std::move(bytes), start + used);
  flush();
  if (peer_closed_ && backlog_.empty() && !awaits_answer()) end_of_input(false);
  update_reading();
  update_timeout();
}

void Connection::process_backlog_soon() {
  if (backlog_scheduled_) return;
  backlog_scheduled_ = true;
  core_.loop.defer([connection = Reference{*this}] { connection->process_backlog(); });
}

bool Connection::may_read_message() const {
  if (closed_ || deaf_ || lingering_ || close_when_flushed_ || request_whole_) return false;
  // A peer that sends requests but does not read the answers gets no more of them.
  return message_open_ || queued_bytes_ <= core_.options.write_high_water;
}

std::size_t Connection::process(const char* data, std::size_t size) {
  std::size_t done = 0;
  processing_ = true;
  while (done < size && may_read_message()) {
    if (!message_open_) begin_message();
    std::size_t used = 0;
    const MessageParser::Outcome outcome = parser_.feed(data + done, size - done, used);
    done += used;
    more_input_ = done < size;
    if (closed_) break;
    if (outcome == MessageParser::Outcome::kComplete) message_complete();
    if (outcome == MessageParser::Outcome::kFailed) parsing_failed();
    if (outcome == MessageParser::Outcome::kStopped) break;  // whoever stopped it has answered
  }
  processing_ = false;
  more_input_ = false;
  return done;
}

void Connection::begin_message() {
  parser_.start();
  request_ = {};
  ++exchange_;
  body_bytes_ = 0;
  dropped_bytes_ = 0;
  body_use_ = BodyUse::kBuffer;
  answer_ = Answer::kNone;
  message_open_ = true;
  head_done_ = false;
  request_whole_ = false;
  is_head_request_ = false;
  body_paused_ = false;
  phase_ = Phase::kNothing;
}

bool Connection::on_head() {
  head_done_ = true;
  request_.method = parser_.method();
  request_.target = std::move(parser_.target);
  request_.minor_version = parser_.minor_version();
  request_.headers = std::move(parser_.headers);
  request_.peer_address = peer_address_;
  is_head_request_ = request_.method == "HEAD";
  keep_alive_ = parser_.keep_alive();
  answer_ = Answer::kAwaited;
  bool expects_continue = false;
  if (const auto refusal = check_head(expects_continue)) {
    stop_listening_to_it();
    refuse(*refusal);
    return false;
  }
  return plan_body(expects_continue);
}

std::optional<Refusal> Connection::check_head(bool& expects_continue) {
  int hosts = 0;
  const bool modern = request_.minor_version == 1;
  for (const HeaderField& field : request_.headers) {
    if (field.name.size() == 4 && equal_ignoring_case(field.name, "Host")) ++hosts;
    if (field.name.size() == 6 && modern && equal_ignoring_case(field.name, "Expect")) {
      if (!equal_ignoring_case(field.value, "100-continue")) {
        return Refusal{417, "an expectation other than 100-continue"};
      }
      expects_continue = parser_.has_body();
    }
  }
  if (hosts > 1) return Refusal{400, "Host given twice"};
  if (hosts == 0 && modern && core_.options.require_host) {
    return Refusal{400, "a HTTP/1.1 request without Host"};
  }
  if (request_.method == "CONNECT") return Refusal{501, "this server is no proxy"};
  if (!to_origin_form(request_)) return Refusal{400, "a target that is not a path"};
  return std::nullopt;
}

bool Connection::plan_body(bool expects_continue) {
  const BodyPlan plan = core_.handler->plan(request_);
  if (closed_) return false;
  body_bytes_max_ =
      plan.bytes_max == BodyPlan::kServerDefault ? core_.options.body_bytes_max : plan.bytes_max;
  const std::uint64_t length = parser_.content_length().value_or(0);
  if (length > body_bytes_max_) {
    // The client of an expectation may or may not send the body now; only a new connection is
    // unambiguous.
    if (expects_continue || length > core_.options.discard_bytes_max) stop_listening_to_it();
    body_too_large();
    return !closed_ && !deaf_;
  }
  if (plan.mode == BodyMode::kStreamed) {
    open_stream(expects_continue);
    return !closed_ && !deaf_;
  }
  if (expects_continue) write_out({"HTTP/1.1 100 Continue\r\n\r\n"});
  request_.body.reserve(std::min<std::size_t>(length, kReserveBytesMax));
  return true;
}

void Connection::open_stream(bool expects_continue) {
  // Without "100 Continue" the client may keep the body for itself, so an early answer ends the
  // connection.
  const bool keep_alive = std::exchange(keep_alive_, keep_alive_ && !expects_continue);
  body_use_ = BodyUse::kStream;
  ++core_.counters.requests;
  sink_ = core_.handler->handle_streamed(std::move(request_), Responder{*this, exchange_},
                                         BodyFlow{*this, exchange_});
  if (closed_) return;
  if (sink_ == nullptr) body_use_ = BodyUse::kDrop;
  if (expects_continue && awaits_answer()) {
    keep_alive_ = keep_alive;
    if (answer_ == Answer::kAwaited) write_out({"HTTP/1.1 100 Continue\r\n\r\n"});
  }
  if (answer_ == Answer::kDone && sink_ == nullptr && will_close() && parser_.has_body()) {
    stop_listening_to_it();
    next_message();
  }
}

bool Connection::on_body(std::string_view piece) {
  body_bytes_ += piece.size();
  if (body_use_ != BodyUse::kDrop && body_bytes_ > body_bytes_max_) {
    body_too_large();
    return !closed_ && !deaf_;
  }
  switch (body_use_) {
    case BodyUse::kBuffer:
      request_.body.append(piece);
      return true;
    case BodyUse::kStream:
      sink_->on_data(piece);
      return !closed_;
    case BodyUse::kDrop:
      break;
  }
  dropped_bytes_ += piece.size();
  if (dropped_bytes_ <= core_.options.discard_bytes_max) return true;
  stop_listening_to_it();
  body_ended_early();
  return false;
}

// Over the limit, as announced or as counted. What is left of it is read and dropped, unless it is
// too much even for that.
void Connection::body_too_large() {
  if (body_use_ == BodyUse::kStream) {
    lose_body(BodyLoss::kTooLarge);
    return;
  }
  body_use_ = BodyUse::kDrop;
  request_.body = {};
  const Refusal refusal{413, "the body is too large"};
  ++core_.counters.refused;
  held_refusal_ = core_.handler->refuse(refusal, &request_);
  // The answer waits for the end of the body: many clients do not look for it earlier.
  if (!closed_ && deaf_) answer_refused(*std::exchange(held_refusal_, std::nullopt));
}

void Connection::lose_body(BodyLoss why) {
  if (sink_ == nullptr) return;
  body_use_ = BodyUse::kDrop;
  keep_alive_ = false;
  const std::unique_ptr<BodySink> sink = std::move(sink_);
  sink->on_lost(why);
}

void Connection::message_complete() {
  request_whole_ = true;
  switch (body_use_) {
    case BodyUse::kBuffer:
      ++core_.counters.requests;
      request_.trailers = std::move(parser_.trailers);
      core_.handler->handle(std::move(request_), Responder{*this, exchange_});
      break;
    case BodyUse::kStream: {
      const std::unique_ptr<BodySink> sink = std::move(sink_);
      sink->on_end(std::move(parser_.trailers));
      break;
    }
    case BodyUse::kDrop:
      if (held_refusal_) answer_refused(*std::exchange(held_refusal_, std::nullopt));
      break;
  }
  if (!closed_ && request_whole_ && answer_ == Answer::kDone) next_message();
}

void Connection::parsing_failed() {
  const MessageParser::Failure failure = parser_.failure();
  stop_listening_to_it();
  if (head_done_ && body_use_ != BodyUse::kBuffer) {
    lose_body(BodyLoss::kMalformed);
    if (!closed_) body_ended_early();
    return;
  }
  answer_ = Answer::kAwaited;
  refuse({failure.status, failure.why});
}

// The rest of what the peer sends is read and dropped; the connection ends with the answer.
void Connection::stop_listening_to_it() {
  keep_alive_ = false;
  deaf_ = true;
}

// The body that is dropped will not come to its end: what waited for that happens now.
void Connection::body_ended_early() {
  if (held_refusal_) {
    answer_refused(*std::exchange(held_refusal_, std::nullopt));
  } else if (answer_ == Answer::kDone) {
    next_message();
  }
}

}  // namespace lambdarium::http
