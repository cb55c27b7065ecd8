// The Runtime API (2018-06-01) of one execution environment that serves one invocation at a time,
// as a state machine without sockets: requests of the runtime and invocations go in, answers and
// results come out as effects.
//
//   Started ──next──▶ Ready ──(event)──▶ Running ──response | error──▶ ResponseSent ──next──▶ Ready
//   …
//      └──init/error──▶ InitError
//
// A response that the runtime streams, for an invocation that wants it so, goes around this machine
// piece by piece: it hears of the beginning and of the end, and is in Streaming in between.
//
// A `next` that finds no event is parked: its answer is an effect of a later step. The transport
// names each request by an ExchangeId of its own choice and answers it when an Answer with that id
// comes out; it may answer in any order.
//
// Owns: the event that is being worked on (kept until the runtime has answered it, because a `next`
// while it runs delivers it again), and nothing else. Thread: one at a time. Time: passed through
// into the effects, never compared. On failure: everything that a runtime can send has an answer;
// nothing throws.

#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "models/base/time.h"
#include "models/domain/http_message.h"
#include "runtime-api/protocol/invocation.h"

namespace lambdarium::runtime_api {

// Chosen by the transport, unique among the requests that are not answered yet; never 0.
using ExchangeId = std::uint64_t;

// Answer this request. `head` holds complete header lines, each ended by CRLF, without the length:
// the transport adds that.
struct Answer {
  ExchangeId exchange = 0;
  int status = 200;
  std::string head;
  std::shared_ptr<const std::string>
      body;  // never null; an event's body is shared with the protocol, not copied
};

// The first `next` has come: the init phase is over.
struct InitDone {
  Time at;
};

// The runtime reported that it could not initialise. It will exit.
struct InitFailed {
  std::string error_type;  // scrubbed: for logs and records
  std::string payload;     // what the caller gets
  Time at;
};

// The runtime has begun to answer in pieces, which the transport passes on from here. The result
// follows: without a payload where all went well, else with the error that ends the stream.
struct StreamStarted {
  ExchangeId exchange = 0;
  std::string content_type;
};

// The runtime has answered the invocation; the invocation itself ends with the following Idle.
struct InvocationResult {
  std::string request_id;
  bool function_error = false;
  std::string error_type;    // scrubbed: for logs and records; empty on success
  std::string content_type;  // of the payload, as the runtime said
  bool streamed = false;     // posted in streaming mode; the payload may begin with an HTTP prelude
  std::string payload;       // what the caller gets
  Time at;
};

// The runtime is back in `next` after an answer: the invocation is over.
struct Idle {
  std::string request_id;
  Time delivered;  // when the event was handed to the runtime
  Time answered;   // when the result came
  Time at;
};

using Effect = std::variant<Answer, InitDone, InitFailed, InvocationResult, Idle, StreamStarted>;

class RuntimeProtocol {
 public:
  enum class State : std::uint8_t {
    kStarted,
    kInitError,
    kReady,
    kRunning,
    kStreaming,
    kResponseSent
  };

  // A complete request of the runtime.
  void on_request(ExchangeId exchange, HttpRequest&& request, Time now,
                  std::vector<Effect>& effects);

  // A request whose body was cut off: the connection ended inside it.
  void on_truncated_request(ExchangeId exchange, const HttpRequest& request, Time now,
                            std::vector<Effect>& effects);

  // A request whose body is larger than the transport keeps. Its body is not looked at.
  void on_oversized_request(ExchangeId exchange, const HttpRequest& request, Time now,
                            std::vector<Effect>& effects);

  // Whether this is the head of a response whose body is to be passed on as it comes: then
  // on_stream_start() gets it, and one of the three others follows.
  bool takes_as_stream(const HttpRequest& head) const;
  void on_stream_start(ExchangeId exchange, const HttpRequest& head, std::vector<Effect>& effects);
  // Whether pieces of that request's body are still wanted.
  bool is_streaming(ExchangeId exchange) const { return stream_ != 0 && stream_ == exchange; }
  void on_stream_end(ExchangeId exchange, const HeaderList& trailers, Time now,
                     std::vector<Effect>& effects);
  void on_stream_truncated(ExchangeId exchange, Time now, std::vector<Effect>& effects);
  // Over kStreamedPayloadBytesMax. It is answered at once; what else comes is not wanted.
  void on_stream_too_large(ExchangeId exchange, Time now, std::vector<Effect>& effects);

  // The connection of a request that waits for its answer is gone.
  void on_disconnected(ExchangeId exchange);

  // Hands an event to the runtime: at once if a `next` is parked, else at the next one.
  // Requires: can_invoke().
  void invoke(Invocation invocation, Time now, std::vector<Effect>& effects);

  // The environment is being shut down: `next` requests that are still parked are refused.
  void shut_down(std::vector<Effect>& effects);

  State state() const { return state_; }
  bool can_invoke() const { return state_ == State::kReady && event_ == nullptr; }
  // An event was handed in and the runtime has not answered it.
  bool awaits_result() const {
    return state_ == State::kRunning || state_ == State::kStreaming ||
           (state_ == State::kReady && event_ != nullptr);
  }
  // The invocation that is worked on or was answered last; empty before the first and after it
  // ended.
  std::string_view current_request_id() const { return invocation_.request_id; }

 private:
  enum class Body : std::uint8_t { kComplete, kTruncated, kOversized };
  struct Route;

  void dispatch(ExchangeId exchange, HttpRequest& request, Body body, Time now,
                std::vector<Effect>& effects);
  void on_next(ExchangeId exchange, Time now, std::vector<Effect>& effects);
  void on_response(ExchangeId exchange, HttpRequest& request, Body body, Time now,
                   std::vector<Effect>& effects);
  void on_error(ExchangeId exchange, HttpRequest& request, Body body, Time now,
                std::vector<Effect>& effects);
  void on_init_error(ExchangeId exchange, HttpRequest& request, Time now,
                     std::vector<Effect>& effects);
  bool refuse_post(ExchangeId exchange, std::string_view id, std::string_view target,
                   std::vector<Effect>& effects);
  void fail_post(ExchangeId exchange, Body body, Time now, std::vector<Effect>& effects);
  void deliver(ExchangeId exchange, Time now, std::vector<Effect>& effects);
  void finish(InvocationResult result, Time now, std::vector<Effect>& effects);
  void end_invocation(Time now, std::vector<Effect>& effects);

  State state_ = State::kStarted;
  std::deque<ExchangeId> parked_;  // oldest first
  Invocation invocation_;          // its payload has moved to event_
  std::shared_ptr<const std::string> event_;
  ExchangeId stream_ = 0;              // whose body is being passed on; 0: none
  bool next_while_streaming_ = false;  // it came before the end of the stream was read
  Time delivered_;
  Time answered_;
};

// The name that the platform's messages give a state: "Started", "RuntimeResponseSentState", …
std::string_view to_string(RuntimeProtocol::State state);

// What logs and records keep of the error type that a runtime sent: the value itself if it contains
// something like "Runtime.Word" or "Function.Word", else "Function.Unknown" or "Runtime.Unknown".
std::string scrub_error_type(std::string_view type);

}  // namespace lambdarium::runtime_api
