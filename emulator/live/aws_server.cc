#include "emulator/live/aws_server.h"

#include <utility>

#include <fmt/format.h>

#include "emulator/aws/streaming_invoke.h"
#include "emulator/live/invoke_stream.h"
#include "models/base/uuid.h"

namespace lambdarium::live {
namespace {

// Large enough that a payload over AWS's limit is read and answered with its size, not cut off.
constexpr std::size_t kInvokeBodyBytesMax = 16u << 20;
constexpr std::string_view kOwnPages = "/_lambdarium";

bool is_invoke(aws::Operation operation) {
  return operation == aws::Operation::kInvoke || operation == aws::Operation::kInvokeAsync ||
         operation == aws::Operation::kInvokeWithResponseStream;
}

}  // namespace

aws::AwsError to_aws_error(fleet::RejectReason reason, const std::string& arn) {
  switch (reason) {
    case fleet::RejectReason::kReservedConcurrency:
      return aws::too_many_requests(aws::Throttle::kReservedConcurrency);
    case fleet::RejectReason::kScalingRate:
      return aws::too_many_requests(aws::Throttle::kFunctionInvocationRate);
    case fleet::RejectReason::kFunctionRemoved:
      return aws::function_not_found(arn);
    case fleet::RejectReason::kNoMemory:
      return aws::service_error(
          "This machine has no room for another environment of the function.");
    case fleet::RejectReason::kNone:
    case fleet::RejectReason::kAccountConcurrency:
    case fleet::RejectReason::kQueueFull:
    case fleet::RejectReason::kQueueTimeout:
      break;
  }
  return aws::too_many_requests(aws::Throttle::kConcurrency);
}

AwsServer::AwsServer(http::EventLoop& loop, aws::FunctionRegistry& registry,
                     aws::ControlPlane& control, aws::FunctionUrls& urls, FunctionTable& functions,
                     FleetDriver& driver, AsyncInvocations& async, RandomStream ids,
                     RandomStream routing)
    : loop_(loop),
      registry_(registry),
      control_(control),
      urls_(urls),
      functions_(functions),
      driver_(driver),
      async_(async),
      ids_(ids),
      routing_(routing) {}

AwsServer::~AwsServer() {
  *alive_ = false;
}

http::BodyPlan AwsServer::plan(const HttpRequest& head) {
  const aws::RoutedRequest routed = aws::route(head.method, head.path());
  http::BodyPlan plan;
  plan.bytes_max = is_invoke(routed.operation)
                       ? kInvokeBodyBytesMax
                       : static_cast<std::size_t>(aws::kManagementBodyBytesMax);
  return plan;
}

void AwsServer::handle(HttpRequest&& request, http::Responder responder) {
  if (request.path().starts_with(kOwnPages)) {
    responder.send(own_page(request));
    return;
  }
  const aws::RoutedRequest routed = aws::route(request.method, request.path());
  const aws::Endpoint& endpoint = registry_.endpoint();
  switch (routed.operation) {
    case aws::Operation::kInvoke:
      invoke(aws::parse_invoke(std::move(request), routed.resource, endpoint), Call::kInvoke,
             std::move(responder));
      break;
    case aws::Operation::kInvokeAsync:
      invoke(aws::parse_invoke_async(std::move(request), routed.resource, endpoint),
             Call::kInvokeAsync, std::move(responder));
      break;
    case aws::Operation::kInvokeWithResponseStream:
      invoke(aws::parse_streaming_invoke(std::move(request), routed.resource, endpoint),
             Call::kStreaming, std::move(responder));
      break;
    default:
      manage(routed, std::move(request), std::move(responder));
  }
}

void AwsServer::manage(const aws::RoutedRequest& routed, HttpRequest&& request,
                       http::Responder responder) {
  aws::RequestStamp stamp{make_uuid(ids_), loop_.unix_ns() / 1'000'000};
  aws::Answer answer = aws::is_function_url_operation(routed.operation)
                           ? urls_.handle(routed, request, std::move(stamp))
                           : control_.handle(routed, std::move(request), std::move(stamp));
  if (auto* response = std::get_if<HttpResponse>(&answer)) {
    responder.send(std::move(*response));
  } else {
    run_job(std::move(std::get<std::unique_ptr<aws::Job>>(answer)), std::move(responder));
  }
}

// The pool's half and the loop's half hold the job in turn.
void AwsServer::run_job(std::shared_ptr<aws::Job> job, http::Responder responder) {
  loop_.queue_work([job] { job->work(); },
                   [this, alive = alive_, job, responder = std::move(responder)]() mutable {
                     if (!*alive) return;
                     if (auto response = job->finish()) {
                       responder.send(std::move(*response));
                     } else {
                       run_job(std::move(job), std::move(responder));
                     }
                   });
}

void AwsServer::fail(const aws::AwsError& error, const std::string& request_id,
                     http::Responder responder) {
  responder.send(aws::to_response(error, request_id));
}

std::string AwsServer::trace_id(std::string_view incoming) {
  return make_trace_id(ids_, loop_.unix_ns() / 1'000'000'000, incoming);
}

void AwsServer::invoke(aws::OrError<aws::InvokeRequest> parsed, Call call,
                       http::Responder responder) {
  if (const auto* error = std::get_if<aws::AwsError>(&parsed)) {
    fail(*error, make_uuid(ids_), std::move(responder));
    return;
  }
  auto& request = std::get<aws::InvokeRequest>(parsed);
  const auto resolved = registry_.resolve_for_invoke(request.function, routing_);
  if (const auto* error = std::get_if<aws::AwsError>(&resolved)) {
    fail(*error, make_uuid(ids_), std::move(responder));
    return;
  }
  const std::string& version = std::get<const store::StoredFunction*>(resolved)->version;
  if (request.type == aws::InvocationType::kDryRun) {
    responder.send(aws::make_dry_run_response(make_uuid(ids_), trace_id(request.trace_header)));
    return;
  }
  if (call == Call::kStreaming) {
    stream(std::move(request), version, std::move(responder));
  } else if (request.type == aws::InvocationType::kRequestResponse) {
    run(std::move(request), version, std::move(responder));
  } else {
    accept(std::move(request), call == Call::kInvokeAsync, std::move(responder));
  }
}

// The answer waits until the event is on the disk.
void AwsServer::accept(aws::InvokeRequest&& request, bool old_async, http::Responder responder) {
  AsyncInvocations::Request event;
  event.request_id = make_uuid(ids_);
  event.arn = aws::qualified_arn(registry_.endpoint(), request.function);
  event.trace_id = trace_id(request.trace_header);
  event.function = std::move(request.function.name);
  event.qualifier = std::move(request.function.qualifier);
  event.payload = std::move(request.payload);
  auto answer = [old_async, id = event.request_id, trace = event.trace_id,
                 responder = std::move(responder)](AsyncInvocations::Accepted accepted) mutable {
    switch (accepted) {
      case AsyncInvocations::Accepted::kStored:
        responder.send(old_async ? aws::make_invoke_async_response(id)
                                 : aws::make_event_response(id, trace));
        break;
      case AsyncInvocations::Accepted::kFull:
        responder.send(aws::to_response(aws::too_many_requests(aws::Throttle::kCallerRate), id));
        break;
      case AsyncInvocations::Accepted::kFailed:
        responder.send(aws::to_response(
            aws::service_error("The event could not be stored; the emulator's log says why."), id));
        break;
    }
  };
  async_.accept(std::move(event), std::move(answer));
}

std::optional<Order> AwsServer::order_of(aws::InvokeRequest&& request, const std::string& version,
                                         http::Responder& responder) {
  const RunningFunction* function = functions_.find(request.function.name, version);
  Order order;
  order.request_id = make_uuid(ids_);
  if (function == nullptr) {
    const std::string arn = aws::qualified_arn(registry_.endpoint(), request.function);
    fail(aws::function_not_found(arn), order.request_id, std::move(responder));
    return std::nullopt;
  }
  order.function = function->id;
  order.arn = request.function.qualifier.empty() ? function->arn
                                                 : function->arn + ":" + request.function.qualifier;
  order.trace_id = trace_id(request.trace_header);
  order.request_bytes = static_cast<std::int64_t>(request.payload.size());
  order.payload = std::move(request.payload);
  order.client_context = std::move(request.client_context);
  order.want_log = request.tail;
  return order;
}

void AwsServer::stream(aws::InvokeRequest&& request, const std::string& version,
                       http::Responder responder) {
  auto order = order_of(std::move(request), version, responder);
  if (!order) return;
  auto answer = std::make_shared<InvokeStream>(std::move(responder),
                                               InvokeStream::About{.request_id = order->request_id,
                                                                   .trace_id = order->trace_id,
                                                                   .arn = order->arn,
                                                                   .version = version,
                                                                   .tail = order->want_log});
  order->stream = answer;
  order->done = [answer](Completion&& completion) { answer->complete(completion); };
  driver_.submit(*std::move(order));
}

void AwsServer::run(aws::InvokeRequest&& request, const std::string& version,
                    http::Responder responder) {
  auto made = order_of(std::move(request), version, responder);
  if (!made) return;
  Order& order = *made;
  order.done = [tail = order.want_log, id = order.request_id, trace = order.trace_id,
                arn = order.arn, version,
                responder = std::move(responder)](Completion&& completion) mutable {
    if (completion.rejected != fleet::RejectReason::kNone) {
      responder.send(aws::to_response(to_aws_error(completion.rejected, arn), id));
      return;
    }
    aws::InvokeResult result;
    result.request_id = id;
    result.executed_version = version;
    result.trace_id = trace;
    result.function_error = completion.function_error ? "Unhandled" : "";
    result.log_text = completion.log_text;
    result.tail = tail;
    std::string headers;
    headers.reserve(512);
    aws::append_invoke_headers(headers, result);
    responder.send_raw(200, headers, std::move(completion.payload));
  };
  driver_.submit(std::move(order));
}

HttpResponse AwsServer::refuse(const http::Refusal& refusal, const HttpRequest* head) {
  (void)head;
  aws::AwsError error = aws::invalid_request_content(std::string{refusal.why});
  if (refusal.status == 413) error = aws::request_too_large(std::string{refusal.why});
  error.status = refusal.status;
  return aws::to_response(error, make_uuid(ids_));
}

// What the emulator says of itself; the dashboard will live here.
HttpResponse AwsServer::own_page(const HttpRequest& request) const {
  HttpResponse response;
  response.headers.add("Content-Type", "application/json");
  if (request.path() != "/_lambdarium/health") {
    response.status = 404;
    response.body = R"({"message":"known pages: /_lambdarium/health"})";
    return response;
  }
  const fleet::Population& environments = driver_.fleet().population();
  const AsyncTotals& async = async_.totals();
  response.body = fmt::format(
      R"({{"status":"ok","functions":{},)"
      R"("environments":{{"total":{},"starting":{},"busy":{},"idle":{}}},"in_flight":{},)"
      R"("invocations":{},"throttled":{},"cold_starts":{},"asynchronous":{{)"
      R"("pending":{},"running":{},"waiting":{},"accepted":{},"recovered":{},"succeeded":{},)"
      R"("failed":{},"retried":{},"delivered":{}}}}})",
      registry_.functions().size(), environments.total, environments.starting, environments.busy,
      environments.idle, driver_.fleet().in_flight(), driver_.charged(), driver_.rejected(),
      driver_.cold_starts(), async_.pending(), async_.running(), async_.waiting(), async.accepted,
      async.recovered, async.succeeded, async.failed, async.retried, async.delivered);
  return response;
}

}  // namespace lambdarium::live
