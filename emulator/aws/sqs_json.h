// The queue service's AWS JSON 1.0 protocol (boto3 1.28 and later, AWS CLI 1.29 and 2.13 and
// later): X-Amz-Target: AmazonSQS.SendMessage.
//
// Thread: any. On failure: QueueError, as the client is to be told.

#pragma once

#include <string_view>

#include "emulator/aws/sqs_message.h"
#include "emulator/queues/error.h"
#include "models/domain/http_message.h"

namespace lambdarium::aws {

queues::OrError<SqsRequest> read_sqs_json(const HttpRequest& request);
HttpResponse write_sqs_json(const SqsRequest& request, const SqsAnswer& answer,
                            std::string_view request_id);
HttpResponse write_sqs_json_error(const queues::QueueError& error, std::string_view request_id);

}  // namespace lambdarium::aws
