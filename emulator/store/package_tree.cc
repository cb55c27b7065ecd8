#include "emulator/store/package_tree.h"

#include <fmt/format.h>

#include <deque>
#include <vector>

namespace lambdarium::store {
namespace {

constexpr std::size_t kNameBytesMax = 255;  // Linux's limit of one component
constexpr int kLinkHopsMax = 40;            // Linux's limit, too

std::vector<std::string_view> split_path(std::string_view path) {
  std::vector<std::string_view> parts;
  while (!path.empty()) {
    const std::size_t slash = path.find('/');
    const std::string_view part = path.substr(0, slash);
    if (!part.empty() && part != ".") parts.push_back(part);
    path = slash == std::string_view::npos ? std::string_view{} : path.substr(slash + 1);
  }
  return parts;
}

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// Names go into messages, and may hold anything.
std::string printable(std::string_view text) {
  std::string out;
  for (const char c : text.substr(0, 200)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) {
      out += fmt::format("\\x{:02x}", byte);
    } else {
      out += c;
    }
  }
  if (text.size() > 200) out += "…";
  return out;
}

}  // namespace

Error bad_entry(std::string_view path, std::string_view why) {
  return invalid_input(fmt::format("Entry '{}' {}.", printable(path), why));
}

Result<std::string> PackageTree::normalise(std::string_view path) const {
  if (path.empty()) return bad_entry(path, "has no name");
  if (path.size() > limits_.path_bytes) {
    return bad_entry(path, fmt::format("has a path of {} bytes; at most {} are allowed",
                                       path.size(), limits_.path_bytes));
  }
  if (path.find('\0') != std::string_view::npos)
    return bad_entry(path, "has a zero byte in its path");
  if (path.find('\\') != std::string_view::npos) {
    return bad_entry(path, "has a backslash in its path; use '/'");
  }
  if (path.front() == '/') return bad_entry(path, "has an absolute path");
  if (path.size() >= 2 && path[1] == ':' && is_letter(path[0])) {
    return bad_entry(path, "has a path with a drive letter");
  }
  const std::vector<std::string_view> parts = split_path(path);
  if (parts.size() > limits_.path_depth) {
    return bad_entry(path, fmt::format("is {} folders deep; at most {} are allowed", parts.size(),
                                       limits_.path_depth));
  }
  std::string clean;
  for (const std::string_view part : parts) {
    if (part == "..") return bad_entry(path, "has '..' in its path");
    if (part.size() > kNameBytesMax) {
      return bad_entry(path, fmt::format("has a name longer than {} bytes", kNameBytesMax));
    }
    if (!clean.empty()) clean += '/';
    clean += part;
  }
  return clean;
}

Status PackageTree::add_parents(const std::string& path, std::string_view spelled) {
  for (std::size_t slash = path.find('/'); slash != std::string::npos;
       slash = path.find('/', slash + 1)) {
    const auto [node, made] = nodes_.try_emplace(path.substr(0, slash));
    if (made) {
      node->second.implied = true;
    } else if (node->second.kind == Kind::kFile) {
      return bad_entry(spelled, fmt::format("lies below '{}', which is a file", node->first));
    } else if (node->second.kind == Kind::kLink) {
      return bad_entry(spelled, fmt::format("lies below '{}', which is a link", node->first));
    }
  }
  return {};
}

Result<std::string> PackageTree::add(std::string_view path, Kind kind, std::string_view target) {
  LAM_TRY(std::string clean, normalise(path));
  ++entries_;
  if (clean.empty()) {
    if (kind == Kind::kFolder) return clean;
    return bad_entry(path, "has no name");
  }
  LAM_TRY_STATUS(add_parents(clean, path));
  const auto [node, made] = nodes_.try_emplace(clean);
  Node& existing = node->second;
  if (made) {
    existing = {.kind = kind, .implied = false, .target = std::string{target}};
  } else if (existing.kind == Kind::kFolder && kind == Kind::kFolder) {
    existing.implied = false;  // folders may be named again and again
  } else if (existing.kind == Kind::kFolder) {
    return bad_entry(path, "is a folder elsewhere in the zip");
  } else {
    return bad_entry(path, "is in the zip twice");
  }
  if (entries_ > limits_.entries || nodes_.size() > limits_.entries) {
    return invalid_input(fmt::format("It has more than {} files and folders.", limits_.entries));
  }
  return clean;
}

Status PackageTree::check_links() const {
  for (const auto& [path, node] : nodes_) {
    if (node.kind != Kind::kLink) continue;
    LAM_TRY_STATUS(follow(path));
  }
  return {};
}

// Walks as the kernel would: ".." goes up from where the links so far have led, not from where the
// text says.
Status PackageTree::follow(const std::string& link) const {
  std::vector<std::string> place;  // folders from the package's root
  std::deque<std::string> ahead;
  for (const std::string_view part : split_path(link)) ahead.emplace_back(part);
  int hops = 0;
  while (!ahead.empty()) {
    std::string part = std::move(ahead.front());
    ahead.pop_front();
    if (part == "..") {
      if (place.empty()) return bad_entry(link, "is a link that leaves the package");
      place.pop_back();
      continue;
    }
    place.push_back(std::move(part));
    std::string here;
    for (const std::string& name : place) here += (here.empty() ? "" : "/") + name;
    const auto node = nodes_.find(here);
    if (node == nodes_.end() || node->second.kind != Kind::kLink) continue;
    const std::string& target = node->second.target;
    if (++hops > kLinkHopsMax) return bad_entry(link, "is a link that leads in a circle");
    if (target.empty()) return bad_entry(node->first, "is a link to nothing");
    if (target.front() == '/') return bad_entry(node->first, "is a link to an absolute path");
    if (target.size() > limits_.path_bytes || target.find('\0') != std::string::npos) {
      return bad_entry(node->first, "is a link with a target that is no path");
    }
    place.pop_back();
    const std::vector<std::string_view> parts = split_path(target);
    for (auto next = parts.rbegin(); next != parts.rend(); ++next) ahead.emplace_front(*next);
  }
  return {};
}

}  // namespace lambdarium::store
