#include "emulator/labs/replay_target.h"

#include <charconv>

#include <fmt/format.h>

namespace lambdarium::labs {
namespace {

constexpr std::string_view kPlaceholder = "{function}";

std::string percent_encoded(std::string_view text) {
  static constexpr std::string_view kUnreserved =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
  std::string out;
  for (const char c : text) {
    if (kUnreserved.find(c) != kUnreserved.npos) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

std::string replaced(std::string_view text, std::string_view name) {
  std::string out;
  for (;;) {
    const std::size_t at = text.find(kPlaceholder);
    out += text.substr(0, at);
    if (at == text.npos) return out;
    out += name;
    text.remove_prefix(at + kPlaceholder.size());
  }
}

Error bad_url(std::string_view url, std::string_view why) {
  return invalid_input(
      fmt::format("'{}' is not a URL of the form http://host[:port][/path]: {}", url, why));
}

}  // namespace

Result<ReplayTarget> parse_http_url(std::string_view url) {
  std::string_view rest = url;
  if (rest.starts_with("https://")) return bad_url(url, "only plain http is spoken");
  if (!rest.starts_with("http://")) return bad_url(url, "it does not begin with http://");
  rest.remove_prefix(7);
  const std::size_t slash = rest.find_first_of("/?#");
  std::string_view authority = rest.substr(0, slash);
  std::string_view path = slash == rest.npos ? std::string_view{} : rest.substr(slash);
  path = path.substr(0, path.find('#'));
  if (authority.find('@') != authority.npos) return bad_url(url, "it holds a user name");

  ReplayTarget target;
  std::string_view port;
  if (authority.starts_with('[')) {
    const std::size_t close = authority.find(']');
    if (close == authority.npos) return bad_url(url, "']' is missing");
    target.host = authority.substr(1, close - 1);
    port = authority.substr(close + 1);
    if (!port.empty() && port.front() != ':') return bad_url(url, "after ']' comes ':' or '/'");
  } else {
    const std::size_t colon = authority.find(':');
    target.host = authority.substr(0, colon);
    if (colon != authority.npos) port = authority.substr(colon);
  }
  if (target.host.empty()) return bad_url(url, "the host is empty");
  if (port.size() > 1) {
    port.remove_prefix(1);
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), target.port);
    if (error != std::errc{} || end != port.data() + port.size() || target.port < 1 ||
        target.port > 65'535) {
      return bad_url(url, "the port is not a number from 1 to 65535");
    }
  }
  if (path.find_first_of(" \t\r\n") != path.npos) return bad_url(url, "it holds white space");
  target.path = path.starts_with('/') ? std::string{path} : "/" + std::string{path};
  return target;
}

ReplayTarget invoke_target(const ReplayTarget& endpoint, std::string_view function) {
  std::string_view base = std::string_view{endpoint.path}.substr(0, endpoint.path.find('?'));
  while (base.ends_with('/')) base.remove_suffix(1);
  return {.host = endpoint.host,
          .port = endpoint.port,
          .path = fmt::format("{}/2015-03-31/functions/{}/invocations", base,
                              percent_encoded(function))};
}

Result<std::vector<ReplayTarget>> resolve_targets(const ReplayTargetOptions& options,
                                                  const std::vector<TraceFunction>& functions) {
  std::vector<ReplayTarget> targets;
  targets.reserve(functions.size());
  if (options.target.find("://") != std::string::npos) {
    for (const TraceFunction& function : functions) {
      LAM_TRY(ReplayTarget target,
              parse_http_url(replaced(options.target, percent_encoded(function.name))));
      targets.push_back(std::move(target));
    }
    // Also of a trace without functions, a wrong URL is wrong.
    if (functions.empty()) {
      LAM_TRY_STATUS([&]() -> Status {
        const auto parsed = parse_http_url(options.target);
        return parsed.ok() ? Status{} : Status{parsed.error()};
      }());
    }
    return targets;
  }
  LAM_TRY(const ReplayTarget endpoint, parse_http_url(options.endpoint_url));
  const std::string_view pattern = options.target.empty() ? kPlaceholder : options.target;
  for (const TraceFunction& function : functions) {
    targets.push_back(invoke_target(endpoint, replaced(pattern, function.name)));
  }
  return targets;
}

}  // namespace lambdarium::labs
