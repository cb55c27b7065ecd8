// One running emulator a data folder. flock() goes with the open file, so the kernel lets go of the
// lock when the process ends, however it ends; children do not inherit it.

#pragma once

#include <filesystem>
#include <utility>

#include "models/base/result.h"

namespace lambdarium::store {

class FolderLock {
 public:
  FolderLock() = default;
  // The error names the folder, and the process that holds it.
  static Result<FolderLock> take(const std::filesystem::path& folder);
  FolderLock(FolderLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  FolderLock& operator=(FolderLock&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~FolderLock();

 private:
  Error refused(const std::filesystem::path& folder, int reason) const;
  int fd_ = -1;
};

}  // namespace lambdarium::store
