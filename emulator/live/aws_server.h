// The AWS endpoint on its port: Lambda's operations as SDKs and the CLI send them, and the
// emulator's own pages below
// /_lambdarium/.
//
// Thread: the loop's; what touches the disk runs on the pool. On failure: AWS's error answers.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "emulator/aws/control_plane.h"
#include "emulator/aws/function_urls.h"
#include "emulator/aws/invoke.h"
#include "emulator/live/async_invocations.h"
#include "emulator/live/fleet_driver.h"
#include "models/base/random.h"
#include "runtime-api/http/server.h"

namespace lambdarium::live {

class AwsServer final : public http::Handler {
 public:
  AwsServer(http::EventLoop& loop, aws::FunctionRegistry& registry, aws::ControlPlane& control,
            aws::FunctionUrls& urls, FunctionTable& functions, FleetDriver& driver,
            AsyncInvocations& async, RandomStream ids, RandomStream routing);
  ~AwsServer() override;

  http::BodyPlan plan(const HttpRequest& head) override;
  void handle(HttpRequest&& request, http::Responder responder) override;
  HttpResponse refuse(const http::Refusal& refusal, const HttpRequest* head) override;

 private:
  enum class Call : std::uint8_t { kInvoke, kInvokeAsync, kStreaming };

  void invoke(aws::OrError<aws::InvokeRequest> parsed, Call call, http::Responder responder);
  // Nothing: the function has gone; the responder is answered then.
  std::optional<Order> order_of(aws::InvokeRequest&& request, const std::string& version,
                                http::Responder& responder);
  void run(aws::InvokeRequest&& request, const std::string& version, http::Responder responder);
  void stream(aws::InvokeRequest&& request, const std::string& version, http::Responder responder);
  void accept(aws::InvokeRequest&& request, bool old_async, http::Responder responder);
  void manage(const aws::RoutedRequest& routed, HttpRequest&& request, http::Responder responder);
  void run_job(std::shared_ptr<aws::Job> job, http::Responder responder);
  HttpResponse own_page(const HttpRequest& request) const;
  std::string trace_id(std::string_view incoming);
  void fail(const aws::AwsError& error, const std::string& request_id, http::Responder responder);

  http::EventLoop& loop_;
  aws::FunctionRegistry& registry_;
  aws::ControlPlane& control_;
  aws::FunctionUrls& urls_;
  FunctionTable& functions_;
  FleetDriver& driver_;
  AsyncInvocations& async_;
  RandomStream ids_;
  RandomStream routing_;  // draws for aliases with weights
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

// What a rejection by the fleet is to a caller of the Lambda API.
aws::AwsError to_aws_error(fleet::RejectReason reason, const std::string& arn);

}  // namespace lambdarium::live
