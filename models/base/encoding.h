// The text encodings of the wire: base64, percent-encoding, UTF-8, JSON strings. Bytes in, bytes
// out; no locale.
//
// Thread: any. On failure: decoders answer nullopt, or keep what they cannot decode where that is
// said.

#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace lambdarium {

// RFC 4648 §4, with padding.
std::string base64_encode(std::string_view bytes);
void append_base64(std::string& out, std::string_view bytes);
// Accepts missing padding; nullopt for any other character, white space included.
std::optional<std::string> base64_decode(std::string_view text);

// '%2F' -> '/'. A '%' that no two hex digits follow stays as it is. `plus_is_space`: query strings
// and form bodies.
std::string percent_decode(std::string_view text, bool plus_is_space = false);
void append_percent_decoded(std::string& out, std::string_view text, bool plus_is_space = false);

// Without overlong forms, surrogates and values above U+10FFFF.
bool is_valid_utf8(std::string_view bytes);

// How deep arrays and objects are nested in a JSON text, without parsing it: 0 for a scalar. For
// input that a recursive writer is going to see.
std::size_t json_nesting(std::string_view text);

// Appends `text` as a JSON string with its quotes. Each ill-formed UTF-8 byte becomes U+FFFD, so
// that the output is JSON always.
void append_json_string(std::string& out, std::string_view text);

}  // namespace lambdarium
