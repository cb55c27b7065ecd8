// What an HTTP API answers: a function's payload read as a response, and the gateway's own errors.
//
// Every response carries Apigw-Requestid and a Content-Type. Content-Length, Date and Connection
// are the server's to add; a function cannot set them. A payload that is not a response as its
// format demands becomes 500 Internal Server Error.
//
// What a function URL answers is in function_url.h; make_url_response() and read_stream_metadata()
// are here for what they share.
//
// Thread: any. On failure: none.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "models/domain/http_message.h"

namespace lambdarium::gateway {

enum class GatewayError : std::uint8_t {
  kBadRequest,           // 400
  kUnauthorized,         // 401
  kForbidden,            // 403
  kNotFound,             // 404: no API, stage or route
  kPayloadTooLarge,      // 413: body over 10 MB
  kTooManyRequests,      // 429: a throttle of the gateway itself
  kHeadersTooLarge,      // 431: request line and headers over 10,240 bytes
  kInternalServerError,  // 500: function error, bad response, or Lambda refuses (throttle, event
                         // over 6 MB, no function)
  kServiceUnavailable,   // 503: the integration's timeout; the function keeps running
};

HttpResponse make_error(GatewayError error, std::string_view request_id);

// The checks before routing: target, header size, body size. Nothing: go on.
std::optional<GatewayError> check_request(const HttpRequest& request);

// A function's payload as the client's response. `function_error`: Lambda said
// X-Amz-Function-Error.
HttpResponse make_response(std::string_view payload_format_version, std::string payload,
                           bool function_error, std::string_view request_id);

// What the answers of a function URL carry.
struct UrlIds {
  std::string_view request_id;     // x-amzn-RequestId: the invocation's
  std::string_view trace_id = {};  // X-Amzn-Trace-Id; empty: left out
};

// The payload of a function behind a URL, BUFFERED. A payload that is not a response as the format
// demands is 502 Internal Server Error.
HttpResponse make_url_response(std::string payload, const UrlIds& ids);

// The JSON that begins a stream with HTTP metadata: {"statusCode":…,"headers":{…},"cookies":[…]}.
// False where it is malformed; a status that is not given is 200.
bool read_stream_metadata(std::string_view json, HttpResponse& head);

}  // namespace lambdarium::gateway
