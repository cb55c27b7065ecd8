#include "emulator/main/template_watch.h"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include <fmt/format.h>

namespace lambdarium::commands {
namespace {

namespace fs = std::filesystem;

constexpr Duration kQuietTime = 100ms;

fs::path whole(const fs::path& path) {
  std::error_code error;
  const fs::path absolute = fs::absolute(path, error);
  return (error ? path : absolute).lexically_normal();
}

bool is_within(const fs::path& file, const fs::path& folder) {
  const auto [end, at] = std::mismatch(folder.begin(), folder.end(), file.begin(), file.end());
  return end == folder.end() || (end->empty() && std::next(end) == folder.end());
}

}  // namespace

TemplateWatch::TemplateWatch(http::EventLoop& loop, WatchOptions options, WatchedEmulator emulator)
    : loop_(loop), options_(std::move(options)), emulator_(std::move(emulator)) {
  options_.template_file = whole(options_.template_file);
  for (fs::path& path : options_.own_paths) path = whole(path);
}

Status TemplateWatch::start(std::vector<FunctionDefinition> functions) {
  functions_ = std::move(functions);
  return watch_folders();
}

// The template's folder, and code that lies elsewhere. Folders that are watched already are kept.
Status TemplateWatch::watch_folders() {
  std::vector<fs::path> wanted{options_.template_file.parent_path()};
  for (const FunctionDefinition& function : functions_) {
    const fs::path folder = whole(function.code_directory);
    const bool covered = is_own(folder) || std::any_of(wanted.begin(), wanted.end(), [&](auto& w) {
                           return is_within(folder, w);
                         });
    if (!covered) wanted.push_back(folder);
  }
  std::erase_if(watches_, [&wanted](const auto& watch) {
    return std::find(wanted.begin(), wanted.end(), watch.first) == wanted.end();
  });
  for (const fs::path& folder : wanted) {
    const bool known = std::any_of(watches_.begin(), watches_.end(),
                                   [&folder](const auto& watch) { return watch.first == folder; });
    if (known) continue;
    http::FileWatchOptions options;
    options.folder = folder.string();
    options.debounce = kQuietTime;
    LAM_TRY(auto watch,
            http::FileWatch::start(loop_, std::move(options),
                                   [this, folder](const std::vector<std::string>& paths) {
                                     on_change(fs::path{folder}, paths);
                                   }));
    watches_.emplace_back(folder, std::move(watch));
  }
  return {};
}

bool TemplateWatch::is_own(const fs::path& file) const {
  return std::any_of(options_.own_paths.begin(), options_.own_paths.end(), [&](const auto& own) {
    return is_within(file, own) || file.string().starts_with(own.string() + "-");
  });
}

// The template, or what it may be made of: files that it includes, zipped code.
bool TemplateWatch::is_template(const fs::path& file) const {
  if (file == options_.template_file) return true;
  constexpr std::array<std::string_view, 4> kEndings{".yaml", ".yml", ".json", ".zip"};
  const std::string ending = file.extension().string();
  return std::find(kEndings.begin(), kEndings.end(), ending) != kEndings.end();
}

// `folder` is a copy: what is done here may end the watch that called.
void TemplateWatch::on_change(const fs::path& folder, const std::vector<std::string>& paths) {
  std::set<std::string> changed;
  bool reload = false;
  for (const std::string& path : paths) {
    const fs::path file = whole(folder / path);
    if (is_own(file)) continue;
    if (file == options_.template_file) {
      reload = true;
      continue;
    }
    bool is_code = false;
    for (const FunctionDefinition& function : functions_) {
      if (!is_within(file, whole(function.code_directory))) continue;
      changed.insert(function.name);
      is_code = true;
    }
    if (!is_code && is_template(file)) reload = true;
  }
  if (reload) {
    std::vector<FunctionDefinition> fresh;
    if (emulator_.reload(fresh)) {
      functions_ = std::move(fresh);
      if (const Status watching = watch_folders(); !watching.ok()) {
        emulator_.say(watching.error().to_string());
      }
    }
  }
  for (const std::string& name : changed) {
    emulator_.code_changed(name);
    emulator_.say(fmt::format("{}: new code", name));
  }
}

}  // namespace lambdarium::commands
