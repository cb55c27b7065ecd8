// A function as callers name it, and the region that answers.
//
// Thread: any.

#pragma once

#include <string>
#include <string_view>

#include "emulator/aws/error.h"
#include "models/domain/http_message.h"

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
// ARN. `qualifier` is that of the query; where both are given they must agree. The account of an
// ARN is not looked at; its region must be the endpoint's or the caller's.
OrError<FunctionName> parse_function_name(std::string_view text, std::string_view qualifier,
                                          const Endpoint& endpoint,
                                          std::string_view caller_region = {});

// The region that the client signed for (Authorization: AWS4-HMAC-SHA256
// Credential=key/date/REGION/…); empty for a request that is not signed. The signature itself is
// not checked.
std::string_view credential_region(const HttpRequest& request);

// arn:aws:lambda:<region>:<account>:function:<name>[:<qualifier>]
std::string qualified_arn(const Endpoint& endpoint, const FunctionName& function);

}  // namespace lambdarium::aws
