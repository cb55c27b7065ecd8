// One invocation as the runtime of an environment receives it.

#pragma once

#include <cstdint>
#include <string>

namespace lambdarium::runtime_api {

struct Invocation {
  std::string request_id;  // lower-case UUID
  std::int64_t deadline_ms =
      0;  // wall clock, milliseconds since 1970: arrival at the environment + timeout
  std::string function_arn;      // as invoked: with a qualifier only if one was asked for
  std::string trace_id;          // "Root=1-…;Parent=…;Sampled=0"
  std::string client_context;    // decoded JSON; empty when none was sent
  std::string cognito_identity;  // JSON; empty when unknown
  std::string tenant_id;         // empty when none was sent
  std::string content_type = "application/json";
  std::string payload;  // handed to the runtime byte for byte
  // The invoker takes the response in pieces. Without it a streamed response is taken whole, as if
  // it had not been streamed.
  bool streaming = false;
};

}  // namespace lambdarium::runtime_api
