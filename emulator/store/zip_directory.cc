#include "emulator/store/zip_directory.h"

#include <fmt/format.h>

#include <cstdint>

#include "emulator/store/package_tree.h"

namespace lambdarium::store {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view kEndMark = "PK\x05\x06"sv;
constexpr std::string_view kEntryMark = "PK\x01\x02"sv;
constexpr std::size_t kEndBytes = 22;
constexpr std::size_t kEntryBytes = 46;
constexpr std::size_t kCommentBytesMax = 65'535;

// Little-endian. Requires: offset + bytes lies inside.
std::uint32_t number(std::string_view zip, std::size_t offset, int bytes) {
  std::uint32_t value = 0;
  for (int i = bytes - 1; i >= 0; --i) {
    value = (value << 8) | static_cast<unsigned char>(zip[offset + static_cast<std::size_t>(i)]);
  }
  return value;
}

std::size_t find_end(std::string_view zip) {
  if (zip.size() < kEndBytes) return std::string_view::npos;
  const std::size_t last = zip.size() - kEndBytes;
  const std::size_t found = zip.rfind(kEndMark, last);
  if (found == std::string_view::npos || last - found > kCommentBytesMax) {
    return std::string_view::npos;
  }
  return found;
}

bool entry_at(std::string_view zip, std::size_t offset) {
  return offset <= zip.size() && zip.size() - offset >= kEntryBytes &&
         zip.substr(offset, kEntryMark.size()) == kEntryMark;
}

// The Unix file type of an entry, 0 where it tells none.
std::uint32_t file_type(std::string_view zip, std::size_t entry) {
  const std::uint32_t made_by = number(zip, entry + 5, 1);
  constexpr std::uint32_t kUnix = 3;
  constexpr std::uint32_t kMacOs = 19;
  if (made_by != kUnix && made_by != kMacOs) return 0;
  return (number(zip, entry + 38, 4) >> 16) & 0170000U;
}

}  // namespace

bool is_empty_zip(std::string_view zip) {
  return zip.empty() ||
         (zip.size() >= kEndBytes && zip.starts_with(kEndMark) && number(zip, 10, 2) == 0);
}

Status check_zip_directory(std::string_view zip) {
  const std::size_t end = find_end(zip);
  if (end == std::string_view::npos) return {};
  const std::size_t bytes = number(zip, end + 12, 4);
  std::size_t entry = number(zip, end + 16, 4);
  // Something may have been put before the zip, which moves everything.
  if (!entry_at(zip, entry) && bytes <= end) entry = end - bytes;
  while (entry_at(zip, entry)) {
    const std::size_t name_bytes = number(zip, entry + 28, 2);
    const std::size_t more = number(zip, entry + 30, 2) + number(zip, entry + 32, 2);
    const std::string_view name = zip.substr(entry + kEntryBytes, name_bytes);
    if (name.find('\\') != std::string_view::npos) {
      return bad_entry(name, "has a backslash in its path; use '/'");
    }
    if (name.find('\0') != std::string_view::npos) {
      return bad_entry(name, "has a zero byte in its path");
    }
    switch (file_type(zip, entry)) {
      case 0:
      case 0100000U:  // file
      case 0040000U:  // folder
      case 0120000U:  // link
        break;
      default:
        return bad_entry(name, "is neither a file nor a folder nor a link");
    }
    entry += kEntryBytes + name_bytes + more;
  }
  return {};
}

}  // namespace lambdarium::store
