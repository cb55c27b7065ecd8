#include "runtime-api/http/file_watch.h"

#include <fmt/format.h>
#include <uv.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <utility>

#include "models/base/check.h"

namespace lambdarium::http {
namespace {

namespace fs = std::filesystem;

std::string joined(const std::string& folder, const std::string& name) {
  if (folder.empty()) return name;
  return name.empty() ? folder : folder + '/' + name;
}

}  // namespace

struct FileWatch::Impl {
  struct Folder {
    uv_fs_event_t handle;
    Impl* impl;
    std::string path;  // below the root; empty for the root itself
  };

  EventLoop* loop;
  FileWatchOptions options;
  UniqueFunction<void(const std::vector<std::string>&)> on_change;
  std::map<std::string, Folder*> folders;
  std::set<std::string> changed;
  uv_timer_t quiet;
  bool tree_changed = false;
  int handles = 0;  // that libuv still knows
  bool released = false;

  int watch(const std::string& path);
  void scan(bool report_new);
  void event(const Folder& folder, const char* name, int events);
  void settled();
  void close_folder(Folder* folder);
  void handle_closed() {
    if (--handles == 0 && released) delete this;
  }
  void release();
};

int FileWatch::Impl::watch(const std::string& path) {
  auto* folder = new Folder;
  folder->impl = this;
  folder->path = path;
  folder->handle.data = folder;
  LAM_CHECK(uv_fs_event_init(loop->uv(), &folder->handle) == 0);
  ++handles;
  const int error = uv_fs_event_start(
      &folder->handle,
      [](uv_fs_event_t* handle, const char* name, int events, int) noexcept {
        const auto* source = static_cast<Folder*>(handle->data);
        source->impl->event(*source, name, events);
      },
      joined(options.folder, path).c_str(), 0);
  if (error != 0) {
    close_folder(folder);
    return error;
  }
  folders.emplace(path, folder);
  return 0;
}

// Brings the watches up to date with the tree. Links are not followed: they may lead out of it, or
// round in it.
void FileWatch::Impl::scan(bool report_new) {
  std::set<std::string> found{std::string{}};
  std::vector<std::string> to_visit{std::string{}};
  while (!to_visit.empty()) {
    const std::string folder = std::move(to_visit.back());
    to_visit.pop_back();
    const bool is_new = !folders.contains(folder);
    if (is_new && (folders.size() >= options.folders_max || watch(folder) != 0)) continue;
    std::error_code error;
    fs::directory_iterator entry{joined(options.folder, folder), error};
    for (; !error && entry != fs::directory_iterator{}; entry.increment(error)) {
      std::error_code unreadable;
      const std::string name = entry->path().filename().string();
      const std::string path = joined(folder, name);
      if (fs::is_directory(entry->symlink_status(unreadable))) {
        const auto& skip = options.skip;
        if (std::find(skip.begin(), skip.end(), name) != skip.end()) continue;
        found.insert(path);
        to_visit.push_back(path);
      } else if (is_new && report_new) {
        changed.insert(path);  // written before the folder was watched
      }
    }
  }
  for (auto next = folders.begin(); next != folders.end();) {
    const auto current = next++;
    if (found.contains(current->first)) continue;
    close_folder(current->second);
    folders.erase(current);
  }
}

void FileWatch::Impl::event(const Folder& folder, const char* name, int events) {
  if (released) return;
  const std::string file = name == nullptr ? "" : name;
  const auto& skip = options.skip;
  if (std::find(skip.begin(), skip.end(), file) != skip.end()) return;
  changed.insert(joined(folder.path, file));
  if ((events & UV_RENAME) != 0) tree_changed = true;
  uv_timer_start(
      &quiet, [](uv_timer_t* timer) noexcept { static_cast<Impl*>(timer->data)->settled(); },
      static_cast<std::uint64_t>(options.debounce / 1ms), 0);
}

void FileWatch::Impl::settled() {
  if (std::exchange(tree_changed, false)) scan(true);
  const std::vector<std::string> paths{changed.begin(), changed.end()};
  changed.clear();
  on_change(paths);
}

void FileWatch::Impl::close_folder(Folder* folder) {
  uv_close(reinterpret_cast<uv_handle_t*>(&folder->handle), [](uv_handle_t* handle) noexcept {
    const std::unique_ptr<Folder> closed{static_cast<Folder*>(handle->data)};
    closed->impl->handle_closed();
  });
}

void FileWatch::Impl::release() {
  released = true;
  for (const auto& [path, folder] : std::exchange(folders, {})) close_folder(folder);
  uv_close(reinterpret_cast<uv_handle_t*>(&quiet),
           [](uv_handle_t* handle) noexcept { static_cast<Impl*>(handle->data)->handle_closed(); });
}

Result<std::unique_ptr<FileWatch>> FileWatch::start(
    EventLoop& loop, FileWatchOptions options,
    UniqueFunction<void(const std::vector<std::string>& paths)> on_change) {
  auto* impl = new Impl;
  impl->loop = &loop;
  impl->options = std::move(options);
  impl->on_change = std::move(on_change);
  LAM_CHECK(uv_timer_init(loop.uv(), &impl->quiet) == 0);
  impl->quiet.data = impl;
  ++impl->handles;
  std::unique_ptr<FileWatch> watch{new FileWatch{impl}};
  const std::string& folder = impl->options.folder;
  std::error_code error;
  if (!fs::is_directory(folder, error)) {
    return invalid_input(fmt::format("cannot watch '{}': not a folder", folder));
  }
  if (const int failed = impl->watch({}); failed != 0) {
    return unavailable(fmt::format("cannot watch '{}': {}", folder, uv_strerror(failed)));
  }
  impl->scan(false);
  return watch;
}

FileWatch::~FileWatch() {
  impl_->release();
}

std::size_t FileWatch::folder_count() const {
  return impl_->folders.size();
}

}  // namespace lambdarium::http
