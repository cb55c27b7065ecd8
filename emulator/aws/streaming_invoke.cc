#include "emulator/aws/streaming_invoke.h"

#include <utility>

#include "emulator/aws/event_stream.h"

namespace lambdarium::aws {

OrError<InvokeRequest> parse_streaming_invoke(HttpRequest&& request, std::string_view function_name,
                                              const Endpoint& endpoint) {
  const std::string* type = request.headers.find("x-amz-invocation-type");
  if (type != nullptr && !type->empty() && *type != "RequestResponse" && *type != "DryRun") {
    return validation_error(*type, "invocationType",
                            "Member must satisfy enum value set: [RequestResponse, DryRun]");
  }
  return parse_invoke(std::move(request), function_name, endpoint);
}

HeaderList streaming_invoke_headers(const InvokeResult& result) {
  HeaderList headers{{"Content-Type", std::string{kEventStreamType}},
                     {"x-amzn-RequestId", std::string{result.request_id}},
                     {"X-Amz-Executed-Version", std::string{result.executed_version}}};
  if (!result.trace_id.empty()) headers.add("X-Amzn-Trace-Id", std::string{result.trace_id});
  return headers;
}

}  // namespace lambdarium::aws
