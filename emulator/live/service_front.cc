#include "emulator/live/service_front.h"

#include <utility>

#include "emulator/aws/operation.h"
#include "emulator/aws/sqs_json.h"
#include "emulator/aws/sqs_query.h"

namespace lambdarium::live {
namespace {

// A batch of one mebibyte, each of its characters escaped.
constexpr std::size_t kQueueBodyBytesMax = 16u << 20;

}  // namespace

http::BodyPlan ServiceFront::plan(const HttpRequest& head) {
  if (aws::sqs_encoding(head) == aws::SqsEncoding::kNone) return lambda_.plan(head);
  http::BodyPlan plan;
  plan.bytes_max = kQueueBodyBytesMax;
  return plan;
}

void ServiceFront::handle(HttpRequest&& request, http::Responder responder) {
  if (aws::sqs_encoding(request) != aws::SqsEncoding::kNone) {
    queues_.handle(std::move(request), std::move(responder));
    return;
  }
  if (request.path().starts_with("/2015-03-31/event-source-mappings")) {
    const aws::RoutedRequest routed = aws::route(request.method, request.path());
    if (EventSources::serves(routed)) {
      sources_.handle(routed, request, std::move(responder));
      return;
    }
  }
  lambda_.handle(std::move(request), std::move(responder));
}

std::unique_ptr<http::BodySink> ServiceFront::handle_streamed(HttpRequest&& head,
                                                              http::Responder responder,
                                                              http::BodyFlow flow) {
  return lambda_.handle_streamed(std::move(head), std::move(responder), std::move(flow));
}

void ServiceFront::handle_truncated(HttpRequest&& partial, http::Responder responder) {
  lambda_.handle_truncated(std::move(partial), std::move(responder));
}

HttpResponse ServiceFront::refuse(const http::Refusal& refusal, const HttpRequest* head) {
  const auto encoding = head == nullptr ? aws::SqsEncoding::kNone : aws::sqs_encoding(*head);
  if (encoding == aws::SqsEncoding::kNone) return lambda_.refuse(refusal, head);
  const queues::QueueError error{queues::ErrorKind::kMalformedInput, std::string{refusal.why}};
  HttpResponse response = encoding == aws::SqsEncoding::kJson
                              ? aws::write_sqs_json_error(error, "")
                              : aws::write_sqs_query_error(error, "");
  response.status = refusal.status;
  return response;
}

}  // namespace lambdarium::live
