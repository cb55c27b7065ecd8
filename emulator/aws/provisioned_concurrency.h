// PutProvisionedConcurrencyConfig and its reads: how many environments of a version are kept ready.
//
// Private to the AWS endpoint but for ProvisionedFleet. Thread: the loop's.

#pragma once

#include <cstdint>
#include <string_view>

#include "emulator/aws/resource_request.h"

namespace lambdarium::aws {

struct ProvisionedEnvironments {
  std::int64_t starting = 0;
  std::int64_t ready = 0;
};

// What runs, as answers tell it.
class ProvisionedFleet {
 public:
  virtual ~ProvisionedFleet() = default;
  virtual ProvisionedEnvironments provisioned(std::string_view name,
                                              std::string_view version) const = 0;
};

ResourceResult put_provisioned_concurrency(const ResourceRequest& request);
ResourceResult get_provisioned_concurrency(const ResourceRequest& request);  // or the list
ResourceResult delete_provisioned_concurrency(const ResourceRequest& request);

}  // namespace lambdarium::aws
