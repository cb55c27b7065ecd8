// Reads a zip that lies in memory, entry by entry: private to this folder, the only code that calls
// libarchive.
//
// Thread: one at a time; while it lives, the thread's character set is UTF-8 (libarchive converts
// names by the locale, and a program that never called setlocale() has one without letters beyond
// ASCII). On failure: every kind of broken zip is the same kInvalidInput with AWS's text.

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "models/base/result.h"

namespace lambdarium::store {

inline constexpr std::string_view kUnzipFailed =
    "Could not unzip uploaded file. Please check your file, then try to upload again.";

class ZipReader {
 public:
  enum class Kind : std::uint8_t { kFolder, kFile, kLink, kOther };
  struct Entry {
    std::string path;  // as the zip spells it
    Kind kind = Kind::kFile;
    std::string target;    // of a link
    unsigned mode = 0644;  // permission bits
  };

  // `zip` outlives the reader.
  static Result<std::unique_ptr<ZipReader>> open(std::string_view zip);
  ~ZipReader();
  ZipReader(const ZipReader&) = delete;
  ZipReader& operator=(const ZipReader&) = delete;

  // False after the last entry.
  Result<bool> next(Entry& entry);
  // The next piece of the current entry's contents; empty at its end. Valid until the next call.
  // Checksums are checked.
  Result<std::string_view> read();

 private:
  struct Impl;
  explicit ZipReader(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace lambdarium::store
