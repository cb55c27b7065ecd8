// The functions that run: names and versions to fleet ids, with what an environment is started
// from.
//
// Each version is a function of the fleet, since environments are a version's own; all versions of
// a name share its concurrency (the pool group of $LATEST). Ids are given in the order of first
// appearance and never reused, so that a recorded run can name them; a function that was deleted
// and made again keeps its id.
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
  std::string version = "$LATEST";
  std::string arn;  // of the function, without a qualifier
};

class FunctionTable {
 public:
  FunctionTable(std::string region, std::string account)
      : region_(std::move(region)), account_(std::move(account)) {}

  // Null: there is none, or it was removed.
  const RunningFunction* find(std::string_view name, std::string_view version = "$LATEST") const;
  const RunningFunction& by_id(fleet::FunctionId id) const { return *functions_[id]; }
  std::size_t size() const { return functions_.size(); }

  struct Change {
    std::string_view version = "$LATEST";  // which is put before any other of the name
    bool recycle = false;                  // environments of the old definition must go
    std::int64_t provisioned = 0;
  };
  // Adds or changes.
  const RunningFunction& put(const FunctionDefinition& definition, const Change& change);
  // Null if there is none.
  const RunningFunction* set_provisioned(std::string_view name, std::string_view version,
                                         std::int64_t provisioned);
  // Marks one version removed; null if there is none.
  const RunningFunction* remove(std::string_view name, std::string_view version = "$LATEST");
  // All versions that run, $LATEST first.
  std::vector<const RunningFunction*> versions(std::string_view name) const;

 private:
  std::string region_;
  std::string account_;
  std::vector<std::unique_ptr<RunningFunction>> functions_;
  RunningFunction* running(std::string_view name, std::string_view version) const;

  // By name, then by version; "$LATEST" sorts before every number.
  std::map<std::string, std::map<std::string, fleet::FunctionId, std::less<>>, std::less<>> ids_;
};

}  // namespace lambdarium::live
