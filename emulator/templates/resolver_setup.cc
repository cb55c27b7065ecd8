// What the resolver looks names up in: parameters with their values, mappings, conditions,
// resources.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "emulator/templates/resolver.h"

namespace lambdarium::templates {
namespace {

constexpr std::array<std::string_view, 11> kParameterKeys{
    "Type",        "Default",   "AllowedValues", "AllowedPattern", "ConstraintDescription",
    "Description", "MaxLength", "MaxValue",      "MinLength",      "MinValue",
    "NoEcho"};
constexpr std::array<std::string_view, 4> kParameterTypes{"String", "Number", "List<Number>",
                                                          "CommaDelimitedList"};
constexpr std::array<std::string_view, 10> kResourceKeys{
    "Type",           "Properties",     "DependsOn",           "Condition",    "Metadata",
    "CreationPolicy", "DeletionPolicy", "UpdateReplacePolicy", "UpdatePolicy", "Connectors"};
constexpr std::size_t kParameterBytesMax = 4'096;  // CloudFormation's limit

bool is_logical_id(std::string_view name) {
  return !name.empty() && name.size() <= 255 && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
  });
}

bool parse_number(std::string_view text, double& value) {
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  return failed == std::errc{} && end == text.data() + text.size();
}

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(' ');
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

NodePtr split_list(std::string_view text, Position where) {
  auto list = std::make_shared<Node>();
  list->kind = Node::Kind::kList;
  list->where = where;
  while (!text.empty()) {
    const std::size_t comma = text.find(',');
    list->items.push_back(make_scalar(std::string{trimmed(text.substr(0, comma))}, where));
    text = comma == std::string_view::npos ? std::string_view{} : text.substr(comma + 1);
  }
  return list;
}

const Node& empty_map() {
  static const Node node = [] {
    Node map;
    map.kind = Node::Kind::kMap;
    return map;
  }();
  return node;
}

}  // namespace

void Resolver::prepare() {
  Values values{diagnostics_};
  if (const Field* mappings = root_.find("Mappings")) mappings_ = values.map(*mappings);
  if (const Field* conditions = root_.find("Conditions")) conditions_ = values.map(*conditions);
  read_parameters();
  // Before the conditions: they cannot refer to resources, but a mistake should name the near ones.
  read_resources();
  if (conditions_ != nullptr) {
    for (const Field& field : conditions_->fields) (void)condition(field.key, field.where);
  }
}

// --- parameters

void Resolver::read_parameters() {
  if (const Field* section = root_.find("Parameters")) {
    if (const Node* parameters = Values{diagnostics_}.map(*section)) {
      for (const Field& field : parameters->fields) read_parameter(field);
    }
  }
  check_overrides();
}

void Resolver::check_overrides() {
  std::vector<std::string_view> known;
  for (const auto& [name, value] : parameters_) known.emplace_back(name);
  for (const auto& [name, value] : options_.parameters) {
    if (parameters_.contains(name)) continue;
    diagnostics_.error(
        {}, known.empty() ? fmt::format("the template has no parameters, so '{}' cannot be given",
                                        shown(name))
                          : unknown_message("parameter", name, known));
  }
}

