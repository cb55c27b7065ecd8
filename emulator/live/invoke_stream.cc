#include "emulator/live/invoke_stream.h"

#include <utility>

#include "emulator/aws/event_stream.h"
#include "emulator/aws/streaming_invoke.h"
#include "emulator/live/aws_server.h"

namespace lambdarium::live {

void InvokeStream::start() {
  if (writer_.started()) return;
  aws::InvokeResult head;
  head.request_id = about_.request_id;
  head.executed_version = about_.version;
  head.trace_id = about_.trace_id;
  writer_.start(200, aws::streaming_invoke_headers(head));
}

void InvokeStream::on_start(std::string_view, UniqueFunction<void()> resume) {
  writer_.on_resume(std::move(resume));
  start();
}

bool InvokeStream::on_data(std::string_view piece) {
  message_.clear();
  aws::append_payload_chunk(message_, piece);
  return writer_.write(message_);
}

void InvokeStream::complete(const Completion& completion) {
  if (completion.rejected != fleet::RejectReason::kNone) {
    const aws::AwsError error = to_aws_error(completion.rejected, about_.arn);
    writer_.send(aws::to_response(error, about_.request_id));
    return;
  }
  start();
  // A function that does not stream, or one that was invoked without its knowing: all in one piece.
  if (!completion.streamed && !completion.function_error) on_data(completion.payload);
  aws::StreamEnd end;
  if (completion.function_error) {
    end.error_code = "Unhandled";
    end.error_details = completion.payload;
  }
  end.tail = about_.tail;
  end.log_text = completion.log_text;
  message_.clear();
  aws::append_invoke_complete(message_, end);
  writer_.write(message_);
  writer_.finish();
}

}  // namespace lambdarium::live
