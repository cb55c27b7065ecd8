// The Open Inference Protocol (KServe v2) over HTTP values: server-level endpoints, and the errors
// of model-level ones.
//
//   GET  /v2                      server metadata
//   GET  /v2/health/live, /ready  health
//   POST /v2/repository/index     the models there are
//   /v2/models/{name}[/versions/{version}][/ready|/infer]
//
// Pure: a function of the request and of what is loaded. Errors are {"error": "…"}, as the protocol
// says.

#pragma once

#include <string>

#include "models/domain/http_message.h"

namespace lambdarium::gpu_pool {

struct ServerState {
  std::string name = "lambdarium";
  std::string version;
  bool ready = true;  // false while it shuts down: no new work is taken
};

HttpResponse answer_inference_request(const HttpRequest& request, const ServerState& state);

}  // namespace lambdarium::gpu_pool
