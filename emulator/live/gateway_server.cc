#include "emulator/live/gateway_server.h"

#include <utility>

#include "emulator/gateway/event.h"
#include "emulator/gateway/response.h"
#include "models/base/uuid.h"
#include "models/domain/limits.h"
#include "runtime-api/http/timer.h"

namespace lambdarium::live {
namespace {

// A request that waits for its function: answered by the function or by the route's timeout,
// whichever is first.
struct Waiting {
  Waiting(http::EventLoop& loop, http::Responder to, std::string id)
      : responder(std::move(to)), request_id(std::move(id)), timeout(loop, [this] {
          responder.send(
              gateway::make_error(gateway::GatewayError::kServiceUnavailable, request_id));
        }) {}
  http::Responder responder;
  std::string request_id;
  http::CoarseTimeout timeout;
};

}  // namespace

GatewayServer::GatewayServer(http::EventLoop& loop, const gateway::ApiTable& apis,
                             const FunctionTable& functions, FleetDriver& driver,
                             std::string account, RandomStream ids)
    : loop_(loop),
      apis_(apis),
      functions_(functions),
      driver_(driver),
      account_(std::move(account)),
      ids_(ids) {}

http::BodyPlan GatewayServer::plan(const HttpRequest& head) {
  (void)head;
  http::BodyPlan plan;
  plan.bytes_max = static_cast<std::size_t>(kGatewayPayloadBytesMax);
  return plan;
}

void GatewayServer::handle(HttpRequest&& request, http::Responder responder) {
  if (urls_ != nullptr) {
    if (const auto address = urls_->address_of(request)) {
      urls_->handle(*address, std::move(request), std::move(responder));
      return;
    }
  }
  const std::string id = make_extended_request_id(ids_);
  if (const auto error = gateway::check_request(request)) {
    responder.send(gateway::make_error(*error, id));
    return;
  }
  const auto address = apis_.find(request);
  const auto match = address ? address->router->match(request.method, address->path) : std::nullopt;
  if (!match) {
    responder.send(gateway::make_error(gateway::GatewayError::kNotFound, id));
    return;
  }
  const RouteDefinition& route = match->route->definition;
  const RunningFunction* function = functions_.find(route.function);
  if (function == nullptr) {
    responder.send(gateway::make_error(gateway::GatewayError::kInternalServerError, id));
    return;
  }
  const std::int64_t unix_ms = loop_.unix_ns() / 1'000'000;
  const std::string* incoming_trace = request.headers.find("x-amzn-trace-id");
  Order order;
  order.function = function->id;
  order.request_id = make_uuid(ids_);
  order.arn = function->arn;
  order.route = route.route_key;
  order.trace_id = make_trace_id(ids_, unix_ms / 1000, incoming_trace ? *incoming_trace : "");
  order.request_bytes = static_cast<std::int64_t>(request.body.size());
  driver_.meter().add_http_call(order.request_bytes);
  const std::string_view root =
      std::string_view{order.trace_id}.substr(0, order.trace_id.find(';'));
  gateway::append_event(order.payload, request, *match,
                        {.account_id = account_,
                         .domain_name = address->domain_name,
                         .request_id = id,
                         .trace_id = root,
                         .time_epoch_ms = unix_ms});
  if (order.payload.size() > static_cast<std::size_t>(kSyncPayloadBytesMax)) {
    responder.send(gateway::make_error(gateway::GatewayError::kInternalServerError, id));
    return;
  }
  auto waiting = std::make_unique<Waiting>(loop_, std::move(responder), id);
  waiting->timeout.set(std::chrono::milliseconds{route.timeout_ms});
  order.done = [waiting = std::move(waiting),
                format = route.payload_format_version](Completion&& completion) {
    waiting->timeout.clear();
    const bool refused = completion.rejected != fleet::RejectReason::kNone;
    waiting->responder.send(
        refused
            ? gateway::make_error(gateway::GatewayError::kInternalServerError, waiting->request_id)
            : gateway::make_response(format, std::move(completion.payload),
                                     completion.function_error, waiting->request_id));
  };
  driver_.submit(std::move(order));
}

HttpResponse GatewayServer::refuse(const http::Refusal& refusal, const HttpRequest* head) {
  if (urls_ != nullptr && head != nullptr && urls_->address_of(*head)) {
    return urls_->refuse(refusal);
  }
  gateway::GatewayError error = gateway::GatewayError::kBadRequest;
  if (refusal.status == 413) error = gateway::GatewayError::kPayloadTooLarge;
  if (refusal.status == 431) error = gateway::GatewayError::kHeadersTooLarge;
  if (refusal.status >= 500) error = gateway::GatewayError::kServiceUnavailable;
  HttpResponse response = gateway::make_error(error, make_extended_request_id(ids_));
  response.status = refusal.status;
  return response;
}

}  // namespace lambdarium::live
