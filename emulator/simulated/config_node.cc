#include "emulator/simulated/config_node.h"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <cstdio>
#include <memory>
#include <set>

namespace lambdarium::simulated {
namespace {

constexpr int kDepthMax = 32;
constexpr std::size_t kNodesMax = 1'000'000;  // aliases can multiply a small file
constexpr std::size_t kBytesMax = 16 << 20;

SourceMark mark_of(const YAML::Mark& mark, std::string_view file) {
  if (mark.is_null()) return {.file = std::string{file}};
  return {.file = std::string{file}, .line = mark.line + 1, .column = mark.column + 1};
}

class Converter {
 public:
  explicit Converter(std::string_view file) : file_(file) {}

  Result<ConfigNode> convert(const YAML::Node& yaml, int depth) {
    ConfigNode node;
    node.where = mark_of(yaml.Mark(), file_);
    if (depth > kDepthMax) {
      return invalid_input(fmt::format("nested more than {} levels deep", kDepthMax), node.where);
    }
    if (++count_ > kNodesMax) {
      return invalid_input(fmt::format("more than {} values", kNodesMax), node.where);
    }
    switch (yaml.Type()) {
      case YAML::NodeType::Undefined:
      case YAML::NodeType::Null:
        return node;
      case YAML::NodeType::Scalar:
        return scalar(yaml, std::move(node));
      case YAML::NodeType::Sequence:
        node.kind = ConfigNode::Kind::kSequence;
        for (const auto& item : yaml) {
          LAM_TRY(ConfigNode child, convert(item, depth + 1));
          node.items.push_back(std::move(child));
        }
        return node;
      case YAML::NodeType::Map:
        return map(yaml, std::move(node), depth);
    }
    return node;
  }

 private:
  static Result<ConfigNode> scalar(const YAML::Node& yaml, ConfigNode node) {
    // "!" is a quoted scalar, "?" a plain one; anything else was written as a tag.
    if (yaml.Tag() != "!" && yaml.Tag() != "?" && !yaml.Tag().empty()) {
      return invalid_input(fmt::format("the tag '{}' has no meaning here", yaml.Tag()), node.where);
    }
    node.kind = ConfigNode::Kind::kScalar;
    node.text = yaml.Scalar();
    node.quoted = yaml.Tag() == "!";
    return node;
  }

  Result<ConfigNode> map(const YAML::Node& yaml, ConfigNode node, int depth) {
    node.kind = ConfigNode::Kind::kMap;
    std::set<std::string> seen;
    for (const auto& entry : yaml) {
      const SourceMark where = mark_of(entry.first.Mark(), file_);
      if (!entry.first.IsScalar()) return invalid_input("a key must be a plain text", where);
      const std::string& key = entry.first.Scalar();
      if (!seen.insert(key).second) {
        return invalid_input(fmt::format("the key '{}' stands here twice", key), where);
      }
      LAM_TRY(ConfigNode child, convert(entry.second, depth + 1));
      if (child.where.line == 0) child.where = where;
      node.members.push_back({key, where, std::move(child)});
    }
    return node;
  }

