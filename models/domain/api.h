// An HTTP API (API Gateway v2) as templates and the control plane describe it.

#pragma once

#include <string>
#include <vector>

#include "models/base/result.h"

namespace lambdarium {

struct RouteDefinition {
  std::string route_key;  // "GET /pets/{id}", "ANY /{proxy+}" or "$default"
  std::string function;   // name of the function that answers
  std::string payload_format_version = "2.0";
  std::int64_t timeout_ms = 30'000;
  SourceMark where;
};

struct HttpApiDefinition {
  std::string id;    // ten lower-case letters and digits
  std::string name;  // the Name property, else the logical id
  std::string stage = "$default";
  std::vector<RouteDefinition> routes;
  SourceMark where;
};

}  // namespace lambdarium
