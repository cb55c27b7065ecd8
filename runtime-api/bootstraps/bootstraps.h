// The runtime clients for interpreted handlers, as text in the program: whoever starts them writes
// them to a file first.

#pragma once

#include <string_view>

namespace lambdarium::bootstraps {

std::string_view python_source();  // bootstrap.py
std::string_view node_source();    // bootstrap.mjs

}  // namespace lambdarium::bootstraps
