#include "models/domain/function.h"

#include <algorithm>

#include <fmt/format.h>

#include "models/base/nearest.h"

namespace lambdarium {

const std::vector<std::string_view>& known_runtimes() {
  static const std::vector<std::string_view> names{
      "nodejs18.x", "nodejs20.x",   "nodejs22.x",     "nodejs24.x", "python3.8",
      "python3.9",  "python3.10",   "python3.11",     "python3.12", "python3.13",
      "python3.14", "provided.al2", "provided.al2023"};
  return names;
}

Result<RuntimeName> parse_runtime(std::string_view name) {
  const auto& known = known_runtimes();
  if (std::find(known.begin(), known.end(), name) == known.end()) {
    return invalid_input(unknown_name_message("runtime", name, known));
  }
  if (name.starts_with("python")) {
    return RuntimeName{RuntimeFamily::kPython, std::string{name.substr(6)}};
  }
  if (name.starts_with("nodejs")) {
    return RuntimeName{RuntimeFamily::kNode, std::string{name.substr(6, name.find('.') - 6)}};
  }
  return RuntimeName{RuntimeFamily::kProvided, std::string{name.substr(9)}};
}

std::string function_arn(std::string_view region, std::string_view account, std::string_view name) {
  return fmt::format("arn:aws:lambda:{}:{}:function:{}", region, account, name);
}

}  // namespace lambdarium
