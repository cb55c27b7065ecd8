// An invocation as the emulator's fronts hand it to the fleet driver, and what they get back.

#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "emulator/fleet/types.h"
#include "emulator/live/response_stream.h"
#include "models/base/unique_function.h"

namespace lambdarium::live {

struct Completion {
  // kNone: it ran. Otherwise it never did, and the payload is empty.
  fleet::RejectReason rejected = fleet::RejectReason::kNone;
  bool function_error = false;
  std::string error_type;  // with a function error, where it is known
  // What Order::stream has had is over; the payload is then the error that ended it, or empty.
  bool streamed = false;
  std::string content_type;  // of the payload, as the runtime said
  std::string payload;
  std::string log_text;  // START … REPORT, where it was wanted
};

struct Order {
  fleet::FunctionId function = 0;
  std::string request_id;  // UUID
  std::string arn;         // as invoked
  std::string payload;
  std::string trace_id;
  std::string client_context;
  std::string route;  // for the record: "GET /pets/{id}"; empty for Invoke
  std::int64_t request_bytes = 0;
  // With the log, the answer waits for the REPORT line; without, it goes out when the runtime has
  // answered.
  bool want_log = false;
  // Takes the response in pieces, where the runtime streams it. Null: it is wanted whole. Shared
  // with `done`, which ends what the pieces began.
  std::shared_ptr<ResponseStream> stream;
  // Called once, last, on the loop.
  UniqueFunction<void(Completion&&)> done;
};

}  // namespace lambdarium::live
