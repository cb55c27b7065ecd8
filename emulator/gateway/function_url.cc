#include "emulator/gateway/function_url.h"

#include <algorithm>
#include <initializer_list>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "emulator/gateway/host_name.h"

namespace lambdarium::gateway {

namespace {

constexpr std::string_view kPathPrefix = "/_aws/lambda-url/";
constexpr std::string_view kHostLabel = "lambda-url";
constexpr std::string_view kMetadataType = "application/vnd.awslambda.http-integration-response";
constexpr int kSeparatorBytes = 8;

struct ErrorText {
  int status;
  std::string_view body;
  std::string_view content_type = "application/json";
  std::string_view error_type = {};
};

ErrorText text_of(UrlError error) {
  constexpr std::string_view kDenied = "AccessDeniedException";
  switch (error) {
    case UrlError::kBadRequest:
      return {400, R"({"Message":"Bad Request"})"};
    case UrlError::kUnknown:
      return {403, R"({"Message":null})", "application/json", kDenied};
    case UrlError::kForbidden:
      return {403,
              R"({"Message":"Forbidden. For troubleshooting Function URL authorization issues, )"
              R"(see: https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html"})",
              "application/json", kDenied};
    case UrlError::kTooLarge:
      return {413,
              R"({"Message":"Request must be smaller than 6291456 bytes for the InvokeFunction )"
              R"(operation"})",
              "application/json", "RequestEntityTooLargeException"};
    case UrlError::kThrottled:
      return {429, R"({"Message":"Rate Exceeded."})", "application/json",
              "TooManyRequestsException"};
    case UrlError::kFunctionError:
      break;
    case UrlError::kTimeout:
      return {504, "Gateway Timeout", "text/plain"};
    case UrlError::kUnavailable:
      return {503, R"({"Message":"Service Unavailable"})", "application/json",
              "ServiceUnavailableException"};
  }
  return {502, "Internal Server Error", "text/plain"};
}

using Names = std::optional<std::vector<std::string>>;

bool allows(const FunctionUrlCors& cors, std::string_view origin) {
  if (!cors.allow_origins) return false;
  for (const std::string_view allowed : *cors.allow_origins) {
    if (allowed == "*" || equal_ignoring_case(allowed, origin)) return true;
    // "https://*"
    if (allowed.ends_with("://*") &&
        to_lower(origin).starts_with(allowed.substr(0, allowed.size() - 1)))
      return true;
  }
  return false;
}

void add_list(HeaderList& headers, const char* name, const Names& values) {
  if (values && !values->empty()) headers.add(name, fmt::format("{}", fmt::join(*values, ",")));
}

// What a preflight and an actual answer have in common.
void add_origin(HeaderList& headers, const FunctionUrlCors& cors, std::string_view origin) {
  const bool credentials = cors.allow_credentials.value_or(false);
  const auto& allowed = *cors.allow_origins;
  const bool any = std::find(allowed.begin(), allowed.end(), "*") != allowed.end();
  headers.add("Access-Control-Allow-Origin",
              any && !credentials ? std::string{"*"} : std::string{origin});
  if (credentials) headers.add("Access-Control-Allow-Credentials", "true");
}

}  // namespace

std::optional<UrlAddress> find_function_url(const HttpRequest& request, std::string_view region) {
  const std::string_view path = request.path();
  if (path.starts_with(kPathPrefix)) {
    const std::string_view rest = path.substr(kPathPrefix.size());
    const std::size_t slash = rest.find('/');
    UrlAddress address;
    address.id = rest.substr(0, slash);
    address.path = slash == std::string_view::npos ? std::string_view{"/"} : rest.substr(slash);
    address.domain_name = function_url_host(address.id, region);
    return address;
  }
  const std::string* header = request.headers.find("host");
  if (header == nullptr) return std::nullopt;
  std::string host = to_lower(without_port(*header));
  const std::string_view id = id_of_host(host, kHostLabel);
  if (id.empty()) return std::nullopt;
  UrlAddress address{std::string{id}, path, {}};
  address.domain_name = std::move(host);
  return address;
}

