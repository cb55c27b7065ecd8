// Where the response of an invocation goes piece by piece, and the answer to a client that is
// written so.
//
//   runtime ─▶ environment ─▶ driver ─▶ ResponseStream::on_data ─▶ StreamWriter ─▶ client
//                    ◀── on_data() said false: wait ──┘      ◀── on_drain ──┘
//
// A client that reads slowly makes the runtime wait; one that goes away does not: the function
// finishes, and what it still sends is dropped.
//
// Thread: the loop's. On failure: none.

#pragma once

#include <memory>
#include <string_view>
#include <utility>

#include "models/base/unique_function.h"
#include "models/domain/http_message.h"
#include "runtime-api/http/responder.h"

namespace lambdarium::live {

class ResponseStream {
 public:
  virtual ~ResponseStream() = default;
  // The runtime has begun to stream. `resume` makes it go on after a piece that was answered with
  // false; it may be called at any time, also when all is over.
  virtual void on_start(std::string_view content_type, UniqueFunction<void()> resume) = 0;
  // False: no more until `resume` is called. What was on its way comes all the same.
  virtual bool on_data(std::string_view piece) = 0;
};

// The client's end.
class StreamWriter {
 public:
  explicit StreamWriter(http::Responder responder) : responder_(std::move(responder)) {}

  void on_resume(UniqueFunction<void()> resume) { state_->resume = std::move(resume); }
  bool started() const { return started_; }

  // A whole answer instead of a streamed one.
  void send(HttpResponse&& response) { responder_.send(std::move(response)); }
  void start(int status, HeaderList headers);
  // Requires: started(). False: wait for on_resume().
  bool write(std::string_view piece);
  void finish() { responder_.finish(); }
  // The client sees that the answer is not whole.
  void abort() { responder_.abort(); }

 private:
  // Shared with the connection's callbacks, which must not keep the Responder.
  struct State {
    UniqueFunction<void()> resume;
    bool gone = false;

    void go_on() {
      if (resume) resume();
    }
  };
  std::shared_ptr<State> state_ = std::make_shared<State>();
  http::Responder responder_;
  bool started_ = false;
};

}  // namespace lambdarium::live
