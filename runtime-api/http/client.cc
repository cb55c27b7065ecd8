#include "runtime-api/http/client.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "models/base/check.h"
#include "runtime-api/http/client_core.h"

namespace lambdarium::http {
namespace {

// What would end the request line early, or be two of them.
bool is_visible(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte > ' ' && byte != 0x7f;
  });
}

Status check(const ClientRequest& request) {
  if (request.host.empty()) return invalid_input("a request without a host");
  if (request.port < 1 || request.port > 65'535) {
    return invalid_input(fmt::format("port {} is outside 1..65535", request.port));
  }
  const std::string& method = request.message.method;
  if (method.empty() || !is_visible(method)) {
    return invalid_input(fmt::format("'{}' is no HTTP method", method));
  }
  if (!is_visible(request.message.target)) {
    return invalid_input(fmt::format("the target '{}' has spaces or control characters in it",
                                     request.message.target));
  }
  return {};
}

struct NameQuery {
  uv_getaddrinfo_t request;
  UniqueFunction<void(int, const addrinfo*)> done;
};

}  // namespace

ClientOrigin& ClientCore::origin_of(const ClientExchange& exchange) {
  auto& origin = origins_[exchange.origin()];
  if (origin == nullptr) {
    origin = std::make_unique<ClientOrigin>();
    origin->name = exchange.origin();
  }
  return *origin;
}

Client::RequestId ClientCore::add(std::unique_ptr<ClientExchange> added) {
  const Client::RequestId id = ++last_id_;
  ClientExchange& exchange = *added;
  exchange.id = id;
  exchanges_.emplace(id, std::move(added));
  if (const Status status = check(exchange.request); !status.ok()) {
    fail_soon(id, status.error());
    return id;
  }
  ClientOrigin& origin = origin_of(exchange);
  if (origin.waiting.size() >= options.waiting_per_host_max) {
    fail_soon(id, unavailable(fmt::format("{} requests to {} wait already", origin.waiting.size(),
                                          origin.name)));
    return id;
  }
  if (exchange.request.timeout != kForever) {
    exchange.timeout.emplace(loop, [this, &exchange] {
      fail(exchange,
           unavailable(fmt::format("no whole response from {} within {} s", exchange.origin(),
                                   to_seconds(exchange.request.timeout))));
    });
    exchange.timeout->set(exchange.request.timeout);
  }
  origin.waiting.push_back(id);
  if (origin.resolved) {
    pump(origin);
  } else {
    resolve(origin, exchange.request.host, exchange.request.port);
  }
  return id;
}

void ClientCore::resolve(ClientOrigin& origin, const std::string& host, int port) {
  if (origin.resolving) return;
  const std::string numeric = host == "localhost" ? "127.0.0.1" : host;
  if (uv_ip4_addr(numeric.c_str(), port, reinterpret_cast<sockaddr_in*>(&origin.address)) == 0 ||
      uv_ip6_addr(numeric.c_str(), port, reinterpret_cast<sockaddr_in6*>(&origin.address)) == 0) {
    origin.resolved = true;
    pump(origin);
    return;
  }
  origin.resolving = true;
  auto* query = new NameQuery;
  query->request.data = query;
  query->done = [core = Reference{*this}, &origin](int error, const addrinfo* found) {
    core->resolved(origin, error, found);
  };
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  const int error = uv_getaddrinfo(
      loop.uv(), &query->request,
      [](uv_getaddrinfo_t* request, int status, addrinfo* found) noexcept {
        const std::unique_ptr<NameQuery> ended{static_cast<NameQuery*>(request->data)};
        ended->done(status, found);
        uv_freeaddrinfo(found);
      },
      host.c_str(), std::to_string(port).c_str(), &hints);
  LAM_CHECK(error == 0, uv_strerror(error));
}

void ClientCore::resolved(ClientOrigin& origin, int error, const addrinfo* found) {
  origin.resolving = false;
  if (destroyed_) return;
  if (error == 0 && found != nullptr) {
    std::memcpy(&origin.address, found->ai_addr, found->ai_addrlen);
    origin.resolved = true;
    pump(origin);
    return;
  }
  for (const Client::RequestId id : std::exchange(origin.waiting, {})) {
    fail_soon(id, unavailable(fmt::format("cannot resolve the host of {}: {}", origin.name,
                                          uv_strerror(error))));
  }
}

void ClientCore::pump(ClientOrigin& origin) {
  while (!origin.waiting.empty()) {
    const auto found = exchanges_.find(origin.waiting.front());
    if (found == exchanges_.end()) {  // cancelled or timed out meanwhile
      origin.waiting.pop_front();
      continue;
    }
    ClientExchange& exchange = *found->second;
    if (!origin.idle.empty()) {
      ClientConnection& connection = *origin.idle.back();
      origin.idle.pop_back();
      origin.waiting.pop_front();
      connection.begin(exchange);
    } else if (origin.connections < options.connections_per_host_max) {
      origin.waiting.pop_front();
      auto* connection = new ClientConnection(*this, origin);
      connection->index = connections_.size();
      connections_.push_back(connection);
      ++origin.connections;
      ++connections_made;
      connection->connect(exchange);
    } else {
      return;
    }
  }
}

