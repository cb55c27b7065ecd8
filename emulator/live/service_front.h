// The AWS endpoint's services behind one port: queues, event source mappings, and everything else
// of Lambda.
//
// Owns: nothing. Thread: the loop's.

#pragma once

#include <memory>

#include "emulator/live/event_sources.h"
#include "emulator/live/sqs_server.h"
#include "runtime-api/http/server.h"

namespace lambdarium::live {

class ServiceFront final : public http::Handler {
 public:
  // All of them outlive it.
  ServiceFront(http::Handler& lambda, SqsServer& queues, EventSources& sources)
      : lambda_(lambda), queues_(queues), sources_(sources) {}

  http::BodyPlan plan(const HttpRequest& head) override;
  void handle(HttpRequest&& request, http::Responder responder) override;
  std::unique_ptr<http::BodySink> handle_streamed(HttpRequest&& head, http::Responder responder,
                                                  http::BodyFlow flow) override;
  void handle_truncated(HttpRequest&& partial, http::Responder responder) override;
  HttpResponse refuse(const http::Refusal& refusal, const HttpRequest* head) override;

 private:
  http::Handler& lambda_;
  SqsServer& queues_;
  EventSources& sources_;
};

}  // namespace lambdarium::live
