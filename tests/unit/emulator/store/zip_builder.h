// Zips in memory for tests: honest ones through libarchive, hostile ones byte by byte.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace lambdarium::testing {

struct ZipEntry {
  std::string path;
  std::string contents;          // of a file, or the target of a link
  std::uint32_t mode = 0100644;  // with the file type, as stat() has it
};

// Deflated, by libarchive.
std::string make_zip(const std::vector<ZipEntry>& entries);

struct RawZipOptions {
  bool unix_modes = true;          // false: as made on DOS, without modes
  std::uint32_t claimed_size = 0;  // instead of the real size, where not 0
  bool wrong_checksum = false;
  bool encrypted = false;
  bool utf8_names = false;
};

// Stored, written here, so that names, modes and claims can be anything at all.
std::string make_raw_zip(const std::vector<ZipEntry>& entries, const RawZipOptions& options = {});

}  // namespace lambdarium::testing
