#include "emulator/live/pool_server.h"

#include <utility>

namespace lambdarium::live {

void PoolServer::handle(HttpRequest&& request, http::Responder responder) {
  responder.send(gpu_pool::answer_inference_request(request, state_));
}

}  // namespace lambdarium::live
