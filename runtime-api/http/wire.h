// Heads and chunks as bytes: what the server and the client write.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "models/domain/http_message.h"

namespace lambdarium::http {

void append_number(std::string& out, std::uint64_t value);

// "Name: value\r\n". A name that is no token is left out with its value; line breaks and NULs in
// the value become spaces: both come from functions, and must not be able to write header lines of
// their own.
void append_header(std::string& out, std::string_view name, std::string_view value);

// All fields but those that frame the message: Content-Length, Transfer-Encoding, Connection,
// Keep-Alive, Upgrade, Trailer.
struct FramingFields {
  bool says_close = false;  // "Connection: close"
  bool has_date = false;
  bool has_content_length = false;
  std::uint64_t content_length = 0;
};
FramingFields append_headers(std::string& out, const HeaderList& headers);

// "HTTP/1.1 200 OK\r\n"
void append_status_line(std::string& out, int status);

// The line before a chunk of that size.
void append_chunk_size(std::string& out, std::size_t size);
// The last chunk, trailers and the empty line.
void append_last_chunk(std::string& out, const HeaderList& trailers);

// "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
std::string date_header(std::int64_t unix_seconds);

// False for statuses and methods whose answers never have a body.
constexpr bool status_allows_body(int status) {
  return status >= 200 && status != 204 && status != 304;
}

}  // namespace lambdarium::http