  std::string_view file_;
  std::size_t count_ = 0;
};

// Splits "a.b\.c.0" into a, b.c, 0.
Result<std::vector<std::string>> split_path(std::string_view path) {
  std::vector<std::string> parts(1);
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (path[i] == '\\' && i + 1 < path.size()) {
      parts.back() += path[++i];
    } else if (path[i] == '.') {
      parts.emplace_back();
    } else {
      parts.back() += path[i];
    }
  }
  for (const std::string& part : parts) {
    if (part.empty()) return invalid_input(fmt::format("'{}' has an empty part", path));
  }
  if (parts.size() > kDepthMax) return invalid_input(fmt::format("'{}' is too deep", path));
  return parts;
}

bool is_index(std::string_view text) {
  return text.size() <= 6 && text.find_first_not_of("0123456789") == std::string_view::npos;
}

void set_marks(ConfigNode& node, const SourceMark& where) {
  node.where = where;
  for (ConfigNode& item : node.items) set_marks(item, where);
  for (ConfigNode::Member& member : node.members) {
    member.where = where;
    set_marks(member.value, where);
  }
}

// The child that `part` names, made if it is missing.
Result<ConfigNode*> descend(ConfigNode& node, const std::string& part, bool keyed_by_name,
                            const SourceMark& where) {
  if (node.is_null()) {
    const bool list = is_index(part) && !keyed_by_name;
    node.kind = list ? ConfigNode::Kind::kSequence : ConfigNode::Kind::kMap;
  }
  if (node.is_sequence()) {
    const std::size_t index = is_index(part) ? std::stoul(part) : node.items.size() + 1;
    if (index > node.items.size()) {
      return invalid_input(fmt::format("'{}' is no position in a list of {} (0 is the first)", part,
                                       node.items.size()),
                           where);
    }
    if (index == node.items.size()) node.items.emplace_back().where = where;
    return &node.items[index];
  }
  if (!node.is_map()) {
    return invalid_input(
        fmt::format("'{}' lies within '{}', which is a single value", part, node.text), where);
  }
  if (ConfigNode* found = node.find(part)) return found;
  node.members.push_back({part, where, {}});
  node.members.back().value.where = where;
  return &node.members.back().value;
}

}  // namespace

const ConfigNode* ConfigNode::find(std::string_view key) const {
  return const_cast<ConfigNode*>(this)->find(key);
}

ConfigNode* ConfigNode::find(std::string_view key) {
  for (Member& member : members) {
    if (member.key == key) return &member.value;
  }
  return nullptr;
}

Result<ConfigNode> parse_config_text(std::string_view text, std::string_view file) {
  if (text.size() > kBytesMax) {
    return invalid_input(fmt::format("larger than {} MiB", kBytesMax >> 20),
                         {.file = std::string{file}});
  }
  try {
    const std::vector<YAML::Node> documents = YAML::LoadAll(std::string{text});
    ConfigNode nothing;
    nothing.where.file = file;
    if (documents.empty()) return nothing;
    if (documents.size() > 1) {
      return invalid_input("more than one document", mark_of(documents[1].Mark(), file));
    }
    return Converter{file}.convert(documents.front(), 0);
  } catch (const YAML::Exception& error) {
    return invalid_input(error.msg, mark_of(error.mark, file));
  }
}

Result<ConfigNode> read_config_file(const std::string& path) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file{std::fopen(path.c_str(), "rb"),
                                                             &std::fclose};
  if (file == nullptr) return invalid_input("cannot be opened", {.file = path});
  std::string text;
  char buffer[65'536];
  while (text.size() <= kBytesMax) {
    const std::size_t got = std::fread(buffer, 1, sizeof buffer, file.get());
    text.append(buffer, got);
    if (got == 0) break;
  }
  if (std::ferror(file.get()) != 0) return invalid_input("cannot be read", {.file = path});
  return parse_config_text(text, path);
}

Status assign(ConfigNode& root, std::string_view assignment) {
  const std::size_t equals = assignment.find('=');
  if (equals == std::string_view::npos || equals == 0) {
    return invalid_input(fmt::format("--set takes key=value, not '{}'", assignment));
  }
  const std::string_view path = assignment.substr(0, equals);
  const SourceMark where{.file = fmt::format("--set {}", path)};
  LAM_TRY(const std::vector<std::string> parts, split_path(path));
  LAM_TRY(ConfigNode value, parse_config_text(assignment.substr(equals + 1), where.file));
  set_marks(value, where);

  ConfigNode* node = &root;
  bool keyed_by_name = false;  // below a map of functions a number may be a function's name
  for (const std::string& part : parts) {
    LAM_TRY(node, descend(*node, part, keyed_by_name, where));
    keyed_by_name = part.ends_with("_concurrency");
  }
  *node = std::move(value);
  return {};
}

}  // namespace lambdarium::simulated
