// One blocking keep-alive HTTP/1.1 connection to the Runtime API. Private to this folder.
//
// Owns: a socket. Thread: one at a time. On failure: every operation says false when the connection
// is unusable; it stays so.

#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace lambdarium::runtime {

struct Reply {
  int status = 0;
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
};

class Connection {
 public:
  // `address` is "host:port".
  explicit Connection(std::string address);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  bool is_open() const { return socket_ >= 0; }
  const std::string& address() const { return address_; }

  // Sends head and body in one go.
  bool send(std::string_view head, std::string_view body);
  // Waits for the next whole reply.
  bool receive(Reply& reply);

 private:
  struct Parser;
  void close();

  std::string address_;
  int socket_ = -1;
  std::unique_ptr<Parser> parser_;
  std::string received_;  // bytes behind the last reply
};

}  // namespace lambdarium::runtime
