// The binary messages of InvokeWithResponseStream (application/vnd.amazon.eventstream): pieces of a
// response, and the one that ends it.
//
//   u32 total length | u32 headers length | u32 CRC of these eight bytes
//   headers: u8 name length | name | u8 7 (a string) | u16 value length | value
//   payload | u32 CRC of everything before
//
// Numbers are big-endian, CRCs those of zlib. Thread: any. On failure: none.

#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace lambdarium::aws {

inline constexpr std::string_view kEventStreamType = "application/vnd.amazon.eventstream";

// The polynomial of zlib, gzip and PNG. `before` continues the sum of what came before.
std::uint32_t crc32(std::string_view bytes, std::uint32_t before = 0);

// Appends one message. Requires: names below 256 bytes, values below 65,536.
void append_message(std::string& out,
                    std::span<const std::pair<std::string_view, std::string_view>> headers,
                    std::string_view payload);

// A piece of the response, as it is.
void append_payload_chunk(std::string& out, std::string_view piece);

struct StreamEnd {
  std::string_view error_code = {};     // "Unhandled"; empty: it went well
  std::string_view error_details = {};  // the function's error, JSON; where there is a code
  bool tail = false;
  std::string_view log_text = {};  // with tail; its last 4,096 bytes go out
};

// The last message, exactly one.
void append_invoke_complete(std::string& out, const StreamEnd& end);

}  // namespace lambdarium::aws
