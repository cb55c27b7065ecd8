// The least that any Runtime API emulator must do, as a yardstick for ours: a client's request
// waits for a runtime that asks for `next`, goes to it as it came, and the runtime's `response`
// goes back.
//
//   relay [PORT]        prints `relay: listening on 127.0.0.1:PORT`; port 0, the default, is any
//
// No limits, logs, timeouts, states or JSON, one thread on epoll, and only as much HTTP as a load
// generator and a runtime speak: Content-Length bodies, keep-alive, pipelining by the runtime.
// Not for anything but measuring: a peer that breaks the protocol is cut off, no more.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <strings.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace {

constexpr std::size_t kReadBytes = 64 << 10;
constexpr std::size_t kEventsMax = 256;
constexpr std::string_view kInvocation = "/2018-06-01/runtime/invocation/";

struct Connection {
  int fd = -1;
  bool open = true;
  std::string in;
  std::string out;  // what the socket did not take yet
};
using Peer = std::shared_ptr<Connection>;

struct Waiting {
  Peer client;
  std::string payload;
};

struct Request {
  std::string_view head;
  std::string_view body;
};

// The bytes of the first whole request in `text`; 0 while there is none.
std::size_t parse(std::string_view text, Request& request) {
  const std::size_t end = text.find("\r\n\r\n");
  if (end == std::string_view::npos) return 0;
  request.head = text.substr(0, end);
  std::size_t body_size = 0;
  constexpr std::string_view kLength = "content-length:";
  for (std::size_t at = request.head.find("\r\n"); at != std::string_view::npos;
       at = request.head.find("\r\n", at)) {
    at += 2;
    const std::string_view line = request.head.substr(at);
    if (line.size() > kLength.size() &&
        strncasecmp(line.data(), kLength.data(), kLength.size()) == 0) {
      body_size = std::strtoull(line.data() + kLength.size(), nullptr, 10);
    }
  }
  const std::size_t head_size = end + 4;
  if (text.size() - head_size < body_size) return 0;
  request.body = text.substr(head_size, body_size);
  return head_size + body_size;
}

class Relay {
 public:
  explicit Relay(int listener) : epoll_(epoll_create1(EPOLL_CLOEXEC)), listener_(listener) {
    watch(EPOLL_CTL_ADD, listener_, EPOLLIN);
  }

