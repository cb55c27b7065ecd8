// A JSON document as it was written: numbers keep their text, so that no price passes through
// binary floating point.
//
// Thread: any; a value.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "models/base/result.h"

namespace lambdarium::billing {

struct Tree {
  enum class Kind : std::uint8_t { kNull, kBool, kNumber, kString, kList, kObject };

  Kind kind = Kind::kNull;
  bool flag = false;
  std::string text;                                   // of a number or string
  std::vector<Tree> items;                            // of a list
  std::vector<std::pair<std::string, Tree>> members;  // of an object, in the order of the file

  bool is(Kind wanted) const { return kind == wanted; }
  // Null when this is no object or has no such member (or a null one).
  const Tree* find(std::string_view name) const;
  // For messages: the value as JSON, cut when it is long.
  std::string shown() const;
};

// `name` is the file, for messages. Documents above 64 MB or deeper than 64 levels are refused.
Result<Tree> parse_tree(std::string_view json, std::string_view name);

}  // namespace lambdarium::billing
