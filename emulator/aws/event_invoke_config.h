// How a function's asynchronous events are treated: PutFunctionEventInvokeConfig (replaces),
// UpdateFunctionEventInvokeConfig (merges), Get, Delete and List.
//
// A configuration belongs to a qualifier of a function: $LATEST, a version or an alias. It counts
// for the events that were invoked under that qualifier.
//
// Thread: the loop's, but for Job::work().

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "emulator/aws/control_plane.h"
#include "emulator/aws/function_registry.h"
#include "emulator/aws/function_storage.h"
#include "emulator/aws/operation.h"

namespace lambdarium::aws {

struct EventInvokeConfig {
  std::optional<std::int64_t> retries_max;  // 0 to 2
  std::optional<std::int64_t> age_max_s;    // 60 to 21,600
  std::string on_success;                   // ARNs; empty: none
  std::string on_failure;
  std::int64_t last_modified_ms = 0;  // since 1970
};

// That of an event which was invoked under this qualifier; an empty one means $LATEST. Nothing: the
// defaults count.
std::optional<EventInvokeConfig> find_event_invoke_config(const FunctionRegistry& registry,
                                                          std::string_view function,
                                                          std::string_view qualifier);

// DeadLetterConfig.TargetArn; empty: none.
std::string dead_letter_target(const store::StoredFunction& function);

bool is_event_invoke_operation(Operation operation);

// One of these operations, from the request to the answer, or a job as ControlPlane::handle() makes
// them. Registry and storage outlive the job.
Answer handle_event_invoke(FunctionRegistry& registry, FunctionStorage& storage,
                           const RoutedRequest& routed, HttpRequest&& request, RequestStamp stamp);

}  // namespace lambdarium::aws
