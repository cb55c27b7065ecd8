// Ref and Fn::GetAtt.

#include <fmt/format.h>

#include "emulator/templates/resolver.h"

namespace lambdarium::templates {

NodePtr Resolver::fn_ref(const Node& argument, Position where) {
  if (!argument.is_scalar()) return fail(where, "Ref takes a name");
  return ref(argument.text, where);
}

NodePtr Resolver::pseudo_parameter(std::string_view name, Position where) {
  if (name == "AWS::NoValue") return make_special(Node::Kind::kNoValue, where);
  if (name == "AWS::Region") return make_scalar(options_.region, where);
  if (name == "AWS::AccountId") return make_scalar(options_.account, where);
  if (name == "AWS::StackName") return make_scalar(options_.stack_name, where);
  if (name == "AWS::Partition") return make_scalar("aws", where);
  if (name == "AWS::URLSuffix") return make_scalar("amazonaws.com", where);
  if (name == "AWS::NotificationARNs") return make_list({}, where);
  if (name == "AWS::StackId") {
    return make_scalar(fmt::format("arn:aws:cloudformation:{}:{}:stack/{}/"
                                   "00000000-0000-0000-0000-000000000000",
                                   options_.region, options_.account, options_.stack_name),
                       where);
  }
  return nullptr;
}

NodePtr Resolver::ref(const std::string& name, Position where) {
  if (NodePtr value = pseudo_parameter(name, where)) return value;
  if (const auto parameter = parameters_.find(name); parameter != parameters_.end()) {
    const NodePtr& value = parameter->second;
    if (value->is_scalar()) return make_scalar(scalar_value(*value), where);
    return value;
  }
  if (name == kImplicitHttpApi) return make_scalar(api_id_for(name), where);
  if (const Resource* resource = find_resource(name)) {
    if (resource->type == kFunctionType) return make_scalar(function_name(*resource), where);
    if (resource->type == kHttpApiType) return make_scalar(api_id_for(name), where);
    if (resource->type == kQueueType) return queue_attribute(*resource, "QueueUrl", where);
    note(where, fmt::format("{} is not served here; the text '{}' stands for a reference to it",
                            resource->type.empty() ? name : resource->type, name));
    return make_scalar(name, where);
  }
  if (generated_by_sam(name)) {
    note(where,
         fmt::format("'{}', which SAM would make, does not exist here; its name stands for it",
                     name));
    return make_scalar(name, where);
  }
  const std::vector<std::string_view> known = known_names();
  return fail(where, unknown_message("parameter or resource", name, known));
}

NodePtr Resolver::fn_get_att(const Node& argument, Position where) {
  std::string resource;
  std::string name;
  if (argument.is_scalar()) {
    const std::size_t dot = argument.text.find('.');
    if (dot == std::string::npos) {
      return fail(where,
                  fmt::format("Fn::GetAtt '{}' names no attribute; write 'Resource.Attribute'",
                              shown(argument.text)));
    }
    resource = argument.text.substr(0, dot);
    name = argument.text.substr(dot + 1);
  } else if (argument.is_list() && argument.items.size() == 2) {
    if (!text_of(argument.items[0], "Fn::GetAtt's resource", resource) ||
        !text_of(argument.items[1], "Fn::GetAtt's attribute", name)) {
      return make_special(Node::Kind::kInvalid, where);
    }
  } else {
    return fail(where, "Fn::GetAtt takes 'Resource.Attribute' or a list of two texts");
  }
  return attribute(resource, name, where);
}

// Null: a queue has no attribute of that name.
NodePtr Resolver::queue_attribute(const Resource& queue, std::string_view attribute,
                                  Position where) {
  const std::string name = name_of(queue, "QueueName");
  if (attribute == "QueueName") return make_scalar(name, where);
  if (attribute == "QueueUrl") {
    return make_scalar(fmt::format("{}/{}/{}", options_.queue_url_base, options_.account, name),
                       where);
  }
  if (attribute != "Arn") return nullptr;
  return make_scalar(fmt::format("arn:aws:sqs:{}:{}:{}", options_.region, options_.account, name),
                     where);
}

// Of the AWS::Lambda::Url that SAM makes of a FunctionUrlConfig, which is named after its function.
// Null: it is no such resource, or another attribute.
NodePtr Resolver::url_attribute(const std::string& name, std::string_view attribute,
                                Position where) {
  constexpr std::string_view kSuffix = "Url";
  if (!name.ends_with(kSuffix)) return nullptr;
  const Resource* function = find_resource(name.substr(0, name.size() - kSuffix.size()));
  if (function == nullptr || function->type != kFunctionType) return nullptr;
  const std::string function_name_text = function_name(*function);
  if (attribute == "FunctionArn") {
    return make_scalar(function_arn(options_.region, options_.account, function_name_text), where);
  }
  if (attribute != "FunctionUrl") return nullptr;
  return make_scalar(
      fmt::format("http://{}.lambda-url.{}.localhost:{}/", function_url_id_for(function_name_text),
                  options_.region, options_.http_port),
      where);
}

NodePtr Resolver::attribute(const std::string& name, const std::string& attribute, Position where) {
  const Resource* resource = find_resource(name);
  if (resource != nullptr && resource->type == kFunctionType && attribute == "Arn") {
    return make_scalar(function_arn(options_.region, options_.account, function_name(*resource)),
                       where);
  }
  if (resource != nullptr && resource->type == kQueueType) {
    if (NodePtr value = queue_attribute(*resource, attribute, where)) return value;
  }
  const bool http_api =
      name == kImplicitHttpApi || (resource != nullptr && resource->type == kHttpApiType);
  if (http_api && attribute == "ApiId") return make_scalar(api_id_for(name), where);
  if (http_api && attribute == "ApiEndpoint") {
    return make_scalar(
        fmt::format("https://{}.execute-api.{}.amazonaws.com", api_id_for(name), options_.region),
        where);
  }
  if (NodePtr value = url_attribute(name, attribute, where)) return value;
  if (resource == nullptr && !http_api && !generated_by_sam(name)) {
    const std::vector<std::string_view> known = known_names();
    return fail(where, unknown_message("resource", name, known));
  }
  const std::string text = name + "." + attribute;
  note(where, fmt::format("the attribute {} is not known here; the text '{}' stands for it",
                          shown(text), shown(text)));
  return make_scalar(text, where);
}

}  // namespace lambdarium::templates
