// The /tmp folders of environments that were reset: a timeout or a crash takes the memory of an
// environment, but not its /tmp, which its successor finds.
//
// Owns: the folders, until they are taken. Thread: the loop's. On failure: none; a folder that
// nobody takes in time is removed.

#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "emulator/fleet/types.h"
#include "runtime-api/sandbox/sandbox.h"

namespace lambdarium::live {

class ResetFolders {
 public:
  static constexpr Duration kKept = 600s;
  static constexpr std::size_t kFoldersMax = 16;  // of one function

  explicit ResetFolders(sandbox::Sandbox& sandbox) : sandbox_(sandbox) {}

  void put(fleet::FunctionId function, std::string folder);
  // The one that was put last; empty when there is none.
  std::string take(fleet::FunctionId function);
  // The function has changed: its environments begin anew.
  void drop(fleet::FunctionId function);

 private:
  struct Kept {
    std::string folder;
    Time since;
  };
  void remove_old(std::vector<Kept>& folders, std::size_t most);

  sandbox::Sandbox& sandbox_;
  std::map<fleet::FunctionId, std::vector<Kept>> kept_;  // oldest first
};

}  // namespace lambdarium::live
