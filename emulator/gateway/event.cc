#include "emulator/gateway/event.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "emulator/gateway/event_fields.h"
#include "models/base/encoding.h"

namespace lambdarium::gateway {

namespace {

void append_key(std::string& out, std::string_view literal_key) {
  out += '"';
  out += literal_key;
  out += "\":";
}

void append_member(std::string& out, std::string_view literal_key, std::string_view value) {
  append_key(out, literal_key);
  append_json_string(out, value);
}

void append_number(std::string& out, std::int64_t value) {
  fmt::format_to(std::back_inserter(out), "{}", value);
}

// {"a":"1,2"}: the values of one name joined by commas.
void append_joined(std::string& out, const std::vector<Field>& fields) {
  out += '{';
  std::string joined;
  for (std::size_t i = 0; i < fields.size();) {
    if (i != 0) out += ',';
    append_json_string(out, fields[i].name);
    out += ':';
    const std::size_t end = end_of_name(fields, i);
    if (end == i + 1) {
      append_json_string(out, fields[i].value);
    } else {
      joined = fields[i].value;
      for (std::size_t k = i + 1; k < end; ++k) joined.append(",").append(fields[k].value);
      append_json_string(out, joined);
    }
    i = end;
  }
  out += '}';
}

// {"a":"2"}: the last value of each name.
void append_last(std::string& out, const std::vector<Field>& fields) {
  out += '{';
  for (std::size_t i = 0; i < fields.size();) {
    if (i != 0) out += ',';
    const std::size_t end = end_of_name(fields, i);
    append_json_string(out, fields[i].name);
    out += ':';
    append_json_string(out, fields[end - 1].value);
    i = end;
  }
  out += '}';
}

// {"a":["1","2"]}
void append_all(std::string& out, const std::vector<Field>& fields) {
  out += '{';
  for (std::size_t i = 0; i < fields.size();) {
    if (i != 0) out += ',';
    const std::size_t end = end_of_name(fields, i);
    append_json_string(out, fields[i].name);
    out += ":[";
    for (std::size_t k = i; k < end; ++k) {
      if (k != i) out += ',';
      append_json_string(out, fields[k].value);
    }
    out += ']';
    i = end;
  }
  out += '}';
}

void append_path_parameters(std::string& out, const RouteMatch& match) {
  out += '{';
  std::string value;
  for (std::size_t i = 0; i < match.parameters.size(); ++i) {
    if (i != 0) out += ',';
    append_json_string(out, match.parameters[i].name);
    out += ':';
    value.clear();
    append_percent_decoded(value, match.parameters[i].encoded);
    append_json_string(out, value);
  }
  out += '}';
}

// Appends "body" (or leaves it out, or null) and "isBase64Encoded".
void append_body(std::string& out, const HttpRequest& request, bool null_when_absent,
                 bool is_text) {
  if (request.body.empty()) {
    out +=
        null_when_absent ? R"("body":null,"isBase64Encoded":false)" : R"("isBase64Encoded":false)";
    return;
  }
  append_key(out, "body");
  if (is_text && is_valid_utf8(request.body)) {
    append_json_string(out, request.body);
    out += R"(,"isBase64Encoded":false)";
  } else {
    out += '"';
    append_base64(out, request.body);
    out += R"(","isBase64Encoded":true)";
  }
}

std::string_view user_agent(const HttpRequest& request) {
  const std::string* value = request.headers.find("user-agent");
  return value == nullptr ? std::string_view{} : std::string_view{*value};
}

std::string_view domain_prefix(std::string_view domain) {
  return domain.substr(0, domain.find('.'));
}

void append_protocol(std::string& out, const HttpRequest& request) {
  out += request.minor_version == 0 ? R"("protocol":"HTTP/1.0")" : R"("protocol":"HTTP/1.1")";
}

// What differs between the events of format 2.0.
struct Format2 {
  std::string_view route_key;
  std::string_view api_id;
  std::string_view stage;
  std::string_view raw_path;
  std::string_view path;  // of requestContext.http
  HeaderStyle headers = HeaderStyle::kLowerWithoutCookies;
  bool text_body = false;
  const RouteMatch* match = nullptr;  // of an HTTP API
  std::string authorizer = {};        // a member of requestContext with its comma, or nothing
};

void append_context_2_0(std::string& out, const HttpRequest& request, const Format2& format,
                        const EventContext& context) {
  out += R"("requestContext":{)";
  append_member(out, "accountId", context.account_id);
  out += ',';
  append_member(out, "apiId", format.api_id);
  out += ',';
  out += format.authorizer;
  append_member(out, "domainName", context.domain_name);
  out += ',';
  append_member(out, "domainPrefix", domain_prefix(context.domain_name));
  out += R"(,"http":{)";
  append_member(out, "method", request.method);
  out += ',';
  append_member(out, "path", format.path);
  out += ',';
  append_protocol(out, request);
  out += ',';
  append_member(out, "sourceIp", request.peer_address);
  out += ',';
  append_member(out, "userAgent", user_agent(request));
  out += "},";
  append_member(out, "requestId", context.request_id);
  out += ',';
  append_member(out, "routeKey", format.route_key);
  out += ',';
  append_member(out, "stage", format.stage);
  out += ',';
  append_member(out, "time", format_request_time(context.time_epoch_ms));
  out += R"(,"timeEpoch":)";
  append_number(out, context.time_epoch_ms);
  out += "},";
}

void append_event_2_0(std::string& out, const HttpRequest& request, const Format2& format,
                      const EventContext& context) {
  out += R"({"version":"2.0",)";
  append_member(out, "routeKey", format.route_key);
  out += ',';
  append_member(out, "rawPath", format.raw_path);
  out += ',';
  append_member(out, "rawQueryString", request.query());
  out += ',';
  if (const auto cookies = split_cookies(request); !cookies.empty()) {
    append_key(out, "cookies");
    for (std::size_t i = 0; i < cookies.size(); ++i) {
      out += i == 0 ? '[' : ',';
      append_json_string(out, cookies[i]);
    }
    out += "],";
  }
  append_key(out, "headers");
  append_joined(out, event_headers(request, context, format.headers));
  out += ',';
  if (const auto query = query_fields(request.query()); !query.empty()) {
    append_key(out, "queryStringParameters");
    append_joined(out, query);
    out += ',';
  }
  append_context_2_0(out, request, format, context);
  if (format.match != nullptr && !format.match->parameters.empty()) {
    append_key(out, "pathParameters");
    append_path_parameters(out, *format.match);
    out += ',';
  }
  append_body(out, request, false, format.text_body);
  out += '}';
}

void append_context_1_0(std::string& out, const HttpRequest& request, const RouteMatch& match,
                        const EventContext& context) {
  out += R"("requestContext":{)";
  append_member(out, "accountId", context.account_id);
  out += ',';
  append_member(out, "apiId", match.api->id);
  out += R"(,"authorizer":{"claims":null,"scopes":null},)";
  append_member(out, "domainName", context.domain_name);
  out += ',';
  append_member(out, "domainPrefix", domain_prefix(context.domain_name));
  out += ',';
  append_member(out, "extendedRequestId", context.request_id);
  out += ',';
  append_member(out, "httpMethod", request.method);
  out += R"(,"identity":{"accessKey":null,"accountId":null,"caller":null,)"
         R"("cognitoAuthenticationProvider":null,"cognitoAuthenticationType":null,)"
         R"("cognitoIdentityId":null,"cognitoIdentityPoolId":null,"principalOrgId":null,)";
  append_member(out, "sourceIp", request.peer_address);
  out += R"(,"user":null,)";
  append_member(out, "userAgent", user_agent(request));
  out += R"(,"userArn":null},)";
  append_member(out, "path", decoded_path(match.path));
  out += ',';
  append_protocol(out, request);
  out += ',';
  append_member(out, "requestId", context.request_id);
  out += ',';
  append_member(out, "requestTime", format_request_time(context.time_epoch_ms));
  out += R"(,"requestTimeEpoch":)";
  append_number(out, context.time_epoch_ms);
  out += ',';
  append_member(out, "resourceId", match.route->definition.route_key);
  out += ',';
  append_member(out, "resourcePath", match.route->key.path);
  out += ',';
  append_member(out, "stage", match.api->stage);
  out += "},";
}

void append_event_1_0(std::string& out, const HttpRequest& request, const RouteMatch& match,
                      const EventContext& context) {
  const auto headers = event_headers(request, context, HeaderStyle::kTitleCase);
  const auto query = query_fields(request.query());
  out += R"({"version":"1.0",)";
  append_member(out, "resource", match.route->key.path);
  out += ',';
  append_member(out, "path", match.path);
  out += ',';
  append_member(out, "httpMethod", request.method);
  out += R"(,"headers":)";
  append_last(out, headers);
  out += R"(,"multiValueHeaders":)";
  append_all(out, headers);
  if (query.empty()) {
    out += R"(,"queryStringParameters":null,"multiValueQueryStringParameters":null,)";
  } else {
    out += R"(,"queryStringParameters":)";
    append_last(out, query);
    out += R"(,"multiValueQueryStringParameters":)";
    append_all(out, query);
    out += ',';
  }
  append_context_1_0(out, request, match, context);
  append_key(out, "pathParameters");
  if (match.parameters.empty()) {
    out += "null";
  } else {
    append_path_parameters(out, match);
  }
  out += R"(,"stageVariables":null,)";
  append_body(out, request, true, is_text_type(request.headers.find("content-type")));
  out += '}';
}

// An event without its body is about a kilobyte; a body in base64 or escaped grows by a third.
void reserve_event(std::string& out, const HttpRequest& request) {
  out.reserve(out.size() + 2'048 + request.body.size() + request.body.size() / 2);
}

// The caller of a signed request, as far as it is known here.
void append_iam_authorizer(std::string& out, std::string_view account,
                           std::string_view access_key) {
  out += R"("authorizer":{"iam":{)";
  append_member(out, "accessKey", access_key);
  out += ',';
  append_member(out, "accountId", account);
  out += ',';
  append_member(out, "callerId", access_key);
  out += R"(,"cognitoIdentity":null,"principalOrgId":null,)";
  append_member(out, "userArn", fmt::format("arn:aws:iam::{}:user/{}", account, access_key));
  out += ',';
  append_member(out, "userId", access_key);
  out += "}},";
}

}  // namespace

std::string format_request_time(std::int64_t epoch_ms) {
  constexpr std::array<std::string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::chrono::sys_time<std::chrono::milliseconds> instant{
      std::chrono::milliseconds{epoch_ms}};
  const auto day = std::chrono::floor<std::chrono::days>(instant);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{std::chrono::floor<std::chrono::seconds>(instant - day)};
  return fmt::format("{:02}/{}/{:04}:{:02}:{:02}:{:02} +0000", static_cast<unsigned>(date.day()),
                     kMonths[static_cast<unsigned>(date.month()) - 1],
                     static_cast<int>(date.year()), clock.hours().count(), clock.minutes().count(),
                     clock.seconds().count());
}

void append_event(std::string& out, const HttpRequest& request, const RouteMatch& match,
                  const EventContext& context) {
  reserve_event(out, request);
  if (match.route->definition.payload_format_version == "1.0") {
    append_event_1_0(out, request, match, context);
    return;
  }
  const std::string path = decoded_path(match.path);
  append_event_2_0(out, request,
                   {.route_key = match.route->definition.route_key,
                    .api_id = match.api->id,
                    .stage = match.api->stage,
                    .raw_path = path,
                    .path = path,
                    .text_body = is_text_type(request.headers.find("content-type")),
                    .match = &match},
                   context);
}

void append_url_event(std::string& out, const HttpRequest& request, const UrlRequest& asked,
                      const EventContext& context) {
  reserve_event(out, request);
  constexpr std::string_view kDefault = "$default";
  const std::string path = percent_decode(asked.path);
  std::string authorizer;
  if (asked.url.iam && !asked.access_key.empty()) {
    append_iam_authorizer(authorizer, context.account_id, asked.access_key);
  }
  append_event_2_0(out, request,
                   {.route_key = kDefault,
                    .api_id = asked.url.id,
                    .stage = kDefault,
                    .raw_path = asked.path,
                    .path = path,
                    .headers = HeaderStyle::kFunctionUrl,
                    .text_body = is_url_text_type(request.headers.find("content-type")),
                    .authorizer = std::move(authorizer)},
                   context);
}

std::string make_event(const HttpRequest& request, const RouteMatch& match,
                       const EventContext& context) {
  std::string out;
  append_event(out, request, match, context);
  return out;
}

}  // namespace lambdarium::gateway
