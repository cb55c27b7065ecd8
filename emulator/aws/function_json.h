// Functions as the API's answers show them.
//
// Private to the AWS endpoint. Thread: any.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "emulator/aws/function_name.h"
#include "emulator/store/function_store.h"

namespace lambdarium::aws {

enum class ConfigurationView : std::uint8_t {
  kCreated,  // the answer of CreateFunction: Pending, without a LastUpdateStatus
  kUpdated,  // the answers of updates: LastUpdateStatus InProgress
  kRead,
  kListed,  // AWS: ListFunctions leaves states out
};

// The FunctionConfiguration. `qualifier` is appended to the ARN unless it is empty.
std::string configuration_json(const store::StoredFunction& function, const Endpoint& endpoint,
                               ConfigurationView view, std::string_view qualifier = {});

// GetFunction's whole answer. Tags and reserved concurrency are those of `latest`, the function's
// $LATEST.
std::string function_json(const store::StoredFunction& function,
                          const store::StoredFunction& latest, const Endpoint& endpoint,
                          std::string_view qualifier);

// {"a":"b"}
std::string tags_json(const store::StoredFunction& function);

}  // namespace lambdarium::aws
