#include "emulator/aws/resource_job.h"

#include <utility>

#include "emulator/aws/resource_arn.h"

namespace lambdarium::aws {

namespace {

// Read on the loop, so they must be small; the largest of their members together are far below.
constexpr std::size_t kResourceBodyBytesMax = 262'144;

}  // namespace

ResourceJob::ResourceJob(ControlPlane& plane, ResourceAnswer&& answer, std::string request_id)
    : plane_(plane), answer_(std::move(answer)), request_id_(std::move(request_id)) {}

ResourceJob::~ResourceJob() {
  if (marked_) plane_.registry_.end_change(answer_.function);
}

void ResourceJob::work() {
  stored_ = plane_.storage_.update(answer_.update);
}

std::optional<HttpResponse> ResourceJob::finish() {
  if (!stored_.ok()) return to_response(service_error(stored_.error().message), request_id_);
  // The mark goes first: the listener may look at the registry.
  plane_.registry_.end_change(answer_.function);
  marked_ = false;
  plane_.registry_.apply(answer_.update, FunctionChange::kTags);
  return make_answer(answer_.status, std::move(answer_.body), request_id_);
}

Answer ControlPlane::handle_resource(const RoutedRequest& routed, HttpRequest&& request,
                                     RequestStamp stamp) {
  if (request.body.size() > kResourceBodyBytesMax) {
    return to_response(request_too_large("Request must be smaller than 262144 bytes for the " +
                                         std::string{routed.name} + " operation"),
                       stamp.request_id);
  }
  auto result = run_resource_operation({.routed = routed,
                                        .request = request,
                                        .registry = registry_,
                                        .ids = ids_,
                                        .now_epoch_ms = stamp.now_epoch_ms,
                                        .account_concurrency = settings_.account_concurrency,
                                        .fleet = fleet_});
  if (const auto* error = std::get_if<AwsError>(&result)) {
    return to_response(*error, stamp.request_id);
  }
  ResourceAnswer& answer = std::get<ResourceAnswer>(result);
  if (answer.update.empty()) {
    return make_answer(answer.status, std::move(answer.body), stamp.request_id);
  }
  if (!registry_.begin_change(answer.function)) {
    const std::string arn =
        qualified_arn(registry_.endpoint(), {.name = answer.function, .qualifier = {}});
    return to_response(update_in_progress(arn), stamp.request_id);
  }
  return std::make_unique<ResourceJob>(*this, std::move(answer), std::move(stamp.request_id));
}

}  // namespace lambdarium::aws
