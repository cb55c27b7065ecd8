// What a function is given of a queue's messages, and what it says of them.
//
// Thread: any. On failure: an answer that cannot be read fails the whole batch.

#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "emulator/queues/queue.h"

namespace lambdarium::aws {

// A record of the event, as JSON.
std::string sqs_record(const queues::Received& received, std::string_view queue_arn,
                       std::string_view region);

// {"Records":[…]}
std::string sqs_event(const std::vector<std::string_view>& records);

// Ids of the messages that failed, of an answer with ReportBatchItemFailures; none: all went well.
// Nothing: the answer means that all of them failed, since it is no JSON, or names something that
// was not in the batch.
std::optional<std::set<std::string>> read_batch_failures(std::string_view answer,
                                                         const std::set<std::string>& batch);

}  // namespace lambdarium::aws
