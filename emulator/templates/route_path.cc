// What API Gateway takes as the path of an HTTP API's route.

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string>

#include "emulator/templates/template.h"
#include "emulator/templates/values.h"

namespace lambdarium::templates {
namespace {

constexpr std::size_t kPathBytesMax = 1'024;

bool is_variable_name(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' ||
           c == '-' || c == '.' || c == ':';
  });
}

bool is_path_character(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte > 0x20 && byte != 0x7f && c != '?' && c != '#' && c != '{' && c != '}' && c != '\\';
}

Error bad_path(std::string_view path, std::string_view why) {
  return invalid_input(fmt::format("the path '{}' {}", shown(path), why));
}

Status check_variable(std::string_view path, std::string_view segment, bool last,
                      std::set<std::string_view>& names) {
  std::string_view name = segment.substr(1, segment.size() - 2);
  const bool greedy = name.ends_with('+');
  if (greedy) name.remove_suffix(1);
  if (!is_variable_name(name)) {
    return bad_path(path,
                    fmt::format("has the variable '{}', whose name must be letters, digits and "
                                "any of '_-.:'",
                                shown(segment)));
  }
  if (greedy && !last) {
    return bad_path(path, fmt::format("goes on after '{}', which takes the rest", shown(segment)));
  }
  if (!names.insert(name).second) {
    return bad_path(path, fmt::format("has the variable '{}' twice", shown(name)));
  }
  return {};
}

}  // namespace

Status check_route_path(std::string_view path) {
  if (path.empty() || path.front() != '/') return bad_path(path, "must start with '/'");
  if (path.size() > kPathBytesMax) {
    return bad_path(path, fmt::format("is longer than {} bytes", kPathBytesMax));
  }
  if (path == "/") return {};
  if (path.back() == '/') return bad_path(path, "must not end with '/'");
  std::set<std::string_view> names;
  std::string_view rest = path.substr(1);
  for (bool last = false; !last;) {
    const std::size_t slash = rest.find('/');
    last = slash == std::string_view::npos;
    const std::string_view segment = rest.substr(0, slash);
    rest = last ? std::string_view{} : rest.substr(slash + 1);
    if (segment.empty()) return bad_path(path, "has an empty segment");
    if (segment.front() == '{' && segment.back() == '}') {
      if (const Status status = check_variable(path, segment, last, names); !status.ok()) {
        return status;
      }
      continue;
    }
    if (segment.find_first_of("{}") != std::string_view::npos) {
      return bad_path(path, fmt::format("has the segment '{}'; a variable must be a whole segment, "
                                        "as in '/{{name}}'",
                                        shown(segment)));
    }
    if (!std::all_of(segment.begin(), segment.end(), is_path_character)) {
      return bad_path(path, "has a character that no path may have");
    }
  }
  return {};
}

}  // namespace lambdarium::templates
