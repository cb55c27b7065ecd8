#include <algorithm>
#include <array>
#include <filesystem>
#include <vector>

#include "traces/formats/azure_2019.h"

namespace lambdarium::traces {
namespace {

namespace fs = std::filesystem;

enum Role : std::size_t { kInvocations, kDurations, kMemory };

// A file name is prefix + what the three have in common + suffix.
struct Naming {
  std::array<std::string_view, 3> prefix;
  std::array<std::string_view, 3> suffix;
};

constexpr std::array<Naming, 3> kNamings{{
    {{"invocations", "durations", "memory"}, {".csv", ".csv", ".csv"}},
    {{"invocations_per_function_md.anon.", "function_durations_percentiles.anon.",
      "app_memory_percentiles.anon."},
     {".csv", ".csv", ".csv"}},
    {{"", "", ""}, {"_inv.csv", "_run.csv", "_mem.csv"}},
}};

struct Match {
  const Naming* naming = nullptr;
  std::string common;
};

// Whether `name` is an invocations file, under which naming. "invocations.csv" has nothing in
// common between prefix and suffix.
Match match_invocations(std::string_view name) {
  if (name.ends_with(".gz")) name.remove_suffix(3);
  for (const Naming& naming : kNamings) {
    const std::string_view prefix = naming.prefix[kInvocations];
    const std::string_view suffix = naming.suffix[kInvocations];
    if (name.size() < prefix.size() + suffix.size()) continue;
    if (!name.starts_with(prefix) || !name.ends_with(suffix)) continue;
    const std::string_view common =
        name.substr(prefix.size(), name.size() - prefix.size() - suffix.size());
    if (&naming == &kNamings[0] && common.starts_with("_per_function")) continue;
    return {&naming, std::string{common}};
  }
  return {};
}

// The file itself or its compressed form; empty when there is neither.
std::string existing(const fs::path& folder, const std::string& name) {
  std::error_code error;
  for (const char* ending : {"", ".gz"}) {
    const fs::path path = folder / (name + ending);
    if (fs::is_regular_file(path, error)) return path.string();
  }
  return {};
}

Result<fs::path> find_invocations(const fs::path& folder) {
  std::error_code error;
  std::vector<fs::path> found;
  for (const fs::directory_entry& entry : fs::directory_iterator{folder, error}) {
    const std::string name = entry.path().filename().string();
    if (match_invocations(name).naming != nullptr) found.push_back(entry.path());
  }
  if (error) {
    return invalid_input("cannot be listed: " + error.message(), {.file = folder.string()});
  }
  std::sort(found.begin(), found.end());
  if (found.size() == 1) return found.front();
  if (found.empty()) {
    return invalid_input("the folder holds no invocations.csv", {.file = folder.string()});
  }
  return invalid_input("the folder holds several invocations files (" +
                           found[0].filename().string() + ", " + found[1].filename().string() +
                           (found.size() > 2 ? ", …" : "") + "): name one of them",
                       {.file = folder.string()});
}

}  // namespace

Result<Azure2019Files> find_azure_2019_files(const std::string& path) {
  std::error_code error;
  fs::path invocations{path};
  if (fs::is_directory(invocations, error)) {
    LAM_TRY(invocations, find_invocations(fs::path{path}));
  }
  const fs::path folder = invocations.has_parent_path() ? invocations.parent_path() : fs::path{"."};
  Match match = match_invocations(invocations.filename().string());
  // A file of another name may still lie beside a durations.csv.
  if (match.naming == nullptr) match = {&kNamings[0], ""};
  const auto sibling = [&match](Role role) {
    return std::string{match.naming->prefix[role]} + match.common +
           std::string{match.naming->suffix[role]};
  };
  Azure2019Files files{.invocations = invocations.string(),
                       .durations = existing(folder, sibling(kDurations)),
                       .memory = existing(folder, sibling(kMemory))};
  if (!fs::exists(invocations, error)) {
    return invalid_input("does not exist", {.file = files.invocations});
  }
  if (files.durations.empty()) {
    return invalid_input("there is no '" + sibling(kDurations) +
                             "' beside it, which format azure-2019 needs for durations",
                         {.file = files.invocations});
  }
  return files;
}

}  // namespace lambdarium::traces
