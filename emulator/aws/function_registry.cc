#include "emulator/aws/function_registry.h"

#include <utility>

namespace lambdarium::aws {

const store::StoredFunction* FunctionRegistry::find(std::string_view name) const {
  const auto it = functions_.find(name);
  return it == functions_.end() ? nullptr : &it->second;
}

OrError<const store::StoredFunction*> FunctionRegistry::resolve(const FunctionName& name) const {
  const store::StoredFunction* function = find(name.name);
  if (function == nullptr || (!name.qualifier.empty() && name.qualifier != function->version)) {
    return function_not_found(qualified_arn(endpoint_, name));
  }
  return function;
}

OrError<const store::StoredFunction*> FunctionRegistry::resolve_for_invoke(
    const FunctionName& name) const {
  auto found = resolve(name);
  const auto* function = std::get_if<const store::StoredFunction*>(&found);
  if (function != nullptr && (*function)->state == "Pending") return function_pending();
  return found;
}

std::int64_t FunctionRegistry::reserved_total(std::string_view without) const {
  std::int64_t total = 0;
  for (const auto& [name, function] : functions_) {
    if (name != without) total += function.definition.reserved_concurrency.value_or(0);
  }
  return total;
}

void FunctionRegistry::put(store::StoredFunction function, FunctionChange change) {
  const std::string name = function.definition.name;
  const auto [it, added] = functions_.insert_or_assign(name, std::move(function));
  if (listener_ != nullptr) listener_->function_put(it->second, change);
}

void FunctionRegistry::remove(std::string_view name) {
  const auto it = functions_.find(name);
  if (it == functions_.end()) return;
  const std::string removed = it->first;  // `name` may point into the function
  functions_.erase(it);
  if (listener_ != nullptr) listener_->function_removed(removed);
}

void FunctionRegistry::end_change(std::string_view name) {
  const auto it = changing_.find(name);
  if (it != changing_.end()) changing_.erase(it);
}

}  // namespace lambdarium::aws
