// A function URL as templates and CreateFunctionUrlConfig describe it.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "models/base/result.h"

namespace lambdarium {

// What is absent was not given, and answers leave it out.
struct FunctionUrlCors {
  std::optional<bool> allow_credentials;
  std::optional<std::vector<std::string>> allow_headers;
  std::optional<std::vector<std::string>> allow_methods;
  std::optional<std::vector<std::string>> allow_origins;
  std::optional<std::vector<std::string>> expose_headers;
  std::optional<std::int64_t> max_age_s;
};

struct FunctionUrlDefinition {
  std::string id;                // 32 lower-case letters and digits: the first label of its host
  std::string function;          // name
  std::string qualifier;         // an alias; empty: the function itself
  bool iam = false;              // AuthType AWS_IAM, else NONE
  bool response_stream = false;  // InvokeMode RESPONSE_STREAM, else BUFFERED
  std::optional<FunctionUrlCors> cors;
  std::string creation_time;  // 2024-01-02T03:04:05.678901Z
  std::string last_modified_time;
  SourceMark where;  // the template's place; empty for what the API made
};

}  // namespace lambdarium
