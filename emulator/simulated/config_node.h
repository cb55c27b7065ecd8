// A configuration document as a tree of values with their places, whatever it was written in.
//
// Owns: nothing outside itself. The YAML library is known to config_node.cc alone.
// On failure: a broken document is an Error with file, line and column.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "models/base/result.h"

namespace lambdarium::simulated {

struct ConfigNode {
  enum class Kind : std::uint8_t { kNull, kScalar, kSequence, kMap };
  struct Member;

  Kind kind = Kind::kNull;
  bool quoted = false;            // "null" in quotes is a text
  std::string text;               // kScalar
  std::vector<ConfigNode> items;  // kSequence
  std::vector<Member> members;    // kMap, in the order of the document
  SourceMark where;

  bool is_null() const { return kind == Kind::kNull; }
  bool is_map() const { return kind == Kind::kMap; }
  bool is_sequence() const { return kind == Kind::kSequence; }
  // Null when there is none, or when this is not a map.
  const ConfigNode* find(std::string_view key) const;
  ConfigNode* find(std::string_view key);
};

struct ConfigNode::Member {
  std::string key;
  SourceMark where;  // of the key
  ConfigNode value;
};

// YAML, and JSON as a part of it. `file` is for messages. An empty document is null. A key that
// stands twice in one map, a tag, more than one document and nesting beyond reason are errors.
Result<ConfigNode> parse_config_text(std::string_view text, std::string_view file);
Result<ConfigNode> read_config_file(const std::string& path);

// "platform.queue.policy=fifo": replaces or adds one value. The path is dotted, a number is a
// position in a list (one past the last appends), `\.` is a dot within a key. The value is a YAML
// scalar, list or map.
Status assign(ConfigNode& root, std::string_view assignment);

}  // namespace lambdarium::simulated
