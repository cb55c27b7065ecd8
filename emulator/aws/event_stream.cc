#include "emulator/aws/event_stream.h"

#include <array>

#include "emulator/aws/invoke.h"
#include "models/base/check.h"
#include "models/base/encoding.h"

namespace lambdarium::aws {

namespace {

// Eight tables, so that eight bytes are summed in one step: a stream is summed as a whole.
using CrcTables = std::array<std::array<std::uint32_t, 256>, 8>;

constexpr CrcTables make_crc_tables() {
  constexpr std::uint32_t kPolynomial = 0xEDB88320U;  // reflected
  CrcTables tables{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t sum = byte;
    for (int bit = 0; bit < 8; ++bit) sum = (sum >> 1) ^ ((sum & 1U) != 0 ? kPolynomial : 0U);
    tables[0][byte] = sum;
  }
  for (std::size_t table = 1; table < tables.size(); ++table) {
    for (std::size_t byte = 0; byte < 256; ++byte) {
      const std::uint32_t sum = tables[table - 1][byte];
      tables[table][byte] = (sum >> 8) ^ tables[0][sum & 0xFFU];
    }
  }
  return tables;
}

constexpr CrcTables kTables = make_crc_tables();

std::uint32_t little_endian(const unsigned char* at) {
  return static_cast<std::uint32_t>(at[0]) | static_cast<std::uint32_t>(at[1]) << 8 |
         static_cast<std::uint32_t>(at[2]) << 16 | static_cast<std::uint32_t>(at[3]) << 24;
}

void append_u32(std::string& out, std::uint32_t value) {
  for (const int shift : {24, 16, 8, 0}) {
    out += static_cast<char>(static_cast<unsigned char>((value >> shift) & 0xFFU));
  }
}

void append_u16(std::string& out, std::size_t value) {
  out += static_cast<char>(static_cast<unsigned char>((value >> 8) & 0xFFU));
  out += static_cast<char>(static_cast<unsigned char>(value & 0xFFU));
}

void append_event(std::string& out, std::string_view type, std::string_view content_type,
                  std::string_view payload) {
  const std::array<std::pair<std::string_view, std::string_view>, 3> headers{
      {{":message-type", "event"}, {":event-type", type}, {":content-type", content_type}}};
  append_message(out, headers, payload);
}

void append_text_or_null(std::string& out, std::string_view text, bool present) {
  if (present) {
    append_json_string(out, text);
  } else {
    out += "null";
  }
}

}  // namespace

std::uint32_t crc32(std::string_view bytes, std::uint32_t before) {
  std::uint32_t sum = ~before;
  const auto* at = reinterpret_cast<const unsigned char*>(bytes.data());
  std::size_t left = bytes.size();
  for (; left >= 8; left -= 8, at += 8) {
    const std::uint32_t low = sum ^ little_endian(at);
    const std::uint32_t high = little_endian(at + 4);
    sum = kTables[7][low & 0xFFU] ^ kTables[6][(low >> 8) & 0xFFU] ^
          kTables[5][(low >> 16) & 0xFFU] ^ kTables[4][low >> 24] ^ kTables[3][high & 0xFFU] ^
          kTables[2][(high >> 8) & 0xFFU] ^ kTables[1][(high >> 16) & 0xFFU] ^
          kTables[0][high >> 24];
  }
  for (; left > 0; --left, ++at) sum = (sum >> 8) ^ kTables[0][(sum ^ *at) & 0xFFU];
  return ~sum;
}

void append_message(std::string& out,
                    std::span<const std::pair<std::string_view, std::string_view>> headers,
                    std::string_view payload) {
  constexpr std::size_t kAround = 16;  // the lengths and both sums
  constexpr std::size_t kStringType = 7;
  std::size_t headers_size = 0;
  for (const auto& [name, value] : headers) {
    LAM_CHECK(name.size() < 256 && value.size() < 65'536, "a header of an event stream");
    headers_size += 4 + name.size() + value.size();
  }
  const std::size_t start = out.size();
  const std::size_t total = kAround + headers_size + payload.size();
  out.reserve(start + total);
  append_u32(out, static_cast<std::uint32_t>(total));
  append_u32(out, static_cast<std::uint32_t>(headers_size));
  append_u32(out, crc32(std::string_view{out}.substr(start, 8)));
  for (const auto& [name, value] : headers) {
    out += static_cast<char>(static_cast<unsigned char>(name.size()));
    out += name;
    out += static_cast<char>(kStringType);
    append_u16(out, value.size());
    out += value;
  }
  out += payload;
  append_u32(out, crc32(std::string_view{out}.substr(start)));
}

void append_payload_chunk(std::string& out, std::string_view piece) {
  append_event(out, "PayloadChunk", "application/octet-stream", piece);
}

void append_invoke_complete(std::string& out, const StreamEnd& end) {
  std::string payload = R"({"ErrorCode":)";
  const bool failed = !end.error_code.empty();
  append_text_or_null(payload, end.error_code, failed);
  payload += R"(,"ErrorDetails":)";
  append_text_or_null(payload, end.error_details, failed);
  payload += R"(,"LogResult":)";
  append_text_or_null(payload, end.tail ? make_log_result(end.log_text) : std::string{}, end.tail);
  payload += '}';
  append_event(out, "InvokeComplete", "application/json", payload);
}

}  // namespace lambdarium::aws
