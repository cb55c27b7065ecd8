// What the connections of one server share. Outlives the Server by the time that libuv needs to
// close its handles.

#pragma once

#include <uv.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "runtime-api/http/server.h"
#include "runtime-api/http/timer.h"

namespace lambdarium::http {

class Connection;

class ServerCore {
 public:
  ServerCore(EventLoop& event_loop, Handler& request_handler, const ServerOptions& server_options);
  ServerCore(const ServerCore&) = delete;
  ServerCore& operator=(const ServerCore&) = delete;

  // One reference for the Server, one for each listening socket and each connection's memory.
  void add_reference() { ++references_; }
  void drop_reference();

  Result<int> listen(const std::string& host, int port);
  void close(Duration grace, UniqueFunction<void()> done);
  // Closes everything without calling anything back; the handler is not touched any more.
  void destroy();

  // A connection's socket is open; closed.
  void added(Connection& connection) { connections_.insert(&connection); }
  void removed(Connection& connection);

  // Current to the second.
  const std::string& date_line();

  EventLoop& loop;
  Handler* handler;  // null after destroy()
  const ServerOptions options;
  ServerCounters counters;
  bool closing = false;
  std::string scratch;  // for the head that is being written
  // libuv reads and hands over one buffer at a time, so that all connections can share one.
  std::array<char, 64 * 1024> read_buffer;

  std::size_t connection_count() const { return connections_.size(); }

 private:
  struct Listener;

  ~ServerCore() = default;
  void accept(uv_stream_t* listener);
  void stop_listening();
  void finish_closing_if_empty();
  void cut_all();

  std::unordered_set<Connection*> connections_;
  std::vector<Listener*> listeners_;
  UniqueFunction<void()> on_closed_;
  std::optional<CoarseTimeout> grace_;  // none once the server is destroyed
  std::uint64_t date_second_ = UINT64_MAX;
  std::string date_line_;
  int references_ = 1;
};

}  // namespace lambdarium::http
