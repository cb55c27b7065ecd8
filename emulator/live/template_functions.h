// What a template describes, in the registry and the API table, and how a change of it is applied:
// what stays the same keeps its environments.
//
// Owns: what the template said last. Thread: the loop's. On failure: set() changes nothing.

#pragma once

#include <string>
#include <utility>
#include <vector>

#include "emulator/aws/function_registry.h"
#include "emulator/gateway/api_table.h"
#include "models/base/random.h"
#include "models/base/result.h"
#include "models/domain/api.h"
#include "models/domain/function.h"
#include "runtime-api/http/event_loop.h"

namespace lambdarium::live {

class TemplateFunctions {
 public:
  TemplateFunctions(http::EventLoop& loop, aws::FunctionRegistry& registry, gateway::ApiTable& apis,
                    RandomStream revisions)
      : loop_(loop), registry_(registry), apis_(apis), revisions_(revisions) {}

  // Also for the first time. Errors are those of the APIs' routes.
  Status set(std::vector<FunctionDefinition> functions, std::vector<HttpApiDefinition> apis);

 private:
  void put(const FunctionDefinition& definition, aws::FunctionChange change);

  http::EventLoop& loop_;
  aws::FunctionRegistry& registry_;
  gateway::ApiTable& apis_;
  RandomStream revisions_;
  std::vector<FunctionDefinition> functions_;
  std::vector<HttpApiDefinition> definitions_;
};

}  // namespace lambdarium::live
