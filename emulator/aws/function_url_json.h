// Function URL configurations as requests, answers and the store write them.
//
// Private to the AWS endpoint. Thread: any. On failure: AwsError.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "emulator/aws/error.h"
#include "emulator/store/function_store.h"
#include "models/domain/function_url.h"

namespace lambdarium::aws {

inline constexpr std::string_view kFunctionUrlItem = "function-url";  // key: an alias or ""

// What CreateFunctionUrlConfig and UpdateFunctionUrlConfig set; what is not named is absent.
struct FunctionUrlPatch {
  std::optional<bool> iam;
  std::optional<bool> response_stream;
  std::optional<FunctionUrlCors> cors;  // one without members takes it away
};
OrError<FunctionUrlPatch> parse_function_url(std::string_view body, bool creates);
void apply_function_url(const FunctionUrlPatch& patch, FunctionUrlDefinition& url);

// AWS: the answer to a creation has no LastModifiedTime.
enum class FunctionUrlView : std::uint8_t { kCreated, kRead };
std::string function_url_json(const FunctionUrlDefinition& url, std::string_view text,
                              std::string_view arn, FunctionUrlView view);

store::FunctionItem function_url_item(const FunctionUrlDefinition& url);
// Nothing: the item is of another kind, or what it holds was not written here.
std::optional<FunctionUrlDefinition> function_url_of(const store::FunctionItem& item);

}  // namespace lambdarium::aws
