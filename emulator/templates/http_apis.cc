// AWS::Serverless::HttpApi, and the events of functions that make routes.

#include <fmt/format.h>

#include <algorithm>

#include "emulator/templates/loader.h"
#include "emulator/templates/schema.h"

namespace lambdarium::templates {
namespace {

constexpr std::int64_t kTimeoutMsMin = 50;
constexpr std::int64_t kTimeoutMsMax = 30'000;
constexpr std::string_view kDefaultRoute = "$default";

std::string upper(std::string_view text) {
  std::string out{text};
  for (char& c : out) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - ('a' - 'A')) : c;
  return out;
}

bool is_stage_name(std::string_view name) {
  if (name == "$default") return true;
  return !name.empty() && name.size() <= 128 && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' ||
           c == '_';
  });
}

// "GET /a/{x}/b" and "GET /a/{y}/b" match the same requests.
std::string shape_of(std::string_view key) {
  std::string shape;
  bool inside = false;
  for (std::size_t i = 0; i < key.size(); ++i) {
    if (key[i] == '{') {
      inside = true;
      shape += '{';
    } else if (key[i] == '}') {
      inside = false;
      if (key[i - 1] == '+') shape += '+';
      shape += '}';
    } else if (!inside) {
      shape += key[i];
    }
  }
  return shape;
}

}  // namespace

void Loader::read_http_api(const Resource& resource) {
  Api api;
  api.definition.id = api_id_for(resource.logical_id);
  api.definition.name = resource.logical_id;
  api.definition.where = diagnostics_.mark(resource.where);
  values_.check_keys(*resource.properties, "property of AWS::Serverless::HttpApi",
                     schema::kHttpApi);
  const NodePtr properties = resolver_.resolve(with_globals(http_api_globals_, resource));
  for (const Field& field : properties->fields) {
    if (field.key == "Name") {
      if (const auto name = values_.text(field)) api.definition.name = *name;
    } else if (field.key == "StageName") {
      const auto stage = values_.text(field);
      if (stage && !is_stage_name(*stage)) {
        diagnostics_.error(
            field.value->where,
            fmt::format("StageName '{}' must be $default or letters, digits, '-' and "
                        "'_'",
                        shown(*stage)));
      } else if (stage) {
        api.definition.stage = *stage;
      }
    } else if (field.key != "Description" && field.value->kind != Node::Kind::kInvalid) {
      const auto& known = schema::kHttpApi;
      if (std::find(known.begin(), known.end(), field.key) != known.end()) {
        note_unserved(field, "AWS::Serverless::HttpApi");
      }
    }
  }
  apis_.push_back(std::move(api));
}

Loader::Api& Loader::implicit_api(Position where) {
  if (!implicit_) {
    implicit_.emplace();
    implicit_->definition.id = api_id_for(kImplicitHttpApi);
    implicit_->definition.name = kImplicitHttpApi;
    implicit_->definition.where = diagnostics_.mark(where);
    if (http_api_globals_ != nullptr) {
      for (const Field& field : http_api_globals_->fields) {
        note_unserved(field, "AWS::Serverless::HttpApi");
      }
    }
  }
  return *implicit_;
}

// --- events

void Loader::read_events(const Function& function, TemplateReport& report) {
  if (function.events == nullptr) return;
  for (const Field& event : function.events->fields) read_event(event, function, report);
}

void Loader::read_event(const Field& event, const Function& function, TemplateReport& report) {
  if (event.value->kind == Node::Kind::kInvalid) return;
  const Node* body = values_.map(event);
  if (body == nullptr) return;
  values_.check_keys(*body, "key of an event", schema::kEventKeys);
  const Field* type_field = body->find("Type");
  if (type_field == nullptr) {
    diagnostics_.error(event.where, fmt::format("the event '{}' has no Type", shown(event.key)));
    return;
  }
  const auto type = values_.text(*type_field);
  if (!type) return;
  const auto& types = schema::kEventTypes;
  if (std::find(types.begin(), types.end(), *type) == types.end()) {
    values_.unknown(type_field->value->where, "event type", *type, types);
    return;
  }
  if (*type != "HttpApi" && *type != "SQS") {
    diagnostics_.note(event.where,
                      fmt::format("the event '{}' of '{}' is left out: events of type {} "
                                  "are not served yet",
                                  shown(event.key), function.logical_id, *type));
    return;
  }
  const Field* properties = body->find("Properties");
  const Node* map = nullptr;
  if (properties != nullptr && properties->value->kind != Node::Kind::kNull) {
    map = values_.map(*properties);
    if (map == nullptr) return;
  }
  if (*type == "SQS") {
    read_queue_event(event, map, function, report);
  } else {
    read_http_event(event, map, function);
  }
}

