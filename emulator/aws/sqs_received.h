// A message that was received, as clients and functions are shown it.
//
// Thread: any. On failure: QueueError.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "emulator/aws/sqs_message.h"
#include "emulator/queues/queue.h"

namespace lambdarium::aws {

// Whether all of them are names of system attributes (or "All").
std::optional<queues::QueueError> check_system_attributes(const std::vector<std::string>& names);

// With those attributes that are asked for: system attributes by name or "All"; the sender's by
// name, "All", ".*" or "prefix.*".
SqsMessage make_sqs_message(const queues::Received& received,
                            const std::vector<std::string>& system_names,
                            const std::vector<std::string>& names);

}  // namespace lambdarium::aws
