#include "emulator/templates/loader.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "emulator/templates/schema.h"

namespace lambdarium::templates {
namespace {

constexpr std::string_view kTransform = "AWS::Serverless-2016-10-31";
constexpr std::string_view kFormatVersion = "2010-09-09";

bool is_intrinsic(const Node& node) {
  return node.is_map() && node.fields.size() == 1 &&
         (node.fields[0].key == "Ref" || node.fields[0].key.starts_with("Fn::"));
}

// SAM's merge: maps key by key, lists one after the other with the globals first, everything else
// by the function's own.
NodePtr merge(const NodePtr& global, const NodePtr& own) {
  if (is_intrinsic(*global) || is_intrinsic(*own) || global->kind != own->kind) return own;
  if (own->is_list()) {
    std::vector<NodePtr> items = global->items;
    items.insert(items.end(), own->items.begin(), own->items.end());
    return make_list(std::move(items), own->where);
  }
  if (!own->is_map()) return own;
  auto merged = std::make_shared<Node>(*own);
  for (const Field& field : global->fields) {
    const auto same = std::find_if(merged->fields.begin(), merged->fields.end(),
                                   [&field](const Field& f) { return f.key == field.key; });
    if (same == merged->fields.end()) {
      merged->fields.push_back(field);
    } else {
      same->value = merge(field.value, same->value);
    }
  }
  return merged;
}

}  // namespace

Loader::Loader(const Node& root, const TemplateOptions& options, const std::filesystem::path& file,
               Diagnostics& diagnostics)
    : root_(root),
      options_(options),
      folder_(file.parent_path()),
      diagnostics_(diagnostics),
      resolver_(root, options, diagnostics),
      values_(diagnostics) {}

void Loader::load(TemplateReport& report) {
  check_top_level();
  resolver_.prepare();
  read_globals();
  // APIs first, so that events can name those that stand further down.
  for (const Resource& resource : resolver_.resources()) {
    if (resource.active && resource.type == kHttpApiType) read_http_api(resource);
  }
  for (const Resource& resource : resolver_.resources()) {
    if (resource.active) read_resource(resource, report);
  }
  for (const Function& function : functions_) read_events(function, report);
  read_outputs(report);

  for (Function& function : functions_) {
    if (!function.served) continue;
    if (function.url) {
      function.url->function = function.definition.name;
      function.url->id = function_url_id_for(function.definition.name);
      report.urls.push_back(*std::move(function.url));
    }
    report.functions.push_back(std::move(function.definition));
  }
  for (Api& api : apis_) report.apis.push_back(std::move(api.definition));
  if (implicit_) report.apis.push_back(std::move(implicit_->definition));
}

void Loader::note_unserved(const Field& field, std::string_view owner) {
  diagnostics_.note(field.where,
                    fmt::format("{} of {} has no effect here yet", shown(field.key), owner));
}

void Loader::check_top_level() {
  values_.check_keys(root_, "key of a template", schema::kTopLevel);
  if (const Field* version = root_.find("AWSTemplateFormatVersion")) {
    const auto text = values_.text(*version);
    if (text && *text != kFormatVersion) {
      diagnostics_.error(
          version->value->where,
          fmt::format("AWSTemplateFormatVersion '{}' is not known; there is only '{}'",
                      shown(*text), kFormatVersion));
    }
  }
  bool serverless = false;
  if (const Field* transform = root_.find("Transform")) {
    std::vector<NodePtr> names{transform->value};
    if (transform->value->is_list()) names = transform->value->items;
    for (const NodePtr& name : names) {
      if (name->is_scalar() && name->text == kTransform) {
        serverless = true;
      } else if (name->is_scalar() && name->text.starts_with("AWS::Serverless")) {
        diagnostics_.error(name->where,
                           fmt::format("Transform '{}' is not known; there is only '{}'",
                                       shown(name->text), kTransform));
        serverless = true;
      } else {
        diagnostics_.note(name->where,
                          fmt::format("the transform {} is not applied here",
                                      name->is_scalar() ? "'" + shown(name->text) + "'" : "given"));
      }
    }
  }
  const Field* resources = root_.find("Resources");
  if (serverless || resources == nullptr) return;
  for (const Field& field : resources->value->fields) {
    const Field* type = field.value->find("Type");
    if (type != nullptr && type->value->text.starts_with("AWS::Serverless::")) {
      diagnostics_.error(root_.where, fmt::format("'Transform: {}' is missing, which makes the "
                                                  "AWS::Serverless resources of this template work",
                                                  kTransform));
      return;
    }
  }
}

void Loader::read_globals() {
  const Field* section = root_.find("Globals");
  if (section == nullptr || section->value->kind == Node::Kind::kNull) return;
  const Node* globals = values_.map(*section);
  if (globals == nullptr) return;
  values_.check_keys(*globals, "section of Globals", schema::kGlobals);
  for (const Field& field : globals->fields) {
    if (field.value->kind == Node::Kind::kNull || values_.map(field) == nullptr) continue;
    if (field.key == "Function") {
      values_.check_keys(*field.value, "property of Globals.Function", schema::kGlobalsFunction);
      function_globals_ = field.value;
    } else if (field.key == "HttpApi") {
      values_.check_keys(*field.value, "property of Globals.HttpApi", schema::kGlobalsHttpApi);
      http_api_globals_ = field.value;
    } else {
      note_unserved(field, "Globals");
    }
  }
}

NodePtr Loader::with_globals(const NodePtr& globals, const Resource& resource) {
  const Field* ignore = resource.body == nullptr ? nullptr : resource.body->find("IgnoreGlobals");
  if (globals == nullptr) return resource.properties;
  if (ignore == nullptr) return merge(globals, resource.properties);
  if (ignore->value->is_scalar() && ignore->value->text == "*") return resource.properties;
  const std::vector<std::string> names = values_.text_list(*ignore);
  auto left = std::make_shared<Node>(*globals);
  std::erase_if(left->fields, [&names](const Field& field) {
    return std::find(names.begin(), names.end(), field.key) != names.end();
  });
  return merge(left, resource.properties);
}

void Loader::read_resource(const Resource& resource, TemplateReport& report) {
  if (resource.type == kFunctionType) {
    read_function(resource);
  } else if (resource.type == kQueueType) {
    read_queue(resource, report);
  } else if (resource.type == kMappingType) {
    read_mapping(resource, report);
  } else if (resource.type != kHttpApiType && !resource.type.empty()) {
    other_resource(resource);
  }
}

void Loader::other_resource(const Resource& resource) {
  const auto& served = schema::kServerlessTypes;
  if (resource.type.starts_with("AWS::Serverless::") &&
      std::find(served.begin(), served.end(), resource.type) == served.end()) {
    const Field* type = resource.body->find("Type");
    values_.unknown(type->value->where, "resource type", resource.type, served);
    return;
  }
  diagnostics_.note(resource.where, fmt::format("'{}' is left out: {} is not served here yet",
                                                shown(resource.logical_id), shown(resource.type)));
}

void Loader::read_outputs(TemplateReport& report) {
  const Field* section = root_.find("Outputs");
  if (section == nullptr || section->value->kind == Node::Kind::kNull) return;
  const Node* outputs = values_.map(*section);
  if (outputs == nullptr) return;
  for (const Field& output : outputs->fields) {
    const Field* value = output.value->find("Value");
    if (value == nullptr) continue;
    const NodePtr resolved = resolver_.resolve_quietly(value->value);
    if (resolved->is_scalar()) report.outputs[output.key] = scalar_value(*resolved);
  }
}

}  // namespace lambdarium::templates
