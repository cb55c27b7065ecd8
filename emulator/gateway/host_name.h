// Host names as the gateway reads them. Private to this folder.

#pragma once

#include <string>
#include <string_view>

namespace lambdarium::gateway {

// ASCII letters in lower case.
std::string to_lower(std::string_view text);

// Without ":3000"; brackets of an IPv6 address stay.
std::string_view without_port(std::string_view host);

// The id of "{id}.<label>.<anything>" in a host that is in lower case; empty for another host.
std::string_view id_of_host(std::string_view host, std::string_view label);

}  // namespace lambdarium::gateway
