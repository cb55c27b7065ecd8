// "Did you mean …": the known name that is closest to a mistyped one.

#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lambdarium {

// The candidate with the smallest edit distance (first of equals); empty when none is reasonably
// close.
std::string nearest_name(std::string_view name, std::span<const std::string_view> candidates);

// "unknown key 'tll_s'; did you mean 'ttl_s'?" or, with nothing close, "unknown key 'x'; known: a,
// b, c".
std::string unknown_name_message(std::string_view what, std::string_view name,
                                 std::span<const std::string_view> candidates);

}  // namespace lambdarium
