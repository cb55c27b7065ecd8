#include "policies/admission/queue_policy.h"

#include "policies/named.h"

namespace lambdarium::policies {
namespace {
constexpr std::string_view kNames[] = {"reject", "fifo", "sjf", "priority"};
}

Result<QueueOrder> parse_queue_order(std::string_view name) {
  return parse_named<QueueOrder>("queue policy", name, kNames);
}
std::string_view to_string(QueueOrder order) {
  return kNames[static_cast<std::size_t>(order)];
}
std::span<const std::string_view> queue_order_names() {
  return kNames;
}

}  // namespace lambdarium::policies
