#include "emulator/aws/sqs_digest.h"

#include <openssl/evp.h>

#include <array>
#include <cstdint>

#include "models/base/check.h"

namespace lambdarium::aws {
namespace {

void append_length(std::string& out, std::size_t length) {
  const auto value = static_cast<std::uint32_t>(length);
  for (const int shift : {24, 16, 8, 0}) out += static_cast<char>((value >> shift) & 0xff);
}

void append_text(std::string& out, std::string_view text) {
  append_length(out, text.size());
  out += text;
}

}  // namespace

std::string md5_hex(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int length = 0;
  const int done =
      EVP_Digest(bytes.data(), bytes.size(), digest.data(), &length, EVP_md5(), nullptr);
  LAM_CHECK(done == 1, "libcrypto has no MD5");
  std::string hex;
  for (unsigned int i = 0; i < length; ++i) {
    hex += kDigits[digest[i] >> 4];
    hex += kDigits[digest[i] & 15];
  }
  return hex;
}

std::string md5_of_attributes(const queues::MessageAttributes& attributes) {
  if (attributes.empty()) return {};
  constexpr char kStringValue = 1;
  constexpr char kBinaryValue = 2;
  std::string text;
  for (const auto& [name, attribute] : attributes) {
    append_text(text, name);
    append_text(text, attribute.type);
    text += attribute.is_binary() ? kBinaryValue : kStringValue;
    append_text(text, attribute.value);
  }
  return md5_hex(text);
}

}  // namespace lambdarium::aws
