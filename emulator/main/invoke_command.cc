#include "emulator/main/invoke_command.h"

#include <charconv>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>
#include <optional>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "models/base/encoding.h"
#include "models/domain/limits.h"
#include "runtime-api/http/client.h"

namespace lambdarium::commands {
namespace {

struct Endpoint {
  std::string host;
  int port = 80;
};

Result<Endpoint> parse_endpoint(const std::string& url) {
  constexpr std::string_view kScheme = "http://";
  const Error wrong =
      invalid_input(fmt::format("--endpoint-url '{}' is not http://HOST[:PORT]", url));
  if (!url.starts_with(kScheme)) return wrong;
  std::string_view rest = std::string_view{url}.substr(kScheme.size());
  if (rest.ends_with('/')) rest.remove_suffix(1);
  Endpoint endpoint;
  const std::size_t colon = rest.rfind(':');
  endpoint.host = std::string{rest.substr(0, colon)};
  if (colon != std::string_view::npos) {
    const std::string_view port = rest.substr(colon + 1);
    const auto [end, error] =
        std::from_chars(port.data(), port.data() + port.size(), endpoint.port);
    if (error != std::errc{} || end != port.data() + port.size()) return wrong;
  }
  const bool valid = !endpoint.host.empty() && endpoint.port > 0 && endpoint.port < 65'536 &&
                     endpoint.host.find('/') == std::string::npos;
  if (!valid) return wrong;
  return endpoint;
}

Result<std::string> read_payload(const std::string& data) {
  if (data.empty()) return std::string{"{}"};
  if (data == "-") {
    return std::string{std::istreambuf_iterator<char>{std::cin}, std::istreambuf_iterator<char>{}};
  }
  if (data.front() != '@') return data;
  std::ifstream file{data.substr(1), std::ios::binary};
  if (!file) return invalid_input(fmt::format("-d: cannot read '{}'", data.substr(1)));
  return std::string{std::istreambuf_iterator<char>{file}, std::istreambuf_iterator<char>{}};
}

std::string percent_encode(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool plain = std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_' ||
                       c == '.' || c == '~';
    if (plain) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

int fail(const Error& error) {
  fmt::print(stderr, "lambdarium invoke: {}\n", error.to_string());
  return error.code == ErrorCode::kInvalidInput ? kWrongInput : kRunFailed;
}

int print_answer(const HttpResponse& response, const Context& context) {
  const std::string* function_error = response.headers.find("X-Amz-Function-Error");
  const std::string* version = response.headers.find("X-Amz-Executed-Version");
  std::string log;
  if (const std::string* encoded = response.headers.find("X-Amz-Log-Result")) {
    log = base64_decode(*encoded).value_or("");
  }
  if (context.json) {
    nlohmann::ordered_json document{{"status", response.status}};
    if (version != nullptr) document["executed_version"] = *version;
    if (function_error != nullptr) document["function_error"] = *function_error;
    if (!log.empty()) document["log"] = log;
    const auto payload = nlohmann::json::parse(response.body, nullptr, false);
    document["payload"] = payload.is_discarded() ? nlohmann::json(response.body) : payload;
    fmt::print("{}\n", document.dump(2, ' ', false, nlohmann::json::error_handler_t::replace));
  } else {
    if (!log.empty()) fmt::print(stderr, "{}", log);
    if (!response.body.empty()) fmt::print("{}\n", response.body);
  }
  if (response.status >= 300) {
    fmt::print(stderr, "lambdarium invoke: the endpoint answered {}\n", response.status);
    return kRunFailed;
  }
  if (function_error != nullptr) {
    fmt::print(stderr, "lambdarium invoke: the function failed ({})\n", *function_error);
    return kRunFailed;
  }
  return kDone;
}

}  // namespace

int run_invoke(const InvokeOptions& options, const Context& context) {
  const auto endpoint = parse_endpoint(options.endpoint_url);
  if (!endpoint.ok()) return fail(endpoint.error());
  auto payload = read_payload(options.data);
  if (!payload.ok()) return fail(payload.error());

  http::ClientRequest request;
  request.host = endpoint->host;
  request.port = endpoint->port;
  request.message.method = "POST";
  request.message.target =
      fmt::format("/2015-03-31/functions/{}/invocations", percent_encode(options.function));
  if (!options.qualifier.empty()) {
    request.message.target += "?Qualifier=" + percent_encode(options.qualifier);
  }
  request.message.headers.add("Content-Type", "application/json");
  request.message.headers.add("X-Amz-Invocation-Type", options.async ? "Event" : "RequestResponse");
  if (options.tail) request.message.headers.add("X-Amz-Log-Type", "Tail");
  request.message.body = *std::move(payload);
  // A function may run for its full fifteen minutes, after a start of its environment.
  request.timeout = std::chrono::seconds{kTimeoutSecondsMax + 60};

  http::EventLoop loop;
  http::Client client{loop};
  std::optional<Result<HttpResponse>> answer;
  client.request(std::move(request), [&answer, &loop](Result<HttpResponse> result) {
    answer.emplace(std::move(result));
    loop.stop();
  });
  loop.on_stop_signal([&loop](int) { loop.stop(); });
  loop.run();
  if (!answer) return kRunFailed;
  if (!answer->ok()) return fail(answer->error());
  return print_answer(**answer, context);
}

}  // namespace lambdarium::commands
