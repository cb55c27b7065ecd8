#include "runtime-api/http/wire.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>

#include "runtime-api/http/server.h"

namespace lambdarium::http {
namespace {

constexpr bool is_token_char(char c) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         kMarks.find(c) != std::string_view::npos;
}

constexpr std::array<bool, 256> kTokenChars = [] {
  std::array<bool, 256> table{};
  for (int c = 0; c < 128; ++c)
    table[static_cast<std::size_t>(c)] = is_token_char(static_cast<char>(c));
  return table;
}();

bool is_token(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return kTokenChars[static_cast<unsigned char>(c)];
  });
}

constexpr bool breaks_line(char c) {
  return c == '\r' || c == '\n' || c == '\0';
}

enum class FieldKind : std::uint8_t { kOther, kConnection, kDropped, kContentLength, kDate };

FieldKind kind_of(std::string_view name) {
  // By length first: nearly all names are out after one comparison of numbers.
  const auto is = [name](std::string_view known) { return equal_ignoring_case(name, known); };
  switch (name.size()) {
    case 4:
      return is("Date") ? FieldKind::kDate : FieldKind::kOther;
    case 7:
      return is("Upgrade") || is("Trailer") ? FieldKind::kDropped : FieldKind::kOther;
    case 10:
      if (is("Connection")) return FieldKind::kConnection;
      return is("Keep-Alive") ? FieldKind::kDropped : FieldKind::kOther;
    case 14:
      return is("Content-Length") ? FieldKind::kContentLength : FieldKind::kOther;
    case 17:
      return is("Transfer-Encoding") ? FieldKind::kDropped : FieldKind::kOther;
    default:
      return FieldKind::kOther;
  }
}

bool parse_length(std::string_view text, std::uint64_t& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size();
}

}  // namespace

void append_number(std::string& out, std::uint64_t value) {
  char digits[20];
  const auto [end, error] = std::to_chars(std::begin(digits), std::end(digits), value);
  out.append(digits, end);
}

void append_header(std::string& out, std::string_view name, std::string_view value) {
  if (!is_token(name)) return;
  out.append(name).append(": ");
  const std::size_t start = out.size();
  out.append(value);
  if (std::any_of(value.begin(), value.end(), breaks_line)) {
    std::replace_if(out.begin() + static_cast<std::ptrdiff_t>(start), out.end(), breaks_line, ' ');
  }
  out.append("\r\n");
}

FramingFields append_headers(std::string& out, const HeaderList& headers) {
  FramingFields framing;
  for (const HeaderField& field : headers) {
    switch (kind_of(field.name)) {
      case FieldKind::kConnection:
        framing.says_close = framing.says_close || equal_ignoring_case(field.value, "close");
        continue;
      case FieldKind::kDropped:
        continue;
      case FieldKind::kContentLength:
        framing.has_content_length = parse_length(field.value, framing.content_length);
        continue;
      case FieldKind::kDate:
        framing.has_date = true;
        break;
      case FieldKind::kOther:
        break;
    }
    append_header(out, field.name, field.value);
  }
  return framing;
}

void append_status_line(std::string& out, int status) {
  // The one line that nearly every answer starts with, without its parts being put together.
  if (status == 200) {
    out.append("HTTP/1.1 200 OK\r\n");
    return;
  }
  out.append("HTTP/1.1 ");
  append_number(out, static_cast<std::uint64_t>(status));
  out.append(" ").append(reason_phrase(status)).append("\r\n");
}

void append_chunk_size(std::string& out, std::size_t size) {
  char digits[16];
  const auto [end, error] = std::to_chars(std::begin(digits), std::end(digits), size, 16);
  out.append(digits, end).append("\r\n");
}

void append_last_chunk(std::string& out, const HeaderList& trailers) {
  out.append("0\r\n");
  append_headers(out, trailers);
  out.append("\r\n");
}

std::string date_header(std::int64_t unix_seconds) {
  const std::time_t seconds = unix_seconds;
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[64];
  // Day and month names in the C locale, which this program never leaves.
  const std::size_t size =
      std::strftime(text, sizeof text, "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", &parts);
  return {text, size};
}

std::string_view reason_phrase(int status) {
  switch (status) {
    case 100:
      return "Continue";
    case 101:
      return "Switching Protocols";
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 203:
      return "Non-Authoritative Information";
    case 204:
      return "No Content";
    case 205:
      return "Reset Content";
    case 206:
      return "Partial Content";
    case 300:
      return "Multiple Choices";
    case 301:
      return "Moved Permanently";
    case 302:
      return "Found";
    case 303:
      return "See Other";
    case 304:
      return "Not Modified";
    case 307:
      return "Temporary Redirect";
    case 308:
      return "Permanent Redirect";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 402:
      return "Payment Required";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 406:
      return "Not Acceptable";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 410:
      return "Gone";
    case 411:
      return "Length Required";
    case 412:
      return "Precondition Failed";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 416:
      return "Range Not Satisfiable";
    case 417:
      return "Expectation Failed";
    case 418:
      return "I'm a teapot";
    case 421:
      return "Misdirected Request";
    case 422:
      return "Unprocessable Content";
    case 424:
      return "Failed Dependency";
    case 426:
      return "Upgrade Required";
    case 428:
      return "Precondition Required";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 451:
      return "Unavailable For Legal Reasons";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    case 505:
      return "HTTP Version Not Supported";
    case 507:
      return "Insufficient Storage";
    default:
      return "Unknown";
  }
}

}  // namespace lambdarium::http
