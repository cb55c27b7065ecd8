// Queues and the event sources that read them, as a template declares them.

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "models/base/result.h"

namespace lambdarium {

struct QueueDefinition {
  std::string name;
  std::map<std::string, std::string> attributes;  // as SetQueueAttributes takes them
  std::map<std::string, std::string> tags;
  SourceMark where;
};

struct EventSourceDefinition {
  std::string queue_arn;
  std::string function;  // name
  std::int64_t batch_size = 10;
  std::int64_t window_s = 0;
  bool enabled = true;
  bool report_failures = false;      // ReportBatchItemFailures
  std::vector<std::string> filters;  // patterns, JSON
  std::optional<std::int64_t> max_concurrency;
  SourceMark where;
};

}  // namespace lambdarium
