#include "policies/dispatch/dispatch_order.h"

#include "policies/named.h"

namespace lambdarium::policies {
namespace {
constexpr std::string_view kNames[] = {"mru", "lru", "newest", "oldest", "random", "lowest-id"};
}

Result<DispatchOrder> parse_dispatch_order(std::string_view name) {
  return parse_named<DispatchOrder>("dispatch policy", name, kNames);
}
std::string_view to_string(DispatchOrder order) {
  return kNames[static_cast<std::size_t>(order)];
}
std::span<const std::string_view> dispatch_order_names() {
  return kNames;
}

}  // namespace lambdarium::policies
