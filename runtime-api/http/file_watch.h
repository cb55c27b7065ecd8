// Watches a folder and all folders below it, and tells after a moment of quiet what has changed.
//
// inotify is not recursive: there is one watch per folder, and folders that appear are added.
//
// - Owns: its watches.
// - Thread: the loop's. Reading the tree blocks for the time of a directory listing: watch
//   source trees, not volumes.
// - Calls back: last, once per burst; none after destruction, which is allowed from inside the
//   callback.
// - On failure: start() names the folder; folders that cannot be read later are left out.

#pragma once

#include <memory>
#include <string>
#include <vector>

#include "models/base/result.h"
#include "models/base/time.h"
#include "models/base/unique_function.h"
#include "runtime-api/http/event_loop.h"

namespace lambdarium::http {

struct FileWatchOptions {
  std::string folder;
  Duration debounce = 150ms;  // quiet time before the callback
  std::size_t folders_max = 4'096;
  // Names of folders that are not entered.
  std::vector<std::string> skip = {".git", "node_modules", "__pycache__", ".lambdarium"};
};

class FileWatch {
 public:
  // `on_change` gets the changed paths below the folder ("a/b.py"), sorted, each once.
  static Result<std::unique_ptr<FileWatch>> start(
      EventLoop& loop, FileWatchOptions options,
      UniqueFunction<void(const std::vector<std::string>& paths)> on_change);
  ~FileWatch();
  FileWatch(const FileWatch&) = delete;
  FileWatch& operator=(const FileWatch&) = delete;

  std::size_t folder_count() const;

 private:
  struct Impl;
  explicit FileWatch(Impl* impl) : impl_(impl) {}
  Impl* impl_;  // freed when its handles are closed
};

}  // namespace lambdarium::http
