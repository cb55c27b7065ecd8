// The bodies of CreateFunction, UpdateFunctionCode, UpdateFunctionConfiguration and their smaller
// neighbours, read and checked against everything that does not depend on which functions exist.
//
// Private to the AWS endpoint. Thread: any; large bodies are read on a pool thread.

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "emulator/aws/error.h"
#include "emulator/aws/function_name.h"
#include "emulator/store/function_store.h"

namespace lambdarium::aws {

// What a request sets; what it does not name is absent.
struct FunctionPatch {
  std::optional<std::string> name;  // CreateFunction's, without the parts of an ARN
  std::optional<std::string> runtime;
  std::optional<std::string> handler;
  std::optional<std::string> role;
  std::optional<std::string> description;
  std::optional<std::string> architecture;
  std::optional<std::string> revision_id;
  std::optional<std::int64_t> timeout_s;
  std::optional<std::int64_t> memory_mb;
  std::optional<std::int64_t> ephemeral_mb;
  std::optional<std::map<std::string, std::string>> environment;
  std::optional<std::map<std::string, std::string>> tags;
  std::optional<std::int64_t> reserved_concurrency;
  std::optional<std::string> zip;  // bytes
  bool dry_run = false;
  bool publish = false;
  std::string settings = "{}";  // members that are only repeated, as one JSON object
};

inline constexpr std::size_t kTagsMax = 50;

OrError<FunctionPatch> parse_create_function(std::string_view body, const Endpoint& endpoint,
                                             std::string_view caller_region);
OrError<FunctionPatch> parse_update_code(std::string_view body);
OrError<FunctionPatch> parse_update_configuration(std::string_view body);
OrError<FunctionPatch> parse_put_concurrency(std::string_view body);
OrError<FunctionPatch> parse_tag_resource(std::string_view body);

// Sets what the patch names. Code, name, tags, revision and reserved concurrency are the caller's.
void apply_configuration(const FunctionPatch& patch, store::StoredFunction& function);

}  // namespace lambdarium::aws
