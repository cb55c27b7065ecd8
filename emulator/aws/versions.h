// Published versions of a function: PublishVersion, the lists, and the deletion of one.
//
// Private to the AWS endpoint. Thread: the loop's, but for make_publication(), which is any.

#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "emulator/aws/resource_request.h"
#include "emulator/store/function_store.h"

namespace lambdarium::aws {

// $LATEST as a version: a new one, or the last one where nothing has changed since.
struct Publication {
  store::StoredFunction version;
  std::optional<store::VersionNumbering> numbering;  // of a new one
};

struct PublicationInputs {
  const store::VersionNumbering& numbering;
  const store::StoredFunction* last;  // the version of that number, if it is still there
  std::optional<std::string> description;
  std::string revision_id;
};
Publication make_publication(const store::StoredFunction& latest, const PublicationInputs& inputs);

ResourceResult publish_version(const ResourceRequest& request);
ResourceResult list_versions(const ResourceRequest& request);
ResourceResult delete_version(const ResourceRequest& request);

// ListFunctions, with all versions where they are asked for.
OrError<std::string> list_functions(const FunctionRegistry& registry, const HttpRequest& request);

}  // namespace lambdarium::aws
