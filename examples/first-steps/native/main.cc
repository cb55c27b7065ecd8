// First steps: a function in C++ that counts primes. Works for HTTP API events (payload format 2.0)
// and for direct invocations.
//
// Parameters, in the JSON of a direct invocation, in the body of a request or in its query string:
//   n         count the primes up to this number, at most 10,000,000
//   sleep_ms  how long to wait besides
//   fail      true: answer with a function error
// Without `n` the answer holds what was sent.

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include <nlohmann/json.hpp>

#include "runtime-api/client/runtime_client.h"

namespace {

using lambdarium::runtime::Answer;
using lambdarium::runtime::Event;
using nlohmann::json;

constexpr std::int64_t kNumberMax = 10'000'000;
constexpr std::int64_t kSleepMsMax = 900'000;

std::int64_t count_primes(std::int64_t limit) {
  if (limit < 2) return 0;
  std::vector<bool> composite(static_cast<std::size_t>(limit) + 1);
  std::int64_t count = 0;
  for (std::int64_t i = 2; i <= limit; ++i) {
    if (composite[static_cast<std::size_t>(i)]) continue;
    ++count;
    for (std::int64_t k = i * i; k <= limit; k += i) composite[static_cast<std::size_t>(k)] = true;
  }
  return count;
}

bool is_http(const json& event) {
  return event.is_object() && event.contains("requestContext");
}

json parameters_of(const json& event) {
  if (!is_http(event)) return event.is_object() ? event : json::object();
  json parameters = json::object();
  for (const char* source : {"pathParameters", "queryStringParameters"}) {
    const auto found = event.find(source);
    if (found != event.end() && found->is_object()) parameters.update(*found);
  }
  const auto body = event.find("body");
  if (body != event.end() && body->is_string() && !event.value("isBase64Encoded", false)) {
    const json sent = json::parse(body->get<std::string>(), nullptr, false);
    if (sent.is_object()) parameters.update(sent);
  }
  return parameters;
}

// Numbers come as such from JSON and as text from a query string; anything else counts as absent.
std::int64_t number_of(const json& parameters, const char* name, std::int64_t fallback) {
  const auto value = parameters.find(name);
  if (value == parameters.end()) return fallback;
  const json number =
      value->is_string() ? json::parse(value->get<std::string>(), nullptr, false) : *value;
  if (!number.is_number()) return fallback;
  return static_cast<std::int64_t>(std::clamp(number.get<double>(), -1e15, 1e15));
}

bool flag_of(const json& parameters, const char* name) {
  const auto value = parameters.find(name);
  return value != parameters.end() && (*value == true || *value == "true" || *value == "1");
}

Answer handle(const Event& event) {
  const json input = json::parse(event.payload, nullptr, false);
  const json parameters = parameters_of(input);
  const std::int64_t sleep_ms = number_of(parameters, "sleep_ms", 0);
  if (sleep_ms > 0) {
    std::this_thread::sleep_for(std::chrono::milliseconds{std::min(sleep_ms, kSleepMsMax)});
  }
  if (flag_of(parameters, "fail")) {
    return Answer::failure("failed as requested", "Function.FailedAsRequested");
  }
  json answer{
      {"message", "Hello from C++!"}, {"runtime", "native"}, {"request_id", event.request_id}};
  const std::int64_t limit = number_of(parameters, "n", -1);
  if (limit > kNumberMax) {
    return Answer::failure(
        "n is " + std::to_string(limit) + ", at most " + std::to_string(kNumberMax) + " is allowed",
        "Function.NumberTooLarge");
  }
  if (limit >= 0) {
    answer["n"] = limit;
    answer["primes"] = count_primes(limit);
  } else {
    answer["echo"] = input.is_discarded() ? json(event.payload)
                     : is_http(input)     ? parameters
                                          : input;
  }
  // Text that is not UTF-8 is no reason to fail.
  const auto dump = [](const json& value) {
    return value.dump(-1, ' ', false, json::error_handler_t::replace);
  };
  if (!is_http(input)) return Answer::success(dump(answer));
  return Answer::success(dump(json{{"statusCode", 200},
                                   {"headers", {{"content-type", "application/json"}}},
                                   {"body", dump(answer)}}));
}

}  // namespace

int main() {
  return lambdarium::runtime::run(handle);
}
