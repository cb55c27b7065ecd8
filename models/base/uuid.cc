#include "models/base/uuid.h"

#include <algorithm>
#include <string_view>

#include "models/base/encoding.h"

namespace lambdarium {

namespace {

// A longer trace header is not a trace header; it would be copied into every answer and
// environment.
constexpr std::size_t kTraceHeaderBytesMax = 512;
constexpr std::size_t kTraceIdBytes = 80;  // without a lineage

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

// The lowest `digits` digits of the value. These run for every request: no formatting library here.
void write_hex(char* out, std::uint64_t value, int digits) {
  for (int i = digits - 1; i >= 0; --i, value >>= 4) out[i] = "0123456789abcdef"[value & 0xF];
}

// From the highest digit of each draw.
void append_hex(std::string& out, RandomStream& random, int digits) {
  char word[16];
  for (; digits > 0; digits -= 16) {
    write_hex(word, random.next(), 16);
    out.append(word, static_cast<std::size_t>(std::min(digits, 16)));
  }
}

void append_trace_root(std::string& out, RandomStream& random, std::int64_t epoch_s) {
  char seconds[8];
  write_hex(seconds, static_cast<std::uint32_t>(epoch_s), 8);
  out.append("Root=1-").append(seconds, sizeof seconds).append("-");
  append_hex(out, random, 24);
}

}  // namespace

std::string make_uuid(RandomStream& random) {
  const std::uint64_t high = (random.next() & 0xFFFFFFFFFFFF0FFFULL) | 0x4000ULL;
  const std::uint64_t low = (random.next() & 0x3FFFFFFFFFFFFFFFULL) | 0x8000000000000000ULL;
  std::string out(36, '-');
  write_hex(out.data(), high >> 32, 8);
  write_hex(out.data() + 9, high >> 16, 4);
  write_hex(out.data() + 14, high, 4);
  write_hex(out.data() + 19, low >> 48, 4);
  write_hex(out.data() + 24, low, 12);
  return out;
}

std::string make_hex(RandomStream& random, int digits) {
  std::string out;
  append_hex(out, random, digits);
  return out;
}

std::string make_trace_root(RandomStream& random, std::int64_t epoch_s) {
  std::string out;
  append_trace_root(out, random, epoch_s);
  return out;
}

std::string make_trace_id(RandomStream& random, std::int64_t epoch_s, std::string_view incoming) {
  const TraceFields given = parse_trace(incoming);
  std::string out;
  out.reserve(kTraceIdBytes + given.lineage.size());
  if (given.root.empty()) {
    append_trace_root(out, random, epoch_s);
  } else {
    out.append("Root=").append(given.root);
  }
  out.append(";Parent=");
  // A parent without its root belongs to another trace.
  if (!given.root.empty() && !given.parent.empty()) {
    out.append(given.parent);
  } else {
    append_hex(out, random, 16);
  }
  out.append(";Sampled=").append(given.sampled.empty() ? "0" : given.sampled);
  if (!given.root.empty() && !given.lineage.empty()) out.append(";Lineage=").append(given.lineage);
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
