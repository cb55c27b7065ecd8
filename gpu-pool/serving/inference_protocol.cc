#include "gpu-pool/serving/inference_protocol.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <string_view>
#include <vector>

namespace lambdarium::gpu_pool {
namespace {

using Json = nlohmann::ordered_json;

HttpResponse respond(int status, const Json& body) {
  HttpResponse response;
  response.status = status;
  response.headers.add("Content-Type", "application/json");
  // Names out of a request's path may be any bytes; the answer stays valid JSON.
  response.body = body.dump(-1, ' ', false, Json::error_handler_t::replace);
  return response;
}

HttpResponse respond_error(int status, std::string message) {
  return respond(status, {{"error", std::move(message)}});
}

HttpResponse wrong_method(const HttpRequest& request, std::string_view allowed) {
  HttpResponse response =
      respond_error(405, fmt::format("{} is not allowed here; {} is", request.method, allowed));
  response.headers.add("Allow", std::string{allowed});
  return response;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Percent-decoding; what is no valid escape stays as it is, since these names are only looked up
// and shown.
std::string decode(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int high = text[i] == '%' && i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
    const int low = high >= 0 ? hex_digit(text[i + 2]) : -1;
    if (low < 0) {
      decoded += text[i];
      continue;
    }
    decoded += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return decoded;
}

// The parts of a path between slashes; one slash at the end is passed over.
std::vector<std::string> path_parts(std::string_view path) {
  std::vector<std::string> parts;
  while (!path.empty() && path.front() == '/') {
    path.remove_prefix(1);
    const std::size_t end = path.find('/');
    if (end == std::string_view::npos && path.empty()) break;
    parts.push_back(decode(path.substr(0, end)));
    if (end == std::string_view::npos) break;
    path.remove_prefix(end);
  }
  return parts;
}

HttpResponse no_such_path(const HttpRequest& request) {
  return respond_error(404, fmt::format("there is nothing at '{}'; the inference protocol is "
                                        "under /v2",
                                        decode(request.path())));
}

HttpResponse answer_health(const HttpRequest& request, const std::string& what,
                           const ServerState& state) {
  if (what != "live" && what != "ready") return no_such_path(request);
  if (request.method != "GET") return wrong_method(request, "GET");
  if (what == "live") return respond(200, {{"live", true}});
  return respond(state.ready ? 200 : 503, {{"ready", state.ready}});
}

// What may follow /v2/models/{name}: [versions/{version}] and then nothing, ready or infer.
HttpResponse answer_model(const HttpRequest& request, const std::vector<std::string>& parts) {
  std::size_t next = 3;
  std::string version;
  if (parts.size() > next + 1 && parts[next] == "versions") {
    version = parts[next + 1];
    next += 2;
  }
  const std::string action = parts.size() > next ? parts[next] : "";
  const bool known =
      parts.size() <= next + 1 && (action.empty() || action == "ready" || action == "infer");
  if (!known || parts[2].empty()) return no_such_path(request);
  const std::string_view method = action == "infer" ? "POST" : "GET";
  if (request.method != method) return wrong_method(request, method);
  const std::string of_version = version.empty() ? "" : fmt::format(" version '{}'", version);
  return respond_error(404,
                       fmt::format("model '{}'{} is not loaded; POST /v2/repository/index lists "
                                   "the models that are",
                                   parts[2], of_version));
}

}  // namespace

HttpResponse answer_inference_request(const HttpRequest& request, const ServerState& state) {
  const std::vector<std::string> parts = path_parts(request.path());
  if (parts.empty() || parts[0] != "v2") return no_such_path(request);
  if (parts.size() == 1) {
    if (request.method != "GET") return wrong_method(request, "GET");
    return respond(200, {{"name", state.name},
                         {"version", state.version},
                         {"extensions", Json::array({"model_repository"})}});
  }
  if (parts.size() == 3 && parts[1] == "health") return answer_health(request, parts[2], state);
  if (parts.size() == 3 && parts[1] == "repository" && parts[2] == "index") {
    if (request.method != "POST") return wrong_method(request, "POST");
    return respond(200, Json::array());
  }
  if (parts.size() >= 3 && parts[1] == "models") return answer_model(request, parts);
  return no_such_path(request);
}

}  // namespace lambdarium::gpu_pool
