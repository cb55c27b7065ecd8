// A YAML or JSON text as a tree that knows where everything stands: private to this folder;
// document.cc is the only code that calls yaml-cpp.
//
// Short tags are spelled out (`!Ref x` is a map with the key Ref, `!Sub x` one with Fn::Sub),
// aliases share their node, merge keys (<<) are expanded. Bounded: depth, and size after expansion,
// so that a small text cannot become a large tree.

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "models/base/result.h"

namespace lambdarium::templates {

// Both from 1; 0 means unknown.
struct Position {
  int line = 0;
  int column = 0;
};

struct Node;
using NodePtr = std::shared_ptr<const Node>;

struct Field {
  std::string key;
  Position where;  // of the key
  NodePtr value;   // never null
};

struct Node {
  enum class Kind : std::uint8_t {
    kNull,
    kScalar,
    kList,
    kMap,
    kNoValue,  // AWS::NoValue: whoever holds it leaves it out. Only made by the resolver
    kInvalid,  // something was wrong here, and has been said. Only made by the resolver
  };
  Kind kind = Kind::kNull;
  bool plain = false;  // a scalar without quotes, which YAML may read as a number or a truth value
  Position where;
  std::string text;            // kScalar
  std::vector<NodePtr> items;  // kList
  std::vector<Field> fields;   // kMap, in the order of the file, without duplicates

  bool is_map() const { return kind == Kind::kMap; }
  bool is_list() const { return kind == Kind::kList; }
  bool is_scalar() const { return kind == Kind::kScalar; }
  const Field* find(std::string_view key) const;
};

NodePtr make_scalar(std::string text, Position where);
NodePtr make_list(std::vector<NodePtr> items, Position where);
NodePtr make_special(Node::Kind kind, Position where);

// "a text", "a list", "a map", "nothing".
std::string_view kind_name(const Node& node);

inline constexpr std::size_t kDepthMax = 100;
// Nodes after the expansion of aliases; a long text counts as several.
inline constexpr std::size_t kWeightMax = 1'000'000;

class Diagnostics;

// The root of the only document; null after errors, which are in `diagnostics`.
NodePtr parse_document(std::string_view text, Diagnostics& diagnostics);

}  // namespace lambdarium::templates
