#include "emulator/live/reset_folders.h"

namespace lambdarium::live {

void ResetFolders::remove_old(std::vector<Kept>& folders, std::size_t most) {
  const Time now = sandbox_.loop().now();
  while (!folders.empty() && (folders.size() > most || now - folders.front().since > kKept)) {
    sandbox_.remove_tmp_directory(std::move(folders.front().folder));
    folders.erase(folders.begin());
  }
}

void ResetFolders::put(fleet::FunctionId function, std::string folder) {
  if (folder.empty()) return;
  kept_[function].push_back({std::move(folder), sandbox_.loop().now()});
  for (auto& [id, folders] : kept_) remove_old(folders, kFoldersMax);
}

std::string ResetFolders::take(fleet::FunctionId function) {
  const auto found = kept_.find(function);
  if (found == kept_.end()) return {};
  remove_old(found->second, kFoldersMax);
  if (found->second.empty()) return {};
  std::string folder = std::move(found->second.back().folder);
  found->second.pop_back();
  return folder;
}

void ResetFolders::drop(fleet::FunctionId function) {
  const auto found = kept_.find(function);
  if (found == kept_.end()) return;
  remove_old(found->second, 0);
  kept_.erase(found);
}

}  // namespace lambdarium::live
