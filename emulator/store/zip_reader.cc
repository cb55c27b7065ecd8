#include "emulator/store/zip_reader.h"

#include <archive.h>
#include <archive_entry.h>
#include <locale.h>

#include <array>

namespace lambdarium::store {
namespace {

class Utf8Locale {
 public:
  Utf8Locale() : locale_(::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr)) {
    if (locale_ != nullptr) previous_ = ::uselocale(locale_);
  }
  ~Utf8Locale() {
    if (locale_ == nullptr) return;
    ::uselocale(previous_);
    ::freelocale(locale_);
  }
  Utf8Locale(const Utf8Locale&) = delete;
  Utf8Locale& operator=(const Utf8Locale&) = delete;

 private:
  ::locale_t locale_;
  ::locale_t previous_ = nullptr;
};

Error broken() {
  return invalid_input(std::string{kUnzipFailed});
}

struct FreeArchive {
  void operator()(archive* handle) const noexcept { archive_read_free(handle); }
};

constexpr std::size_t kPieceBytes = 65'536;

}  // namespace

struct ZipReader::Impl {
  Utf8Locale locale;
  std::unique_ptr<archive, FreeArchive> handle{archive_read_new()};
  std::array<char, kPieceBytes> piece;
};

Result<std::unique_ptr<ZipReader>> ZipReader::open(std::string_view zip) {
  auto impl = std::make_unique<Impl>();
  archive* handle = impl->handle.get();
  if (handle == nullptr) return unavailable("out of memory");
  // Seekable: by the central directory, as AWS's own unzip and every tool reads it. What only looks
  // like a zip from its beginning, such as a truncated one, is refused.
  if (archive_read_support_format_zip_seekable(handle) != ARCHIVE_OK ||
      archive_read_open_memory(handle, zip.data(), zip.size()) != ARCHIVE_OK) {
    return broken();
  }
  return std::unique_ptr<ZipReader>{new ZipReader{std::move(impl)}};
}

ZipReader::ZipReader(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ZipReader::~ZipReader() = default;

Result<bool> ZipReader::next(Entry& entry) {
  archive_entry* raw = nullptr;
  const int code = archive_read_next_header(impl_->handle.get(), &raw);
  if (code == ARCHIVE_EOF) return false;
  // A warning means that a name could not be read as it is, or that local and central header
  // disagree.
  if (code != ARCHIVE_OK) return broken();
  const char* path = archive_entry_pathname(raw);
  if (path == nullptr) return broken();
  entry.path = path;
  entry.target.clear();
  if (archive_entry_hardlink(raw) != nullptr) {
    entry.kind = Kind::kOther;
    return true;
  }
  switch (archive_entry_filetype(raw)) {
    case AE_IFDIR:
      entry.kind = Kind::kFolder;
      break;
    case AE_IFREG:
      entry.kind = Kind::kFile;
      break;
    case AE_IFLNK:
      entry.kind = Kind::kLink;
      break;
    default:
      entry.kind = Kind::kOther;
      break;
  }
  if (entry.kind == Kind::kLink) {
    const char* target = archive_entry_symlink(raw);
    if (target == nullptr) return broken();
    entry.target = target;
  }
  entry.mode = archive_entry_perm(raw) & 0777U;
  // Zips made without Unix modes: what a fresh file would have.
  if (entry.mode == 0) entry.mode = 0644;
  return true;
}

Result<std::string_view> ZipReader::read() {
  const la_ssize_t got =
      archive_read_data(impl_->handle.get(), impl_->piece.data(), impl_->piece.size());
  if (got < 0) return broken();
  return std::string_view{impl_->piece.data(), static_cast<std::size_t>(got)};
}

}  // namespace lambdarium::store
