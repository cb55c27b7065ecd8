// An HTTP/1.1 client on the loop: thousands of requests at once, over connections that are kept
// and reused.
//
// Plain HTTP only. Requests to one host and port share a pool of connections; each request has
// its connection for itself until its response is complete.
//
// - Owns: its connections and the requests under way.
// - Thread: the loop's.
// - Calls back: once per request, last, never from inside request() or cancel(); not at all
//   after cancel() or after the client is destroyed. A callback may destroy the client.
// - On failure: an Error of kind kUnavailable (unreachable, timeout, cut off), kInvalidInput
//   (what came is not HTTP) or kTooLarge, whose message names host and port.

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

namespace lambdarium::http {

struct ClientOptions {
  // Connections to one host and port; further requests wait in order.
  std::size_t connections_per_host_max = 10'000;
  // Requests that may wait for a connection to one host and port; one more fails at once.
  std::size_t waiting_per_host_max = 1'000'000;
  // How long an unused connection is kept.
  Duration idle_timeout = 30s;
  Duration connect_timeout = 5s;
  std::size_t header_bytes_max = 2u << 20;
  std::size_t body_bytes_max = 64u << 20;  // of a buffered response
};

struct ClientRequest {
  std::string host = "127.0.0.1";  // name or address
  int port = 80;
  // Method, target, headers and body. Host is added unless given, Content-Length always; with
  // trailers the body goes out chunked instead.
  HttpRequest message;
  // From the call to the last byte of the response, waiting and connecting included; kept to within
  // a quarter of a second.
  Duration timeout = kForever;
};

// Receives a response piece by piece. The client owns it and destroys it after on_end() or
// on_error().
class ResponseSink {
 public:
  virtual ~ResponseSink() = default;
  virtual void on_head(int status, HeaderList&& headers) = 0;
  virtual void on_data(std::string_view piece) = 0;
  virtual void on_end(HeaderList&& trailers) = 0;
  virtual void on_error(const Error& error) = 0;
};

class ClientCore;

class Client {
 public:
  // Tells requests apart; never 0 and never used twice.
  using RequestId = std::uint64_t;

  explicit Client(EventLoop& loop, ClientOptions options = {});
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  RequestId request(ClientRequest request, UniqueFunction<void(Result<HttpResponse>)> done);
  RequestId stream(ClientRequest request, std::unique_ptr<ResponseSink> sink);

  // The callback or sink is destroyed without being called. Unknown and finished ids are ignored.
  void cancel(RequestId id);
  // Stops and restarts reading of a streamed response.
  void pause(RequestId id);
  void resume(RequestId id);

  std::size_t requests_under_way() const;
  std::size_t connections_open() const;
  std::uint64_t connections_made() const;

 private:
  ClientCore* core_;  // shared with connections that are still closing
};

}  // namespace lambdarium::http
