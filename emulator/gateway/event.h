// The event that an HTTP API hands to a function (payload format 2.0 or 1.0, as the route says),
// and that of a function URL.
//
// Written straight into one string, without a document in between. Whatever bytes a client sends,
// the result is well-formed JSON: ill-formed UTF-8 becomes U+FFFD in names and values, and a body
// that is not UTF-8 text goes as base64.
//
// Thread: any. On failure: none.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "emulator/gateway/router.h"
#include "models/domain/function_url.h"
#include "models/domain/http_message.h"

namespace lambdarium::gateway {

// What the request itself does not say. The views must live until the event is written.
struct EventContext {
  std::string_view account_id = "000000000000";
  std::string_view domain_name = {};  // Address::domain_name
  std::string_view request_id = {};   // make_extended_request_id(); also goes into Apigw-Requestid
  std::string_view trace_id = {};     // "Root=…", for requests that bring no X-Amzn-Trace-Id
  std::string_view forwarded_port = "443";
  std::string_view forwarded_proto = "https";
  std::int64_t time_epoch_ms = 0;
};

// Appends the event. Requires: the match is of this request.
void append_event(std::string& out, const HttpRequest& request, const RouteMatch& match,
                  const EventContext& context);
std::string make_event(const HttpRequest& request, const RouteMatch& match,
                       const EventContext& context);

// The event of a function URL, which is always of format 2.0. `path` is still encoded: the
// request's, or what of it follows the URL's id. context.account_id is that of the caller.
struct UrlRequest {
  const FunctionUrlDefinition& url;
  std::string_view path;
  std::string_view access_key = {};  // AWS_IAM: of a signed request
};
void append_url_event(std::string& out, const HttpRequest& request, const UrlRequest& asked,
                      const EventContext& context);

// Whether a body of that Content-Type (null: none) reaches the function as text, if its bytes are
// UTF-8.
bool is_text_type(const std::string* content_type);
// A function URL takes more for text: forms, and every kind of JSON and XML.
bool is_url_text_type(const std::string* content_type);

// "12/Mar/2020:19:03:58 +0000"
std::string format_request_time(std::int64_t epoch_ms);

}  // namespace lambdarium::gateway
