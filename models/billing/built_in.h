// The price catalogues compiled into the program. The definition is generated from
// catalogues/*.json by the build.

#pragma once

#include <string_view>
#include <vector>

namespace lambdarium::billing {

struct BuiltInCatalogue {
  std::string_view name;
  std::string_view json;  // static storage
};

const std::vector<BuiltInCatalogue>& built_in_catalogues();

}  // namespace lambdarium::billing
