#include "emulator/gateway/api_table.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "emulator/gateway/host_name.h"
#include "models/base/encoding.h"

namespace lambdarium::gateway {

namespace {

constexpr std::string_view kPathPrefix = "/_aws/execute-api/";
constexpr std::string_view kHostLabel = "execute-api";

}  // namespace

ApiTable::ApiTable(std::string region, RouterOptions options)
    : region_(std::move(region)), options_(options) {}

Status ApiTable::add(HttpApiDefinition api) {
  if (api.id.empty()) return invalid_input("an API needs an id", api.where);
  if (by_id(api.id) != nullptr) {
    return Error{ErrorCode::kAlreadyExists, fmt::format("API id '{}' is taken", api.id), api.where};
  }
  LAM_TRY(Router router, Router::build(std::move(api), options_));
  routers_.push_back(std::make_unique<Router>(std::move(router)));
  return {};
}

bool ApiTable::remove(std::string_view id) {
  return std::erase_if(routers_, [id](const auto& router) { return router->api().id == id; }) != 0;
}

const Router* ApiTable::by_id(std::string_view id) const {
  const auto it = std::find_if(routers_.begin(), routers_.end(),
                               [id](const auto& router) { return router->api().id == id; });
  return it == routers_.end() ? nullptr : it->get();
}

std::string ApiTable::aws_host(std::string_view id) const {
  return fmt::format("{}.execute-api.{}.amazonaws.com", id, region_);
}

// `rest` is "{apiId}/{stage}/…". The stage $default is not part of what the API's own host would be
// asked for.
std::optional<Address> ApiTable::find_by_path(std::string_view rest) const {
  const std::size_t slash = rest.find('/');
  const Router* router = by_id(rest.substr(0, slash));
  if (router == nullptr || slash == std::string_view::npos) return std::nullopt;
  const std::string_view from_stage = rest.substr(slash);  // "/{stage}/…"
  const std::size_t end = from_stage.find('/', 1);
  const std::string stage = percent_decode(from_stage.substr(1, end - 1));
  const HttpApiDefinition& api = router->api();
  if (stage != api.stage) return std::nullopt;
  std::string_view path = from_stage;
  if (api.stage == "$default") {
    path = end == std::string_view::npos ? std::string_view{"/"} : from_stage.substr(end);
  }
  return Address{.router = router, .path = path, .domain_name = aws_host(api.id)};
}

std::optional<Address> ApiTable::find(const HttpRequest& request) const {
  const std::string_view path = request.path();
  if (!path.starts_with('/')) return std::nullopt;
  if (path.starts_with(kPathPrefix)) return find_by_path(path.substr(kPathPrefix.size()));
  if (const std::string* header = request.headers.find("host")) {
    std::string host = to_lower(without_port(*header));
    if (const std::string_view id = id_of_host(host, kHostLabel); !id.empty()) {
      const Router* router = by_id(id);
      if (router == nullptr) return std::nullopt;
      return Address{.router = router, .path = path, .domain_name = std::move(host)};
    }
  }
  if (routers_.size() != 1) return std::nullopt;
  const Router& only = *routers_.front();
  return Address{.router = &only, .path = path, .domain_name = aws_host(only.api().id)};
}

}  // namespace lambdarium::gateway
