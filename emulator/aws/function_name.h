// A function as callers name it, and the region that answers.
//
// Thread: any.

#pragma once

#include <string>
#include <string_view>

#include "emulator/aws/error.h"

namespace lambdarium::aws {

// Who answers.
struct Endpoint {
  std::string region = "us-east-1";
  std::string account = "000000000000";
};

struct FunctionName {
  std::string name;
  std::string qualifier;  // empty: none was given
};

// `text` is percent-decoded: a name, name:qualifier, account:function:name[:qualifier], or a full
// ARN. `qualifier` is that of the query; where both are given they must agree.
OrError<FunctionName> parse_function_name(std::string_view text, std::string_view qualifier,
                                          const Endpoint& endpoint);

// arn:aws:lambda:<region>:<account>:function:<name>[:<qualifier>]
std::string qualified_arn(const Endpoint& endpoint, const FunctionName& function);

}  // namespace lambdarium::aws
