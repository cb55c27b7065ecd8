// Function URLs on the data-plane port: the event in, the function's answer out, whole or as it is
// streamed.
//
// Thread: the loop's. On failure: the errors of a function URL.

#pragma once

#include <string>

#include "emulator/aws/function_registry.h"
#include "emulator/aws/function_urls.h"
#include "emulator/gateway/function_url.h"
#include "emulator/live/fleet_driver.h"
#include "models/base/random.h"
#include "runtime-api/http/server.h"

namespace lambdarium::live {

class FunctionUrlFront {
 public:
  // All of them outlive it. `routing`: draws for aliases with weights.
  FunctionUrlFront(http::EventLoop& loop, const aws::FunctionUrls& urls,
                   const aws::FunctionRegistry& registry, const FunctionTable& functions,
                   FleetDriver& driver, RandomStream ids, RandomStream routing);

  // Nothing: the request is for no function URL.
  std::optional<gateway::UrlAddress> address_of(const HttpRequest& request) const;
  // `address` is address_of() of the same request.
  void handle(const gateway::UrlAddress& address, HttpRequest&& request, http::Responder responder);
  // Of a request that is for a function URL.
  HttpResponse refuse(const http::Refusal& refusal);

 private:
  http::EventLoop& loop_;
  const aws::FunctionUrls& urls_;
  const aws::FunctionRegistry& registry_;
  const FunctionTable& functions_;
  FleetDriver& driver_;
  RandomStream ids_;
  RandomStream routing_;
};

}  // namespace lambdarium::live
