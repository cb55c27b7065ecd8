// A function as the user configures it: what CreateFunction takes and what templates resolve to.

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "models/base/result.h"
#include "models/domain/limits.h"

namespace lambdarium {

// LoggingConfig. Levels are TRACE, DEBUG, INFO, WARN, ERROR or FATAL; they hold with JSON only.
struct LoggingSettings {
  bool json = false;
  std::string application_level = "INFO";
  std::string system_level = "INFO";
  std::string group;  // empty: /aws/lambda/<function>
  bool operator==(const LoggingSettings&) const = default;
};

struct FunctionDefinition {
  std::string name;
  std::string runtime;  // python3.12, nodejs20.x, provided.al2023, …
  std::string handler;
  std::string role = "arn:aws:iam::000000000000:role/lambdarium";
  std::string description;
  std::string architecture = "x86_64";
  std::int64_t memory_mb = kMemoryMbDefault;
  std::int64_t timeout_s = kTimeoutSecondsDefault;
  std::int64_t ephemeral_mb = kEphemeralMbMin;
  std::map<std::string, std::string> environment;
  std::map<std::string, std::string> tags;
  std::optional<std::int64_t> reserved_concurrency;
  std::int64_t environment_concurrency =
      1;  // requests that one execution environment serves at once

  LoggingSettings logging;

  // Where the code lies, as an absolute folder: a template's CodeUri, or an unpacked zip.
  std::string code_directory;

  SourceMark where;  // the template's place; empty for functions made through the API
};

enum class RuntimeFamily : std::uint8_t { kPython, kNode, kProvided };

struct RuntimeName {
  RuntimeFamily family;
  std::string version;  // "3.12", "20", "al2023"
};

// Recognises python3.8 to python3.14, nodejs18.x to nodejs24.x, provided.al2 and provided.al2023.
// The error lists the names that are known.
Result<RuntimeName> parse_runtime(std::string_view name);
// All names that parse_runtime accepts, in AWS's order.
const std::vector<std::string_view>& known_runtimes();

// arn:aws:lambda:<region>:<account>:function:<name>
std::string function_arn(std::string_view region, std::string_view account, std::string_view name);

}  // namespace lambdarium
