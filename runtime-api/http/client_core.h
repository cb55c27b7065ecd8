// What is behind Client: requests, the pools of connections, and the connections.
//
// A request waits in its origin's queue, or is on one connection. A connection is connecting or
// busy (with a request), or idle (without). Both ways of ending a request, finish() and fail(),
// first put everything in order and call back last.

#pragma once

#include <uv.h>

#include <array>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "runtime-api/http/client.h"
#include "runtime-api/http/message_parser.h"
#include "runtime-api/http/timer.h"

namespace lambdarium::http {

class ClientConnection;

struct ClientExchange {
  Client::RequestId id = 0;
  ClientRequest request;
  UniqueFunction<void(Result<HttpResponse>)> done;  // or
  std::unique_ptr<ResponseSink> sink;
  HttpResponse response;
  std::optional<CoarseTimeout> timeout;
  ClientConnection* connection = nullptr;  // null while it waits
  bool retried = false;

  // "host:port", as in URLs.
  std::string origin() const {
    const bool ipv6 = request.host.find(':') != std::string::npos;
    return (ipv6 ? '[' + request.host + ']' : request.host) + ':' + std::to_string(request.port);
  }
};

// One host and port.
struct ClientOrigin {
  std::string name;  // "host:port", for errors
  sockaddr_storage address{};
  bool resolved = false;
  bool resolving = false;
  std::size_t connections = 0;
  std::vector<ClientConnection*>
      idle;  // the most recently used last: it is the likeliest to be alive
  std::deque<Client::RequestId> waiting;
};

class ClientCore {
 public:
  ClientCore(EventLoop& event_loop, const ClientOptions& client_options)
      : loop(event_loop), options(client_options) {}
  ClientCore(const ClientCore&) = delete;
  ClientCore& operator=(const ClientCore&) = delete;

  void add_reference() { ++references_; }
  void drop_reference() {
    if (--references_ == 0) delete this;
  }

  Client::RequestId add(std::unique_ptr<ClientExchange> exchange);
  void cancel(Client::RequestId id);
  void pause(Client::RequestId id, bool pause);
  // Ends everything without calling anything back.
  void destroy();

  // --- From connections and timers. The exchange is gone afterwards.
  void finish(ClientExchange& exchange);
  void fail(ClientExchange& exchange, Error error);
  // Puts it back in front of the queue, for another connection.
  void retry(ClientExchange& exchange);
  void connection_idle(ClientConnection& connection);
  void connection_closed(ClientConnection& connection, bool was_idle);
  // In the next turn of the loop, if it is still under way.
  void fail_soon(Client::RequestId id, Error error);

  // Keeps the memory of the core.
  class Reference {
   public:
    explicit Reference(ClientCore& core) : core_(&core) { core_->add_reference(); }
    ~Reference() {
      if (core_ != nullptr) core_->drop_reference();
    }
    Reference(Reference&& other) noexcept : core_(std::exchange(other.core_, nullptr)) {}
    Reference& operator=(Reference&&) = delete;
    ClientCore* operator->() const { return core_; }

   private:
    ClientCore* core_;
  };

  // While a sink or callback runs, nothing that it may be part of is destroyed.
  class Calling {
   public:
    explicit Calling(ClientCore& core) : core_(core) {
      core_.add_reference();
      ++core_.calling_;
    }
    ~Calling() {
      if (--core_.calling_ == 0) core_.graveyard_.clear();
      core_.drop_reference();
    }
    Calling(const Calling&) = delete;
    Calling& operator=(const Calling&) = delete;

   private:
    ClientCore& core_;
  };

  EventLoop& loop;
  const ClientOptions options;
  std::string scratch;
  std::array<char, 64 * 1024> read_buffer;
  std::uint64_t connections_made = 0;

  std::size_t requests_under_way() const { return exchanges_.size(); }
  std::size_t connections_open() const { return connections_.size(); }

 private:
  ~ClientCore() = default;
  ClientOrigin& origin_of(const ClientExchange& exchange);
  void pump(ClientOrigin& origin);
  void resolve(ClientOrigin& origin, const std::string& host, int port);
  void resolved(ClientOrigin& origin, int error, const addrinfo* found);
  std::unique_ptr<ClientExchange> take(ClientExchange& exchange);
  void bury(std::unique_ptr<ClientExchange> exchange);

  std::unordered_map<Client::RequestId, std::unique_ptr<ClientExchange>> exchanges_;
  std::unordered_map<std::string, std::unique_ptr<ClientOrigin>> origins_;
  std::vector<ClientConnection*> connections_;
  std::vector<std::unique_ptr<ClientExchange>> graveyard_;
  Client::RequestId last_id_ = 0;
  int calling_ = 0;
  int references_ = 1;
  bool destroyed_ = false;
};

class ClientConnection final : private MessageParser::Listener {
 public:
  ClientConnection(ClientCore& core, ClientOrigin& origin);
  ClientConnection(const ClientConnection&) = delete;
  ClientConnection& operator=(const ClientConnection&) = delete;

  void connect(ClientExchange& exchange);
  // Requires: idle.
  void begin(ClientExchange& exchange);
  // The exchange is let go of; this object is deleted by libuv's callback.
  void close();
  void pause(bool pause);

  ClientOrigin& origin() const { return origin_; }
  std::size_t index = 0;  // in the core's list

 private:
  struct WriteJob;

  ~ClientConnection() { core_.drop_reference(); }
  void connected(int error);
  void send_request();
  bool append_request_head(std::string& out, const HttpRequest& message);
  void write_parts(std::string_view head, std::string_view body, std::string_view tail);
  void written(int error);
  void on_read(ssize_t size, const char* data);
  void parse(const char* data, std::size_t size);
  void response_complete(bool all_input_used);
  void connection_lost(std::string_view why);
  void fail(ErrorCode code, std::string_view why);
  bool on_head() override;
  bool on_body(std::string_view piece) override;
  void start_reading();

  ClientCore& core_;
  ClientOrigin& origin_;
  ClientExchange* exchange_ = nullptr;
  uv_tcp_t socket_;
  uv_connect_t connect_;
  MessageParser parser_;
  std::optional<CoarseTimeout> timeout_;  // of connecting and of being idle
  bool connected_ = false;
  bool closed_ = false;
  bool reading_ = false;
  bool writing_ = false;
  bool used_before_ = false;
  bool response_begun_ = false;
  bool ask_to_close_ = false;
};

}  // namespace lambdarium::http
