// Turns a SAM template's tree into functions and HTTP APIs: private to this folder.

#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "emulator/templates/diagnostics.h"
#include "emulator/templates/document.h"
#include "emulator/templates/resolver.h"
#include "emulator/templates/template.h"
#include "emulator/templates/values.h"

namespace lambdarium::templates {

class Loader {
 public:
  // All of them outlive the loader. `root` is a map.
  Loader(const Node& root, const TemplateOptions& options, const std::filesystem::path& file,
         Diagnostics& diagnostics);

  // Fills functions, apis and outputs; what is wrong goes into the diagnostics.
  void load(TemplateReport& report);

 private:
  // A function of the template, and what its events ask for.
  struct Function {
    FunctionDefinition definition;
    std::string logical_id;
    bool served = true;                        // false: noted or wrong, and left out
    NodePtr events;                            // resolved; null where there are none
    std::optional<FunctionUrlDefinition> url;  // its function and id come later
  };
  // An API while its routes are gathered.
  struct Api {
    HttpApiDefinition definition;
    std::map<std::string, Position> places;     // by route key
    std::map<std::string, std::string> shapes;  // by route key without the names of variables
  };

  // loader.cc
  void check_top_level();
  void read_globals();
  void read_resource(const Resource& resource, TemplateReport& report);
  void other_resource(const Resource& resource);
  void read_outputs(TemplateReport& report);
  NodePtr with_globals(const NodePtr& globals, const Resource& resource);
  void note_unserved(const Field& field, std::string_view owner);

  // functions.cc
  void read_function(const Resource& resource);
  void read_property(const Field& field, Function& function);
  void read_name(const Field& field, Function& function);
  void read_runtime(const Field& field, Function& function);
  void read_role(const Field& field, Function& function);
  void read_architectures(const Field& field, Function& function);
  void read_environment(const Field& field, Function& function);
  void read_logging(const Field& field, Function& function);
  void read_ephemeral_storage(const Field& field, Function& function);
  bool read_package_type(const Node& properties, const Resource& resource);
  void read_code(const Node& properties, const Resource& resource, Function& function);
  bool find_code(const Field& field, const std::string& text, Function& function);
  void check_code(const Node& properties, const Resource& resource, const Function& function);

  // queues.cc
  void read_queue(const Resource& resource, TemplateReport& report);
  void read_queue_tags(const Node& tags, QueueDefinition& queue);
  void read_queue_event(const Field& event, const Node* properties, const Function& function,
                        TemplateReport& report);
  void read_mapping(const Resource& resource, TemplateReport& report);
  void read_event_source(Position where, const Node& properties, const Field& queue,
                         EventSourceDefinition source, TemplateReport& report);
  void read_filters(const Field& criteria, EventSourceDefinition& source);

  // function_urls.cc
  void read_function_url(const Field& field, Function& function);
  void read_url_cors(const Field& field, FunctionUrlDefinition& url);

  // http_apis.cc
  void read_http_api(const Resource& resource);
  void read_events(const Function& function, TemplateReport& report);
  void read_event(const Field& event, const Function& function, TemplateReport& report);
  void read_http_event(const Field& event, const Node* properties, const Function& function);
  std::optional<std::string> route_key(const Field& event, const Node& properties);
  Api* api_of_event(const Field& event, const Node& properties);
  Api& implicit_api(Position where);
  void add_route(Api& api, RouteDefinition route, Position where);

  const Node& root_;
  const TemplateOptions& options_;
  std::filesystem::path folder_;
  Diagnostics& diagnostics_;
  Resolver resolver_;
  Values values_;
  NodePtr function_globals_;  // not resolved; null where there are none
  NodePtr http_api_globals_;
  std::vector<Function> functions_;
  std::vector<Api> apis_;
  std::optional<Api> implicit_;
  std::map<std::string, Position> names_;  // of functions
};

}  // namespace lambdarium::templates
