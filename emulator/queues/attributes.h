// The settings of a queue: what CreateQueue and SetQueueAttributes take, checked.
//
// Thread: any. On failure: QueueError.

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "emulator/queues/error.h"

namespace lambdarium::queues {

using AttributeMap = std::map<std::string, std::string>;

struct RedrivePolicy {
  std::string target_arn;
  std::int64_t max_receive_count = 0;
};

struct QueueSettings {
  std::int64_t delay_s = 0;
  std::int64_t bytes_max = 1'048'576;
  std::int64_t retention_s = 345'600;
  std::int64_t wait_s = 0;
  std::int64_t visibility_s = 30;
  std::optional<RedrivePolicy> redrive;
  // As they were given, names from those that are known; an empty value takes one away. The numbers
  // above come from here.
  AttributeMap given;
};

// Letters, digits, '-' and '_', at most 80. FIFO queues are refused by name and by attribute.
std::optional<QueueError> check_queue_name(std::string_view name);

// Applies attributes to settings; on failure they are as before.
std::optional<QueueError> change(QueueSettings& settings, const AttributeMap& attributes);

// A setting as GetQueueAttributes shows it; nothing where it is not set and has no default.
std::optional<std::string> shown_setting(const QueueSettings& settings, std::string_view name);
// Names that shown_setting() knows.
const std::vector<std::string_view>& setting_names();

// Whether a queue with a RedriveAllowPolicy takes the messages of another.
bool allows_redrive_from(const QueueSettings& dead_letter_queue, std::string_view source_arn);

inline constexpr std::size_t kTagsMax = 50;

}  // namespace lambdarium::queues
