// Whether bytes are one JSON text (RFC 8259, UTF-8), without building anything: payloads are passed
// on as they came, but a bad one must be refused before an environment sees it.
//
// Linear in the size, no recursion. Thread: any.

#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace lambdarium::aws {

// Nothing: the text is JSON. Otherwise what is wrong and where: "Unexpected character ('x' (code
// 120)) at line 1, column 5".
std::optional<std::string> find_json_problem(std::string_view text);

}  // namespace lambdarium::aws
