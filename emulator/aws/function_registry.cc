#include "emulator/aws/function_registry.h"

#include <utility>

namespace lambdarium::aws {

const store::StoredFunction* FunctionRegistry::find(std::string_view name) const {
  const auto it = functions_.find(name);
  return it == functions_.end() ? nullptr : &it->second;
}

const FunctionResources& FunctionRegistry::resources(std::string_view name) const {
  static const FunctionResources kNone;
  const auto it = resources_.find(name);
  return it == resources_.end() ? kNone : it->second;
}

const store::VersionNumbering& FunctionRegistry::numbering(std::string_view name) const {
  static const store::VersionNumbering kNone;
  const auto it = numberings_.find(name);
  return it == numberings_.end() ? kNone : it->second;
}

OrError<const store::StoredFunction*> FunctionRegistry::resolve(const FunctionName& name) const {
  const store::StoredFunction* function = find(name.name);
  std::string_view version = name.qualifier;
  if (function != nullptr && !version.empty()) {
    const FunctionResources& own = resources(name.name);
    if (const Alias* alias = own.alias(version)) version = alias->function_version;
    if (version != function->version) function = own.version(version);
  }
  if (function == nullptr) return function_not_found(qualified_arn(endpoint_, name));
  return function;
}

OrError<const store::StoredFunction*> FunctionRegistry::resolve_for_invoke(
    const FunctionName& name, RandomStream& draws) const {
  FunctionName wanted = name;
  const Alias* alias = resources(name.name).alias(name.qualifier);
  if (alias != nullptr && alias->additional && draws.uniform() < alias->additional->second) {
    wanted.qualifier = alias->additional->first;
  }
  auto found = resolve(wanted);
  const auto* function = std::get_if<const store::StoredFunction*>(&found);
  if (function != nullptr && (*function)->state == "Pending") return function_pending();
  return found;
}

std::int64_t FunctionRegistry::committed_total(std::string_view without) const {
  std::int64_t total = 0;
  for (const auto& [name, function] : functions_) {
    const auto& reserved = function.definition.reserved_concurrency;
    if (name != without) total += reserved ? *reserved : resources(name).provisioned_total();
  }
  return total;
}

void FunctionRegistry::load(const store::FunctionItem& item) {
  if (find(item.function) != nullptr) resources_[item.function].set(item);
}

void FunctionRegistry::load(const store::VersionNumbering& numbering) {
  numberings_[numbering.function] = numbering;
}

void FunctionRegistry::apply(const store::FunctionUpdate& update, FunctionChange change) {
  std::set<std::string> provisioned;  // functions whose provisioned concurrency may be another
  const auto concerns = [](const store::FunctionItem& item) {
    return item.kind == kAliasItem || item.kind == kProvisionedItem;
  };
  if (update.numbering) load(*update.numbering);
  for (const store::FunctionItem& item : update.put_items) {
    resources_[item.function].set(item);
    if (concerns(item)) provisioned.insert(item.function);
  }
  for (const store::FunctionItem& item : update.remove_items) {
    resources_[item.function].erase(item);
    if (concerns(item)) provisioned.insert(item.function);
  }
  for (const store::StoredFunction& function : update.put) {
    const FunctionName name{.name = function.definition.name, .qualifier = function.version};
    const bool known = std::holds_alternative<const store::StoredFunction*>(resolve(name));
    put(function, known ? change : FunctionChange::kCreated);
  }
  for (const auto& [name, version] : update.remove) {
    const auto number = version_number(version);
    if (number) resources_[name].versions.erase(*number);
    if (listener_ != nullptr) listener_->version_removed(name, version);
  }
  if (listener_ == nullptr) return;
  for (const std::string& name : provisioned) listener_->provisioned_changed(name);
}

void FunctionRegistry::put(store::StoredFunction function, FunctionChange change) {
  const std::string name = function.definition.name;
  const store::StoredFunction* kept = nullptr;
  if (const auto number = version_number(function.version)) {
    auto& versions = resources_[name].versions;
    kept = &versions.insert_or_assign(*number, std::move(function)).first->second;
  } else {
    kept = &functions_.insert_or_assign(name, std::move(function)).first->second;
  }
  if (listener_ != nullptr) listener_->function_put(*kept, change);
}

void FunctionRegistry::remove(std::string_view name) {
  const auto it = functions_.find(name);
  if (it == functions_.end()) return;
  const std::string removed = it->first;  // `name` may point into the function
  functions_.erase(it);
  resources_.erase(removed);
  if (listener_ != nullptr) listener_->function_removed(removed);
}

void FunctionRegistry::end_change(std::string_view name) {
  const auto it = changing_.find(name);
  if (it != changing_.end()) changing_.erase(it);
}

}  // namespace lambdarium::aws
