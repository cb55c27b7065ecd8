// Invoke, as its wire form: a request read and checked, and every answer it can have.
//
// parse_invoke() takes the request apart without copying the payload. Whether the function exists
// is the registry's to say (FunctionRegistry::resolve), whether it may run now the fleet's.
//
// Thread: any. On failure: AwsError, ready for to_response().

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "emulator/aws/error.h"
#include "emulator/aws/function_name.h"
#include "models/domain/http_message.h"

namespace lambdarium::aws {

enum class InvocationType : std::uint8_t { kRequestResponse, kEvent, kDryRun };

struct InvokeRequest {
  FunctionName function;
  InvocationType type = InvocationType::kRequestResponse;
  bool tail = false;           // X-Amz-Log-Type: Tail of a RequestResponse
  std::string client_context;  // decoded JSON; empty when none was sent
  std::string trace_header;    // the client's X-Amzn-Trace-Id; empty when none was sent
  std::string payload;         // never empty: no body is "{}"
};

// `function_name` is RoutedRequest::resource of the same request. Takes the body out of `request`
// on success only.
OrError<InvokeRequest> parse_invoke(HttpRequest&& request, std::string_view function_name,
                                    const Endpoint& endpoint);
// The same for /2014-11-13/functions/{FunctionName}/invoke-async: always an Event, 256 KiB at most.
OrError<InvokeRequest> parse_invoke_async(HttpRequest&& request, std::string_view function_name,
                                          const Endpoint& endpoint);

// 413 with AWS's text; for requests that are refused before their body is read, too.
AwsError payload_too_large(std::int64_t bytes, InvocationType type);

// The result of a RequestResponse. The views must live until the head or the response is made.
struct InvokeResult {
  std::string_view request_id;
  std::string_view executed_version = "$LATEST";
  std::string_view trace_id = {};        // "Root=…;Parent=…;Sampled=…"; empty: left out
  std::string_view function_error = {};  // "Unhandled", or empty
  std::string_view log_text = {};  // with Tail: the invocation's log; its last 4,096 bytes go out
  bool tail = false;
};

HttpResponse make_invoke_response(const InvokeResult& result, std::string payload);
// Appends the header lines of the same response, each with its CRLF: no status line, no
// Content-Length, no Date, no empty line.
void append_invoke_headers(std::string& out, const InvokeResult& result);
// Appends the whole head "HTTP/1.1 200 OK … \r\n\r\n" for a payload of that size. `date` as RFC
// 9110 writes it; empty: left out.
void append_invoke_head(std::string& out, const InvokeResult& result, std::size_t payload_size,
                        std::string_view date, bool keep_alive);

HttpResponse make_event_response(std::string_view request_id, std::string_view trace_id);    // 202
HttpResponse make_dry_run_response(std::string_view request_id, std::string_view trace_id);  // 204
HttpResponse make_invoke_async_response(std::string_view request_id);  // 202 {"Status":202}

// Base64 of the last 4,096 bytes.
std::string make_log_result(std::string_view log_text);

}  // namespace lambdarium::aws
