#include "emulator/aws/invoke.h"

#include <utility>

#include <fmt/format.h>

#include "emulator/aws/json_check.h"
#include "emulator/aws/operation.h"
#include "models/base/encoding.h"
#include "models/domain/limits.h"

namespace lambdarium::aws {

namespace {

// Of the header, that is of the base64 text.
constexpr std::size_t kClientContextBytesMax = 3'583;
// What messages say; enforced is kSyncPayloadBytesMax.
constexpr std::int64_t kDocumentedSyncBytesMax = 6'291'456;
constexpr std::int64_t kInvokeAsyncBytesMax = 262'144;

// The header fields of a request that Invoke looks at; null where one was not sent.
struct InvokeHeaders {
  const std::string* invocation_type = nullptr;
  const std::string* log_type = nullptr;
  const std::string* client_context = nullptr;
  const std::string* trace = nullptr;
  const std::string* content_type = nullptr;
};

// One pass over the fields: they are told apart by their lengths first.
InvokeHeaders collect(const HeaderList& headers) {
  InvokeHeaders found;
  const auto keep = [](const std::string*& slot, const HeaderField& field, std::string_view name) {
    if (slot == nullptr && equal_ignoring_case(field.name, name)) slot = &field.value;
  };
  for (const HeaderField& field : headers) {
    switch (field.name.size()) {
      case 12:
        keep(found.content_type, field, "content-type");
        break;
      case 14:
        keep(found.log_type, field, "x-amz-log-type");
        break;
      case 15:
        keep(found.trace, field, "x-amzn-trace-id");
        break;
      case 20:
        keep(found.client_context, field, "x-amz-client-context");
        break;
      case 21:
        keep(found.invocation_type, field, "x-amz-invocation-type");
        break;
      default:
        break;
    }
  }
  return found;
}

std::string_view text_of(const std::string* value) {
  return value == nullptr ? std::string_view{} : std::string_view{*value};
}

// SDKs send payloads as octets or with no type; a form type is what curl -d says of anything.
// Another explicit type is refused.
bool is_accepted_type(std::string_view content_type) {
  std::string_view type = content_type.substr(0, content_type.find(';'));
  while (type.ends_with(' ')) type.remove_suffix(1);
  for (const std::string_view accepted :
       {"application/json", "application/octet-stream", "binary/octet-stream",
        "application/x-www-form-urlencoded", "application/x-amz-json-1.0",
        "application/x-amz-json-1.1"}) {
    if (equal_ignoring_case(type, accepted)) return true;
  }
  return type.empty() || type.ends_with("+json");
}

std::optional<InvocationType> invocation_type_of(std::string_view text) {
  if (text.empty() || text == "RequestResponse") return InvocationType::kRequestResponse;
  if (text == "Event") return InvocationType::kEvent;
  if (text == "DryRun") return InvocationType::kDryRun;
  return std::nullopt;
}

AwsError too_large(std::int64_t bytes, std::string_view type, std::int64_t limit) {
  return request_too_large(
      fmt::format("{} byte payload is too large for the {} invocation type (limit {} bytes)", bytes,
                  type, limit));
}

OrError<std::string> decode_client_context(std::string_view header) {
  if (header.size() > kClientContextBytesMax) {
    return invalid_request_content(
        fmt::format("Client context is {} bytes long; it must be at most {} bytes of base64",
                    header.size(), kClientContextBytesMax));
  }
  auto context = base64_decode(header);
  if (!context || find_json_problem(*context)) {
    return invalid_request_content("Client context must be a valid Base64-encoded JSON object.");
  }
  return *std::move(context);
}

// Most events of tests and health checks; everything else is looked through.
bool is_trivially_json(std::string_view payload) {
  return payload == "{}" || payload == "null";
}

std::optional<AwsError> check_payload(std::string_view payload) {
  if (is_trivially_json(payload)) return std::nullopt;
  const auto problem = find_json_problem(payload);
  if (!problem) return std::nullopt;
  return invalid_request_content(fmt::format(
      "Could not parse request body into json: Could not parse payload into json: {}", *problem));
}

OrError<FunctionName> name_of(const HttpRequest& request, std::string_view function_name,
                              const Endpoint& endpoint) {
  std::string qualifier;
  if (const std::string_view query = request.query(); !query.empty()) {
    qualifier = query_value(query, "Qualifier").value_or("");
  }
  const bool may_name_region = function_name.find(':') != std::string_view::npos;
  return parse_function_name(function_name, qualifier, endpoint,
                             may_name_region ? credential_region(request) : std::string_view{});
}

// What both calls do at their end: the body is checked and taken.
OrError<InvokeRequest> take_payload(InvokeRequest invoke, HttpRequest& request) {
  if (request.body.empty()) {
    invoke.payload = "{}";
    return invoke;
  }
  if (auto error = check_payload(request.body)) return *std::move(error);
  invoke.payload = std::move(request.body);
  return invoke;
}

}  // namespace

AwsError payload_too_large(std::int64_t bytes, InvocationType type) {
  switch (type) {
    case InvocationType::kEvent:
      return too_large(bytes, "Event", kAsyncPayloadBytesMax);
    case InvocationType::kDryRun:
      return too_large(bytes, "DryRun", kDocumentedSyncBytesMax);
    case InvocationType::kRequestResponse:
      break;
  }
  return too_large(bytes, "RequestResponse", kDocumentedSyncBytesMax);
}

OrError<InvokeRequest> parse_invoke(HttpRequest&& request, std::string_view function_name,
                                    const Endpoint& endpoint) {
  const InvokeHeaders headers = collect(request.headers);
  InvokeRequest invoke;
  auto name = name_of(request, function_name, endpoint);
  if (auto* error = std::get_if<AwsError>(&name)) return std::move(*error);
  invoke.function = std::get<FunctionName>(std::move(name));

  const std::string_view type_text = text_of(headers.invocation_type);
  const auto type = invocation_type_of(type_text);
  if (!type) {
    return validation_error(type_text, "invocationType",
                            "Member must satisfy enum value set: [RequestResponse, Event, DryRun]");
  }
  invoke.type = *type;
  const std::string_view log_text = text_of(headers.log_type);
  if (!log_text.empty() && log_text != "None" && log_text != "Tail") {
    return validation_error(log_text, "logType",
                            "Member must satisfy enum value set: [None, Tail]");
  }
  const bool synchronous = invoke.type == InvocationType::kRequestResponse;
  invoke.tail = synchronous && log_text == "Tail";
  if (const auto content_type = text_of(headers.content_type); !is_accepted_type(content_type)) {
    return unsupported_media_type(content_type);
  }
  const auto size = static_cast<std::int64_t>(request.body.size());
  const bool event = invoke.type == InvocationType::kEvent;
  if (size > (event ? kAsyncPayloadBytesMax : kSyncPayloadBytesMax)) {
    return payload_too_large(size, invoke.type);
  }
  if (const auto context = text_of(headers.client_context); synchronous && !context.empty()) {
    auto decoded = decode_client_context(context);
    if (auto* error = std::get_if<AwsError>(&decoded)) return std::move(*error);
    invoke.client_context = std::get<std::string>(std::move(decoded));
  }
  invoke.trace_header = text_of(headers.trace);
  return take_payload(std::move(invoke), request);
}

OrError<InvokeRequest> parse_invoke_async(HttpRequest&& request, std::string_view function_name,
                                          const Endpoint& endpoint) {
  InvokeRequest invoke;
  invoke.type = InvocationType::kEvent;
  auto name = name_of(request, function_name, endpoint);
  if (auto* error = std::get_if<AwsError>(&name)) return std::move(*error);
  invoke.function = std::get<FunctionName>(std::move(name));
  const auto size = static_cast<std::int64_t>(request.body.size());
  if (size > kInvokeAsyncBytesMax) return too_large(size, "Event", kInvokeAsyncBytesMax);
  invoke.trace_header = text_of(collect(request.headers).trace);
  return take_payload(std::move(invoke), request);
}

}  // namespace lambdarium::aws
