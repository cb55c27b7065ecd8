#include "traces/formats/function_names.h"

#include <algorithm>
#include <string_view>
#include <unordered_set>

namespace lambdarium::traces {
namespace {

bool is_hash(std::string_view text) {
  return text.size() >= 32 && text.find_first_not_of("0123456789abcdefABCDEF") == text.npos;
}

std::string_view cut(std::string_view id, std::size_t digits) {
  return is_hash(id) ? id.substr(0, digits) : id;
}

std::string name_of(const FunctionKey& key, std::size_t digits) {
  const std::string_view function = cut(key.function, digits);
  if (key.app == key.function || key.app.empty()) return std::string{function};
  std::string name{cut(key.app, digits)};
  name += '/';
  name += function;
  return name;
}

}  // namespace

std::vector<std::string> short_names(const std::vector<FunctionKey>& keys) {
  std::vector<std::string> names(keys.size());
  for (const std::size_t digits :
       {std::size_t{8}, std::size_t{12}, std::size_t{16}, std::string::npos}) {
    std::unordered_set<std::string_view> seen;
    bool apart = true;
    for (std::size_t i = 0; i < keys.size(); ++i) names[i] = name_of(keys[i], digits);
    for (const std::string& name : names) apart = seen.insert(name).second && apart;
    if (apart) return names;
  }
  std::unordered_set<std::string> taken(names.begin(), names.end());
  std::unordered_set<std::string> seen;
  for (std::string& name : names) {
    if (seen.insert(name).second) continue;
    const std::string stem = name;
    for (int n = 2; !taken.insert(name = stem + "#" + std::to_string(n)).second;) ++n;
    seen.insert(name);
  }
  return names;
}

}  // namespace lambdarium::traces
