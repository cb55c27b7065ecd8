// The little JSON that the protocol writes and reads. Private to this folder; keeps the JSON
// library in one file.

#pragma once

#include <string>
#include <string_view>

namespace lambdarium::runtime_api {

// The text as a JSON string with its quotes; bytes that are not UTF-8 become U+FFFD.
std::string json_quote(std::string_view text);

// Keeps errorMessage, errorType and stackTrace of an error that carries its cause. False if `body`
// is no such error: then `out` is untouched.
bool strip_error_cause(std::string_view body, std::string& out);

// Standard base64 with padding; false if `text` is not that.
bool decode_base64(std::string_view text, std::string& out);

}  // namespace lambdarium::runtime_api
