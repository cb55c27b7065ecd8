// Which route of an HTTP API answers a request.
//
// Routes are kept as a tree of path segments; a match visits each node of it at most once. Priority
// as API Gateway's: a full match (static segment before variable, left to right; the request's
// method before ANY), then greedy variables (the longest fixed part first), then $default. Segments
// are compared after percent-decoding, but an encoded slash does not split one.
//
// Owns: the API's definition. Thread: any, match() is const. On failure: build() names the route
// and what is wrong with its key.

#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "models/base/result.h"
#include "models/domain/api.h"

namespace lambdarium::gateway {

// "GET /pets/{id}" taken apart.
struct RouteKey {
  std::string method;                  // GET, …, ANY; empty for $default
  std::string path;                    // "/pets/{id}", or "$default"
  std::vector<std::string> segments;   // "pets", "{id}"; none for "/" and "$default"
  std::vector<std::string> variables;  // names of {id} and {proxy+}, in order of the path
  bool greedy = false;                 // the last segment is {name+}
  bool is_default() const { return method.empty(); }
};

// Requires one space between method and path, a known method in any case, a path that does not end
// with '/' (but for "/"), variables that fill a whole segment, are named [A-Za-z0-9_.-]+ once each,
// and are greedy in the last segment only.
Result<RouteKey> parse_route_key(std::string_view text);

struct Route {
  RouteDefinition definition;
  RouteKey key;
};

struct PathParameter {
  std::string_view name;
  std::string_view encoded;   // as on the wire
  std::string value() const;  // percent-decoded
};

// Points into the router and into the path that was matched: both must outlive it.
struct RouteMatch {
  const HttpApiDefinition* api = nullptr;
  const Route* route = nullptr;
  std::string_view
      path;  // encoded, with a named stage in front, as if the API's own host had been asked
  std::vector<PathParameter> parameters;  // in order of the path
};

struct RouterOptions {
  bool greedy_matches_root = false;  // whether ANY /{proxy+} answers "/"; sources disagree
};

class Router {
 public:
  static Result<Router> build(HttpApiDefinition api, RouterOptions options = {});
  ~Router();
  Router(Router&&) noexcept;
  Router& operator=(Router&&) noexcept;

  const HttpApiDefinition& api() const { return *api_; }
  const std::vector<Route>& routes() const { return *routes_; }

  // `path` is percent-encoded, without a query, and begins with the stage where the API's stage is
  // not $default. Nothing means 404: no such stage or no such route.
  std::optional<RouteMatch> match(std::string_view method, std::string_view path) const;

 private:
  class Tree;
  Router();

  // Behind pointers, so that matches survive a move of the router.
  std::unique_ptr<HttpApiDefinition> api_;
  std::unique_ptr<std::vector<Route>> routes_;
  std::unique_ptr<Tree> tree_;
};

}  // namespace lambdarium::gateway