void ClientCore::fail_soon(Client::RequestId id, Error error) {
  loop.defer([core = Reference{*this}, id, failure = std::move(error)]() mutable {
    const auto found = core->exchanges_.find(id);
    if (found != core->exchanges_.end()) core->fail(*found->second, std::move(failure));
  });
}

std::unique_ptr<ClientExchange> ClientCore::take(ClientExchange& exchange) {
  const auto found = exchanges_.find(exchange.id);
  LAM_CHECK(found != exchanges_.end());
  auto taken = std::move(found->second);
  exchanges_.erase(found);
  taken->timeout.reset();
  return taken;
}

void ClientCore::bury(std::unique_ptr<ClientExchange> exchange) {
  if (calling_ > 0) graveyard_.push_back(std::move(exchange));
}

void ClientCore::finish(ClientExchange& exchange) {
  const Calling calling{*this};
  auto ended = take(exchange);
  ClientExchange& kept = *ended;
  bury(std::move(ended));
  if (kept.done) kept.done(std::move(kept.response));
}

void ClientCore::fail(ClientExchange& exchange, Error error) {
  const Calling calling{*this};
  auto ended = take(exchange);
  ClientExchange& kept = *ended;
  if (kept.connection != nullptr) kept.connection->close();
  bury(std::move(ended));
  if (kept.done) kept.done(error);
  if (kept.sink != nullptr) kept.sink->on_error(error);
}

void ClientCore::retry(ClientExchange& exchange) {
  exchange.retried = true;
  exchange.connection = nullptr;
  ClientOrigin& origin = origin_of(exchange);
  origin.waiting.push_front(exchange.id);
  pump(origin);
}

void ClientCore::cancel(Client::RequestId id) {
  const auto found = exchanges_.find(id);
  if (found == exchanges_.end()) return;
  auto ended = take(*found->second);
  if (ended->connection != nullptr) ended->connection->close();
  bury(std::move(ended));
}

void ClientCore::pause(Client::RequestId id, bool pause) {
  const auto found = exchanges_.find(id);
  if (found == exchanges_.end() || found->second->connection == nullptr) return;
  found->second->connection->pause(pause);
}

void ClientCore::destroy() {
  destroyed_ = true;
  auto ended = std::exchange(exchanges_, {});
  for (auto& [id, exchange] : ended) exchange->timeout.reset();
  // close() takes each off the list.
  while (!connections_.empty()) connections_.back()->close();
  for (auto& [id, exchange] : ended) bury(std::move(exchange));
}

void ClientCore::connection_idle(ClientConnection& connection) {
  connection.origin().idle.push_back(&connection);
  pump(connection.origin());
}

void ClientCore::connection_closed(ClientConnection& connection, bool was_idle) {
  connections_.back()->index = connection.index;
  connections_[connection.index] = connections_.back();
  connections_.pop_back();
  ClientOrigin& origin = connection.origin();
  --origin.connections;
  if (was_idle) std::erase(origin.idle, &connection);
  if (destroyed_ || origin.waiting.empty()) return;
  // Room for one that waits; not from inside whatever closed this one.
  loop.defer([core = Reference{*this}, &origin] {
    if (!core->destroyed_) core->pump(origin);
  });
}

Client::Client(EventLoop& loop, ClientOptions options) : core_(new ClientCore(loop, options)) {}

Client::~Client() {
  core_->destroy();
  core_->drop_reference();
}

Client::RequestId Client::request(ClientRequest request,
                                  UniqueFunction<void(Result<HttpResponse>)> done) {
  auto exchange = std::make_unique<ClientExchange>();
  exchange->request = std::move(request);
  exchange->done = std::move(done);
  return core_->add(std::move(exchange));
}

Client::RequestId Client::stream(ClientRequest request, std::unique_ptr<ResponseSink> sink) {
  auto exchange = std::make_unique<ClientExchange>();
  exchange->request = std::move(request);
  exchange->sink = std::move(sink);
  return core_->add(std::move(exchange));
}

void Client::cancel(RequestId id) {
  core_->cancel(id);
}
void Client::pause(RequestId id) {
  core_->pause(id, true);
}
void Client::resume(RequestId id) {
  core_->pause(id, false);
}
std::size_t Client::requests_under_way() const {
  return core_->requests_under_way();
}
std::size_t Client::connections_open() const {
  return core_->connections_open();
}
std::uint64_t Client::connections_made() const {
  return core_->connections_made;
}

}  // namespace lambdarium::http
