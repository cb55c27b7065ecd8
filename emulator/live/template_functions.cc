#include "emulator/live/template_functions.h"

#include <algorithm>
#include <tuple>

#include "emulator/aws/control_plane.h"
#include "emulator/live/function_logging.h"
#include "models/base/uuid.h"

namespace lambdarium::live {
namespace {

// Whether environments of one are as good as those of the other.
bool same_function(const FunctionDefinition& a, const FunctionDefinition& b) {
  const auto facts = [](const FunctionDefinition& f) {
    return std::tie(f.runtime, f.handler, f.role, f.description, f.architecture, f.memory_mb,
                    f.timeout_s, f.ephemeral_mb, f.environment, f.tags, f.reserved_concurrency,
                    f.environment_concurrency, f.logging, f.code_directory);
  };
  return facts(a) == facts(b);
}

const FunctionDefinition* find(const std::vector<FunctionDefinition>& functions,
                               const std::string& name) {
  const auto found = std::find_if(functions.begin(), functions.end(),
                                  [&name](const auto& each) { return each.name == name; });
  return found == functions.end() ? nullptr : &*found;
}

}  // namespace

void TemplateFunctions::put(const FunctionDefinition& definition, aws::FunctionChange change) {
  store::StoredFunction function =
      aws::make_template_function(definition, make_uuid(revisions_), loop_.unix_ns() / 1'000'000);
  function.settings = settings_with_logging(definition.logging);
  registry_.put(std::move(function), change);
}

Status TemplateFunctions::set(std::vector<FunctionDefinition> functions,
                              std::vector<HttpApiDefinition> apis) {
  gateway::ApiTable trial;
  for (const HttpApiDefinition& api : apis) {
    LAM_TRY_STATUS(trial.add(api));
  }
  for (const FunctionDefinition& old : functions_) {
    if (find(functions, old.name) == nullptr) registry_.remove(old.name);
  }
  for (const FunctionDefinition& definition : functions) {
    const FunctionDefinition* before = find(functions_, definition.name);
    if (before == nullptr) {
      put(definition, aws::FunctionChange::kCreated);
    } else if (!same_function(*before, definition)) {
      put(definition, aws::FunctionChange::kConfiguration);
    }
  }
  for (const HttpApiDefinition& old : definitions_) apis_.remove(old.id);
  for (const HttpApiDefinition& api : apis) {
    LAM_TRY_STATUS(apis_.add(api));
  }
  functions_ = std::move(functions);
  definitions_ = std::move(apis);
  return {};
}

}  // namespace lambdarium::live
