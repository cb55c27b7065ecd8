#include "emulator/gateway/host_name.h"

namespace lambdarium::gateway {

std::string to_lower(std::string_view text) {
  std::string out{text};
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

std::string_view without_port(std::string_view host) {
  const std::size_t colon = host.rfind(':');
  return colon == std::string_view::npos || host.ends_with(']') ? host : host.substr(0, colon);
}

std::string_view id_of_host(std::string_view host, std::string_view label) {
  const std::size_t dot = host.find('.');
  if (dot == std::string_view::npos || dot == 0) return {};
  const std::string_view rest = host.substr(dot + 1);
  const bool ours =
      rest.starts_with(label) && rest.size() > label.size() + 1 && rest[label.size()] == '.';
  return ours ? host.substr(0, dot) : std::string_view{};
}

}  // namespace lambdarium::gateway
