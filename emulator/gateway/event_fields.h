// The parts of a request as events show them: header fields, query parameters, cookies, the path.
//
// Private to the gateway. Lists of fields are sorted by name, values of one name in the order of
// the wire.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "emulator/gateway/event.h"
#include "models/domain/http_message.h"

namespace lambdarium::gateway {

struct Field {
  std::string name;
  std::string value;
};

// The index after the last field that has the name of fields[begin].
std::size_t end_of_name(const std::vector<Field>& fields, std::size_t begin);

enum class HeaderStyle : std::uint8_t {
  kLowerWithoutCookies,  // format 2.0
  kFunctionUrl,          // format 2.0 of a function URL: with cookies, and what TLS would say
  kTitleCase,            // format 1.0
};

// What the function sees: the client's fields without those of the connection, and those that the
// gateway adds.
std::vector<Field> event_headers(const HttpRequest& request, const EventContext& context,
                                 HeaderStyle style);

// Names and values decoded, '+' as a blank.
std::vector<Field> query_fields(std::string_view query);

// The pairs of all Cookie fields, without the blanks around them.
std::vector<std::string_view> split_cookies(const HttpRequest& request);

// Percent-decoded once. AWS: an encoded '?' ends the path.
std::string decoded_path(std::string_view encoded);

}  // namespace lambdarium::gateway
