// Aliases: names for a version, or for two of them with weights.
//
// Private to the AWS endpoint. Thread: the loop's.

#pragma once

#include "emulator/aws/resource_request.h"

namespace lambdarium::aws {

ResourceResult create_alias(const ResourceRequest& request);
ResourceResult get_alias(const ResourceRequest& request);
ResourceResult update_alias(const ResourceRequest& request);
ResourceResult delete_alias(const ResourceRequest& request);
ResourceResult list_aliases(const ResourceRequest& request);

}  // namespace lambdarium::aws
