// Against DNS rebinding and foreign pages: a page that a browser got from elsewhere must not drive
// the emulator. Its requests name a host that is not this machine's, or an Origin that is not.
//
// Thread: any; immutable. On failure: none.

#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "models/domain/http_message.h"
#include "runtime-api/http/server.h"

namespace lambdarium::live {

class HostCheck {
 public:
  // `listening` is the address that --host names; with all addresses of the machine (0.0.0.0, ::),
  // every address is one of ours. `allowed` are names given by the user.
  explicit HostCheck(std::string_view listening, const std::vector<std::string>& allowed = {});

  // Why the request is to be refused; empty when it is not.
  std::string refuse(const HttpRequest& request) const;

  // localhost, *.localhost, loopback addresses, the address that is listened on, what the user
  // allowed, and AWS's own names, which nobody else's DNS answers for.
  bool is_our_host(std::string_view host) const;
  // The same without AWS's names: pages come from there, too.
  bool is_our_origin(std::string_view origin) const;

 private:
  bool is_local(std::string_view name) const;

  std::vector<std::string> names_;
  bool any_address_ = false;
};

// A front that refuses with 403 what the check refuses, and hands the rest on.
class GuardedFront final : public http::Handler {
 public:
  GuardedFront(http::Handler& front, HostCheck check) : front_(front), check_(std::move(check)) {}

  http::BodyPlan plan(const HttpRequest& head) override;
  void handle(HttpRequest&& request, http::Responder responder) override;
  std::unique_ptr<http::BodySink> handle_streamed(HttpRequest&& head, http::Responder responder,
                                                  http::BodyFlow flow) override;
  void handle_truncated(HttpRequest&& partial, http::Responder responder) override;
  HttpResponse refuse(const http::Refusal& refusal, const HttpRequest* head) override;

 private:
  bool refuses(const HttpRequest& request, http::Responder& responder) const;

  http::Handler& front_;
  HostCheck check_;
};

}  // namespace lambdarium::live
