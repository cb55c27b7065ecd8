// The answering half of Connection.

#include <algorithm>
#include <array>
#include <utility>

#include "models/base/check.h"
#include "runtime-api/http/connection.h"

namespace lambdarium::http {
namespace {

// Answers to pipelined requests are collected up to this size.
constexpr std::size_t kCorkBytesMax = 32u << 10;
constexpr std::size_t kPartsMax = 6;

int valid_status(int status) {
  return status >= 200 && status <= 999 ? status : 500;
}

}  // namespace

// What the socket did not take at once.
struct Connection::WriteJob {
  uv_write_t request;
  Connection* connection;
  std::string head;
  std::string body;
  std::size_t size;
};

bool Connection::is_connected(std::uint64_t exchange) const {
  return accepts(exchange) && !closed_ && !peer_closed_;
}

void Connection::append_end_of_head(std::string& head, const FramingFields& framing) {
  if (core_.options.date_header && !framing.has_date) head.append(core_.date_line());
  if (will_close()) {
    head.append("Connection: close\r\n");
  } else if (parser_.minor_version() == 0) {
    head.append("Connection: keep-alive\r\n");
  }
  head.append("\r\n");
}

// A whole answer to what has a streamed one already: only the cut tells the client.
bool Connection::may_send(std::uint64_t exchange) {
  if (!accepts(exchange)) return false;
  if (answer_ != Answer::kStreaming) return true;
  abort(exchange);
  return false;
}

void Connection::send(std::uint64_t exchange, HttpResponse&& response) {
  if (!may_send(exchange)) return;
  const int status = valid_status(response.status);
  std::string& head = core_.scratch;
  head.clear();
  append_status_line(head, status);
  const FramingFields framing = append_headers(head, response.headers);
  if (framing.says_close) keep_alive_ = false;
  const bool headers_only = is_head_request_ && response.body.empty();
  const bool has_length = status_allows_body(status);
  if (has_length) {
    head.append("Content-Length: ");
    append_number(head, headers_only && framing.has_content_length ? framing.content_length
                                                                   : response.body.size());
    head.append("\r\n");
  }
  append_end_of_head(head, framing);
  if (has_length && !is_head_request_) {
    write_out({head, response.body}, &response.body);
  } else {
    write_out({head});
  }
  answer_done();
}

void Connection::send_raw(std::uint64_t exchange, int status, std::string_view header_lines,
                          std::string_view body, std::string* owned_body) {
  if (!may_send(exchange)) return;
  status = valid_status(status);
  std::string& head = core_.scratch;
  head.clear();
  append_status_line(head, status);
  head.append(header_lines);
  const bool has_length = status_allows_body(status);
  if (has_length) {
    head.append("Content-Length: ");
    append_number(head, body.size());
    head.append("\r\n");
  }
  append_end_of_head(head, {});
  if (has_length && !is_head_request_) {
    write_out({head, body}, owned_body);
  } else {
    write_out({head});
  }
  answer_done();
}

void Connection::start(std::uint64_t exchange, int status, HeaderList&& headers) {
  if (!accepts(exchange) || answer_ == Answer::kStreaming) return;
  answer_ = Answer::kStreaming;
  status = valid_status(status);
  std::string& head = core_.scratch;
  head.clear();
  append_status_line(head, status);
  const FramingFields framing = append_headers(head, headers);
  if (framing.says_close) keep_alive_ = false;
  const bool has_length = framing.has_content_length && status_allows_body(status);
  if (has_length) {
    framing_ = Framing::kLength;
    stream_left_ = framing.content_length;
    head.append("Content-Length: ");
    append_number(head, framing.content_length);
    head.append("\r\n");
  } else if (!status_allows_body(status)) {
    framing_ = Framing::kNoBody;
  } else if (parser_.minor_version() == 1) {
    framing_ = Framing::kChunked;
    head.append("Transfer-Encoding: chunked\r\n");
  } else {
    framing_ = Framing::kUntilClose;
    keep_alive_ = false;
  }
  if (is_head_request_) framing_ = Framing::kNoBody;
  append_end_of_head(head, framing);
  write_out({head});
}

bool Connection::write(std::uint64_t exchange, std::string_view piece) {
  if (!accepts(exchange) || answer_ != Answer::kStreaming) return true;
  switch (framing_) {
    case Framing::kNoBody:
      break;
    case Framing::kUntilClose:
      write_out({piece});
      break;
    case Framing::kLength:
      piece = piece.substr(
          0, static_cast<std::size_t>(std::min<std::uint64_t>(stream_left_, piece.size())));
      stream_left_ -= piece.size();
      write_out({piece});
      break;
    case Framing::kChunked:
      if (piece.empty()) break;  // an empty chunk would be the last
      core_.scratch.clear();
      append_chunk_size(core_.scratch, piece.size());
      write_out({core_.scratch, piece, "\r\n"});
      break;
  }
  return queued_bytes_ <= core_.options.write_high_water;
}

void Connection::finish(std::uint64_t exchange, HeaderList&& trailers) {
  if (answer_ == Answer::kAwaited) {
    abandon(exchange);  // never started
    return;
  }
  if (!accepts(exchange)) return;
  if (framing_ == Framing::kLength && stream_left_ > 0) {
    abort(exchange);  // shorter than announced: only the cut tells the client
    return;
  }
  if (framing_ == Framing::kChunked) {
    core_.scratch.clear();
    append_last_chunk(core_.scratch, trailers);
    write_out({core_.scratch});
  }
  answer_done();
}

// What was written still goes out where the missing end tells the client that it is not all.
void Connection::abort(std::uint64_t exchange) {
  if (!accepts(exchange)) return;
  const bool framed = framing_ == Framing::kChunked || framing_ == Framing::kLength;
  if (answer_ == Answer::kStreaming && framed && !closed_ && !peer_closed_) {
    keep_alive_ = false;
    if (!request_whole_) stop_listening_to_it();
    answer_done();
    return;
  }
  answer_ = Answer::kDone;
  cut(false);
}

void Connection::abandon(std::uint64_t exchange) {
  if (!accepts(exchange)) return;
  if (answer_ == Answer::kStreaming) {
    abort(exchange);
  } else if (closed_ || peer_closed_) {
    keep_alive_ = false;
    answer_done();
  } else {
    send(exchange,
         {500, {{"Content-Type", "text/plain"}}, "the request was dropped without an answer\n"});
  }
}

void Connection::on_drain(std::uint64_t exchange, UniqueFunction<void()> callback) {
  if (!accepts(exchange)) return;
  on_drain_ = std::move(callback);
}

void Connection::on_close(std::uint64_t exchange, UniqueFunction<void()> callback) {
  if (!accepts(exchange)) return;
  on_close_ = std::move(callback);
  if (!peer_closed_ && !closed_) return;
  core_.loop.defer([connection = Reference{*this}, exchange] {
    if (connection->accepts(exchange) && connection->core_.handler != nullptr)
      connection->peer_left();
  });
}

void Connection::pause_body(std::uint64_t exchange, bool pause) {
  if (exchange != exchange_ || !message_open_ || request_whole_ || closed_) return;
  body_paused_ = pause;
  update_reading();
  update_timeout();
}

void Connection::refuse(const Refusal& refusal) {
  ++core_.counters.refused;
  HttpResponse response = core_.handler->refuse(refusal, head_done_ ? &request_ : nullptr);
  if (!closed_) answer_refused(std::move(response));
}

void Connection::answer_refused(HttpResponse&& response) {
  send(exchange_, std::move(response));
}

void Connection::write_out(std::initializer_list<std::string_view> parts, std::string* owned_last) {
  if (closed_) return;
  std::size_t size = 0;
  for (const std::string_view part : parts) size += part.size();
  if (more_input_ && cork_.size() + size <= kCorkBytesMax) {
    for (const std::string_view part : parts) cork_.append(part);
    return;
  }
  std::array<uv_buf_t, kPartsMax> buffers;
  unsigned count = 0;
  const auto add = [&buffers, &count](std::string_view part) {
    if (!part.empty()) {
      buffers[count++] =
          uv_buf_init(const_cast<char*>(part.data()), static_cast<unsigned>(part.size()));
    }
  };
  add(cork_);
  for (const std::string_view part : parts) add(part);
  size += cork_.size();
  if (count == 0) return;

  std::size_t taken = 0;
  if (queued_bytes_ == 0) {
    const int result =
        uv_try_write(reinterpret_cast<uv_stream_t*>(&socket_), buffers.data(), count);
    if (result < 0 && result != UV_EAGAIN) {
      cork_.clear();
      write_failed();
      return;
    }
    taken = result < 0 ? 0 : static_cast<std::size_t>(result);
  }
  if (taken < size) queue_rest(parts, taken, owned_last);
  cork_.clear();
}

void Connection::queue_rest(std::initializer_list<std::string_view> parts, std::size_t taken,
                            std::string* owned_last) {
  auto job = std::make_unique<WriteJob>();
  const auto rest_of = [&taken](std::string_view part) {
    const std::size_t skipped = std::min(taken, part.size());
    taken -= skipped;
    return part.substr(skipped);
  };
  job->head.append(rest_of(cork_));
  std::size_t body_start = 0;
  for (const std::string_view& part : parts) {
    const std::string_view rest = rest_of(part);
    if (&part == parts.end() - 1 && owned_last != nullptr) {
      body_start = part.size() - rest.size();
      job->body = std::move(*owned_last);
    } else {
      job->head.append(rest);
    }
  }
  std::array<uv_buf_t, 2> buffers;
  unsigned count = 0;
  const auto add = [&buffers, &count](char* data, std::size_t size) {
    if (size > 0) buffers[count++] = uv_buf_init(data, static_cast<unsigned>(size));
  };
  add(job->head.data(), job->head.size());
  add(job->body.data() + body_start, job->body.size() - body_start);
  job->size = job->head.size() + job->body.size() - body_start;
  job->connection = this;
  job->request.data = job.get();
  queued_bytes_ += job->size;
  const int error =
      uv_write(&job->request, reinterpret_cast<uv_stream_t*>(&socket_), buffers.data(), count,
               [](uv_write_t* request, int status) noexcept {
                 const std::unique_ptr<WriteJob> ended{static_cast<WriteJob*>(request->data)};
                 ended->connection->written(ended->size, status);
               });
  if (error != 0) {
    queued_bytes_ -= job->size;
    write_failed();
    return;
  }
  static_cast<void>(job.release());  // taken back by the callback, which always comes
  if (!processing_) update_timeout();
}

void Connection::written(std::size_t size, int error) {
  const Hold hold{*this};
  queued_bytes_ -= size;
  if (closed_) return;
  if (error != 0) {
    cut(true);
    return;
  }
  if (close_when_flushed_) {
    if (queued_bytes_ == 0) linger();
    update_timeout();
    return;
  }
  if (queued_bytes_ <= core_.options.write_high_water / 2 && on_drain_) {
    auto callback = std::exchange(on_drain_, {});
    callback();
  }
  if (!closed_ && !backlog_.empty() && may_read_message()) process_backlog_soon();
  update_timeout();
}

// From the loop, since whoever is writing does not expect to be called back meanwhile.
void Connection::write_failed() {
  peer_closed_ = true;
  core_.loop.defer([connection = Reference{*this}] {
    if (connection->core_.handler != nullptr) connection->cut(true);
  });
}

void Connection::flush() {
  if (!cork_.empty()) write_out({});
}

// Behind the answers may be a request whose own answer comes within this turn of the loop, from
// what another connection has asked: a runtime that gives its result and asks for the next event in
// one breath is woken once instead of twice.
void Connection::flush_soon() {
  if (cork_.empty() || closed_) return;
  if (!awaits_answer() || !request_whole_ || close_when_flushed_) {
    flush();
    return;
  }
  core_.loop.defer([connection = Reference{*this}] { connection->flush(); });
}

void Connection::answer_done() {
  answer_ = Answer::kDone;
  // Destroyed at the end of this function: they may own what answers other requests.
  const auto drain = std::exchange(on_drain_, {});
  const auto close = std::exchange(on_close_, {});
  held_refusal_.reset();
  if (closed_) return;
  if (request_whole_) {
    next_message();
  } else if (deaf_ || (will_close() && body_use_ == BodyUse::kDrop)) {
    stop_listening_to_it();
    next_message();
  }
}

void Connection::next_message() {
  message_open_ = false;
  head_done_ = false;
  request_whole_ = false;
  answer_ = Answer::kNone;
  if (will_close()) {
    close_when_flushed();
    return;
  }
  if (processing_) return;
  if (!backlog_.empty()) {
    process_backlog_soon();
  } else if (peer_closed_) {
    close_when_flushed();
    return;
  }
  update_reading();
  update_timeout();
}

}  // namespace lambdarium::http
