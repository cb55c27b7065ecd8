#include "emulator/gateway/event_fields.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "emulator/gateway/host_name.h"
#include "models/base/encoding.h"

namespace lambdarium::gateway {

namespace {

// Fields of the connection between client and gateway, and those that the gateway writes itself.
constexpr std::array<std::string_view, 13> kNotForwarded{
    "connection",       "content-length",   "expect",
    "keep-alive",       "proxy-connection", "te",
    "trailer",          "upgrade",          "transfer-encoding",
    "x-amzn-trace-id",  "x-forwarded-for",  "x-forwarded-port",
    "x-forwarded-proto"};

char upper(char c) {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

// "x-custom-header" -> "X-Custom-Header"
void to_title_case(std::string& lower_name) {
  bool start = true;
  for (char& c : lower_name) {
    if (start) c = upper(c);
    start = c == '-';
  }
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

void sort_by_name(std::vector<Field>& fields) {
  std::stable_sort(fields.begin(), fields.end(),
                   [](const Field& a, const Field& b) { return a.name < b.name; });
}

// AWS: a function URL shows no length of a body that the client did not send.
bool shows_length(const HttpRequest& request, HeaderStyle style) {
  return style != HeaderStyle::kFunctionUrl || !request.body.empty() ||
         request.headers.contains("content-length");
}

std::string forwarded_for(const HttpRequest& request) {
  std::string out;
  for (const HeaderField& field : request.headers) {
    if (!equal_ignoring_case(field.name, "x-forwarded-for") || field.value.empty()) continue;
    out.append(field.value).append(", ");
  }
  return out.append(request.peer_address);
}

}  // namespace

std::size_t end_of_name(const std::vector<Field>& fields, std::size_t begin) {
  std::size_t end = begin + 1;
  while (end < fields.size() && fields[end].name == fields[begin].name) ++end;
  return end;
}

std::vector<Field> event_headers(const HttpRequest& request, const EventContext& context,
                                 HeaderStyle style) {
  std::vector<Field> fields;
  fields.reserve(request.headers.size() + 8);
  const bool url = style == HeaderStyle::kFunctionUrl;
  bool has_host = false;
  for (const HeaderField& field : request.headers) {
    std::string name = to_lower(field.name);
    if (std::find(kNotForwarded.begin(), kNotForwarded.end(), name) != kNotForwarded.end())
      continue;
    if (name == "cookie" && style == HeaderStyle::kLowerWithoutCookies) continue;
    if (url && name.starts_with("x-amzn-tls-")) continue;
    has_host = has_host || name == "host";
    fields.push_back({std::move(name), field.value});
  }
  if (!has_host) fields.push_back({"host", std::string{context.domain_name}});
  if (shows_length(request, style)) {
    fields.push_back({"content-length", fmt::format("{}", request.body.size())});
  }
  const std::string* trace = request.headers.find("x-amzn-trace-id");
  // AWS: a function URL writes its own, from the client's root.
  const bool traced = trace != nullptr && !trace->empty() && !url;
  if (traced || !context.trace_id.empty()) {
    fields.push_back({"x-amzn-trace-id", traced ? *trace : std::string{context.trace_id}});
  }
  fields.push_back({"x-forwarded-for", forwarded_for(request)});
  fields.push_back({"x-forwarded-port", std::string{context.forwarded_port}});
  fields.push_back({"x-forwarded-proto", std::string{context.forwarded_proto}});
  if (url) {
    fields.push_back({"x-amzn-tls-cipher-suite", "TLS_AES_128_GCM_SHA256"});
    fields.push_back({"x-amzn-tls-version", "TLSv1.3"});
  }
  if (style == HeaderStyle::kTitleCase) {
    for (Field& field : fields) to_title_case(field.name);
  }
  sort_by_name(fields);
  return fields;
}

std::vector<Field> query_fields(std::string_view query) {
  std::vector<Field> fields;
  while (!query.empty()) {
    const std::size_t end = query.find('&');
    const std::string_view item = query.substr(0, end);
    query = end == std::string_view::npos ? std::string_view{} : query.substr(end + 1);
    if (item.empty()) continue;
    const std::size_t equals = item.find('=');
    const std::string_view value =
        equals == std::string_view::npos ? std::string_view{} : item.substr(equals + 1);
    fields.push_back({percent_decode(item.substr(0, equals), true), percent_decode(value, true)});
  }
  sort_by_name(fields);
  return fields;
}

std::vector<std::string_view> split_cookies(const HttpRequest& request) {
  std::vector<std::string_view> cookies;
  for (const HeaderField& field : request.headers) {
    if (!equal_ignoring_case(field.name, "cookie")) continue;
    std::string_view rest = field.value;
    while (!rest.empty()) {
      const std::size_t end = rest.find(';');
      const std::string_view pair = trim(rest.substr(0, end));
      rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
      if (!pair.empty()) cookies.push_back(pair);
    }
  }
  return cookies;
}

std::string decoded_path(std::string_view encoded) {
  std::string path = percent_decode(encoded);
  if (const std::size_t mark = path.find('?'); mark != std::string::npos) path.resize(mark);
  return path;
}

namespace {

// Whether the media type is one of text, and its charset, where it names one, UTF-8.
bool is_text(const std::string* content_type, bool (*is_text_media_type)(std::string_view)) {
  if (content_type == nullptr) return false;
  const std::string lowered = to_lower(*content_type);
  std::string_view rest = lowered;
  if (!is_text_media_type(trim(rest.substr(0, rest.find(';'))))) return false;
  while (true) {
    const std::size_t end = rest.find(';');
    if (end == std::string_view::npos) return true;
    rest = rest.substr(end + 1);
    std::string_view parameter = trim(rest.substr(0, rest.find(';')));
    if (!parameter.starts_with("charset=")) continue;
    parameter = trim(parameter.substr(8));
    if (parameter.size() >= 2 && parameter.starts_with('"') && parameter.ends_with('"')) {
      parameter = parameter.substr(1, parameter.size() - 2);
    }
    if (parameter != "utf-8" && parameter != "utf8") return false;
  }
}

bool is_plain_text(std::string_view media_type) {
  return media_type.starts_with("text/") || media_type == "application/json" ||
         media_type == "application/xml" || media_type == "application/javascript" ||
         media_type == "application/graphql";
}

}  // namespace

bool is_text_type(const std::string* content_type) {
  return is_text(content_type, is_plain_text);
}

bool is_url_text_type(const std::string* content_type) {
  return is_text(content_type, [](std::string_view media_type) {
    return is_plain_text(media_type) || media_type.ends_with("+json") ||
           media_type.ends_with("+xml") || media_type == "application/x-www-form-urlencoded";
  });
}

}  // namespace lambdarium::gateway
