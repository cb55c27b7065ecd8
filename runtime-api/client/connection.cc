#include "runtime-api/client/connection.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cctype>
#include <cerrno>
#include <utility>

#include <llhttp.h>

namespace lambdarium::runtime {
namespace {

constexpr std::size_t kReadBytes = 64 << 10;

int connect_to(const std::string& address) {
  const std::size_t colon = address.rfind(':');
  if (colon == std::string::npos) return -1;
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(address.substr(0, colon).c_str(), address.substr(colon + 1).c_str(), &hints,
                  &found) != 0) {
    return -1;
  }
  int fd = -1;
  for (const addrinfo* at = found; at != nullptr && fd < 0; at = at->ai_next) {
    fd = socket(at->ai_family, at->ai_socktype | SOCK_CLOEXEC, at->ai_protocol);
    if (fd >= 0 && connect(fd, at->ai_addr, at->ai_addrlen) != 0) {
      ::close(fd);
      fd = -1;
    }
  }
  freeaddrinfo(found);
  const int on = 1;
  if (fd >= 0) setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return fd;
}

}  // namespace

// llhttp with the reply that it fills.
struct Connection::Parser {
  llhttp_t state;
  llhttp_settings_t settings;
  Reply* reply = nullptr;
  std::string name;
  std::string value;
  bool complete = false;

  Parser() {
    llhttp_settings_init(&settings);
    settings.on_header_field = [](llhttp_t* at, const char* text, std::size_t size) noexcept {
      self(at).name.append(text, size);
      return 0;
    };
    settings.on_header_value = [](llhttp_t* at, const char* text, std::size_t size) noexcept {
      self(at).value.append(text, size);
      return 0;
    };
    settings.on_header_value_complete = [](llhttp_t* at) noexcept {
      self(at).keep_header();
      return 0;
    };
    settings.on_body = [](llhttp_t* at, const char* text, std::size_t size) noexcept {
      self(at).reply->body.append(text, size);
      return 0;
    };
    settings.on_message_complete = [](llhttp_t* at) noexcept {
      self(at).complete = true;
      return static_cast<int>(HPE_PAUSED);
    };
    llhttp_init(&state, HTTP_RESPONSE, &settings);
    state.data = this;
  }

  static Parser& self(llhttp_t* at) { return *static_cast<Parser*>(at->data); }

  void keep_header() {
    for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    reply->headers[std::exchange(name, {})] = std::exchange(value, {});
  }

  // How many bytes were used; false when they are not HTTP.
  bool feed(std::string_view bytes, std::size_t& used) {
    const llhttp_errno_t error = llhttp_execute(&state, bytes.data(), bytes.size());
    used = bytes.size();
    if (error == HPE_OK) return true;
    if (error != HPE_PAUSED) return false;
    used = static_cast<std::size_t>(llhttp_get_error_pos(&state) - bytes.data());
    llhttp_resume(&state);
    return true;
  }
};

Connection::Connection(std::string address)
    : address_(std::move(address)),
      socket_(connect_to(address_)),
      parser_(std::make_unique<Parser>()) {}

Connection::~Connection() {
  close();
}

void Connection::close() {
  if (socket_ >= 0) ::close(socket_);
  socket_ = -1;
}

bool Connection::send(std::string_view head, std::string_view body) {
  while (socket_ >= 0 && (!head.empty() || !body.empty())) {
    iovec parts[2] = {{const_cast<char*>(head.data()), head.size()},
                      {const_cast<char*>(body.data()), body.size()}};
    msghdr message{};
    message.msg_iov = parts;
    message.msg_iovlen = 2;
    const ssize_t sent = sendmsg(socket_, &message, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) {
      close();
      break;
    }
    const auto size = static_cast<std::size_t>(sent);
    const std::size_t of_head = size < head.size() ? size : head.size();
    head.remove_prefix(of_head);
    body.remove_prefix(size - of_head);
  }
  return socket_ >= 0;
}

bool Connection::receive(Reply& reply) {
  reply = Reply{};
  parser_->reply = &reply;
  parser_->complete = false;
  while (socket_ >= 0 && !parser_->complete) {
    if (received_.empty()) {
      received_.resize(kReadBytes);
      ssize_t size = 0;
      do {
        size = recv(socket_, received_.data(), received_.size(), 0);
      } while (size < 0 && errno == EINTR);
      received_.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
      if (size <= 0) close();
      if (size <= 0) return false;
    }
    std::size_t used = 0;
    if (!parser_->feed(received_, used)) {
      close();
      return false;
    }
    received_.erase(0, used);
  }
  reply.status = parser_->state.status_code;
  return parser_->complete;
}

}  // namespace lambdarium::runtime
