// Configurations of a function that are kept and shown, and change nothing here: how its runtime is
// updated, and whether recursive loops are allowed.
//
// Private to the AWS endpoint. Thread: the loop's.

#pragma once

#include "emulator/aws/resource_request.h"

namespace lambdarium::aws {

ResourceResult get_runtime_management(const ResourceRequest& request);
ResourceResult put_runtime_management(const ResourceRequest& request);
ResourceResult get_recursion(const ResourceRequest& request);
ResourceResult put_recursion(const ResourceRequest& request);

}  // namespace lambdarium::aws
