// Policies are found by name: the position of a name in its family's table is the enumerator's
// value.

#pragma once

#include <span>
#include <string_view>

#include "models/base/nearest.h"
#include "models/base/result.h"

namespace lambdarium::policies {

template <class Enum>
Result<Enum> parse_named(std::string_view what, std::string_view name,
                         std::span<const std::string_view> names) {
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i] == name) return static_cast<Enum>(i);
  }
  return invalid_input(unknown_name_message(what, name, names));
}

}  // namespace lambdarium::policies
