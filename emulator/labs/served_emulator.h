// An emulator of one's own: `lambdarium serve` as a child process on free ports.
//
// Owns: the process; destroying it kills the emulator, and with it every environment. Thread: the
// loop's. On failure: start() gives what the emulator printed.

#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "models/base/result.h"
#include "models/domain/http_message.h"
#include "runtime-api/http/client.h"
#include "runtime-api/http/event_loop.h"
#include "runtime-api/http/process.h"

namespace lambdarium::labs {

struct ServeArguments {
  std::string program;
  std::vector<std::string> args;  // after "serve", without ports and --json
};

class ServedEmulator {
 public:
  // Runs the loop until the emulator is ready.
  static Result<std::unique_ptr<ServedEmulator>> start(http::EventLoop& loop, ServeArguments serve);
  ~ServedEmulator();
  ServedEmulator(const ServedEmulator&) = delete;
  ServedEmulator& operator=(const ServedEmulator&) = delete;

  const std::string& http_url() const { return http_url_; }
  const std::string& api_url() const { return api_url_; }

  // One request; runs the loop until its answer.
  Result<HttpResponse> call(const std::string& url, HttpRequest request);

  // Ctrl-C; runs the loop until it has ended. The error holds what it printed.
  Status stop();

 private:
  explicit ServedEmulator(http::EventLoop& loop) : loop_(loop), client_(loop) {}
  Status wait_until_ready();

  http::EventLoop& loop_;
  http::Client client_;
  std::unique_ptr<http::ChildProcess> process_;
  std::string out_;
  std::string err_;
  bool ended_ = false;
  http::ExitStatus exit_;
  std::string http_url_;
  std::string api_url_;
};

}  // namespace lambdarium::labs
