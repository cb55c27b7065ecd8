#include "emulator/live/function_url_front.h"

#include <utility>

#include "emulator/gateway/event.h"
#include "emulator/live/aws_server.h"
#include "models/base/uuid.h"
#include "models/domain/limits.h"
#include "runtime-api/protocol/error_payload.h"

namespace lambdarium::live {
namespace {

using gateway::UrlError;

// The access key of a signed request (Authorization: AWS4-HMAC-SHA256 Credential=key/…); empty for
// another.
std::string_view access_key_of(const HttpRequest& request) {
  constexpr std::string_view kCredential = "Credential=";
  const std::string* header = request.headers.find("authorization");
  if (header == nullptr || !header->starts_with("AWS4-HMAC-SHA256")) return {};
  const std::size_t start = header->find(kCredential);
  if (start == std::string::npos) return {};
  const std::string_view rest = std::string_view{*header}.substr(start + kCredential.size());
  return rest.substr(0, rest.find_first_of("/, "));
}

UrlError error_of(const Completion& completion) {
  switch (completion.rejected) {
    case fleet::RejectReason::kNone:
      return completion.error_type == runtime_api::kTimedOut ? UrlError::kTimeout
                                                             : UrlError::kFunctionError;
    case fleet::RejectReason::kFunctionRemoved:
      return UrlError::kForbidden;
    case fleet::RejectReason::kNoMemory:
      return UrlError::kUnavailable;
    default:
      return UrlError::kThrottled;
  }
}

// What an answer needs of its request. The definition is a copy: the URL may be changed meanwhile.
struct About {
  FunctionUrlDefinition url;
  std::string request_id;
  std::string trace_id;
  std::string origin;

  gateway::UrlIds ids() const { return {request_id, trace_id}; }
  HttpResponse error(UrlError which) const {
    HttpResponse response = gateway::make_url_error(which, ids());
    gateway::apply_cors(url, origin, response.headers);
    return response;
  }
};

HttpResponse buffered_answer(const About& about, Completion&& completion) {
  if (completion.rejected != fleet::RejectReason::kNone || completion.function_error) {
    return about.error(error_of(completion));
  }
  HttpResponse response =
      gateway::has_stream_metadata(completion.content_type)
          ? gateway::make_url_stream_response(completion.payload, about.ids())
          : gateway::make_url_response(std::move(completion.payload), about.ids());
  gateway::apply_cors(about.url, about.origin, response.headers);
  return response;
}

// The answer of a RESPONSE_STREAM URL. The head goes out with the first piece, or when the HTTP
// metadata in front of the pieces is complete.
class UrlStream final : public ResponseStream {
 public:
  UrlStream(http::Responder responder, About about)
      : writer_(std::move(responder)), about_(std::move(about)) {}

  void on_start(std::string_view content_type, UniqueFunction<void()> resume) override {
    writer_.on_resume(std::move(resume));
    if (gateway::has_stream_metadata(content_type)) {
      reads_prelude_ = true;
      return;
    }
    HttpResponse head;
    head.headers.add("Content-Type",
                     content_type.empty() ? std::string{kOctets} : std::string{content_type});
    start(std::move(head));
  }

  bool on_data(std::string_view piece) override {
    if (answered_) return true;
    if (reads_prelude_) {
      piece = prelude_.take(piece);
      if (prelude_.state() == gateway::StreamPrelude::State::kOpen) return true;
      reads_prelude_ = false;
      HttpResponse head;
      if (prelude_.state() == gateway::StreamPrelude::State::kMalformed ||
          !gateway::read_stream_metadata(prelude_.json(), head)) {
        send(about_.error(UrlError::kFunctionError));
        return true;
      }
      start(std::move(head));
    }
    return piece.empty() || writer_.write(piece);
  }

  void complete(Completion&& completion) {
    if (answered_) return;
    const bool failed =
        completion.rejected != fleet::RejectReason::kNone || completion.function_error;
    if (writer_.started()) {
      if (failed) {
        writer_.abort();
      } else {
        writer_.finish();
      }
    } else if (failed || completion.streamed) {
      // Streamed, and no head: the metadata was not complete.
      send(about_.error(error_of(completion)));
    } else {
      // AWS: what a function that does not stream returns goes out as it is.
      HttpResponse whole;
      whole.headers.add("Content-Type", std::string{kOctets});
      gateway::add_url_ids(whole.headers, about_.ids());
      gateway::apply_cors(about_.url, about_.origin, whole.headers);
      whole.body = std::move(completion.payload);
      send(std::move(whole));
    }
  }

 private:
  static constexpr std::string_view kOctets = "application/octet-stream";

