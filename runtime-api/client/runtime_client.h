// A runtime client for handlers written in C++: fetches events from the Runtime API, calls the
// handler, posts what it returns.
//
//   int main() {
//     return lambdarium::runtime::run([](const lambdarium::runtime::Event& event) {
//       return lambdarium::runtime::Answer::success("{\"got\":" +
//       std::to_string(event.payload.size()) + "}");
//     });
//   }
//
// Thread: everything runs in the calling thread, over one blocking connection that is kept.
// On failure: an exception that the handler lets out becomes a function error. When the platform is
// gone, run() returns 1.

#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

namespace lambdarium::runtime {

struct Event {
  std::string payload;  // as the invoker sent it
  std::string request_id;
  std::string function_arn;
  std::string trace_id;          // X-Ray header; may be empty
  std::string client_context;    // JSON; empty when none was sent
  std::string cognito_identity;  // JSON; empty when unknown
  std::string tenant_id;         // empty when none was sent
  std::string content_type;      // of the payload
  std::chrono::system_clock::time_point deadline;

  // Zero when the deadline has passed.
  std::chrono::milliseconds remaining() const;
};

struct Answer {
  bool ok = true;
  std::string payload;  // of a success; of a failure, its whole error object
  std::string content_type = "application/json";
  std::string error_type;  // of a failure

  static Answer success(std::string payload, std::string content_type = "application/json");
  // {"errorMessage":"…","errorType":"…","stackTrace":[]}
  static Answer failure(const std::string& error_message, const std::string& error_type);
};

using HandlerFunction = std::function<Answer(const Event&)>;

// Serves until the platform closes the connection or refuses; gives the exit code for main().
int run(const HandlerFunction& handler);

// For handlers that cannot start: tells the platform why. Gives the exit code for main().
int fail_init(const std::string& error_message, const std::string& error_type);

// The text as a JSON string with its quotes. Bytes over 0x7f are taken as UTF-8 and left as they
// are.
std::string json_quote(const std::string& text);

}  // namespace lambdarium::runtime
