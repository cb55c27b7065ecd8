#include "emulator/store/package.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>
#include <utility>
#include <vector>

#include "emulator/store/package_tree.h"
#include "emulator/store/zip_directory.h"
#include "emulator/store/zip_reader.h"

namespace lambdarium::store {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kEmptyZip = "Uploaded file must be a non-empty zip";  // AWS's text
constexpr std::string_view kUnfinished =
    ".unpacking-";  // folders of unpacks that have not come to their end

using Sha256 = std::array<unsigned char, 32>;

Sha256 sha256(std::string_view bytes) {
  Sha256 digest{};
  unsigned size = 0;
  const int done =
      EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, EVP_sha256(), nullptr);
  LAM_CHECK(done == 1 && size == digest.size(), "SHA-256 is not available");
  return digest;
}

std::string to_hex(const Sha256& digest) {
  std::string text;
  for (const unsigned char byte : digest) text += fmt::format("{:02x}", byte);
  return text;
}

std::string to_base64(const Sha256& digest) {
  std::array<unsigned char, 48> text{};
  const int size = EVP_EncodeBlock(text.data(), digest.data(), static_cast<int>(digest.size()));
  return {reinterpret_cast<const char*>(text.data()), static_cast<std::size_t>(size)};
}

bool is_package_id(std::string_view name) {
  return name.size() == 64 && std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

Error refused(const Error& why) {
  return invalid_input(fmt::format("{} {}", kUnzipFailed, why.message));
}

Error disk_error(std::string_view what, const fs::path& path, int number) {
  return unavailable(fmt::format("cannot {} {}: {}", what, path.string(),
                                 std::generic_category().message(number)));
}

PackageTree::Kind tree_kind(ZipReader::Kind kind) {
  switch (kind) {
    case ZipReader::Kind::kFolder:
      return PackageTree::Kind::kFolder;
    case ZipReader::Kind::kLink:
      return PackageTree::Kind::kLink;
    default:
      return PackageTree::Kind::kFile;
  }
}

// The first pass: reads everything, writes nothing.
Result<ZipSummary> inspect(std::string_view zip, const ZipLimits& limits, PackageTree& tree) {
  if (static_cast<std::int64_t>(zip.size()) > limits.zipped_bytes) {
    return Error{ErrorCode::kTooLarge,
                 fmt::format("Zipped size must be smaller than {} bytes", limits.zipped_bytes)};
  }
  if (is_empty_zip(zip)) return invalid_input(std::string{kEmptyZip});
  if (const Status directory = check_zip_directory(zip); !directory.ok()) {
    return refused(directory.error());
  }
  LAM_TRY(const std::unique_ptr<ZipReader> reader, ZipReader::open(zip));
  ZipSummary summary;
  ZipReader::Entry entry;
  for (;;) {
    LAM_TRY(const bool more, reader->next(entry));
    if (!more) break;
    if (entry.kind == ZipReader::Kind::kOther) {
      return refused(bad_entry(entry.path, "is neither a file nor a folder nor a link"));
    }
    const Result<std::string> added = tree.add(entry.path, tree_kind(entry.kind), entry.target);
    if (!added.ok()) return refused(added.error());
    if (entry.kind != ZipReader::Kind::kFile) continue;
    for (;;) {
      LAM_TRY(const std::string_view piece, reader->read());
      if (piece.empty()) break;
      summary.unzipped_bytes += static_cast<std::int64_t>(piece.size());
      if (summary.unzipped_bytes > limits.unzipped_bytes) {
        return invalid_input(
            fmt::format("Unzipped size must be smaller than {} bytes", limits.unzipped_bytes));
      }
    }
  }
  if (const Status links = tree.check_links(); !links.ok()) return refused(links.error());
  if (tree.entries() == 0) return invalid_input(std::string{kEmptyZip});
  const Sha256 digest = sha256(zip);
  summary.id = to_hex(digest);
  summary.sha256_base64 = to_base64(digest);
  summary.zip_bytes = static_cast<std::int64_t>(zip.size());
  summary.entries = tree.entries();
  return summary;
}

class File {
 public:
  explicit File(int fd) : fd_(fd) {}
  ~File() {
    if (fd_ >= 0) ::close(fd_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int fd() const { return fd_; }

 private:
  int fd_;
};

Status write_all(int fd, std::string_view bytes, const fs::path& path) {
  while (!bytes.empty()) {
    const ::ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0) {
      if (errno == EINTR) continue;
      return disk_error("write", path, errno);
    }
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

Status write_file(ZipReader& reader, const fs::path& path, unsigned mode) {
  const File file{::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600)};
  if (file.fd() < 0) return disk_error("write", path, errno);
  for (;;) {
    LAM_TRY(const std::string_view piece, reader.read());
    if (piece.empty()) break;
    LAM_TRY_STATUS(write_all(file.fd(), piece, path));
  }
  // Handlers run as the user of the emulator, so what nobody may read could not be loaded; the
  // umask has no say.
  if (::fchmod(file.fd(), static_cast<::mode_t>(mode | 0400U)) != 0) {
    return disk_error("set the mode of", path, errno);
  }
  return {};
}

// The second pass. Links come last, so that nothing is ever written through one.
Status write_package(std::string_view zip, const PackageTree& tree, const ZipLimits& limits,
                     const fs::path& folder) {
  for (const auto& [path, node] : tree.nodes()) {
    if (node.kind != PackageTree::Kind::kFolder) continue;
    if (::mkdir((folder / path).c_str(), 0755) != 0) {
      return disk_error("make the folder", folder / path, errno);
    }
    if (::chmod((folder / path).c_str(), 0755) != 0) {
      return disk_error("set the mode of", folder / path, errno);
    }
  }
  LAM_TRY(const std::unique_ptr<ZipReader> reader, ZipReader::open(zip));
  PackageTree seen{limits};
  ZipReader::Entry entry;
  for (;;) {
    LAM_TRY(const bool more, reader->next(entry));
    if (!more) break;
    if (entry.kind != ZipReader::Kind::kFile) continue;
    LAM_TRY(const std::string path, seen.add(entry.path, PackageTree::Kind::kFile));
    LAM_TRY_STATUS(write_file(*reader, folder / path, entry.mode));
  }
  for (const auto& [path, node] : tree.nodes()) {
    if (node.kind != PackageTree::Kind::kLink) continue;
    if (::symlink(node.target.c_str(), (folder / path).c_str()) != 0) {
      return disk_error("make the link", folder / path, errno);
    }
  }
  return {};
}

// A folder of our own below `root`, that is removed unless it has been moved away.
class TemporaryFolder {
 public:
  static Result<TemporaryFolder> make(const fs::path& root) {
    std::string name = (root / fmt::format("{}XXXXXX", kUnfinished)).string();
    if (::mkdtemp(name.data()) == nullptr) return disk_error("make a folder in", root, errno);
    return TemporaryFolder{fs::path{name}};
  }
  TemporaryFolder(TemporaryFolder&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  TemporaryFolder& operator=(TemporaryFolder&&) = delete;
  ~TemporaryFolder() {
    std::error_code code;
    if (!path_.empty()) fs::remove_all(path_, code);
  }
  const fs::path& path() const { return path_; }

 private:
  explicit TemporaryFolder(fs::path path) : path_(std::move(path)) {}
  fs::path path_;
};

}  // namespace

Result<ZipSummary> check_zip(std::string_view zip, const ZipLimits& limits) {
  PackageTree tree{limits};
  return inspect(zip, limits, tree);
}

Result<UnpackedPackage> unpack_zip(std::string_view zip, const fs::path& root,
                                   const ZipLimits& limits) {
  PackageTree tree{limits};
  UnpackedPackage package;
  LAM_TRY(package.summary, inspect(zip, limits, tree));

  std::error_code code;
  const fs::path absolute_root = fs::absolute(root, code).lexically_normal();
  package.folder = absolute_root / package.summary.id;
  if (fs::is_directory(package.folder, code)) {
    package.reused = true;
    return package;
  }
  fs::create_directories(absolute_root, code);
  if (code) return disk_error("make the folder", absolute_root, code.value());
  LAM_TRY(const TemporaryFolder unfinished, TemporaryFolder::make(absolute_root));
  if (::chmod(unfinished.path().c_str(), 0755) != 0) {
    return disk_error("set the mode of", unfinished.path(), errno);
  }
  LAM_TRY_STATUS(write_package(zip, tree, limits, unfinished.path()));
  // rename() onto a folder that is not empty fails: somebody else has just unpacked the same zip.
  if (::rename(unfinished.path().c_str(), package.folder.c_str()) != 0) {
    const int number = errno;
    if ((number != EEXIST && number != ENOTEMPTY) || !fs::is_directory(package.folder, code)) {
      return disk_error("make the folder", package.folder, number);
    }
    package.reused = true;
  }
  return package;
}

Result<UnpackedPackage> unpack_zip_file(const fs::path& path, const fs::path& root,
                                        const ZipLimits& limits) {
  const File file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (file.fd() < 0) return disk_error("read", path, errno);
  struct ::stat facts {};
  if (::fstat(file.fd(), &facts) != 0) return disk_error("read", path, errno);
  if (!S_ISREG(facts.st_mode)) return invalid_input(fmt::format("{} is not a file", path.string()));
  if (facts.st_size > limits.zipped_bytes) {
    return Error{ErrorCode::kTooLarge, fmt::format("{}: Zipped size must be smaller than {} bytes",
                                                   path.string(), limits.zipped_bytes)};
  }
  std::string zip(static_cast<std::size_t>(facts.st_size), '\0');
  std::size_t filled = 0;
  while (filled < zip.size()) {
    const ::ssize_t got = ::read(file.fd(), zip.data() + filled, zip.size() - filled);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return disk_error("read", path, errno);
    if (got == 0) break;
    filled += static_cast<std::size_t>(got);
  }
  zip.resize(filled);
  return unpack_zip(zip, root, limits);
}

Result<std::size_t> remove_packages_except(const fs::path& root,
                                           const std::set<std::string, std::less<>>& used) {
  std::error_code code;
  if (!fs::exists(root, code)) return std::size_t{0};
  std::vector<fs::path> doomed;
  for (fs::directory_iterator entry{root, code}; !code && entry != fs::directory_iterator{};
       entry.increment(code)) {
    const std::string name = entry->path().filename().string();
    if (name.starts_with(kUnfinished) || (is_package_id(name) && !used.contains(name))) {
      doomed.push_back(entry->path());
    }
  }
  if (code) return disk_error("read the folder", root, code.value());
  for (const fs::path& path : doomed) {
    fs::remove_all(path, code);
    if (code) return disk_error("remove", path, code.value());
  }
  return doomed.size();
}

}  // namespace lambdarium::store