void Resolver::read_parameter(const Field& field) {
  // Whatever is wrong with it, references to it are not.
  NodePtr& value = parameters_[field.key];
  value = make_special(Node::Kind::kInvalid, field.where);
  Values values{diagnostics_};
  const Node* definition = values.map(field);
  if (definition == nullptr) return;
  values.check_keys(*definition, "key of a parameter", kParameterKeys);

  std::string type;
  if (const Field* given = definition->find("Type")) {
    type = values.text(*given).value_or("");
    const bool of_aws = type.starts_with("AWS::") || type.starts_with("List<AWS::");
    const bool known =
        std::find(kParameterTypes.begin(), kParameterTypes.end(), type) != kParameterTypes.end();
    if (!type.empty() && !of_aws && !known) {
      values.unknown(given->value->where, "parameter type", type, kParameterTypes);
    }
    if (type.starts_with("AWS::SSM::")) {
      diagnostics_.note(
          given->value->where,
          fmt::format("the parameter store is not asked here; the value of '{}' is taken "
                      "as it stands",
                      field.key));
    }
  } else {
    diagnostics_.error(field.where,
                       fmt::format("the parameter '{}' has no Type", shown(field.key)));
  }

  std::string text;
  Position where = field.where;
  if (const auto given = options_.parameters.find(field.key); given != options_.parameters.end()) {
    text = given->second;
  } else if (const Field* fallback = definition->find("Default")) {
    const auto resolved = values.text(*fallback);
    if (!resolved) return;
    text = *resolved;
    where = fallback->value->where;
  } else {
    diagnostics_.error(field.where,
                       fmt::format("the parameter '{}' has no Default; give it with --parameter "
                                   "{}=VALUE",
                                   shown(field.key), shown(field.key)));
    return;
  }
  if (text.size() > kParameterBytesMax) {
    diagnostics_.error(where, fmt::format("the parameter '{}' is longer than {} bytes", field.key,
                                          kParameterBytesMax));
    return;
  }
  const bool list = type == "CommaDelimitedList" || type.starts_with("List<");
  if (type == "Number") {
    double number = 0;
    if (!parse_number(text, number)) {
      diagnostics_.error(where, fmt::format("the parameter '{}' is '{}', which is not a number",
                                            field.key, shown(text)));
    }
  }
  value = list ? split_list(text, where) : make_scalar(text, where);
  if (!list) check_parameter_value(field.key, *definition, *value);
}

void Resolver::check_parameter_value(const std::string& name, const Node& definition,
                                     const Node& value) {
  if (const Field* allowed = definition.find("AllowedValues");
      allowed && allowed->value->is_list()) {
    std::string all;
    bool found = false;
    for (const NodePtr& item : allowed->value->items) {
      if (!item->is_scalar()) continue;
      found = found || scalar_value(*item) == value.text;
      all += (all.empty() ? "" : ", ") + scalar_value(*item);
    }
    if (!found) {
      diagnostics_.error(value.where, fmt::format("the parameter '{}' is '{}'; allowed are {}",
                                                  name, shown(value.text), shown(all)));
    }
  }
  double number = 0;
  const bool numeric = parse_number(value.text, number);
  const auto length = static_cast<double>(value.text.size());
  const auto bound = [&](std::string_view key, double actual, bool upper) {
    const Field* field = definition.find(key);
    double limit = 0;
    if (field == nullptr || !field->value->is_scalar()) return;
    if (!parse_number(field->value->text, limit)) {
      diagnostics_.error(field->value->where,
                         fmt::format("{} '{}' is not a number", key, shown(field->value->text)));
    } else if (upper ? actual > limit : actual < limit) {
      diagnostics_.error(value.where,
                         fmt::format("the parameter '{}' is '{}', against its {} of {}", name,
                                     shown(value.text), key, limit));
    }
  };
  bound("MinLength", length, false);
  bound("MaxLength", length, true);
  if (numeric) {
    bound("MinValue", number, false);
    bound("MaxValue", number, true);
  }
  if (const Field* pattern = definition.find("AllowedPattern")) {
    diagnostics_.note(pattern->where,
                      fmt::format("AllowedPattern of '{}' is not checked here", name));
  }
}

// --- resources

void Resolver::read_resources() {
  const Field* section = root_.find("Resources");
  if (section == nullptr) {
    diagnostics_.error(root_.where, "the template has no Resources");
    return;
  }
  const Node* resources = Values{diagnostics_}.map(*section);
  if (resources == nullptr) return;
  if (resources->fields.size() > kResourcesMax) {
    diagnostics_.error(section->where,
                       fmt::format("{} resources are too many; a template has at most {}",
                                   resources->fields.size(), kResourcesMax));
    return;
  }
  for (const Field& field : resources->fields) read_resource(field);
  // Once all are known, since a condition's mistake may name one.
  for (Resource& resource : resources_) {
    const Field* condition_field =
        resource.body == nullptr ? nullptr : resource.body->find("Condition");
    if (condition_field == nullptr) continue;
    if (const auto name = Values{diagnostics_}.text(*condition_field)) {
      resource.active = condition(*name, condition_field->value->where);
    }
  }
}

