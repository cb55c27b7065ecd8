// Which paths a package has, and whether they are safe to make: pure, so that every trick can be
// tested without a zip.

#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "emulator/store/package.h"
#include "models/base/result.h"

namespace lambdarium::store {

// "Entry 'path' <why>.", with what cannot be printed spelled out.
Error bad_entry(std::string_view path, std::string_view why);

class PackageTree {
 public:
  enum class Kind : std::uint8_t { kFolder, kFile, kLink };
  struct Node {
    Kind kind = Kind::kFolder;
    bool implied = false;  // a folder that no entry names itself
    std::string target;    // of a link
  };

  explicit PackageTree(const ZipLimits& limits) : limits_(limits) {}

  // Adds an entry of the zip; `path` as the zip spells it. Returns the path that it gets below the
  // package's folder, without
  // "." and doubled or trailing slashes; empty for the package's folder itself. The error says what
  // is wrong with the entry.
  Result<std::string> add(std::string_view path, Kind kind, std::string_view target = {});
  // After the last entry: every link must lead to a place inside the package, also by way of other
  // links, and nothing may lie below a link.
  Status check_links() const;

  // Sorted: a folder comes before what it holds.
  const std::map<std::string, Node>& nodes() const { return nodes_; }
  // The entries of the zip, without implied folders.
  std::size_t entries() const { return entries_; }

 private:
  Result<std::string> normalise(std::string_view path) const;
  Status add_parents(const std::string& path, std::string_view spelled);
  Status follow(const std::string& link) const;

  ZipLimits limits_;
  std::map<std::string, Node> nodes_;
  std::size_t entries_ = 0;
};

}  // namespace lambdarium::store