  void run() {
    std::array<epoll_event, kEventsMax> events{};
    for (;;) {
      const int count = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), -1);
      if (count < 0 && errno != EINTR) return;
      for (int i = 0; i < count; ++i) {
        handle(events[static_cast<std::size_t>(i)]);
        sending_.swap(unsent_);
        for (const Peer& peer : sending_) flush(peer);
        sending_.clear();
      }
    }
  }

 private:
  void watch(int operation, int fd, std::uint32_t interest) const {
    epoll_event event{};
    event.events = interest;
    event.data.fd = fd;
    epoll_ctl(epoll_, operation, fd, &event);
  }

  void handle(const epoll_event& event) {
    if (event.data.fd == listener_) return accept_one();
    const auto found = peers_.find(event.data.fd);
    if (found == peers_.end()) return;
    const Peer peer = found->second;
    if ((event.events & EPOLLOUT) != 0) {
      unsent_.push_back(peer);
      watch(EPOLL_CTL_MOD, peer->fd, EPOLLIN);
    }
    if ((event.events & ~static_cast<std::uint32_t>(EPOLLOUT)) != 0) receive(peer);
  }

  void accept_one() {
    const int fd = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return;
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    auto peer = std::make_shared<Connection>();
    peer->fd = fd;
    peers_.emplace(fd, std::move(peer));
    watch(EPOLL_CTL_ADD, fd, EPOLLIN);
  }

  void close(const Peer& peer) {
    if (!std::exchange(peer->open, false)) return;
    peers_.erase(peer->fd);
    ::close(peer->fd);
  }

  void receive(const Peer& peer) {
    const ssize_t size = recv(peer->fd, buffer_.data(), buffer_.size(), 0);
    if (size < 0 && errno == EAGAIN) return;
    if (size <= 0) return close(peer);
    peer->in.append(buffer_.data(), static_cast<std::size_t>(size));
    std::size_t used = 0;
    Request request;
    while (const std::size_t taken = parse(std::string_view{peer->in}.substr(used), request)) {
      used += taken;
      dispatch(peer, request);
    }
    peer->in.erase(0, used);
  }

  void dispatch(const Peer& peer, const Request& request) {
    const std::size_t path = request.head.find(' ') + 1;
    if (request.head.compare(path, kInvocation.size(), kInvocation) != 0) {
      waiting_.push_back({peer, std::string{request.body}});
    } else if (request.head.substr(0, path) == "GET ") {
      runtimes_.push_back(peer);
    } else {
      const auto answered = in_flight_.find(std::strtoull(
          request.head.data() + path + kInvocation.size() + kIdPrefix.size(), nullptr, 10));
      if (answered != in_flight_.end()) {
        reply(answered->second, "200 OK", {}, request.body);
        in_flight_.erase(answered);
      }
      reply(peer, "202 Accepted", {}, R"({"status":"OK"})");
    }
    pair_up();
  }

  void pair_up() {
    while (!waiting_.empty() && !runtimes_.empty()) {
      const Peer runtime = std::move(runtimes_.back());
      runtimes_.pop_back();
      if (!runtime->open) continue;
      const Waiting next = std::move(waiting_.front());
      waiting_.pop_front();
      const std::uint64_t id = ++last_id_;
      std::array<char, 256> headers{};
      std::snprintf(
          headers.data(), headers.size(),
          "Lambda-Runtime-Aws-Request-Id: %.*s%012llu\r\n"
          "Lambda-Runtime-Deadline-Ms: 9999999999999\r\n"
          "Lambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:us-east-1:000000000000:function:f"
          "\r\n",
          static_cast<int>(kIdPrefix.size()), kIdPrefix.data(),
          static_cast<unsigned long long>(id));
      in_flight_.emplace(id, next.client);
      reply(runtime, "200 OK", headers.data(), next.payload);
    }
  }

  void reply(const Peer& peer, const char* status, std::string_view headers,
             std::string_view body) {
    std::array<char, 128> head{};
    const int size =
        std::snprintf(head.data(), head.size(),
                      "HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n",
                      status, body.size());
    if (peer->out.empty()) unsent_.push_back(peer);
    peer->out.append(head.data(), static_cast<std::size_t>(size));
    peer->out.append(headers).append("\r\n").append(body);
  }

  void flush(const Peer& peer) {
    if (!peer->open || peer->out.empty()) return;
    const ssize_t sent = send(peer->fd, peer->out.data(), peer->out.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN) return close(peer);
    peer->out.erase(0, static_cast<std::size_t>(std::max<ssize_t>(sent, 0)));
    if (!peer->out.empty()) watch(EPOLL_CTL_MOD, peer->fd, EPOLLIN | EPOLLOUT);
  }

  static constexpr std::string_view kIdPrefix = "00000000-0000-4000-8000-";

  int epoll_;
  int listener_;
  std::array<char, kReadBytes> buffer_{};
  std::unordered_map<int, Peer> peers_;
  std::deque<Waiting> waiting_;
  std::vector<Peer> runtimes_;  // those in `next`; the one that asked last works first
  std::unordered_map<std::uint64_t, Peer> in_flight_;
  std::uint64_t last_id_ = 0;
  std::vector<Peer> unsent_;
  std::vector<Peer> sending_;
};

int listen_on(std::uint16_t port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (bind(fd, generic, size) != 0 || listen(fd, SOMAXCONN) != 0 ||
      getsockname(fd, generic, &size) != 0) {
    std::perror("relay: listen");
    return -1;
  }
  std::printf("relay: listening on 127.0.0.1:%d\n", ntohs(address.sin_port));
  std::fflush(stdout);
  return fd;
}

}  // namespace

int main(int argc, char** argv) {
  const unsigned long port = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 0;
  if (argc > 2 || port > 65535) {
    std::fputs("usage: relay [PORT]\n", stderr);
    return 2;
  }
  const int listener = listen_on(static_cast<std::uint16_t>(port));
  if (listener < 0) return 1;
  Relay{listener}.run();
  return 1;
}