  void start(HttpResponse&& head) {
    gateway::add_url_ids(head.headers, about_.ids());
    gateway::apply_cors(about_.url, about_.origin, head.headers);
    writer_.start(head.status, std::move(head.headers));
  }
  void send(HttpResponse&& response) {
    answered_ = true;
    writer_.send(std::move(response));
  }

  StreamWriter writer_;
  About about_;
  gateway::StreamPrelude prelude_;
  bool reads_prelude_ = false;
  bool answered_ = false;  // whole; the rest is dropped
};

}  // namespace

FunctionUrlFront::FunctionUrlFront(http::EventLoop& loop, const aws::FunctionUrls& urls,
                                   const aws::FunctionRegistry& registry,
                                   const FunctionTable& functions, FleetDriver& driver,
                                   RandomStream ids, RandomStream routing)
    : loop_(loop),
      urls_(urls),
      registry_(registry),
      functions_(functions),
      driver_(driver),
      ids_(ids),
      routing_(routing) {}

std::optional<gateway::UrlAddress> FunctionUrlFront::address_of(const HttpRequest& request) const {
  return gateway::find_function_url(request, registry_.endpoint().region);
}

void FunctionUrlFront::handle(const gateway::UrlAddress& address, HttpRequest&& request,
                              http::Responder responder) {
  const std::int64_t unix_ms = loop_.unix_ns() / 1'000'000;
  const std::string* incoming = request.headers.find("x-amzn-trace-id");
  const std::string* origin = request.headers.find("origin");
  const FunctionUrlDefinition* url = urls_.find(address.id);
  About about;
  about.request_id = make_uuid(ids_);
  about.trace_id = make_trace_id(ids_, unix_ms / 1000, incoming == nullptr ? "" : *incoming);
  if (url == nullptr) {
    responder.send(about.error(UrlError::kUnknown));
    return;
  }
  about.url = *url;
  if (origin != nullptr) about.origin = *origin;
  if (auto preflight = gateway::answer_preflight(*url, request, about.ids())) {
    responder.send(*std::move(preflight));
    return;
  }
  // AWS: a URL whose alias was deleted refuses.
  const aws::FunctionName name{.name = url->function, .qualifier = url->qualifier};
  const auto resolved = registry_.resolve_for_invoke(name, routing_);
  const auto* stored = std::get_if<const store::StoredFunction*>(&resolved);
  const RunningFunction* function =
      stored == nullptr ? nullptr : functions_.find(url->function, (*stored)->version);
  if (function == nullptr) {
    responder.send(about.error(UrlError::kForbidden));
    return;
  }
  Order order;
  order.function = function->id;
  order.request_id = about.request_id;
  order.trace_id = about.trace_id;
  order.arn = url->qualifier.empty() ? function->arn : function->arn + ":" + url->qualifier;
  order.route = "function-url";
  order.request_bytes = static_cast<std::int64_t>(request.body.size());
  const std::string_view key = url->iam ? access_key_of(request) : std::string_view{};
  const std::string_view root =
      std::string_view{about.trace_id}.substr(0, about.trace_id.find(';'));
  gateway::append_url_event(
      order.payload, request, {.url = *url, .path = address.path, .access_key = key},
      {.account_id = key.empty() ? "anonymous" : std::string_view{registry_.endpoint().account},
       .domain_name = address.domain_name,
       .request_id = about.request_id,
       .trace_id = root,
       .time_epoch_ms = unix_ms});
  const auto limit = static_cast<std::size_t>(kSyncPayloadBytesMax);
  if (request.body.size() > limit || order.payload.size() > limit) {
    responder.send(about.error(UrlError::kTooLarge));
    return;
  }
  if (url->response_stream) {
    auto stream = std::make_shared<UrlStream>(std::move(responder), std::move(about));
    order.stream = stream;
    order.done = [stream](Completion&& completion) { stream->complete(std::move(completion)); };
  } else {
    order.done = [about = std::move(about),
                  responder = std::move(responder)](Completion&& completion) mutable {
      responder.send(buffered_answer(about, std::move(completion)));
    };
  }
  driver_.submit(std::move(order));
}

HttpResponse FunctionUrlFront::refuse(const http::Refusal& refusal) {
  const std::string request_id = make_uuid(ids_);
  UrlError error = UrlError::kBadRequest;
  if (refusal.status == 413) error = UrlError::kTooLarge;
  if (refusal.status >= 500) error = UrlError::kUnavailable;
  HttpResponse response = gateway::make_url_error(error, {request_id, {}});
  response.status = refusal.status;
  return response;
}

}  // namespace lambdarium::live
