// The answer to an InvokeWithResponseStream: pieces of the response as messages, then the one that
// says how it ended.
//
// Thread: the loop's. On failure: what never ran is an ordinary error answer.

#pragma once

#include <string>

#include "emulator/live/order.h"
#include "emulator/live/response_stream.h"

namespace lambdarium::live {

class InvokeStream final : public ResponseStream {
 public:
  struct About {
    std::string request_id;
    std::string trace_id;
    std::string arn;
    std::string version;  // which is executed
    bool tail = false;
  };
  InvokeStream(http::Responder responder, About about)
      : writer_(std::move(responder)), about_(std::move(about)) {}

  void on_start(std::string_view content_type, UniqueFunction<void()> resume) override;
  bool on_data(std::string_view piece) override;
  // Once, last.
  void complete(const Completion& completion);

 private:
  void start();

  StreamWriter writer_;
  About about_;
  std::string message_;  // scratch
};

}  // namespace lambdarium::live
