#include "emulator/store/folder_lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>
#include <system_error>

namespace lambdarium::store {

Result<FolderLock> FolderLock::take(const std::filesystem::path& folder) {
  const std::filesystem::path file = folder / "lock";
  FolderLock lock;
  lock.fd_ = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (lock.fd_ < 0) {
    return unavailable(fmt::format("cannot use the data folder {}: {}", folder.string(),
                                   std::generic_category().message(errno)));
  }
  if (::flock(lock.fd_, LOCK_EX | LOCK_NB) != 0) return lock.refused(folder, errno);
  const std::string pid = fmt::format("{}\n", ::getpid());
  // Only for the message of whoever comes second; without it the lock holds as well.
  if (::ftruncate(lock.fd_, 0) == 0) {
    [[maybe_unused]] const ::ssize_t written = ::pwrite(lock.fd_, pid.data(), pid.size(), 0);
  }
  return lock;
}

FolderLock::~FolderLock() {
  if (fd_ >= 0) ::close(fd_);
}

Error FolderLock::refused(const std::filesystem::path& folder, int reason) const {
  if (reason != EWOULDBLOCK) {
    return unavailable(fmt::format("cannot lock the data folder {}: {}", folder.string(),
                                   std::generic_category().message(reason)));
  }
  std::array<char, 32> text{};
  const ::ssize_t got = ::pread(fd_, text.data(), text.size(), 0);
  std::string pid{text.data(), got > 0 ? static_cast<std::size_t>(got) : 0};
  while (!pid.empty() && pid.back() == '\n') pid.pop_back();
  return unavailable(fmt::format(
      "the data folder {} is in use by another running emulator{}; stop it, or choose another "
      "folder with --data",
      folder.string(), pid.empty() ? "" : fmt::format(" (process {})", pid)));
}

}  // namespace lambdarium::store
