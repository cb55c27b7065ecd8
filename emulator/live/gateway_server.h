// The data plane on its port: HTTP APIs in front of functions, and function URLs.
//
// Thread: the loop's. On failure: API Gateway's error answers; a function that outlives its route's
// timeout goes on by itself.

#pragma once

#include <memory>
#include <string>

#include "emulator/gateway/api_table.h"
#include "emulator/live/fleet_driver.h"
#include "emulator/live/function_url_front.h"
#include "models/base/random.h"
#include "runtime-api/http/server.h"

namespace lambdarium::live {

class GatewayServer final : public http::Handler {
 public:
  GatewayServer(http::EventLoop& loop, const gateway::ApiTable& apis,
                const FunctionTable& functions, FleetDriver& driver, std::string account,
                RandomStream ids);
  // Function URLs on the same port; outlives the server. Without one, there are none.
  void set_urls(FunctionUrlFront* urls) { urls_ = urls; }

  http::BodyPlan plan(const HttpRequest& head) override;
  void handle(HttpRequest&& request, http::Responder responder) override;
  HttpResponse refuse(const http::Refusal& refusal, const HttpRequest* head) override;

 private:
  http::EventLoop& loop_;
  const gateway::ApiTable& apis_;
  const FunctionTable& functions_;
  FleetDriver& driver_;
  FunctionUrlFront* urls_ = nullptr;
  std::string account_;
  RandomStream ids_;
};

}  // namespace lambdarium::live
