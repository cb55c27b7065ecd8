// The Lambda API but for Invoke: functions are made, changed, read and deleted.
//
// Reads are answered at once. A change is a Job: its work() unpacks and writes on a pool thread,
// its finish() runs on the loop again, changes the registry, tells the listener and gives the
// answer. The driver alternates the two until there is an answer:
//
//   loop: handle() ─▶ Job ─▶ pool: work() ─▶ loop: finish() ─▶ answer, or work() once more
//
// A job that is dropped before it is finished leaves the registry as it was. A change that was
// answered with success is durable.
//
// Owns: the stream of revision ids. Thread: handle() and finish() on the loop, work() anywhere, one
// at a time for a job. On failure: answers that AWS would give, with x-amzn-ErrorType.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "emulator/aws/function_registry.h"
#include "emulator/aws/function_storage.h"
#include "emulator/aws/operation.h"
#include "models/base/random.h"
#include "models/domain/http_message.h"
#include "models/domain/limits.h"

namespace lambdarium::aws {

// The largest body that an operation other than Invoke takes: a zip at its limit in base64, and the
// rest of the document.
inline constexpr std::int64_t kManagementBodyBytesMax = 70'167'211;

class Job {
 public:
  virtual ~Job() = default;
  virtual void work() = 0;
  virtual std::optional<HttpResponse> finish() = 0;
};

using Answer = std::variant<HttpResponse, std::unique_ptr<Job>>;

struct RequestStamp {
  std::string request_id;  // UUID
  std::int64_t now_epoch_ms = 0;
};

class ProvisionedFleet;

struct ControlPlaneSettings {
  std::int64_t account_concurrency = kAccountConcurrencyDefault;
};

class ControlPlane {
 public:
  // The registry and the storage outlive the control plane, and it outlives its jobs.
  ControlPlane(FunctionRegistry& registry, FunctionStorage& storage, RandomStream ids,
               ControlPlaneSettings settings = {});
  // Who knows how provisioned concurrency comes along; outlives the control plane or is taken back.
  // Without one, nothing is ever allocated.
  void set_fleet(const ProvisionedFleet* fleet) { fleet_ = fleet; }

  // Everything but kInvoke and kInvokeAsync. `routed` is route() of the same request.
  Answer handle(const RoutedRequest& routed, HttpRequest&& request, RequestStamp stamp);

 private:
  friend class ChangeJob;
  friend class ResourceJob;
  Answer handle_resource(const RoutedRequest& routed, HttpRequest&& request, RequestStamp stamp);
  OrError<std::string> read(const RoutedRequest& routed, const HttpRequest& request) const;

  FunctionRegistry& registry_;
  FunctionStorage& storage_;
  RandomStream ids_;
  ControlPlaneSettings settings_;
  const ProvisionedFleet* fleet_ = nullptr;
};

// A function from a template as the registry keeps it: Active, of the revision `revision_id`, its
// code in the definition's folder.
store::StoredFunction make_template_function(FunctionDefinition definition, std::string revision_id,
                                             std::int64_t now_epoch_ms);

// "2024-01-02T03:04:05.678+0000"
std::string format_last_modified(std::int64_t epoch_ms);

}  // namespace lambdarium::aws
