// Where a replay sends its calls: one HTTP target for each function of the trace.
//
// Thread: any. On failure: the error quotes what was given and says what is expected.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "models/base/result.h"
#include "models/domain/trace_record.h"

namespace lambdarium::labs {

struct ReplayTarget {
  std::string host;
  int port = 80;
  std::string path = "/";  // of a POST, percent-encoded, with the query
};

// http://host[:port][/path]; the host may be an IPv6 address in brackets.
Result<ReplayTarget> parse_http_url(std::string_view url);

struct ReplayTargetOptions {
  // A URL, or the name of a Lambda function behind `endpoint_url`. In both, {function} stands for
  // the name that the trace gives the function. Empty is "{function}".
  std::string target;
  std::string endpoint_url = "http://127.0.0.1:3001";
};

Result<std::vector<ReplayTarget>> resolve_targets(const ReplayTargetOptions& options,
                                                  const std::vector<TraceFunction>& functions);

// The target of one Lambda function behind an endpoint: the Invoke operation.
ReplayTarget invoke_target(const ReplayTarget& endpoint, std::string_view function);

}  // namespace lambdarium::labs
