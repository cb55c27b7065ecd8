// A function's LoggingConfig, between the settings that answers of the API repeat and what runs.
// Pure. On failure: what cannot be read is the service's default.

#pragma once

#include <string>
#include <string_view>

#include "models/domain/function.h"

namespace lambdarium::live {

// What `settings` (StoredFunction::settings) says of it, or `otherwise` where it says nothing.
LoggingSettings logging_of(std::string_view settings, const LoggingSettings& otherwise);

// The settings of a template's function: "{}" where everything is the default.
std::string settings_with_logging(const LoggingSettings& logging);

}  // namespace lambdarium::live
