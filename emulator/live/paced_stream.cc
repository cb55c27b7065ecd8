#include "emulator/live/paced_stream.h"

#include <algorithm>
#include <utility>

namespace lambdarium::live {

Duration TokenBucket::take(std::int64_t bytes, Time now) {
  const auto rate = static_cast<double>(pace_.bytes_per_s);
  level_ = std::min(level_ + to_seconds(now - at_) * rate, static_cast<double>(pace_.burst_bytes));
  at_ = now;
  level_ -= static_cast<double>(bytes);
  return level_ >= 0 ? Duration::zero() : from_seconds(-level_ / rate);
}

PacedStream::PacedStream(http::EventLoop& loop, std::shared_ptr<ResponseStream> inner,
                         StreamPace pace)
    : loop_(loop),
      inner_(std::move(inner)),
      bucket_(pace, loop.now()),
      timer_(loop, [gate = gate_](Time) {
        gate->in_debt = false;
        gate->open();
      }) {}

void PacedStream::on_start(std::string_view content_type, UniqueFunction<void()> resume) {
  gate_->resume = std::move(resume);
  inner_->on_start(content_type, [gate = gate_] {
    gate->full = false;
    gate->open();
  });
}

bool PacedStream::on_data(std::string_view piece) {
  gate_->full = !inner_->on_data(piece) || gate_->full;
  const Time now = loop_.now();
  const Duration wait = bucket_.take(static_cast<std::int64_t>(piece.size()), now);
  if (wait > Duration::zero()) {
    gate_->in_debt = true;
    timer_.arm(now + wait);
  }
  return !gate_->in_debt && !gate_->full;
}

}  // namespace lambdarium::live
