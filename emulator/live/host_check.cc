#include "emulator/live/host_check.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cctype>

#include <fmt/format.h>

#include "emulator/aws/error.h"

namespace lambdarium::live {
namespace {

constexpr std::array<std::string_view, 3> kAwsSuffixes{".amazonaws.com", ".amazonaws.com.cn",
                                                       ".on.aws"};

// Lower case, without port, brackets and the dot of a complete name.
std::string name_of(std::string_view host) {
  if (host.starts_with('[')) {
    const std::size_t end = host.find(']');
    host = end == std::string_view::npos ? std::string_view{} : host.substr(1, end - 1);
  } else if (const std::size_t colon = host.find(':');
             colon != std::string_view::npos && colon == host.rfind(':')) {
    host = host.substr(0, colon);  // two colons: an IPv6 address as --host has it
  }
  if (host.ends_with('.')) host.remove_suffix(1);
  std::string name{host};
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return name;
}

enum class Address { kNone, kLoopback, kOther };

Address address_of(const std::string& name) {
  in_addr four{};
  if (inet_pton(AF_INET, name.c_str(), &four) == 1) {
    return (ntohl(four.s_addr) >> 24) == 127 ? Address::kLoopback : Address::kOther;
  }
  in6_addr six{};
  if (inet_pton(AF_INET6, name.c_str(), &six) != 1) return Address::kNone;
  return IN6_IS_ADDR_LOOPBACK(&six) ? Address::kLoopback : Address::kOther;
}

}  // namespace

HostCheck::HostCheck(std::string_view listening, const std::vector<std::string>& allowed) {
  names_.push_back(name_of(listening));
  any_address_ = names_.front() == "0.0.0.0" || names_.front() == "::";
  for (const std::string& name : allowed) names_.push_back(name_of(name));
}

bool HostCheck::is_local(std::string_view host) const {
  const std::string name = name_of(host);
  if (name == "localhost" || name.ends_with(".localhost")) return true;
  if (std::find(names_.begin(), names_.end(), name) != names_.end()) return !name.empty();
  const Address address = address_of(name);
  return address == Address::kLoopback || (address == Address::kOther && any_address_);
}

bool HostCheck::is_our_host(std::string_view host) const {
  if (is_local(host)) return true;
  const std::string name = name_of(host);
  return std::any_of(kAwsSuffixes.begin(), kAwsSuffixes.end(),
                     [&name](std::string_view suffix) { return name.ends_with(suffix); });
}

bool HostCheck::is_our_origin(std::string_view origin) const {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (origin.starts_with(scheme)) return is_local(origin.substr(scheme.size()));
  }
  return false;  // null, files, extensions of a browser
}

std::string HostCheck::refuse(const HttpRequest& request) const {
  if (const std::string* host = request.headers.find("host");
      host != nullptr && !is_our_host(*host)) {
    return fmt::format(
        "The host '{}' is not this emulator's. Call it as localhost, or start it with "
        "--allow-host {}",
        *host, name_of(*host));
  }
  if (const std::string* origin = request.headers.find("origin");
      origin != nullptr && !is_our_origin(*origin)) {
    return fmt::format(
        "Pages of the origin '{}' may not call this emulator, unless it is started with "
        "--allow-host and the origin's host",
        *origin);
  }
  return {};
}

bool GuardedFront::refuses(const HttpRequest& request, http::Responder& responder) const {
  std::string why = check_.refuse(request);
  if (why.empty()) return false;
  aws::AwsError error;
  error.status = 403;
  error.type = "AccessDeniedException";
  error.message = std::move(why);
  responder.send(aws::to_response(error, ""));
  return true;
}

http::BodyPlan GuardedFront::plan(const HttpRequest& head) {
  // Read to its end all the same, within the front's limits: the answer comes after it.
  http::BodyPlan plan = front_.plan(head);
  if (!check_.refuse(head).empty()) plan.mode = http::BodyMode::kBuffered;
  return plan;
}

void GuardedFront::handle(HttpRequest&& request, http::Responder responder) {
  if (!refuses(request, responder)) front_.handle(std::move(request), std::move(responder));
}

std::unique_ptr<http::BodySink> GuardedFront::handle_streamed(HttpRequest&& head,
                                                              http::Responder responder,
                                                              http::BodyFlow flow) {
  return front_.handle_streamed(std::move(head), std::move(responder), std::move(flow));
}

void GuardedFront::handle_truncated(HttpRequest&& partial, http::Responder responder) {
  if (!refuses(partial, responder)) {
    front_.handle_truncated(std::move(partial), std::move(responder));
  }
}

HttpResponse GuardedFront::refuse(const http::Refusal& refusal, const HttpRequest* head) {
  return front_.refuse(refusal, head);
}

}  // namespace lambdarium::live
