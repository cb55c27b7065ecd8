#include "models/base/log.h"

#include <array>

namespace lambdarium {
namespace {
constexpr std::array<std::string_view, 6> kNames{"trace", "debug", "info", "warn", "error", "off"};
}

bool parse_log_level(std::string_view name, LogLevel& level) {
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == name) {
      level = static_cast<LogLevel>(i);
      return true;
    }
  }
  return false;
}

std::string_view to_string(LogLevel level) {
  return kNames[static_cast<std::size_t>(level)];
}

}  // namespace lambdarium
