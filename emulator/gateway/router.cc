#include "emulator/gateway/router.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "models/base/encoding.h"
#include "models/base/nearest.h"

namespace lambdarium::gateway {

namespace {

constexpr std::string_view kAny = "ANY";
constexpr std::string_view kDefaultRoute = "$default";
constexpr std::array<std::string_view, 8> kMethods{"ANY",     "DELETE", "GET",  "HEAD",
                                                   "OPTIONS", "PATCH",  "POST", "PUT"};

std::string upper(std::string_view text) {
  std::string out{text};
  for (char& c : out) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return out;
}

bool is_variable_name(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.' || c == '-';
  });
}

Error bad_key(std::string_view key, std::string_view problem) {
  return invalid_input(fmt::format("route key '{}': {}", key, problem));
}

// Takes one segment into the key. `last`: no other follows.
Status add_segment(RouteKey& key, std::string_view text, std::string_view segment, bool last) {
  if (segment.empty()) return bad_key(text, "an empty path segment");
  key.segments.emplace_back(segment);
  if (segment.find_first_of("{}") == std::string_view::npos) return {};
  if (!segment.starts_with('{') || !segment.ends_with('}') || segment.size() < 3) {
    return bad_key(text, fmt::format("in '{}' a variable must fill the whole segment", segment));
  }
  std::string_view name = segment.substr(1, segment.size() - 2);
  if (name.ends_with('+')) {
    name.remove_suffix(1);
    if (!last) return bad_key(text, fmt::format("'{}' must be the last segment", segment));
    key.greedy = true;
  }
  if (!is_variable_name(name)) {
    return bad_key(
        text, fmt::format("'{}' is no variable name: letters, digits, '_', '.' and '-'", name));
  }
  if (std::find(key.variables.begin(), key.variables.end(), name) != key.variables.end()) {
    return bad_key(text, fmt::format("variable '{}' is used twice", name));
  }
  key.variables.emplace_back(name);
  return {};
}

bool is_variable(std::string_view segment) {
  return segment.starts_with('{');
}

}  // namespace

Result<RouteKey> parse_route_key(std::string_view text) {
  RouteKey key;
  if (text == kDefaultRoute) {
    key.path = text;
    return key;
  }
  const std::size_t space = text.find(' ');
  if (space == std::string_view::npos) {
    return bad_key(text, "expected 'METHOD /path' or '$default'");
  }
  key.method = upper(text.substr(0, space));
  if (std::find(kMethods.begin(), kMethods.end(), key.method) == kMethods.end()) {
    return bad_key(text, unknown_name_message("method", key.method, kMethods));
  }
  std::string_view path = text.substr(space + 1);
  if (!path.starts_with('/')) return bad_key(text, "the path must begin with '/'");
  if (path.find_first_of(" ?#") != std::string_view::npos) {
    return bad_key(text, "the path holds a blank, '?' or '#'");
  }
  key.path = path;
  path.remove_prefix(1);
  if (path.empty()) return key;
  if (path.ends_with('/')) return bad_key(text, "the path must not end with '/'");
  while (true) {
    const std::size_t slash = path.find('/');
    const bool last = slash == std::string_view::npos;
    LAM_TRY_STATUS(add_segment(key, text, path.substr(0, slash), last));
    if (last) return key;
    path.remove_prefix(slash + 1);
  }
}

std::string PathParameter::value() const {
  return percent_decode(encoded);
}

// A node stands for the segments from the root to it. Routes end at it, or begin their greedy
// variable below it.
class Router::Tree {
 public:
  using Captures = std::vector<std::string_view>;

  explicit Tree(RouterOptions options) : options_(options) { nodes_.emplace_back(); }

  // False if a route of the same method and shape is there already.
  bool add(const RouteKey& key, std::size_t route) {
    if (key.is_default()) {
      if (default_route_) return false;
      default_route_ = route;
      return true;
    }
    std::size_t node = 0;
    const std::size_t fixed = key.segments.size() - (key.greedy ? 1 : 0);
    for (std::size_t i = 0; i < fixed; ++i) node = child_for(node, key.segments[i]);
    auto& routes = key.greedy ? nodes_[node].greedy : nodes_[node].exact;
    return routes.emplace(key.method, route).second;
  }

  // `rest` begins with '/', or is empty for the root.
  std::optional<std::size_t> match(std::string_view method, std::string_view rest,
                                   Captures& captures) const {
    if (auto found = match_exact(0, method, rest, captures)) return found;
    captures.clear();
    if (auto found = match_greedy(0, method, rest, captures)) return found;
    captures.clear();
    return default_route_;
  }

 private:
  using RoutesByMethod = std::map<std::string, std::size_t, std::less<>>;
  struct Node {
    std::map<std::string, std::size_t, std::less<>> literals;
    std::optional<std::size_t> variable;
    RoutesByMethod exact;
    RoutesByMethod greedy;
  };
  struct Step {
    std::string_view segment;
    std::string_view rest;
  };

  static std::optional<std::size_t> by_method(const RoutesByMethod& routes,
                                              std::string_view method) {
    auto it = routes.find(method);
    if (it == routes.end()) it = routes.find(kAny);
    return it == routes.end() ? std::nullopt : std::optional{it->second};
  }

