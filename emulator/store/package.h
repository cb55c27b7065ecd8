// Deployment packages: a zip is checked whole, then unpacked into a folder that is named by the
// zip's SHA-256.
//
// Thread: any; nothing is shared. Blocks on the disk and on decompression, so the event loop calls
// it on a pool thread. Two threads may unpack the same zip into the same root at once. On failure
// nothing is left behind: the first pass decompresses everything and writes nothing, the second
// writes into a hidden sibling folder that is renamed at the end.
//
// Errors, for the AWS endpoint: kTooLarge is a zip over the limit as uploaded (413); kInvalidInput
// is a zip that is broken, hostile or too large once unpacked (400,
// InvalidParameterValueException), with AWS's text; kUnavailable is our disk.

#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <set>
#include <string>
#include <string_view>

#include "models/base/result.h"
#include "models/domain/limits.h"

namespace lambdarium::store {

struct ZipLimits {
  std::int64_t zipped_bytes = kZippedBytesMax;
  std::int64_t unzipped_bytes =
      kUnzippedBytesMax;          // counted while decompressing, not taken from headers
  std::size_t entries = 100'000;  // files, folders and links, also folders that are only implied
  std::size_t path_bytes = 1'024;
  std::size_t path_depth = 64;
};

// What a zip holds.
struct ZipSummary {
  std::string id;             // SHA-256 in hexadecimal: the package's folder name
  std::string sha256_base64;  // CodeSha256
  std::int64_t zip_bytes = 0;
  std::int64_t unzipped_bytes = 0;
  std::size_t entries = 0;
};

struct UnpackedPackage {
  ZipSummary summary;
  std::filesystem::path folder;  // absolute
  bool reused = false;           // the same zip had been unpacked before
};

// The first pass alone (DryRun). Refuses: what is no zip, truncated, encrypted or fails its
// checksums; paths with "..", absolute ones, drive letters, backslashes; links that leave the
// package; anything but files, folders and links; two entries for one path, or a file where another
// entry needs a folder; everything over the limits.
Result<ZipSummary> check_zip(std::string_view zip, const ZipLimits& limits = {});

// Checks, then unpacks into <root>/<id>. Permission bits are kept (without set-user-id and the
// like), folders get 0755.
Result<UnpackedPackage> unpack_zip(std::string_view zip, const std::filesystem::path& root,
                                   const ZipLimits& limits = {});
// The same for a file, which is read whole (at most limits.zipped_bytes).
Result<UnpackedPackage> unpack_zip_file(const std::filesystem::path& file,
                                        const std::filesystem::path& root,
                                        const ZipLimits& limits = {});

// Removes every package of `root` whose id is not in `used`, and leftovers of interrupted unpacks;
// other files stay. A root that does not exist holds none. Returns how many were removed.
Result<std::size_t> remove_packages_except(const std::filesystem::path& root,
                                           const std::set<std::string, std::less<>>& used);

}  // namespace lambdarium::store