void Loader::read_http_event(const Field& event, const Node* given, const Function& function) {
  static const Node kNoProperties = [] {
    Node node;
    node.kind = Node::Kind::kMap;
    return node;
  }();
  const Node& properties = given == nullptr ? kNoProperties : *given;
  values_.check_keys(properties, "property of an HttpApi event", schema::kHttpApiEvent);

  RouteDefinition route;
  route.function = function.definition.name;
  route.where = diagnostics_.mark(event.where);
  bool good = true;
  if (const Field* version = properties.find("PayloadFormatVersion")) {
    const auto text = values_.text(*version);
    if (text && *text != "1.0" && *text != "2.0") {
      diagnostics_.error(version->value->where,
                         fmt::format("PayloadFormatVersion '{}' must be 1.0 or 2.0", shown(*text)));
    }
    if (text) route.payload_format_version = *text;
  }
  if (const Field* timeout = properties.find("TimeoutInMillis")) {
    route.timeout_ms = values_.integer(*timeout, kTimeoutMsMin, kTimeoutMsMax, "milliseconds")
                           .value_or(route.timeout_ms);
  }
  for (const std::string_view key : {"Auth", "RouteSettings"}) {
    if (const Field* field = properties.find(key)) note_unserved(*field, "an HttpApi event");
  }
  if (const auto key = route_key(event, properties)) {
    route.route_key = *key;
  } else {
    good = false;
  }
  Api* api = api_of_event(event, properties);
  if (!good || api == nullptr) return;
  if (!function.served) {
    diagnostics_.note(event.where, fmt::format("the route '{}' is left out with its function '{}'",
                                               route.route_key, function.logical_id));
    return;
  }
  add_route(*api, std::move(route), event.where);
}

std::optional<std::string> Loader::route_key(const Field& event, const Node& properties) {
  const Field* path_field = properties.find("Path");
  const Field* method_field = properties.find("Method");
  // AWS: an event without either takes everything that no other route takes.
  if (path_field == nullptr && method_field == nullptr) return std::string{kDefaultRoute};
  const auto path = path_field == nullptr ? std::nullopt : values_.text(*path_field);
  const auto method = method_field == nullptr ? std::nullopt : values_.text(*method_field);
  if (path && *path == kDefaultRoute) return std::string{kDefaultRoute};
  if (path_field == nullptr || method_field == nullptr) {
    diagnostics_.error(event.where,
                       fmt::format("the event '{}' has a {} but no {}", shown(event.key),
                                   path_field == nullptr ? "Method" : "Path",
                                   path_field == nullptr ? "Path" : "Method"));
    return std::nullopt;
  }
  bool good = path.has_value() && method.has_value();
  if (path) {
    if (const Status status = check_route_path(*path); !status.ok()) {
      diagnostics_.error(path_field->value->where, status.error().message);
      good = false;
    }
  }
  std::string verb;
  if (method) {
    verb = upper(*method);
    if (verb == "*" || verb == "X-AMAZON-APIGATEWAY-ANY-METHOD") verb = "ANY";
    const auto& known = schema::kMethods;
    if (std::find(known.begin(), known.end(), verb) == known.end()) {
      values_.unknown(method_field->value->where, "method", *method, known);
      good = false;
    }
  }
  if (!good) return std::nullopt;
  return verb + " " + *path;
}

// Null where the API is not one of this template; an error or a note says so.
Loader::Api* Loader::api_of_event(const Field& event, const Node& properties) {
  const Field* field = properties.find("ApiId");
  if (field == nullptr) return &implicit_api(event.where);
  const auto id = values_.text(*field);
  if (!id) return nullptr;
  if (*id == api_id_for(kImplicitHttpApi)) return &implicit_api(event.where);
  for (Api& api : apis_) {
    if (api.definition.id == *id) return &api;
  }
  diagnostics_.note(field->where, fmt::format("the event '{}' is left out: its ApiId '{}' is no "
                                              "AWS::Serverless::HttpApi of this template",
                                              shown(event.key), shown(*id)));
  return nullptr;
}

void Loader::add_route(Api& api, RouteDefinition route, Position where) {
  const auto [first, fresh] = api.places.try_emplace(route.route_key, where);
  if (!fresh) {
    diagnostics_.error(where, fmt::format("the route '{}' is here twice; the first is on line {}",
                                          shown(route.route_key), first->second.line));
    return;
  }
  const auto [same, alone] = api.shapes.try_emplace(shape_of(route.route_key), route.route_key);
  if (!alone) {
    diagnostics_.note(where,
                      fmt::format("the route '{}' takes the same requests as '{}'; only one of "
                                  "them is reached",
                                  shown(route.route_key), shown(same->second)));
  }
  api.definition.routes.push_back(std::move(route));
}

}  // namespace lambdarium::templates
