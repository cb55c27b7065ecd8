// What happens to a request at the concurrency limit: turned away, or queued in some order.

#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "models/base/result.h"
#include "models/base/time.h"

namespace lambdarium::policies {

enum class QueueOrder : std::uint8_t {
  kReject,  // no queue: throttle, as AWS does for synchronous invocations
  kFifo,
  kSjf,       // shortest expected service time first
  kPriority,  // highest priority first
};

struct QueuePolicy {
  QueueOrder order = QueueOrder::kReject;
  std::optional<std::int64_t> max_length;
  std::optional<Duration> max_wait;

  // Smaller goes first; equal keys in the order of arrival.
  std::int64_t key(Duration expected, std::int32_t priority) const {
    if (order == QueueOrder::kSjf) return expected.count();
    if (order == QueueOrder::kPriority) return -std::int64_t{priority};
    return 0;
  }
};

Result<QueueOrder> parse_queue_order(std::string_view name);  // reject, fifo, sjf, priority
std::string_view to_string(QueueOrder order);
std::span<const std::string_view> queue_order_names();

}  // namespace lambdarium::policies
