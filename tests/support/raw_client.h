// A blocking TCP client for tests of servers: sends exactly the bytes it is given, in the pieces it
// is told, and reads what comes. Used from a thread of its own, while the loop runs in the test's.

#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <string_view>

namespace lambdarium::testing {

class RawClient {
 public:
  explicit RawClient(int port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = ::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    const int on = 1;
    ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
  ~RawClient() { close(); }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  bool connected() const { return connected_; }

  // False when the peer has closed.
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }
  bool send_bytewise(std::string_view bytes) {
    for (const char& byte : bytes) {
      if (!send({&byte, 1})) return false;
    }
    return true;
  }
  void end_sending() { ::shutdown(socket_, SHUT_WR); }
  // With pending input or unsent bytes this resets the connection.
  void close() {
    if (socket_ >= 0) ::close(socket_);
    socket_ = -1;
  }
  void reset() {
    const linger now{1, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    close();
  }
  void set_receive_buffer(int bytes) {
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
  }

  // Reads until the text ends with `end`, the peer closes, or nothing comes for ten seconds.
  std::string read_until(std::string_view end) {
    std::string text;
    while (!text.ends_with(end) && read_some(text)) {
    }
    return text;
  }
  std::string read_to_end() {
    std::string text;
    while (read_some(text)) {
    }
    return text;
  }
  std::string read_exactly(std::size_t size) {
    std::string text;
    while (text.size() < size && read_some(text, size - text.size())) {
    }
    return text;
  }
  // One whole response with Content-Length.
  std::string read_response() {
    std::string text;
    std::size_t head = std::string::npos;
    while ((head = text.find("\r\n\r\n")) == std::string::npos) {
      if (!read_some(text, 1)) return text;
    }
    const std::size_t mark = text.find("Content-Length: ");
    const std::size_t length = mark == std::string::npos ? 0 : std::stoul(text.substr(mark + 16));
    return text + read_exactly(length);
  }

 private:
  bool read_some(std::string& text, std::size_t most = 65'536) {
    pollfd ready{socket_, POLLIN, 0};
    if (::poll(&ready, 1, 10'000) <= 0) return false;
    const std::size_t old = text.size();
    text.resize(old + most);
    const ssize_t got = ::recv(socket_, text.data() + old, most, 0);
    text.resize(old + static_cast<std::size_t>(got > 0 ? got : 0));
    return got > 0;
  }

  int socket_;
  bool connected_ = false;
};

}  // namespace lambdarium::testing
