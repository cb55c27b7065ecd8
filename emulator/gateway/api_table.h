// Which API a request on the data-plane port is for.
//
//   Host: {apiId}.execute-api.<anything>[:port]          the API by its own host
//   /_aws/execute-api/{apiId}/{stage}/…                  by path, for clients that cannot set Host
//   anything else                                        the only API, where exactly one is
//   deployed
//
// Owns: the routers. Thread: the loop's. On failure: add() refuses an id that is taken and route
// keys that are wrong.

#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "emulator/gateway/router.h"
#include "models/base/result.h"
#include "models/domain/http_message.h"

namespace lambdarium::gateway {

struct Address {
  const Router* router = nullptr;
  std::string_view path;    // for Router::match; points into the request
  std::string domain_name;  // the host of the event's context
};

class ApiTable {
 public:
  // `region` names the hosts that events show where the request did not use one of its own.
  explicit ApiTable(std::string region = "us-east-1", RouterOptions options = {});

  Status add(HttpApiDefinition api);
  bool remove(std::string_view id);
  std::size_t size() const { return routers_.size(); }
  const std::vector<std::unique_ptr<Router>>& routers() const { return routers_; }

  // Nothing: no API of that id, or no API is meant; answer GatewayError::kNotFound.
  std::optional<Address> find(const HttpRequest& request) const;

 private:
  const Router* by_id(std::string_view id) const;
  std::optional<Address> find_by_path(std::string_view rest) const;
  std::string aws_host(std::string_view id) const;

  std::string region_;
  RouterOptions options_;
  std::vector<std::unique_ptr<Router>> routers_;  // in the order of adding
};

}  // namespace lambdarium::gateway
