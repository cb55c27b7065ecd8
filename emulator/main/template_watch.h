// `serve --watch`: what changes in the template or in a function's folder is served with the next
// invocation.
//
//   the template's folder ─┐                    ┌─▶ a function's code: its environments are
//   replaced folders of code ───────┴─▶ changed files ───┴─▶ the template: read again, applied
//   where it can be
//
// Owns: the watches. Thread: the loop's. Calls back: the callbacks of WatchedEmulator, from the
// loop. On failure: start() names the folder that cannot be watched; a folder that cannot be
// watched later is told to `say`, and goes on unwatched.

#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "models/base/result.h"
#include "models/base/unique_function.h"
#include "models/domain/function.h"
#include "runtime-api/http/event_loop.h"
#include "runtime-api/http/file_watch.h"

namespace lambdarium::commands {

struct WatchedEmulator {
  // Reads the template again and applies it. Gives the functions that are served from now on;
  // nothing when the template is wrong and what was served stays. Says so itself.
  UniqueFunction<bool(std::vector<FunctionDefinition>& functions)> reload;
  UniqueFunction<void(const std::string& function)> code_changed;
  UniqueFunction<void(const std::string& line)> say;
};

struct WatchOptions {
  std::filesystem::path template_file;
  // The emulator's own files, in whose folders it may write all the time: the data folder, and the
  // record with what SQLite puts beside it.
  std::vector<std::filesystem::path> own_paths;
};

class TemplateWatch {
 public:
  TemplateWatch(http::EventLoop& loop, WatchOptions options, WatchedEmulator emulator);

  Status start(std::vector<FunctionDefinition> functions);

 private:
  Status watch_folders();
  void on_change(const std::filesystem::path& folder, const std::vector<std::string>& paths);
  bool is_own(const std::filesystem::path& file) const;
  bool is_template(const std::filesystem::path& file) const;

  http::EventLoop& loop_;
  WatchOptions options_;
  WatchedEmulator emulator_;
  std::vector<FunctionDefinition> functions_;
  std::vector<std::pair<std::filesystem::path, std::unique_ptr<http::FileWatch>>> watches_;
};

}  // namespace lambdarium::commands
