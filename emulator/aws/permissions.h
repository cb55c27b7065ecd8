// Resource-based policies: who may invoke a function, a version or an alias.
//
// Policies are kept and shown; invocations are not checked against them here.
//
// Private to the AWS endpoint. Thread: the loop's.

#pragma once

#include "emulator/aws/resource_request.h"

namespace lambdarium::aws {

ResourceResult add_permission(const ResourceRequest& request);
ResourceResult get_policy(const ResourceRequest& request);
ResourceResult remove_permission(const ResourceRequest& request);

}  // namespace lambdarium::aws
