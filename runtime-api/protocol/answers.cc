#include "runtime-api/protocol/answers.h"

#include <utility>

#include <fmt/format.h>

#include "runtime-api/protocol/error_payload.h"
#include "runtime-api/protocol/json_text.h"

namespace lambdarium::runtime_api {

SharedText shared(std::string text) {
  return std::make_shared<const std::string>(std::move(text));
}

void answer_text(ExchangeId exchange, int status, const SharedText& body,
                 std::vector<Effect>& effects) {
  effects.emplace_back(
      Answer{exchange, status, "Content-Type: text/plain; charset=utf-8\r\n", body});
}

void answer_json(ExchangeId exchange, int status, SharedText body, std::vector<Effect>& effects) {
  effects.emplace_back(
      Answer{exchange, status, "Content-Type: application/json\r\n", std::move(body)});
}

void accept(ExchangeId exchange, std::vector<Effect>& effects) {
  static const SharedText body = shared("{\"status\":\"OK\"}\n");
  answer_json(exchange, 202, body, effects);
}

void refuse(ExchangeId exchange, int status, std::string_view type, std::string_view message,
            std::vector<Effect>& effects) {
  answer_json(
      exchange, status,
      shared(fmt::format("{{\"errorMessage\":\"{}\",\"errorType\":\"{}\"}}\n", message, type)),
      effects);
}

void refuse_transition(ExchangeId exchange, RuntimeProtocol::State from, std::string_view target,
                       std::string_view why, std::vector<Effect>& effects) {
  refuse(exchange, 403, "InvalidStateTransition",
         fmt::format("State transition from {} to {} failed for runtime. Error: {}",
                     to_string(from), target, why),
         effects);
}

void refuse_truncated(ExchangeId exchange, std::vector<Effect>& effects) {
  refuse(exchange, 400, "TruncatedHTTPRequest", "HTTP request detected as truncated", effects);
}

void refuse_too_large(ExchangeId exchange, std::int64_t bytes_max, std::vector<Effect>& effects) {
  refuse(exchange, 413, "RequestEntityTooLarge",
         fmt::format("Exceeded maximum allowed payload size ({} bytes).", bytes_max), effects);
}

std::string_view header(const HeaderList& headers, std::string_view name) {
  const std::string* value = headers.find(name);
  return value == nullptr ? std::string_view{} : std::string_view{*value};
}

// The handler failed after it had begun to answer. What it had sent so far is lost to a caller who
// waits for the whole.
bool read_error_trailers(const HeaderList& trailers, InvocationResult& result) {
  const std::string* error_type = trailers.find(kErrorTypeHeader);
  const std::string* error_body = trailers.find(kErrorBodyTrailer);
  if (error_type == nullptr && error_body == nullptr) return false;
  const std::string_view type = error_type == nullptr ? std::string_view{} : *error_type;
  result.function_error = true;
  result.error_type = scrub_error_type(type);
  result.content_type = "application/json";
  if (error_body == nullptr || !decode_base64(*error_body, result.payload) ||
      result.payload.empty()) {
    result.payload = unknown_error_payload(type);
  }
  return true;
}

}  // namespace lambdarium::runtime_api