void Resolver::read_resource(const Field& field) {
  Values values{diagnostics_};
  Resource resource{.logical_id = field.key,
                    .where = field.where,
                    .type = {},
                    .body = nullptr,
                    .properties = std::make_shared<Node>(empty_map()),
                    .active = true};
  if (!is_logical_id(field.key)) {
    diagnostics_.error(field.where, fmt::format("the logical id '{}' must be letters and digits",
                                                shown(field.key)));
  }
  if (const Node* body = values.map(field)) {
    resource.body = body;
    std::vector<std::string_view> keys{kResourceKeys.begin(), kResourceKeys.end()};
    keys.push_back("IgnoreGlobals");
    values.check_keys(*body, "key of a resource", keys);
    if (const Field* type = body->find("Type")) {
      resource.type = values.text(*type).value_or("");
    } else {
      diagnostics_.error(field.where,
                         fmt::format("the resource '{}' has no Type", shown(field.key)));
    }
    if (const Field* properties = body->find("Properties")) {
      if (properties->value->kind != Node::Kind::kNull && values.map(*properties) != nullptr) {
        resource.properties = properties->value;
      }
    }
  }
  resource_index_[resource.logical_id] = resources_.size();
  resources_.push_back(std::move(resource));
}

const Resource* Resolver::find_resource(std::string_view logical_id) const {
  const auto found = resource_index_.find(logical_id);
  return found == resource_index_.end() ? nullptr : &resources_[found->second];
}

std::string Resolver::function_name(const Resource& function) {
  return name_of(function, "FunctionName");
}

std::string Resolver::name_of(const Resource& resource, std::string_view property) {
  const Field* field = resource.properties->find(property);
  if (field == nullptr || !names_open_.insert(resource.logical_id).second) {
    return resource.logical_id;
  }
  const NodePtr value = resolve_quietly(field->value);
  names_open_.erase(resource.logical_id);
  return value->is_scalar() ? scalar_value(*value) : resource.logical_id;
}

// Resources that SAM adds to a template, which people refer to by the names it gives them.
bool Resolver::generated_by_sam(std::string_view name) const {
  constexpr std::array<std::string_view, 5> kFixed{
      "ServerlessRestApi", "ServerlessRestApiProdStage", "ServerlessHttpApiApiGatewayDefaultStage",
      "ServerlessDeploymentApplication", "CodeDeployServiceRole"};
  if (std::find(kFixed.begin(), kFixed.end(), name) != kFixed.end()) return true;
  for (std::size_t length = 1; length < name.size(); ++length) {
    const Resource* owner = find_resource(name.substr(0, length));
    if (owner == nullptr || !owner->type.starts_with("AWS::Serverless::")) continue;
    const std::string_view rest = name.substr(length);
    constexpr std::array<std::string_view, 9> kWhole{
        "Role",   "Url",         ".Version",          ".Alias",
        ".Stage", ".Deployment", "EventInvokeConfig", "ApiGatewayDefaultStage",
        "Stage"};
    if (std::find(kWhole.begin(), kWhole.end(), rest) != kWhole.end()) return true;
    if (rest.starts_with("Alias") || rest.starts_with("Version") ||
        rest.starts_with("Deployment") || rest.ends_with("Permission")) {
      return true;
    }
  }
  return false;
}

std::vector<std::string_view> Resolver::known_names() const {
  std::vector<std::string_view> names{"AWS::Region",    "AWS::AccountId",       "AWS::StackName",
                                      "AWS::Partition", "AWS::URLSuffix",       "AWS::NoValue",
                                      "AWS::StackId",   "AWS::NotificationARNs"};
  for (const auto& [name, value] : parameters_) names.emplace_back(name);
  for (const Resource& resource : resources_) names.emplace_back(resource.logical_id);
  return names;
}

}  // namespace lambdarium::templates
