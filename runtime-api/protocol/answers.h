// The answers of the Runtime API that several of its requests share. Private to this folder.

#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "models/domain/http_message.h"
#include "runtime-api/protocol/runtime_protocol.h"

namespace lambdarium::runtime_api {

inline constexpr std::string_view kErrorTypeHeader = "Lambda-Runtime-Function-Error-Type";
inline constexpr std::string_view kErrorBodyTrailer = "Lambda-Runtime-Function-Error-Body";
inline constexpr std::string_view kResponseModeHeader = "Lambda-Runtime-Function-Response-Mode";
inline constexpr std::string_view kStreamingMode = "streaming";
inline constexpr std::string_view kNotAllowed = "State transition is not allowed";

using SharedText = std::shared_ptr<const std::string>;
SharedText shared(std::string text);

void answer_text(ExchangeId exchange, int status, const SharedText& body,
                 std::vector<Effect>& effects);
void answer_json(ExchangeId exchange, int status, SharedText body, std::vector<Effect>& effects);
// Every post that is taken gets this one.
void accept(ExchangeId exchange, std::vector<Effect>& effects);
void refuse(ExchangeId exchange, int status, std::string_view type, std::string_view message,
            std::vector<Effect>& effects);
void refuse_transition(ExchangeId exchange, RuntimeProtocol::State from, std::string_view target,
                       std::string_view why, std::vector<Effect>& effects);
void refuse_truncated(ExchangeId exchange, std::vector<Effect>& effects);
void refuse_too_large(ExchangeId exchange, std::int64_t bytes_max, std::vector<Effect>& effects);

// The value of the first such field; empty when there is none.
std::string_view header(const HeaderList& headers, std::string_view name);

// What the trailers of a streamed response say: false, unless they make it an error.
bool read_error_trailers(const HeaderList& trailers, InvocationResult& result);

}  // namespace lambdarium::runtime_api
