// A look at a zip's central directory by ourselves, for what libarchive repairs in silence:
// backslashes in names become slashes, and devices become files. Bounds are checked at every step;
// what cannot be read here is left for libarchive to refuse.

#pragma once

#include <string_view>

#include "models/base/result.h"

namespace lambdarium::store {

// Whether the zip is well formed and holds nothing.
bool is_empty_zip(std::string_view zip);

// The error says what is wrong with which entry.
Status check_zip_directory(std::string_view zip);

}  // namespace lambdarium::store
