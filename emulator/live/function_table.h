// The functions that run: names to fleet ids, with what an environment is started from.
//
// Ids are given in the order of first appearance and never reused, so that a recorded run can name
// them; a function that was deleted and made again keeps its id.
//
// Thread: the loop's.

#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "emulator/fleet/settings.h"
#include "emulator/fleet/types.h"
#include "models/billing/lambda_meter.h"
#include "models/domain/function.h"

namespace lambdarium::live {

struct RunningFunction {
  fleet::FunctionId id = 0;
  // Never null. A change replaces it; environments of the old revision keep theirs.
  std::shared_ptr<const FunctionDefinition> definition;
  fleet::FunctionSettings settings;
  billing::Architecture architecture = billing::Architecture::kX86;
  std::string arn;
};

class FunctionTable {
 public:
  FunctionTable(std::string region, std::string account)
      : region_(std::move(region)), account_(std::move(account)) {}

  // Null: there is none, or it was removed.
  const RunningFunction* find(std::string_view name) const;
  const RunningFunction& by_id(fleet::FunctionId id) const { return *functions_[id]; }
  std::size_t size() const { return functions_.size(); }

  // Adds or changes. `recycle`: environments of the old definition must go.
  const RunningFunction& put(const FunctionDefinition& definition, bool recycle,
                             std::int64_t provisioned = 0);
  // Marks it removed; null if there is none.
  const RunningFunction* remove(std::string_view name);

 private:
  std::string region_;
  std::string account_;
  std::vector<std::unique_ptr<RunningFunction>> functions_;
  std::map<std::string, fleet::FunctionId, std::less<>> ids_;
};

}  // namespace lambdarium::live
