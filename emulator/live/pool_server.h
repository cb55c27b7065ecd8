// The GPU pool's port: the Open Inference Protocol over the pool's serving rules.
//
// Thread: the loop's.

#pragma once

#include "gpu-pool/serving/inference_protocol.h"
#include "runtime-api/http/server.h"

namespace lambdarium::live {

class PoolServer final : public http::Handler {
 public:
  void handle(HttpRequest&& request, http::Responder responder) override;

 private:
  gpu_pool::ServerState state_;
};

}  // namespace lambdarium::live
