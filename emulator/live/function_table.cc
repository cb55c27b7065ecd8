#include "emulator/live/function_table.h"

namespace lambdarium::live {

const RunningFunction* FunctionTable::find(std::string_view name) const {
  const auto found = ids_.find(name);
  if (found == ids_.end()) return nullptr;
  const RunningFunction& function = *functions_[found->second];
  return function.settings.removed ? nullptr : &function;
}

const RunningFunction& FunctionTable::put(const FunctionDefinition& definition, bool recycle,
                                          std::int64_t provisioned) {
  const auto [place, added] =
      ids_.try_emplace(definition.name, static_cast<fleet::FunctionId>(functions_.size()));
  if (added) {
    functions_.push_back(std::make_unique<RunningFunction>());
    functions_.back()->id = place->second;
    functions_.back()->arn = function_arn(region_, account_, definition.name);
  }
  RunningFunction& function = *functions_[place->second];
  function.definition = std::make_shared<const FunctionDefinition>(definition);
  fleet::FunctionSettings& settings = function.settings;
  if (!added && (recycle || settings.removed)) ++settings.revision;
  settings.removed = false;
  settings.memory_mb = definition.memory_mb;
  settings.timeout = std::chrono::seconds{definition.timeout_s};
  settings.reserved_concurrency = definition.reserved_concurrency;
  settings.concurrency = definition.environment_concurrency;
  settings.provisioned_concurrency = provisioned;
  const auto architecture = billing::parse_architecture(definition.architecture);
  if (architecture.ok()) function.architecture = *architecture;
  return function;
}

const RunningFunction* FunctionTable::remove(std::string_view name) {
  const auto found = ids_.find(name);
  if (found == ids_.end()) return nullptr;
  RunningFunction& function = *functions_[found->second];
  function.settings.removed = true;
  return &function;
}

}  // namespace lambdarium::live
