// Parameters, mappings, conditions and intrinsic functions: a node with `!Sub`, `!Ref` and the like
// becomes one without.
//
// What cannot be known here (another stack's exports, attributes of resources that are not served)
// is replaced by a text that names it, with a note. Positions stay those of the template, so what a
// later check finds wrong is found at the right line.

#pragma once

#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "emulator/templates/diagnostics.h"
#include "emulator/templates/document.h"
#include "emulator/templates/template.h"
#include "emulator/templates/values.h"

namespace lambdarium::templates {

// The HTTP API that events without an ApiId belong to.
inline constexpr std::string_view kImplicitHttpApi = "ServerlessHttpApi";
inline constexpr std::string_view kFunctionType = "AWS::Serverless::Function";
inline constexpr std::string_view kHttpApiType = "AWS::Serverless::HttpApi";
inline constexpr std::string_view kQueueType = "AWS::SQS::Queue";
inline constexpr std::string_view kMappingType = "AWS::Lambda::EventSourceMapping";

struct Resource {
  std::string logical_id;
  Position where;
  std::string type;            // empty after an error
  const Node* body = nullptr;  // of the document
  NodePtr properties;          // not resolved; an empty map where there are none
  bool active = true;          // its Condition holds
};

inline bool is_condition_function(std::string_view key) {
  return key == "Fn::Equals" || key == "Fn::And" || key == "Fn::Or" || key == "Fn::Not";
}

class Resolver {
 public:
  // All of them outlive the resolver. `root` is a map.
  Resolver(const Node& root, const TemplateOptions& options, Diagnostics& diagnostics);

  // Reads Parameters, Mappings, Conditions and which resources there are.
  void prepare();
  const std::vector<Resource>& resources() const { return resources_; }

  // Never null; kNoValue and kInvalid have been taken out of maps and lists.
  NodePtr resolve(const NodePtr& node);
  // Without errors and notes: kInvalid where there would have been an error.
  NodePtr resolve_quietly(const NodePtr& node);

  // The name that a function answers to.
  std::string function_name(const Resource& function);
  // The same for queues: the property where it is given, else the logical id.
  std::string name_of(const Resource& resource, std::string_view property);

 private:
  using Handler = NodePtr (Resolver::*)(const Node& argument, Position where);

  void read_parameters();
  void read_parameter(const Field& field);
  void check_parameter_value(const std::string& name, const Node& definition, const Node& value);
  void check_overrides();
  void read_resources();
  void read_resource(const Field& field);

  NodePtr call(const std::string& function, const NodePtr& argument, Position where);
  NodePtr ref(const std::string& name, Position where);
  NodePtr pseudo_parameter(std::string_view name, Position where);
  NodePtr queue_attribute(const Resource& queue, std::string_view attribute, Position where);
  NodePtr url_attribute(const std::string& name, std::string_view attribute, Position where);
  NodePtr attribute(const std::string& resource, const std::string& attribute, Position where);
  NodePtr fn_ref(const Node& argument, Position where);
  NodePtr fn_get_att(const Node& argument, Position where);
  NodePtr fn_sub(const Node& argument, Position where);
  NodePtr fn_join(const Node& argument, Position where);
  NodePtr fn_select(const Node& argument, Position where);
  NodePtr fn_split(const Node& argument, Position where);
  NodePtr fn_if(const Node& argument, Position where);
  NodePtr fn_find_in_map(const Node& argument, Position where);
  NodePtr fn_import_value(const Node& argument, Position where);
  NodePtr fn_not_served(const std::string& function, Position where);
  NodePtr expand(const std::string& text, const std::map<std::string, std::string>& variables,
                 Position where);

  bool condition(const std::string& name, Position where);
  bool evaluate(const NodePtr& node, Position where);
  bool evaluate_call(const std::string& function, const Node& argument, Position where);

  NodePtr fail(Position where, std::string message);
  // A text that was put together here. What all of them, and all resolved nodes, may take together
  // is bounded, since a short template can ask for a long text many times.
  NodePtr produce(std::string text, Position where);
  bool spend(std::size_t bytes, Position where);
  void note(Position where, std::string message);
  // Sets `text` to a resolved scalar; otherwise complains that `what` must be a text.
  bool text_of(const NodePtr& node, std::string_view what, std::string& text);
  const Resource* find_resource(std::string_view logical_id) const;
  bool generated_by_sam(std::string_view name) const;
  std::vector<std::string_view> known_names() const;

  const Node& root_;
  const TemplateOptions& options_;
  Diagnostics& diagnostics_;
  std::map<std::string, NodePtr> parameters_;  // with their values
  const Node* mappings_ = nullptr;
  const Node* conditions_ = nullptr;
  std::map<std::string, bool> condition_values_;
  std::set<std::string> conditions_open_;  // being evaluated, to see circles
  std::vector<Resource> resources_;
  std::map<std::string, std::size_t, std::less<>> resource_index_;
  std::set<std::string> names_open_;  // functions whose FunctionName is being resolved
  std::size_t budget_ = 256U << 20U;  // bytes, roughly
  bool quiet_ = false;
};

}  // namespace lambdarium::templates
