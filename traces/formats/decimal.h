// Decimal text to integers and back, without a double in between: "0.1" seconds is exactly
// 100,000,000 ns.
//
// Thread: any.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "models/base/time.h"

namespace lambdarium::traces {

// The number times 10^power, rounded half away from zero. Takes an optional sign, digits with at
// most one point, and an exponent; spaces around it are ignored. Empty for anything else (also nan
// and inf) and for what 64 bits cannot hold.
std::optional<std::int64_t> parse_scaled(std::string_view text, int power);

inline std::optional<std::int64_t> parse_seconds_ns(std::string_view text) {
  return parse_scaled(text, 9);
}

// The shortest decimal that parse_seconds_ns() reads back as the same nanoseconds: "1.5",
// "0.000000001", "-2".
std::string format_seconds(std::int64_t ns);
void append_seconds(std::string& out, std::int64_t ns);

}  // namespace lambdarium::traces
