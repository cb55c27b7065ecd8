// Small things that reads and changes share.
//
// Private to the AWS endpoint. Thread: any.

#pragma once

#include <string>
#include <string_view>

#include "emulator/aws/error.h"
#include "emulator/aws/function_name.h"
#include "models/domain/http_message.h"

namespace lambdarium::aws {

// The function of a tag operation: a full ARN, without a qualifier.
OrError<FunctionName> parse_tagged_resource(std::string_view arn, const Endpoint& endpoint,
                                            std::string_view caller_region);

// A successful answer; JSON unless the body is empty.
HttpResponse make_answer(int status, std::string body, std::string_view request_id);

}  // namespace lambdarium::aws
