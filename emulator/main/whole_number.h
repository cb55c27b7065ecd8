// Options that take a whole number. Private to options_*.cc and command_line.cc, which know CLI11.
//
// Read by hand: CLI11 would take "-1" as 2^64-1 where the number is unsigned, and "010" as 8.

#pragma once

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <type_traits>

namespace lambdarium::commands {

// `out` is an unsigned number, or an optional one. Requires that it outlives the parser.
template <class Number>
CLI::Option* add_whole_number(CLI::App& app, const std::string& name, Number& out,
                              const std::string& description, std::uint64_t min = 0) {
  const auto read = [&out, name, min](const std::string& text) {
    using Value = std::remove_cvref_t<decltype(*std::optional{out})>;
    constexpr std::uint64_t kMax = std::numeric_limits<Value>::max();
    std::uint64_t value = 0;
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc{} || stop != end || value < min || value > kMax) {
      throw CLI::ValidationError(
          name, fmt::format("'{}' is not a whole number from {} to {}", text, min, kMax));
    }
    out = static_cast<Value>(value);
  };
  CLI::Option* option = app.add_option_function<std::string>(name, read, description);
  option->type_name("N");
  if constexpr (std::is_arithmetic_v<Number>) option->default_str(std::to_string(out));
  return option;
}

}  // namespace lambdarium::commands
