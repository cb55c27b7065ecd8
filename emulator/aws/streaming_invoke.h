// InvokeWithResponseStream, as its wire form: the request, and the head of an answer whose body is
// event_stream.h's.
//
// Thread: any. On failure: AwsError, ready for to_response().

#pragma once

#include <string_view>

#include "emulator/aws/invoke.h"

namespace lambdarium::aws {

// As parse_invoke(), but an Event is none of its types.
OrError<InvokeRequest> parse_streaming_invoke(HttpRequest&& request, std::string_view function_name,
                                              const Endpoint& endpoint);

HeaderList streaming_invoke_headers(const InvokeResult& result);

}  // namespace lambdarium::aws