  static Step first_segment(std::string_view rest) {
    const std::size_t slash = rest.find('/', 1);
    if (slash == std::string_view::npos) return {rest.substr(1), {}};
    return {rest.substr(1, slash - 1), rest.substr(slash)};
  }

  std::size_t child_for(std::size_t node, const std::string& segment) {
    const std::size_t fresh = nodes_.size();
    if (is_variable(segment)) {
      if (nodes_[node].variable) return *nodes_[node].variable;
      nodes_[node].variable = fresh;
    } else {
      const auto [it, added] = nodes_[node].literals.emplace(segment, fresh);
      if (!added) return it->second;
    }
    nodes_.emplace_back();
    return fresh;
  }

  std::optional<std::size_t> literal_child(const Node& node, std::string_view segment) const {
    if (node.literals.empty()) return std::nullopt;
    auto it = node.literals.find(segment);
    if (it == node.literals.end() && segment.find('%') != std::string_view::npos) {
      it = node.literals.find(percent_decode(segment));
    }
    return it == node.literals.end() ? std::nullopt : std::optional{it->second};
  }

  std::optional<std::size_t> match_exact(std::size_t at, std::string_view method,
                                         std::string_view rest, Captures& captures) const {
    const Node& node = nodes_[at];
    if (rest.empty()) return by_method(node.exact, method);
    const Step step = first_segment(rest);
    if (const auto child = literal_child(node, step.segment)) {
      if (auto found = match_exact(*child, method, step.rest, captures)) return found;
    }
    if (!node.variable || step.segment.empty()) return std::nullopt;
    captures.push_back(step.segment);
    if (auto found = match_exact(*node.variable, method, step.rest, captures)) return found;
    captures.pop_back();
    return std::nullopt;
  }

  std::optional<std::size_t> match_greedy(std::size_t at, std::string_view method,
                                          std::string_view rest, Captures& captures) const {
    const Node& node = nodes_[at];
    if (!rest.empty()) {
      const Step step = first_segment(rest);
      if (const auto child = literal_child(node, step.segment)) {
        if (auto found = match_greedy(*child, method, step.rest, captures)) return found;
      }
      if (node.variable && !step.segment.empty()) {
        captures.push_back(step.segment);
        if (auto found = match_greedy(*node.variable, method, step.rest, captures)) return found;
        captures.pop_back();
      }
    }
    // AWS: "/x/" is answered by /x/{proxy+} with an empty value, "/x" is not.
    const bool reaches = at == 0 && rest.empty() ? options_.greedy_matches_root : !rest.empty();
    if (!reaches) return std::nullopt;
    const auto found = by_method(node.greedy, method);
    if (found) captures.push_back(rest.empty() ? rest : rest.substr(1));
    return found;
  }

  RouterOptions options_;
  std::vector<Node> nodes_;  // the first is the root
  std::optional<std::size_t> default_route_;
};

Router::Router() = default;
Router::~Router() = default;
Router::Router(Router&&) noexcept = default;
Router& Router::operator=(Router&&) noexcept = default;

Result<Router> Router::build(HttpApiDefinition api, RouterOptions options) {
  Router router;
  router.tree_ = std::make_unique<Tree>(options);
  router.routes_ = std::make_unique<std::vector<Route>>();
  router.routes_->reserve(api.routes.size());
  for (const RouteDefinition& definition : api.routes) {
    auto key = parse_route_key(definition.route_key);
    if (!key.ok()) return invalid_input(key.error().message, definition.where);
    if (definition.payload_format_version != "2.0" && definition.payload_format_version != "1.0") {
      return invalid_input(fmt::format("route '{}': payload format version '{}' is not 1.0 or 2.0",
                                       definition.route_key, definition.payload_format_version),
                           definition.where);
    }
    if (!router.tree_->add(*key, router.routes_->size())) {
      return invalid_input(fmt::format("route '{}': another route of the API has the same method "
                                       "and the same path",
                                       definition.route_key),
                           definition.where);
    }
    Route route{definition, *std::move(key)};
    if (!route.key.is_default()) {
      route.definition.route_key = fmt::format("{} {}", route.key.method, route.key.path);
    }
    router.routes_->push_back(std::move(route));
  }
  router.api_ = std::make_unique<HttpApiDefinition>(std::move(api));
  return router;
}

std::optional<RouteMatch> Router::match(std::string_view method, std::string_view path) const {
  if (!path.starts_with('/')) return std::nullopt;
  std::string_view inner = path;
  if (api_->stage != kDefaultRoute) {
    inner.remove_prefix(1);
    if (!inner.starts_with(api_->stage)) return std::nullopt;
    inner.remove_prefix(api_->stage.size());
    if (!inner.empty() && !inner.starts_with('/')) return std::nullopt;
  }
  if (inner == "/") inner = {};
  Tree::Captures captures;
  const auto found = tree_->match(method, inner, captures);
  if (!found) return std::nullopt;
  RouteMatch match{.api = api_.get(), .route = &(*routes_)[*found], .path = path, .parameters = {}};
  const auto& names = match.route->key.variables;
  match.parameters.reserve(captures.size());
  for (std::size_t i = 0; i < captures.size(); ++i) {
    match.parameters.push_back({names[i], captures[i]});
  }
  return match;
}

}  // namespace lambdarium::gateway
