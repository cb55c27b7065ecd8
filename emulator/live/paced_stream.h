// The speed limit of streamed responses: the first 6 MiB go out as they come, the rest at 2 MiB/s.
// Off unless asked for.
//
// A token bucket that is filled continuously; a piece goes out whole, and the runtime then waits
// until what it took beyond the bucket has come back.
//
// Thread: the loop's. On failure: none.

#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "emulator/live/response_stream.h"
#include "models/base/time.h"
#include "models/domain/limits.h"
#include "runtime-api/http/event_loop.h"
#include "runtime-api/http/timer.h"

namespace lambdarium::live {

struct StreamPace {
  std::int64_t burst_bytes = kStreamBurstBytes;
  std::int64_t bytes_per_s = kStreamBytesPerSecond;  // above 0
};

// Pure.
class TokenBucket {
 public:
  TokenBucket(StreamPace pace, Time now)
      : pace_(pace), level_(static_cast<double>(pace.burst_bytes)), at_(now) {}

  // Takes what a piece needs, into debt if need be; how long until the debt is paid.
  Duration take(std::int64_t bytes, Time now);

 private:
  StreamPace pace_;
  double level_;  // bytes; below 0: debt
  Time at_;
};

class PacedStream final : public ResponseStream {
 public:
  PacedStream(http::EventLoop& loop, std::shared_ptr<ResponseStream> inner, StreamPace pace);

  void on_start(std::string_view content_type, UniqueFunction<void()> resume) override;
  bool on_data(std::string_view piece) override;

 private:
  // What keeps the runtime waiting; shared with what may outlive this.
  struct Gate {
    UniqueFunction<void()> resume;
    bool in_debt = false;
    bool full = false;  // the inner stream said so

    void open() {
      if (!in_debt && !full && resume) resume();
    }
  };

  http::EventLoop& loop_;
  std::shared_ptr<ResponseStream> inner_;
  TokenBucket bucket_;
  std::shared_ptr<Gate> gate_ = std::make_shared<Gate>();
  http::DeadlineTimer timer_;
};

}  // namespace lambdarium::live
