#include "emulator/live/function_table.h"

#include "models/base/check.h"

namespace lambdarium::live {

RunningFunction* FunctionTable::running(std::string_view name, std::string_view version) const {
  const auto versions = ids_.find(name);
  if (versions == ids_.end()) return nullptr;
  const auto found = versions->second.find(version);
  return found == versions->second.end() ? nullptr : functions_[found->second].get();
}

const RunningFunction* FunctionTable::find(std::string_view name, std::string_view version) const {
  const RunningFunction* function = running(name, version);
  return function == nullptr || function->settings.removed ? nullptr : function;
}

const RunningFunction& FunctionTable::put(const FunctionDefinition& definition,
                                          const Change& change) {
  auto& versions = ids_[definition.name];
  const auto [place, added] = versions.try_emplace(
      std::string{change.version}, static_cast<fleet::FunctionId>(functions_.size()));
  if (added) {
    functions_.push_back(std::make_unique<RunningFunction>());
    functions_.back()->id = place->second;
    functions_.back()->version = change.version;
    functions_.back()->arn = function_arn(region_, account_, definition.name);
  }
  RunningFunction& function = *functions_[place->second];
  function.definition = std::make_shared<const FunctionDefinition>(definition);
  fleet::FunctionSettings& settings = function.settings;
  if (!added && (change.recycle || settings.removed)) ++settings.revision;
  settings.removed = false;
  settings.memory_mb = definition.memory_mb;
  settings.timeout = std::chrono::seconds{definition.timeout_s};
  settings.reserved_concurrency = definition.reserved_concurrency;
  settings.concurrency = definition.environment_concurrency;
  settings.provisioned_concurrency = change.provisioned;
  const fleet::FunctionId latest = versions.begin()->second;
  LAM_CHECK(latest <= function.id, "$LATEST is put first");
  if (latest != function.id) settings.pool_group = latest;
  const auto architecture = billing::parse_architecture(definition.architecture);
  if (architecture.ok()) function.architecture = *architecture;
  return function;
}

const RunningFunction* FunctionTable::set_provisioned(std::string_view name,
                                                      std::string_view version,
                                                      std::int64_t provisioned) {
  RunningFunction* function = running(name, version);
  if (function != nullptr) function->settings.provisioned_concurrency = provisioned;
  return function;
}

const RunningFunction* FunctionTable::remove(std::string_view name, std::string_view version) {
  RunningFunction* function = running(name, version);
  if (function != nullptr) function->settings.removed = true;
  return function;
}

std::vector<const RunningFunction*> FunctionTable::versions(std::string_view name) const {
  std::vector<const RunningFunction*> running;
  const auto versions = ids_.find(name);
  if (versions == ids_.end()) return running;
  for (const auto& [version, id] : versions->second) {
    if (!functions_[id]->settings.removed) running.push_back(functions_[id].get());
  }
  return running;
}

}  // namespace lambdarium::live
