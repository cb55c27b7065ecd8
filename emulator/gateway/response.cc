#include "emulator/gateway/response.h"

#include <array>
#include <charconv>
#include <utility>

#include <nlohmann/json.hpp>

#include "emulator/gateway/function_url.h"
#include "models/base/encoding.h"
#include "models/domain/limits.h"

namespace lambdarium::gateway {

namespace {

using Json = nlohmann::json;

// A response nested deeper than this is refused: writing it out again recurses.
constexpr std::size_t kNestingMax = 1'000;

constexpr std::string_view kTextPlain = "text/plain; charset=utf-8";
constexpr std::string_view kJsonType = "application/json";
constexpr std::string_view kOctets = "application/octet-stream";
constexpr std::string_view kRequestIdHeader = "Apigw-Requestid";

struct ErrorText {
  int status;
  std::string_view body;
};

ErrorText text_of(GatewayError error) {
  switch (error) {
    case GatewayError::kBadRequest:
      return {400, R"({"message":"Bad Request"})"};
    case GatewayError::kUnauthorized:
      return {401, R"({"message":"Unauthorized"})"};
    case GatewayError::kForbidden:
      return {403, R"({"message":"Forbidden"})"};
    case GatewayError::kNotFound:
      return {404, R"({"message":"Not Found"})"};
    case GatewayError::kPayloadTooLarge:
      return {413, R"({"message":"Request Entity Too Large"})"};
    case GatewayError::kTooManyRequests:
      return {429, R"({"message":"Too Many Requests"})"};
    case GatewayError::kHeadersTooLarge:
      return {431, R"({"message":"Request Header Fields Too Large"})"};
    case GatewayError::kInternalServerError:
      return {500, R"({"message":"Internal Server Error"})"};
    case GatewayError::kServiceUnavailable:
      return {503, R"({"message":"Service Unavailable"})"};
  }
  return {500, R"({"message":"Internal Server Error"})"};
}

// Fields of the connection, and those that the server and the gateway write: a function's are
// dropped.
bool is_reserved(std::string_view name) {
  constexpr std::array<std::string_view, 10> kReserved{
      "connection", "content-length", "date",    "keep-alive",        "proxy-connection",
      "te",         "trailer",        "upgrade", "transfer-encoding", kRequestIdHeader};
  for (const std::string_view reserved : kReserved) {
    if (equal_ignoring_case(reserved, name)) return true;
  }
  return false;
}

bool is_header_name(std::string_view name) {
  constexpr std::string_view kPunctuation = "!#$%&'*+-.^_`|~";
  for (const char c : name) {
    const bool letter_or_digit =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!letter_or_digit && kPunctuation.find(c) == std::string_view::npos) return false;
  }
  return !name.empty();
}

// A line break would let a value end the head of the response.
bool is_header_value(std::string_view value) {
  for (const char c : value) {
    const auto code = static_cast<unsigned char>(c);
    if ((code < 0x20 && c != '\t') || code == 0x7F) return false;
  }
  return true;
}

std::string title_case(std::string_view name) {
  std::string out{name};
  bool start = true;
  for (char& c : out) {
    if (start && c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    start = c == '-';
  }
  return out;
}

std::string dump(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// A string as it is, another scalar as JSON writes it; nothing for null, objects and arrays.
std::optional<std::string> scalar_text(const Json& value) {
  if (value.is_string()) return value.get_ref<const std::string&>();
  if (value.is_boolean() || value.is_number()) return dump(value);
  return std::nullopt;
}

// 200 to 599 from an integer or its decimal text; nothing for everything else, 200.5 and "abc"
// included.
std::optional<int> status_of(const Json& value) {
  std::int64_t status = 0;
  if (value.is_number_integer()) {
    if (value.is_number_unsigned() && value.get<std::uint64_t>() > 599) return std::nullopt;
    status = value.get<std::int64_t>();
  } else if (value.is_string()) {
    const auto& text = value.get_ref<const std::string&>();
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), status);
    if (problem != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  } else {
    return std::nullopt;
  }
  if (status < 200 || status > 599) return std::nullopt;
  return static_cast<int>(status);
}

// A function's response while it is read. Each step answers false where the payload is malformed.
class ResponseReader {
 public:
  ResponseReader(Json& document, bool format_1_0, std::string_view default_type = kTextPlain)
      : document_(document), format_1_0_(format_1_0), default_type_(default_type) {}

  bool read(HttpResponse& response) {
    const auto status = status_of(document_["statusCode"]);
    if (!status) return false;
    response.status = *status;
    const bool fields = format_1_0_ ? add_single(response) && add_multiple(response)
                                    : add_cookies(response) && add_single(response);
    if (!fields || !take_body(response)) return false;
    if (!response.headers.contains("content-type")) {
      response.headers.add("Content-Type", std::string{default_type_});
    }
    return true;
  }

  // The same of a stream's metadata: all of it is optional, and the body is elsewhere.
  bool read_head(HttpResponse& response) {
    if (const Json* code = member("statusCode")) {
      const auto status = status_of(*code);
      if (!status) return false;
      response.status = *status;
    }
    if (!add_cookies(response) || !add_single(response)) return false;
    if (!response.headers.contains("content-type")) {
      response.headers.add("Content-Type", std::string{default_type_});
    }
    return true;
  }

 private:
  // The member, unless it is missing or null.
  Json* member(const char* name) {
    const auto it = document_.find(name);
    return it == document_.end() || it->is_null() ? nullptr : &*it;
  }

  bool add(HttpResponse& response, const std::string& name, const Json& value) {
    if (value.is_null()) return true;
    auto text = scalar_text(value);
    if (!text || !is_header_name(name) || !is_header_value(*text)) return false;
    if (is_reserved(name)) return true;
    response.headers.add(format_1_0_ ? title_case(name) : name, *std::move(text));
    return true;
  }

  bool add_single(HttpResponse& response) {
    const Json* headers = member("headers");
    if (headers == nullptr) return true;
    if (!headers->is_object()) return false;
    for (const auto& [name, value] : headers->items()) {
      if (!add(response, name, value)) return false;
    }
    return true;
  }

  bool add_multiple(HttpResponse& response) {
    const Json* headers = member("multiValueHeaders");
    if (headers == nullptr) return true;
    if (!headers->is_object()) return false;
    for (const auto& [name, values] : headers->items()) {
      if (!values.is_array()) return false;
      for (const Json& value : values) {
        if (!add(response, name, value)) return false;
      }
    }
    return true;
  }

  bool add_cookies(HttpResponse& response) {
    const Json* cookies = member("cookies");
    if (cookies == nullptr) return true;
    if (!cookies->is_array()) return false;
    for (const Json& cookie : *cookies) {
      if (!add(response, "Set-Cookie", cookie)) return false;
    }
    return true;
  }

  bool take_body(HttpResponse& response) {
    Json* body = member("body");
    if (body == nullptr) return true;
    std::string text = body->is_string() ? std::move(body->get_ref<std::string&>()) : dump(*body);
    const Json* encoded = member("isBase64Encoded");
    if (encoded != nullptr && encoded->is_boolean() && encoded->get<bool>()) {
      auto bytes = base64_decode(text);
      if (!bytes) return false;
      text = *std::move(bytes);
    }
    // These statuses end with the head; bytes after it would be read as the next response.
    if (response.status != 204 && response.status != 304) response.body = std::move(text);
    return true;
  }

  Json& document_;
  bool format_1_0_;
  std::string_view default_type_;
};

// Whether the payload may be an object or a string at all: numbers, arrays and most of what is not
// JSON need no parser.
char first_character(std::string_view payload) {
  const std::size_t at = payload.find_first_not_of(" \t\r\n");
  return at == std::string_view::npos ? '\0' : payload[at];
}

HttpResponse json_response(std::string body) {
  HttpResponse response;
  response.headers.add("Content-Type", std::string{kJsonType});
  response.body = std::move(body);
  return response;
}

HttpResponse inferred(std::string body, std::string_view request_id) {
  HttpResponse response = json_response(std::move(body));
  response.headers.add(std::string{kRequestIdHeader}, std::string{request_id});
  return response;
}

// Nothing: malformed.
std::optional<HttpResponse> read_url_response(std::string payload) {
  const char first = first_character(payload);
  if (first != '{' && first != '"') return json_response(std::move(payload));
  Json document = Json::parse(payload, nullptr, /*allow_exceptions=*/false);
  if (document.is_object() && document.contains("statusCode")) {
    HttpResponse response;
    const bool well_formed = json_nesting(payload) <= kNestingMax &&
                             ResponseReader{document, false, kJsonType}.read(response);
    return well_formed ? std::optional{std::move(response)} : std::nullopt;
  }
  // AWS: a text goes out without its quotes.
  if (document.is_string()) return json_response(std::move(document.get_ref<std::string&>()));
  return json_response(std::move(payload));
}

HttpResponse from_document(Json& document, bool format_1_0, std::string_view request_id) {
  HttpResponse response;
  if (!ResponseReader{document, format_1_0}.read(response)) {
    return make_error(GatewayError::kInternalServerError, request_id);
  }
  response.headers.add(std::string{kRequestIdHeader}, std::string{request_id});
  return response;
}

}  // namespace

HttpResponse make_error(GatewayError error, std::string_view request_id) {
  const ErrorText text = text_of(error);
  HttpResponse response;
  response.status = text.status;
  response.headers.add("Content-Type", std::string{kJsonType});
  response.headers.add(std::string{kRequestIdHeader}, std::string{request_id});
  response.body = text.body;
  return response;
}

std::optional<GatewayError> check_request(const HttpRequest& request) {
  // "GET /x HTTP/1.1\r\n", "name: value\r\n" each, and the empty line.
  std::size_t head = request.method.size() + request.target.size() + 14;
  for (const HeaderField& field : request.headers) {
    head += field.name.size() + field.value.size() + 4;
  }
  if (head > static_cast<std::size_t>(kGatewayHeaderBytesMax)) {
    return GatewayError::kHeadersTooLarge;
  }
  if (!request.target.starts_with('/')) return GatewayError::kBadRequest;
  if (request.body.size() > static_cast<std::size_t>(kGatewayPayloadBytesMax)) {
    return GatewayError::kPayloadTooLarge;
  }
  return std::nullopt;
}

HttpResponse make_response(std::string_view payload_format_version, std::string payload,
                           bool function_error, std::string_view request_id) {
  if (function_error) return make_error(GatewayError::kInternalServerError, request_id);
  const bool format_1_0 = payload_format_version == "1.0";
  const char first = first_character(payload);
  if (first != '{' && (first != '"' || format_1_0)) {
    return format_1_0 ? make_error(GatewayError::kInternalServerError, request_id)
                      : inferred(std::move(payload), request_id);
  }
  Json document = Json::parse(payload, nullptr, /*allow_exceptions=*/false);
  const bool response = document.is_object() && (format_1_0 || document.contains("statusCode"));
  if (response) {
    if (json_nesting(payload) > kNestingMax) {
      return make_error(GatewayError::kInternalServerError, request_id);
    }
    return from_document(document, format_1_0, request_id);
  }
  if (format_1_0) return make_error(GatewayError::kInternalServerError, request_id);
  if (document.is_string()) {
    return inferred(std::move(document.get_ref<std::string&>()), request_id);
  }
  return inferred(std::move(payload), request_id);
}

HttpResponse make_url_response(std::string payload, const UrlIds& ids) {
  auto response = read_url_response(std::move(payload));
  if (!response) return make_url_error(UrlError::kFunctionError, ids);
  add_url_ids(response->headers, ids);
  return *std::move(response);
}

bool read_stream_metadata(std::string_view json, HttpResponse& head) {
  if (json_nesting(json) > kNestingMax) return false;
  Json document = Json::parse(json, nullptr, /*allow_exceptions=*/false);
  return document.is_object() && ResponseReader{document, false, kOctets}.read_head(head);
}

}  // namespace lambdarium::gateway