std::string function_url_text(std::string_view id, std::string_view region, int port) {
  return fmt::format("http://{}.lambda-url.{}.localhost:{}/", id, region, port);
}

std::string function_url_host(std::string_view id, std::string_view region) {
  return fmt::format("{}.lambda-url.{}.on.aws", id, region);
}

HttpResponse make_url_error(UrlError error, const UrlIds& ids) {
  const ErrorText text = text_of(error);
  HttpResponse response;
  response.status = text.status;
  response.headers.add("Content-Type", std::string{text.content_type});
  if (!text.error_type.empty()) {
    response.headers.add("x-amzn-ErrorType", std::string{text.error_type});
  }
  add_url_ids(response.headers, ids);
  response.body = text.body;
  return response;
}

void add_url_ids(HeaderList& headers, const UrlIds& ids) {
  headers.set("x-amzn-RequestId", std::string{ids.request_id});
  if (!ids.trace_id.empty()) headers.set("X-Amzn-Trace-Id", std::string{ids.trace_id});
}

std::optional<HttpResponse> answer_preflight(const FunctionUrlDefinition& url,
                                             const HttpRequest& request, const UrlIds& ids) {
  if (!url.cors || request.method != "OPTIONS") return std::nullopt;
  const std::string* origin = request.headers.find("origin");
  if (origin == nullptr || !request.headers.contains("access-control-request-method")) {
    return std::nullopt;
  }
  const FunctionUrlCors& cors = *url.cors;
  HttpResponse response;
  if (allows(cors, *origin)) {
    add_origin(response.headers, cors, *origin);
    add_list(response.headers, "Access-Control-Allow-Methods", cors.allow_methods);
    add_list(response.headers, "Access-Control-Allow-Headers", cors.allow_headers);
    if (cors.max_age_s) {
      response.headers.add("Access-Control-Max-Age", fmt::format("{}", *cors.max_age_s));
    }
  }
  add_url_ids(response.headers, ids);
  return response;
}

void apply_cors(const FunctionUrlDefinition& url, std::string_view origin, HeaderList& headers) {
  if (!url.cors) return;
  for (const std::string_view name :
       {"Access-Control-Allow-Origin", "Access-Control-Allow-Credentials",
        "Access-Control-Allow-Methods", "Access-Control-Allow-Headers",
        "Access-Control-Expose-Headers", "Access-Control-Max-Age"}) {
    headers.remove(name);
  }
  if (origin.empty() || !allows(*url.cors, origin)) return;
  add_origin(headers, *url.cors, origin);
  add_list(headers, "Access-Control-Expose-Headers", url.cors->expose_headers);
}

bool has_stream_metadata(std::string_view content_type) {
  std::string_view type = content_type.substr(0, content_type.find(';'));
  while (type.ends_with(' ')) type.remove_suffix(1);
  return equal_ignoring_case(type, kMetadataType);
}

// JSON has no NUL bytes: the first one ends it.
std::string_view StreamPrelude::take(std::string_view piece) {
  if (zeros_ == 0) {
    const std::size_t end = std::min(piece.find('\0'), piece.size());
    if (json_.size() + end > kBytesMax) {
      state_ = State::kMalformed;
      return {};
    }
    json_.append(piece.substr(0, end));
    piece.remove_prefix(end);
  }
  while (!piece.empty() && zeros_ < kSeparatorBytes) {
    if (piece.front() != '\0') {
      state_ = State::kMalformed;
      return {};
    }
    piece.remove_prefix(1);
    ++zeros_;
  }
  if (zeros_ == kSeparatorBytes) state_ = State::kComplete;
  return piece;
}

HttpResponse make_url_stream_response(std::string_view stream, const UrlIds& ids) {
  StreamPrelude prelude;
  const std::string_view body = prelude.take(stream);
  HttpResponse response;
  if (prelude.state() != StreamPrelude::State::kComplete ||
      !read_stream_metadata(prelude.json(), response)) {
    return make_url_error(UrlError::kFunctionError, ids);
  }
  add_url_ids(response.headers, ids);
  if (response.status != 204 && response.status != 304) response.body = body;
  return response;
}

}  // namespace lambdarium::gateway
