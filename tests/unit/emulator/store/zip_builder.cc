#include "tests/unit/emulator/store/zip_builder.h"

#include <archive.h>
#include <archive_entry.h>

#include <boost/test/unit_test.hpp>

namespace lambdarium::testing {
namespace {

std::uint32_t crc32_of(std::string_view bytes) {
  std::uint32_t crc = 0xffffffffU;
  for (const char c : bytes) {
    crc ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1U) != 0 ? 0xedb88320U : 0U);
  }
  return ~crc;
}

void put(std::string& out, std::uint32_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) out += static_cast<char>((value >> (8 * i)) & 0xffU);
}

la_ssize_t append(archive*, void* out, const void* bytes, std::size_t size) {
  static_cast<std::string*>(out)->append(static_cast<const char*>(bytes), size);
  return static_cast<la_ssize_t>(size);
}

}  // namespace

std::string make_zip(const std::vector<ZipEntry>& entries) {
  std::string out;
  archive* writer = archive_write_new();
  BOOST_REQUIRE(archive_write_set_format_zip(writer) == ARCHIVE_OK);
  archive_write_set_bytes_in_last_block(writer, 1);
  BOOST_REQUIRE(archive_write_open(writer, &out, nullptr, append, nullptr) == ARCHIVE_OK);
  for (const ZipEntry& entry : entries) {
    archive_entry* header = archive_entry_new();
    archive_entry_set_pathname(header, entry.path.c_str());
    archive_entry_set_mode(header, static_cast<__LA_MODE_T>(entry.mode));
    const bool link = (entry.mode & 0170000U) == 0120000U;
    if (link) {
      archive_entry_set_symlink(header, entry.contents.c_str());
    } else {
      archive_entry_set_size(header, static_cast<la_int64_t>(entry.contents.size()));
    }
    BOOST_REQUIRE(archive_write_header(writer, header) == ARCHIVE_OK);
    if (!link && !entry.contents.empty()) {
      BOOST_REQUIRE(archive_write_data(writer, entry.contents.data(), entry.contents.size()) ==
                    static_cast<la_ssize_t>(entry.contents.size()));
    }
    archive_entry_free(header);
  }
  BOOST_REQUIRE(archive_write_free(writer) == ARCHIVE_OK);
  return out;
}

std::string make_raw_zip(const std::vector<ZipEntry>& entries, const RawZipOptions& options) {
  std::string out;
  std::string directory;
  const std::uint32_t flags = (options.encrypted ? 1U : 0U) | (options.utf8_names ? 0x0800U : 0U);
  for (const ZipEntry& entry : entries) {
    const std::uint32_t crc = crc32_of(entry.contents) ^ (options.wrong_checksum ? 1U : 0U);
    const auto stored = static_cast<std::uint32_t>(entry.contents.size());
    const std::uint32_t claimed = options.claimed_size != 0 ? options.claimed_size : stored;
    const auto name_bytes = static_cast<std::uint32_t>(entry.path.size());
    const auto offset = static_cast<std::uint32_t>(out.size());

    std::string common;
    put(common, 20, 2);  // version needed
    put(common, flags, 2);
    put(common, 0, 2);     // stored
    put(common, 0, 2);     // time
    put(common, 0x21, 2);  // date: 1980-01-01
    put(common, crc, 4);
    put(common, stored, 4);
    put(common, claimed, 4);
    put(common, name_bytes, 2);
    put(common, 0, 2);  // extra field

    out += "PK\x03\x04" + common + entry.path + entry.contents;

    directory += "PK\x01\x02";
    put(directory, options.unix_modes ? 0x031eU : 0x0014U, 2);  // made by
    directory += common;
    put(directory, 0, 2);  // comment
    put(directory, 0, 2);  // disk
    put(directory, 0, 2);  // internal attributes
    put(directory, options.unix_modes ? entry.mode << 16U : 0U, 4);
    put(directory, offset, 4);
    directory += entry.path;
  }
  const auto start = static_cast<std::uint32_t>(out.size());
  out += directory;
  out += std::string{"PK\x05\x06"};
  put(out, 0, 4);
  put(out, static_cast<std::uint32_t>(entries.size()), 2);
  put(out, static_cast<std::uint32_t>(entries.size()), 2);
  put(out, static_cast<std::uint32_t>(directory.size()), 4);
  put(out, start, 4);
  put(out, 0, 2);
  return out;
}

}  // namespace lambdarium::testing
