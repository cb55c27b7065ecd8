#include "policies/keepalive/keep_alive.h"

#include "policies/named.h"

namespace lambdarium::policies {
namespace {
constexpr std::string_view kNames[] = {"fixed", "none"};
constexpr std::string_view kClocks[] = {"finish", "arrival", "first-idle"};
}  // namespace

Result<KeepAliveName> parse_keep_alive_name(std::string_view name) {
  return parse_named<KeepAliveName>("keep-alive policy", name, kNames);
}
Result<KeepAliveClock> parse_keep_alive_clock(std::string_view name) {
  return parse_named<KeepAliveClock>("keep-alive clock", name, kClocks);
}
std::string_view to_string(KeepAliveName name) {
  return kNames[static_cast<std::size_t>(name)];
}
std::string_view to_string(KeepAliveClock clock) {
  return kClocks[static_cast<std::size_t>(clock)];
}
std::span<const std::string_view> keep_alive_names() {
  return kNames;
}

}  // namespace lambdarium::policies
