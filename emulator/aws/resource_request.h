// What operations on a function's versions, aliases, permissions and configurations have in common:
// each is a function of a ResourceRequest that reads the registry and says what is to be stored and
// what the answer is then.
//
// Private to the AWS endpoint. Thread: the loop's; nothing here touches the disk.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "emulator/aws/control_plane.h"
#include "emulator/aws/error.h"
#include "emulator/aws/function_name.h"
#include "emulator/aws/function_registry.h"
#include "emulator/aws/operation.h"
#include "models/base/random.h"
#include "models/domain/http_message.h"

namespace lambdarium::aws {

struct ResourceAnswer {
  int status = 200;
  std::string body;
  std::string function;          // whose resources change
  store::FunctionUpdate update;  // empty: nothing changes
};

using ResourceResult = OrError<ResourceAnswer>;

// All references outlive the call.
struct ResourceRequest {
  const RoutedRequest& routed;
  const HttpRequest& request;
  const FunctionRegistry& registry;
  RandomStream& ids;
  std::int64_t now_epoch_ms;
  std::int64_t account_concurrency;
  const ProvisionedFleet* fleet;  // null: nothing runs

  const Endpoint& endpoint() const { return registry.endpoint(); }
  // The function that the path and ?Qualifier name; it need not exist.
  OrError<FunctionName> name() const;
  std::string arn(const FunctionName& name) const { return qualified_arn(endpoint(), name); }
  std::string new_revision() const;
  std::string last_modified() const;
};

// Whether the operation is one of these. `delete_version`: DeleteFunction of a number.
bool is_resource_operation(const RoutedRequest& routed, const HttpRequest& request);
ResourceResult run_resource_operation(const ResourceRequest& request);

// 404 unless the function is there; a qualifier is not looked at.
std::optional<AwsError> check_function(const ResourceRequest& request, const FunctionName& name);
// 404 unless it is an alias or a version of the function: "Cannot find alias arn: …", "Function not
// found: …".
std::optional<AwsError> check_qualifier(const ResourceRequest& request, const FunctionName& name);

// MaxItems of a listing: 1 to `maximum`; a page never holds more than 50.
OrError<std::int64_t> max_items_of(const HttpRequest& request, std::int64_t maximum = 10'000);
// The decoded Marker of a listing; empty: from the start.
OrError<std::string> marker_of(const HttpRequest& request);
// `,"NextMarker":"…"`
std::string next_marker(std::string_view last);

}  // namespace lambdarium::aws
