#include "models/base/uuid.h"

#include <string_view>

#include <fmt/format.h>

#include "models/base/encoding.h"

namespace lambdarium {

namespace {

// A longer trace header is not a trace header; it would be copied into every answer and
// environment.
constexpr std::size_t kTraceHeaderBytesMax = 512;

bool is_hex(std::string_view text, std::size_t size) {
  return text.size() == size &&
         text.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
}

// 1-<8 hex>-<24 hex>
bool is_root(std::string_view root) {
  return root.size() == 35 && root.starts_with("1-") && root[10] == '-' &&
         is_hex(root.substr(2, 8), 8) && is_hex(root.substr(11), 24);
}

// Lineage is opaque; what could end the header or the field is refused.
bool is_lineage(std::string_view text) {
  for (const char c : text) {
    if (c < '!' || c > '~') return false;
  }
  return !text.empty();
}

struct TraceFields {
  std::string_view root;
  std::string_view parent;
  std::string_view sampled;
  std::string_view lineage;
};

TraceFields parse_trace(std::string_view header) {
  TraceFields fields;
  if (header.size() > kTraceHeaderBytesMax) return fields;
  while (!header.empty()) {
    const std::size_t end = header.find(';');
    std::string_view item = header.substr(0, end);
    header = end == std::string_view::npos ? std::string_view{} : header.substr(end + 1);
    while (item.starts_with(' ')) item.remove_prefix(1);
    while (item.ends_with(' ')) item.remove_suffix(1);
    const std::size_t equals = item.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string_view name = item.substr(0, equals);
    const std::string_view value = item.substr(equals + 1);
    if (name == "Root" && is_root(value)) fields.root = value;
    if (name == "Parent" && is_hex(value, 16)) fields.parent = value;
    if (name == "Sampled" && (value == "0" || value == "1")) fields.sampled = value;
    if (name == "Lineage" && is_lineage(value)) fields.lineage = value;
  }
  return fields;
}

}  // namespace

std::string make_uuid(RandomStream& random) {
  const std::uint64_t high = (random.next() & 0xFFFFFFFFFFFF0FFFULL) | 0x4000ULL;
  const std::uint64_t low = (random.next() & 0x3FFFFFFFFFFFFFFFULL) | 0x8000000000000000ULL;
  return fmt::format("{:08x}-{:04x}-{:04x}-{:04x}-{:012x}", high >> 32, high >> 16 & 0xFFFF,
                     high & 0xFFFF, low >> 48, low & 0xFFFFFFFFFFFFULL);
}

std::string make_hex(RandomStream& random, int digits) {
  std::string out;
  while (digits > 0) {
    const int now = digits < 16 ? digits : 16;
    out += fmt::format("{:016x}", random.next()).substr(0, static_cast<std::size_t>(now));
    digits -= now;
  }
  return out;
}

std::string make_trace_root(RandomStream& random, std::int64_t epoch_s) {
  return fmt::format("Root=1-{:08x}-{}", static_cast<std::uint32_t>(epoch_s), make_hex(random, 24));
}

std::string make_trace_id(RandomStream& random, std::int64_t epoch_s, std::string_view incoming) {
  const TraceFields given = parse_trace(incoming);
  std::string out =
      given.root.empty() ? make_trace_root(random, epoch_s) : fmt::format("Root={}", given.root);
  // A parent without its root belongs to another trace.
  if (!given.root.empty() && !given.parent.empty()) {
    out += fmt::format(";Parent={}", given.parent);
  } else {
    out += fmt::format(";Parent={}", make_hex(random, 16));
  }
  out += fmt::format(";Sampled={}", given.sampled.empty() ? "0" : given.sampled);
  if (!given.root.empty() && !given.lineage.empty())
    out += fmt::format(";Lineage={}", given.lineage);
  return out;
}

std::string make_extended_request_id(RandomStream& random) {
  std::string bytes;
  for (int word = 0; word < 2; ++word) {
    std::uint64_t bits = random.next();
    for (int i = 0; i < 8 && bytes.size() < 11; ++i, bits >>= 8) {
      bytes += static_cast<char>(bits & 0xFF);
    }
  }
  return base64_encode(bytes);  // 11 bytes: fifteen characters and one '='
}

}  // namespace lambdarium
