// Event source mappings of the Lambda API: a queue whose messages invoke a function.
//
// Reads and checks requests and writes answers; what must exist (function, queue) is the caller's
// to look up. Thread: any. On failure: AwsError, as AWS words it.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "emulator/aws/error.h"
#include "emulator/aws/function_name.h"
#include "models/base/result.h"

namespace lambdarium::aws {

struct EventSourceMapping {
  std::string uuid;
  std::string queue_arn;
  FunctionName function;
  std::int64_t batch_size = 10;
  std::int64_t window_s = 0;
  bool enabled = true;
  bool report_failures = false;  // ReportBatchItemFailures
  std::vector<std::string> filters;
  std::optional<std::int64_t> max_concurrency;
  std::int64_t modified_ms = 0;

  bool operator==(const EventSourceMapping&) const = default;
};
bool operator==(const FunctionName& a, const FunctionName& b);

// What a request changes; nothing: the member was not given.
struct MappingPatch {
  std::optional<std::string> queue_arn;
  std::optional<std::string> function;  // name or ARN, not parsed
  std::optional<std::int64_t> batch_size;
  std::optional<std::int64_t> window_s;
  std::optional<bool> enabled;
  std::optional<bool> report_failures;
  std::optional<std::vector<std::string>> filters;
  // Inside: nothing takes the limit away.
  std::optional<std::optional<std::int64_t>> max_concurrency;
};

// The body of CreateEventSourceMapping or UpdateEventSourceMapping. Members that are for other
// kinds of sources are refused.
OrError<MappingPatch> read_mapping_patch(std::string_view body);

// All but queue and function; checks what depends on several members.
std::optional<AwsError> apply_patch(EventSourceMapping& mapping, const MappingPatch& patch);

// The answer's body. `state`: "Creating", "Enabled", …
std::string mapping_json(const EventSourceMapping& mapping, const Endpoint& endpoint,
                         std::string_view state);

// As it is stored.
std::string mapping_document(const EventSourceMapping& mapping);
Result<EventSourceMapping> read_mapping_document(std::string_view uuid, std::string_view document);

}  // namespace lambdarium::aws
