// The emulator's functions, as asynchronous invocations ask for them.
//
// Owns: the draws between an alias's versions. Thread: the loop's.

#pragma once

#include <optional>
#include <string_view>

#include "emulator/aws/function_registry.h"
#include "emulator/live/async_invocations.h"
#include "emulator/live/function_table.h"
#include "models/base/random.h"

namespace lambdarium::live {

class RegisteredFunctions final : public AsyncFunctions {
 public:
  // Both outlive it.
  RegisteredFunctions(const aws::FunctionRegistry& registry, const FunctionTable& functions,
                      RandomStream routing)
      : registry_(registry), functions_(functions), routing_(routing) {}

  std::optional<AsyncRoute> route(std::string_view function, std::string_view qualifier) override;
  AsyncConfig config(std::string_view function, std::string_view qualifier) const override;
  std::optional<AsyncFunctionName> parse_arn(std::string_view arn) const override;

 private:
  const aws::FunctionRegistry& registry_;
  const FunctionTable& functions_;
  RandomStream routing_;
};

}  // namespace lambdarium::live
