#include "runtime-api/http/server.h"

#include <fmt/format.h>
#include <uv.h>

#include <utility>
#include <vector>

#include "models/base/check.h"
#include "runtime-api/http/connection.h"
#include "runtime-api/http/server_core.h"
#include "runtime-api/http/wire.h"

namespace lambdarium::http {
namespace {

// Literal IPv6 addresses may come in brackets, as in URLs.
bool parse_address(std::string host, int port, sockaddr_storage& address) {
  if (host == "localhost") host = "127.0.0.1";
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  }
  return uv_ip4_addr(host.c_str(), port, reinterpret_cast<sockaddr_in*>(&address)) == 0 ||
         uv_ip6_addr(host.c_str(), port, reinterpret_cast<sockaddr_in6*>(&address)) == 0;
}

int port_of(const uv_tcp_t& socket) {
  sockaddr_storage address{};
  int size = sizeof address;
  if (uv_tcp_getsockname(&socket, reinterpret_cast<sockaddr*>(&address), &size) != 0) return 0;
  const auto port = address.ss_family == AF_INET6
                        ? reinterpret_cast<const sockaddr_in6*>(&address)->sin6_port
                        : reinterpret_cast<const sockaddr_in*>(&address)->sin_port;
  return ntohs(port);
}

}  // namespace

BodyPlan Handler::plan(const HttpRequest&) {
  return {};
}

std::unique_ptr<BodySink> Handler::handle_streamed(HttpRequest&&, Responder responder, BodyFlow) {
  responder.send({500, {{"Content-Type", "text/plain"}}, "no streamed bodies here\n"});
  return nullptr;
}

void Handler::handle_truncated(HttpRequest&& partial, Responder responder) {
  responder.send(refuse({400, "the connection ended within the body"}, &partial));
}

HttpResponse Handler::refuse(const Refusal& refusal, const HttpRequest*) {
  return {refusal.status,
          {{"Content-Type", "text/plain"}},
          fmt::format("{} {}: {}\n", refusal.status, reason_phrase(refusal.status), refusal.why)};
}

struct ServerCore::Listener {
  uv_tcp_t socket;
  ServerCore* core;

  void close() {
    uv_close(reinterpret_cast<uv_handle_t*>(&socket), [](uv_handle_t* handle) noexcept {
      const std::unique_ptr<Listener> closed{static_cast<Listener*>(handle->data)};
      closed->core->drop_reference();
    });
  }
};

ServerCore::ServerCore(EventLoop& event_loop, Handler& request_handler,
                       const ServerOptions& server_options)
    : loop(event_loop),
      handler(&request_handler),
      options(server_options),
      grace_(std::in_place, event_loop, [this] { cut_all(); }) {}

void ServerCore::drop_reference() {
  if (--references_ == 0) delete this;
}

Result<int> ServerCore::listen(const std::string& host, int port) {
  const auto failed = [&host, port](std::string_view why) {
    return unavailable(fmt::format("cannot listen on {}:{}: {}", host, port, why));
  };
  if (port < 0 || port > 65'535) {
    return invalid_input(fmt::format("port {} is outside 0..65535", port));
  }
  sockaddr_storage address{};
  if (!parse_address(host, port, address)) {
    return invalid_input(
        fmt::format("cannot listen on '{}': neither a numeric address nor 'localhost'", host));
  }
  auto* listener = new Listener{{}, this};
  LAM_CHECK(uv_tcp_init(loop.uv(), &listener->socket) == 0);
  listener->socket.data = listener;
  add_reference();
  listeners_.push_back(listener);

  auto* stream = reinterpret_cast<uv_stream_t*>(&listener->socket);
  int error = uv_tcp_bind(&listener->socket, reinterpret_cast<sockaddr*>(&address), 0);
  if (error == 0) {
    error = uv_listen(stream, options.backlog, [](uv_stream_t* server, int status) noexcept {
      if (status == 0) static_cast<Listener*>(server->data)->core->accept(server);
    });
  }
  if (error == 0) return port_of(listener->socket);
  listeners_.pop_back();
  listener->close();
  return failed(uv_strerror(error));
}

void ServerCore::accept(uv_stream_t* listener) {
  const bool full = connections_.size() >= options.connections_max;
  auto* connection = new Connection(*this);
  if (!connection->accept(listener)) return;
  ++counters.accepted;
  if (full) connection->refuse_at_once(503, "too many connections");
}

void ServerCore::stop_listening() {
  for (Listener* listener : std::exchange(listeners_, {})) listener->close();
}

void ServerCore::close(Duration grace, UniqueFunction<void()> done) {
  if (closing) return;
  closing = true;
  on_closed_ = std::move(done);
  stop_listening();
  const std::vector<Connection*> connections{connections_.begin(), connections_.end()};
  for (Connection* connection : connections) connection->close_when_idle();
  grace_->set(grace);
  finish_closing_if_empty();
}

void ServerCore::cut_all() {
  // Their callbacks may close others of them, or destroy the server.
  std::vector<Connection*> connections{connections_.begin(), connections_.end()};
  for (Connection* connection : connections) connection->add_reference();
  for (Connection* connection : connections) connection->cut(handler != nullptr);
  for (Connection* connection : connections) connection->drop_reference();
}

void ServerCore::removed(Connection& connection) {
  connections_.erase(&connection);
  finish_closing_if_empty();
}

void ServerCore::finish_closing_if_empty() {
  if (!closing || !connections_.empty() || !on_closed_) return;
  grace_->clear();
  loop.defer([done = std::exchange(on_closed_, {})]() mutable { done(); });
}

void ServerCore::destroy() {
  handler = nullptr;
  closing = true;
  on_closed_ = {};
  grace_.reset();
  stop_listening();
  cut_all();
}

const std::string& ServerCore::date_line() {
  // The loop's time is read once per turn, without a system call.
  const std::uint64_t second = uv_now(loop.uv()) / 1000;
  if (second != date_second_) {
    date_second_ = second;
    date_line_ = date_header(loop.unix_ns() / 1'000'000'000);
  }
  return date_line_;
}

Server::Server(EventLoop& loop, Handler& handler, ServerOptions options)
    : core_(new ServerCore(loop, handler, options)) {}

Server::~Server() {
  core_->destroy();
  core_->drop_reference();
}

Result<int> Server::listen(const std::string& host, int port) {
  return core_->listen(host, port);
}

void Server::close(Duration grace, UniqueFunction<void()> done) {
  core_->close(grace, std::move(done));
}

std::size_t Server::connection_count() const {
  return core_->connection_count();
}

const ServerCounters& Server::counters() const {
  return core_->counters;
}

}  // namespace lambdarium::http
