// How a connection ends: by its peer, by a timeout, by us; and when it is listened to meanwhile.

#include <utility>

#include "runtime-api/http/connection.h"

namespace lambdarium::http {
namespace {

constexpr std::size_t kBacklogBytesMax = 64u << 10;
constexpr Duration kLingerTimeout = 2s;

}  // namespace

void Connection::end_of_input(bool reset) {
  peer_closed_ = true;
  reading_ = false;
  if (lingering_ || (close_when_flushed_ && (reset || queued_bytes_ == 0))) {
    close_socket();
    return;
  }
  if (close_when_flushed_) return;
  const bool within_message = message_open_ && !request_whole_ && !deaf_;
  if (within_message && !head_done_) {
    close_socket();  // there is nobody to answer what has not been asked
    return;
  }
  if (reset) close_socket();  // first, so that answers from the callbacks go nowhere
  if (within_message && core_.handler != nullptr) {
    keep_alive_ = false;
    request_whole_ = true;
    if (body_use_ == BodyUse::kBuffer) {
      core_.handler->handle_truncated(std::move(request_), Responder{*this, exchange_});
    } else {
      lose_body(BodyLoss::kTruncated);
      if (!closed_) body_ended_early();
    }
  }
  peer_left();
  if (!closed_ && !awaits_answer() && backlog_.empty()) close_when_flushed();
  update_timeout();
}

void Connection::peer_left() {
  if (!awaits_answer() || !on_close_) return;
  const Hold hold{*this};
  auto callback = std::exchange(on_close_, {});
  callback();
}

void Connection::on_timeout() {
  const Hold hold{*this};
  ++core_.counters.timed_out;
  switch (std::exchange(phase_, Phase::kNothing)) {
    case Phase::kNothing:
      return;
    case Phase::kIdle:
    case Phase::kLinger:
      close_socket();
      return;
    case Phase::kWrite:
      cut(true);
      return;
    case Phase::kHead:
      stop_listening_to_it();
      answer_ = Answer::kAwaited;
      refuse({408, "the header lines took too long"});
      return;
    case Phase::kBody:
      stop_listening_to_it();
      if (body_use_ == BodyUse::kBuffer) {
        refuse({408, "the body took too long"});
      } else {
        lose_body(BodyLoss::kTimeout);
        if (!closed_) body_ended_early();
      }
      return;
  }
}

Connection::Phase Connection::current_phase() const {
  if (closed_) return Phase::kNothing;
  if (lingering_) return Phase::kLinger;
  if (queued_bytes_ > 0) return Phase::kWrite;
  if (message_open_ && !request_whole_ && !deaf_) {
    if (!head_done_) return Phase::kHead;
    return body_paused_ ? Phase::kNothing : Phase::kBody;
  }
  return awaits_answer() ? Phase::kNothing : Phase::kIdle;
}

// Called after each event: the time starts anew, but for header lines and lingering, whose time is
// for the whole.
void Connection::update_timeout() {
  const Phase phase = current_phase();
  const bool whole = phase == Phase::kHead || phase == Phase::kLinger;
  if (phase == phase_ && whole) return;
  phase_ = phase;
  if (!timeout_) return;
  switch (phase) {
    case Phase::kNothing:
      timeout_->clear();
      break;
    case Phase::kIdle:
      timeout_->set(core_.options.idle_timeout);
      break;
    case Phase::kHead:
      timeout_->set(core_.options.header_timeout);
      break;
    case Phase::kBody:
      timeout_->set(core_.options.body_timeout);
      break;
    case Phase::kWrite:
      timeout_->set(core_.options.write_timeout);
      break;
    case Phase::kLinger:
      timeout_->set(kLingerTimeout);
      break;
  }
}

void Connection::update_reading() {
  const bool too_much = deaf_ && !lingering_ && dropped_bytes_ > core_.options.discard_bytes_max;
  const bool wanted = !closed_ && !peer_closed_ &&
                      (lingering_ || (!body_paused_ && !too_much &&
                                      backlog_.size() - backlog_start_ < kBacklogBytesMax));
  if (wanted == reading_ || closed_) return;
  reading_ = wanted;
  auto* stream = reinterpret_cast<uv_stream_t*>(&socket_);
  if (!wanted) {
    uv_read_stop(stream);
    return;
  }
  uv_read_start(
      stream,
      [](uv_handle_t* handle, std::size_t, uv_buf_t* buffer) noexcept {
        auto& space = static_cast<Connection*>(handle->data)->core_.read_buffer;
        *buffer = uv_buf_init(space.data(), static_cast<unsigned>(space.size()));
      },
      [](uv_stream_t* readable, ssize_t size, const uv_buf_t* buffer) noexcept {
        if (size != 0) static_cast<Connection*>(readable->data)->on_read(size, buffer->base);
      });
}

void Connection::close_when_flushed() {
  if (closed_ || close_when_flushed_) return;
  if (more_input_ || !backlog_.empty()) stop_listening_to_it();
  more_input_ = false;
  flush();
  close_when_flushed_ = true;
  if (queued_bytes_ == 0) {
    linger();
  } else {
    update_timeout();
  }
}

// Closing a socket with unread input resets the connection, and the peer may lose the answer to it.
// So where input may be left the sending side is closed first, and the rest is read and dropped for
// a moment.
void Connection::linger() {
  if (!deaf_ || peer_closed_) {
    close_socket();
    return;
  }
  lingering_ = true;
  dropped_bytes_ = 0;
  backlog_.clear();
  backlog_start_ = 0;
  uv_shutdown(&shutdown_, reinterpret_cast<uv_stream_t*>(&socket_),
              [](uv_shutdown_t*, int) noexcept {});
  update_reading();
  update_timeout();
}

void Connection::close_socket() {
  if (closed_) return;
  closed_ = true;
  reading_ = false;
  timeout_.reset();
  core_.removed(*this);
  uv_close(reinterpret_cast<uv_handle_t*>(&socket_), [](uv_handle_t* handle) noexcept {
    static_cast<Connection*>(handle->data)->drop_reference();
  });
  if (holds_ == 0) release_callbacks();
}

void Connection::release_callbacks() {
  const Reference reference{*this};
  const auto sink = std::move(sink_);
  const auto drain = std::exchange(on_drain_, {});
  const auto close = std::exchange(on_close_, {});
  backlog_ = {};
  cork_ = {};
  request_ = {};
  held_refusal_.reset();
}

}  // namespace lambdarium::http
