// Templates: what the user wrote (AWS SAM, YAML or JSON) turned into functions and HTTP APIs.
//
// Everything that is wrong is collected, with file, line and column, so that one run shows all of
// it; what is right but not served here becomes a note and is never dropped in silence. A report
// with errors must not be served. Thread: any; nothing is shared. Reads files (the template, and
// whether handlers exist): not for the event loop once it runs. On failure: errors in the report;
// bad input never throws.

#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "models/base/result.h"
#include "models/domain/api.h"
#include "models/domain/function.h"
#include "models/domain/function_url.h"
#include "models/domain/queue.h"

namespace lambdarium::templates {

inline constexpr std::size_t kTemplateBytesMax = 1'048'576;
// CloudFormation's own limit.
inline constexpr std::size_t kResourcesMax = 500;

struct TemplateOptions {
  std::map<std::string, std::string>
      parameters;  // --parameter KEY=VALUE: instead of the parameter's Default
  std::string region = "us-east-1";
  std::string account = "000000000000";
  std::string stack_name = "lambdarium";
  int http_port = 3000;  // that function URLs name
  // What the URLs of queues begin with. Requests find their queue by the URL's end only.
  std::string queue_url_base = "http://localhost:3001";
  // Called for a CodeUri that is a zip file; gives the folder with its contents. Where it is empty,
  // such a CodeUri is an error.
  std::function<Result<std::filesystem::path>(const std::filesystem::path& zip)> unpack;
  // Whether code folders and handler files must exist. Off for tools that only read.
  bool check_files = true;
};

// Something the template asks for that is not done here.
struct TemplateNote {
  SourceMark where;
  std::string message;
  std::string to_string() const;  // "file:line:column: message"
};

struct TemplateReport {
  // In the template's order. The name is FunctionName, else the logical id; code_directory is
  // absolute.
  std::vector<FunctionDefinition> functions;
  // Those that have routes, or are declared; the implicit one (ServerlessHttpApi) last.
  std::vector<HttpApiDefinition> apis;
  std::vector<QueueDefinition> queues;
  std::vector<EventSourceDefinition> event_sources;
  std::vector<FunctionUrlDefinition> urls;
  std::map<std::string, std::string> outputs;  // Outputs that resolve to a text
  std::vector<TemplateNote> notes;             // in the order of the file
  std::vector<Error> errors;                   // in the order of the file
  std::filesystem::path file;                  // absolute

  bool ok() const { return errors.empty(); }
};

TemplateReport load_template(const std::filesystem::path& file,
                             const TemplateOptions& options = {});
// The same for text that is in memory; `file` names it in messages, and CodeUri is relative to its
// folder.
TemplateReport load_template_text(std::string_view text, const std::filesystem::path& file,
                                  const TemplateOptions& options = {});

// The template of a folder: template.yaml, template.yml or template.json. Where there is only a
// file of a kind that is not read yet (serverless.yml, OpenAPI, lambdarium.yaml), or none at all,
// the error says what is supported.
Result<std::filesystem::path> find_template(const std::filesystem::path& folder);

// Whether the file that `handler` names is in definition.code_directory: the module of a Python or
// Node handler, or an executable `bootstrap`. The error says what was looked for, and where.
Status check_handler(const FunctionDefinition& definition);

// The id of a template's API: ten lower-case letters and digits, the same at every start.
std::string api_id_for(std::string_view logical_id);

// The id of a function's URL: 32 lower-case letters and digits, the same at every start.
std::string function_url_id_for(std::string_view function_name);

// Checks a path of an HTTP API route ("/pets/{id}", "/{proxy+}"). The error says what is wrong with
// it.
Status check_route_path(std::string_view path);

}  // namespace lambdarium::templates
