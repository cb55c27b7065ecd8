#include "runtime-api/client/runtime_client.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>

#include <fmt/format.h>

#include "runtime-api/client/connection.h"

namespace lambdarium::runtime {
namespace {

constexpr int kGone = 1;
constexpr int kAccepted = 202;

std::string api_address() {
  const char* address = std::getenv("AWS_LAMBDA_RUNTIME_API");
  return address == nullptr ? std::string{} : address;
}

std::string post_head(const Connection& connection, std::string_view path, const Answer& answer) {
  std::string head = fmt::format(
      "POST /2018-06-01/runtime/{} HTTP/1.1\r\nHost: {}\r\nContent-Type: {}\r\n"
      "Content-Length: {}\r\n",
      path, connection.address(), answer.content_type, answer.payload.size());
  if (!answer.error_type.empty()) {
    head += fmt::format("Lambda-Runtime-Function-Error-Type: {}\r\n", answer.error_type);
  }
  return head + "\r\n";
}

std::string next_request(const Connection& connection) {
  return fmt::format("GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: {}\r\n\r\n",
                     connection.address());
}

std::string header(Reply& reply, const char* name) {
  const auto found = reply.headers.find(name);
  return found == reply.headers.end() ? std::string{} : std::move(found->second);
}

Event to_event(Reply& reply) {
  Event event;
  event.payload = std::move(reply.body);
  event.request_id = header(reply, "lambda-runtime-aws-request-id");
  event.function_arn = header(reply, "lambda-runtime-invoked-function-arn");
  event.trace_id = header(reply, "lambda-runtime-trace-id");
  event.client_context = header(reply, "lambda-runtime-client-context");
  event.cognito_identity = header(reply, "lambda-runtime-cognito-identity");
  event.tenant_id = header(reply, "lambda-runtime-aws-tenant-id");
  event.content_type = header(reply, "content-type");
  const std::string deadline = header(reply, "lambda-runtime-deadline-ms");
  event.deadline = std::chrono::system_clock::time_point{
      std::chrono::milliseconds{std::strtoll(deadline.c_str(), nullptr, 10)}};
  return event;
}

Answer call(const HandlerFunction& handler, const Event& event) {
  try {
    return handler(event);
  } catch (const std::exception& error) {
    return Answer::failure(error.what(), "Runtime.UnhandledException");
  } catch (...) {
    return Answer::failure("an exception that is no std::exception", "Runtime.UnhandledException");
  }
}

int report(const char* what) {
  std::fprintf(stderr, "runtime: %s\n", what);
  return kGone;
}

// The answer and the request for the next event leave together; the replies come in the same order.
bool post(Connection& connection, const Event& event, const Answer& answer) {
  const std::string path =
      fmt::format("invocation/{}/{}", event.request_id, answer.ok ? "response" : "error");
  std::string body = answer.payload + next_request(connection);
  if (!connection.send(post_head(connection, path, answer), body)) return false;
  Reply reply;
  if (!connection.receive(reply)) return false;
  if (reply.status != kAccepted) {
    std::fprintf(stderr, "runtime: the answer was refused with %d: %s\n", reply.status,
                 reply.body.c_str());
  }
  return true;
}

}  // namespace

std::chrono::milliseconds Event::remaining() const {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
      deadline - std::chrono::system_clock::now());
  return std::max(left, std::chrono::milliseconds{0});
}

Answer Answer::success(std::string payload, std::string content_type) {
  return {true, std::move(payload), std::move(content_type), {}};
}

Answer Answer::failure(const std::string& error_message, const std::string& error_type) {
  return {false,
          fmt::format("{{\"errorMessage\":{},\"errorType\":{},\"stackTrace\":[]}}",
                      json_quote(error_message), json_quote(error_type)),
          "application/json", error_type};
}

int run(const HandlerFunction& handler) {
  Connection connection{api_address()};
  if (!connection.is_open()) return report("cannot connect to AWS_LAMBDA_RUNTIME_API");
  if (!connection.send(next_request(connection), {})) return report("the platform is gone");
  for (;;) {
    Reply reply;
    // The platform closing the connection is how an environment ends.
    if (!connection.receive(reply)) return kGone;
    constexpr int kOk = 200;
    if (reply.status != kOk || reply.headers.count("lambda-runtime-aws-request-id") == 0) {
      return report("the platform refused to give an event");
    }
    const Event event = to_event(reply);
    if (!event.trace_id.empty()) setenv("_X_AMZN_TRACE_ID", event.trace_id.c_str(), 1);
    const Answer answer = call(handler, event);
    std::fflush(nullptr);
    if (!post(connection, event, answer)) return report("the platform is gone");
  }
}

int fail_init(const std::string& error_message, const std::string& error_type) {
  Connection connection{api_address()};
  const Answer answer = Answer::failure(error_message, error_type);
  Reply reply;
  if (!connection.is_open() ||
      !connection.send(post_head(connection, "init/error", answer), answer.payload) ||
      !connection.receive(reply)) {
    return report("cannot reach AWS_LAMBDA_RUNTIME_API");
  }
  return kGone;
}

std::string json_quote(const std::string& text) {
  std::string quoted = "\"";
  for (const char c : text) {
    switch (c) {
      case '"':
        quoted += "\\\"";
        break;
      case '\\':
        quoted += "\\\\";
        break;
      case '\n':
        quoted += "\\n";
        break;
      case '\r':
        quoted += "\\r";
        break;
      case '\t':
        quoted += "\\t";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          quoted += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
        } else {
          quoted += c;
        }
    }
  }
  return quoted + '"';
}

}  // namespace lambdarium::runtime
