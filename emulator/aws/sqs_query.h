// The queue service's Query protocol (older SDKs and command lines): Action=SendMessage in a form
// or a query string, XML answers.
//
// Thread: any. On failure: QueueError, as the client is to be told.

#pragma once

#include <string_view>

#include "emulator/aws/sqs_message.h"
#include "emulator/queues/error.h"
#include "models/domain/http_message.h"

namespace lambdarium::aws {

queues::OrError<SqsRequest> read_sqs_query(const HttpRequest& request);
HttpResponse write_sqs_query(const SqsRequest& request, const SqsAnswer& answer,
                             std::string_view request_id);
HttpResponse write_sqs_query_error(const queues::QueueError& error, std::string_view request_id);

}  // namespace lambdarium::aws
