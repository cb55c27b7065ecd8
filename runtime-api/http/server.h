// An HTTP/1.1 and 1.0 server: bytes of many connections in, whole or streamed requests out to a
// Handler.
//
// Requests of one connection are handed over one after the other: the next when the answer to
// the last is complete, so pipelined answers are in order. What is malformed, too large or too
// slow never reaches the Handler's handle functions; the Handler may word the refusal. A strict
// scan runs before the parser (dangling CR or LF, NUL, folded lines, spaces around names), since
// what two parsers read differently is how requests are smuggled.
//
// - Owns: its sockets. The Handler and the loop must outlive it.
// - Thread: the loop's.
// - Calls back: the Handler, from the loop; it may destroy the server from there. Destroying the
//   server cuts all connections without calling anything back, and leaves Responders that do
//   nothing.
// - On failure: listen() says what and why; whatever goes wrong with one connection ends that
//   connection only.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "models/base/result.h"
#include "models/base/time.h"
#include "models/base/unique_function.h"
#include "models/domain/http_message.h"
#include "runtime-api/http/event_loop.h"
#include "runtime-api/http/responder.h"

namespace lambdarium::http {

// The Runtime API wants room for header values of 1 MiB.
inline constexpr std::size_t kRuntimeApiHeaderBytesMax = 2u << 20;

struct ServerOptions {
  // Request line and header lines together; also, by itself, the trailer lines of a chunked body.
  std::size_t header_bytes_max = 64u << 10;
  // The limit of a body whose BodyPlan names none.
  std::size_t body_bytes_max = 10u << 20;
  // A refused body up to this size is read to its end and the connection kept; a larger one ends
  // the connection.
  std::size_t discard_bytes_max = 16u << 20;
  // A HTTP/1.1 request without Host is refused, as the standard demands.
  bool require_host = true;
  // Answers carry "Date".
  bool date_header = true;

  // Against slow peers; kForever is no limit. They are kept to within a quarter of a second.
  Duration idle_timeout = 75s;    // no request begun
  Duration header_timeout = 30s;  // from a request's first byte to the end of its header lines
  Duration body_timeout = 60s;    // without a byte of the body, while reading is not paused
  Duration write_timeout = 60s;   // without a byte of the answer taken, while some is waiting

  // What may wait for a peer before write() says false.
  std::size_t write_high_water = 256u << 10;
  // One more is answered 503 and closed.
  std::size_t connections_max = 16'384;
  int backlog = 511;
};

enum class BodyMode : std::uint8_t { kBuffered, kStreamed };

struct BodyPlan {
  static constexpr std::size_t kServerDefault = SIZE_MAX;

  BodyMode mode = BodyMode::kBuffered;
  std::size_t bytes_max = kServerDefault;
};

enum class BodyLoss : std::uint8_t {
  kTruncated,  // the connection ended within the body
  kTooLarge,   // over the plan's bytes_max
  kTimeout,    // body_timeout
  kMalformed,  // the chunk framing or the trailers are broken
};

// Receives a streamed request body. The server owns it and destroys it after on_end() or on_lost().
class BodySink {
 public:
  virtual ~BodySink() = default;
  virtual void on_data(std::string_view piece) = 0;
  virtual void on_end(HeaderList&& trailers) = 0;
  // No more will come. The Responder can still answer (a status of 400, 413 or 408, say); the
  // connection is closed afterwards.
  virtual void on_lost(BodyLoss why) = 0;
};

// A request that the server turns away by itself.
struct Refusal {
  int status = 400;      // 400, 408, 413, 414, 417, 431, 500, 501, 503, 505
  std::string_view why;  // a clause for people
};

class Handler {
 public:
  virtual ~Handler() = default;

  // Asked when the header lines are complete, before any of the body.
  virtual BodyPlan plan(const HttpRequest& head);

  // A whole request, body and trailers included.
  virtual void handle(HttpRequest&& request, Responder responder) = 0;

  // The head of a request whose plan was kStreamed (also when it has no body: on_end() follows at
  // once). Null: the body is read and dropped. The default answers 500.
  virtual std::unique_ptr<BodySink> handle_streamed(HttpRequest&& head, Responder responder,
                                                    BodyFlow flow);

  // A buffered body that the connection's end cut off; `partial.body` is what came. A client that
  // closed only its sending side still gets the answer. The default answers with refuse(400).
  virtual void handle_truncated(HttpRequest&& partial, Responder responder);

  // The answer to a refused request, called once for each: the owner may take note and word it.
  // `head` is null when the header lines were not complete. The default is a line of text.
  virtual HttpResponse refuse(const Refusal& refusal, const HttpRequest* head);
};

class ServerCore;

struct ServerCounters {
  std::uint64_t accepted = 0;
  std::uint64_t requests = 0;  // handed to the Handler
  std::uint64_t refused = 0;
  std::uint64_t timed_out = 0;
};

class Server {
 public:
  Server(EventLoop& loop, Handler& handler, ServerOptions options = {});
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Listens on a numeric address or "localhost"; port 0 picks a free one. Gives the port. May be
  // called several times. The error names address, port and reason: "cannot listen on
  // 127.0.0.1:3000: address already in use".
  Result<int> listen(const std::string& host, int port);

  // Stops accepting, closes idle connections, lets requests in flight be answered (with
  // "Connection: close"), then calls `done`; after `grace` the rest is cut, as if the peers had
  // left. Once only.
  void close(Duration grace, UniqueFunction<void()> done);

  std::size_t connection_count() const;
  const ServerCounters& counters() const;

 private:
  ServerCore* core_;  // shared with connections that are still closing
};

// "OK" for 200; "Unknown" for codes without a name.
std::string_view reason_phrase(int status);

}  // namespace lambdarium::http
