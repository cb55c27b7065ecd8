#include "emulator/live/sqs_server.h"

#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "emulator/aws/sqs_digest.h"
#include "emulator/aws/sqs_json.h"
#include "emulator/aws/sqs_query.h"
#include "emulator/aws/sqs_received.h"
#include "models/base/uuid.h"

namespace lambdarium::live {
namespace {

using aws::SqsAnswer;
using aws::SqsEntry;
using aws::SqsOperation;
using queues::ErrorKind;
using queues::QueueError;

constexpr std::int64_t kReceiveMax = 10;
constexpr std::int64_t kWaitSecondsMax = 20;
constexpr std::int64_t kVisibilitySecondsMax = 43'200;
constexpr std::string_view kTraceHeader = "AWSTraceHeader";

bool is_batch(SqsOperation operation) {
  return operation == SqsOperation::kSendMessageBatch ||
         operation == SqsOperation::kDeleteMessageBatch ||
         operation == SqsOperation::kChangeMessageVisibilityBatch;
}

bool is_entry_id(std::string_view id) {
  return !id.empty() && id.size() <= 80 && std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' ||
           c == '_';
  });
}

std::optional<QueueError> check_batch(const aws::SqsRequest& request) {
  const auto& entries = request.entries;
  if (entries.empty()) {
    return QueueError{ErrorKind::kEmptyBatchRequest,
                      fmt::format("There should be at least one {}RequestEntry in the request.",
                                  request.operation_name)};
  }
  if (entries.size() > queues::kBatchEntriesMax) {
    return QueueError{ErrorKind::kTooManyEntries,
                      fmt::format("Maximum number of entries per request are {}. You have sent {}.",
                                  queues::kBatchEntriesMax, entries.size())};
  }
  std::set<std::string_view> ids;
  for (const SqsEntry& entry : entries) {
    if (!is_entry_id(entry.id)) {
      return QueueError{ErrorKind::kInvalidBatchEntryId,
                        "A batch entry id can only contain alphanumeric characters, hyphens and "
                        "underscores. It can be at most 80 letters long."};
    }
    if (!ids.insert(entry.id).second) {
      return QueueError{ErrorKind::kBatchEntryIdsNotDistinct,
                        fmt::format("Id {} repeated.", entry.id)};
    }
  }
  return std::nullopt;
}

aws::SqsSent sent_of(const SqsEntry& entry, const queues::Message& message) {
  aws::SqsSent sent;
  sent.id = entry.id;
  sent.message_id = message.id;
  sent.md5_of_body = aws::md5_hex(message.body);
  sent.md5_of_attributes = aws::md5_of_attributes(message.attributes);
  sent.md5_of_system_attributes = aws::md5_of_attributes(entry.system_attributes);
  return sent;
}

}  // namespace

void SqsServer::handle(HttpRequest&& request, http::Responder responder) {
  auto call = std::make_shared<Call>();
  call->encoding = aws::sqs_encoding(request);
  call->request_id = make_uuid(ids_);
  call->responder = std::move(responder);
  const std::string* host = request.headers.find("Host");
  call->base_url = fmt::format("http://{}", host != nullptr ? *host : "localhost");
  auto read = call->encoding == aws::SqsEncoding::kJson ? aws::read_sqs_json(request)
                                                        : aws::read_sqs_query(request);
  if (const auto* error = std::get_if<QueueError>(&read)) {
    fail(*call, *error);
    return;
  }
  call->request = std::get<aws::SqsRequest>(std::move(read));
  run(call);
}

void SqsServer::run(const CallPtr& call) {
  const SqsOperation operation = call->request.operation;
  if (operation == SqsOperation::kUnknown) {
    fail(*call,
         {ErrorKind::kInvalidAction, fmt::format("The action {} is not valid for this endpoint.",
                                                 call->request.operation_name.substr(0, 128))});
    return;
  }
  if (operation == SqsOperation::kNotServed) {
    fail(*call, {ErrorKind::kUnsupportedOperation,
                 fmt::format("{} is not served by this emulator.", call->request.operation_name)});
    return;
  }
  if (operation == SqsOperation::kCreateQueue) return create_queue(call);
  if (operation == SqsOperation::kListQueues) return list_queues(call);
  if (auto problem = find_queue(*call)) return fail(*call, *problem);
  if (is_batch(operation)) {
    if (auto problem = check_batch(call->request)) return fail(*call, *problem);
  }
  switch (operation) {
    case SqsOperation::kReceiveMessage:
      return receive(call);
    case SqsOperation::kSendMessage:
      return send(call);
    case SqsOperation::kSendMessageBatch:
      return send_batch(call);
    case SqsOperation::kDeleteMessage:
    case SqsOperation::kDeleteMessageBatch:
    case SqsOperation::kChangeMessageVisibility:
    case SqsOperation::kChangeMessageVisibilityBatch:
      return change_messages(call);
    case SqsOperation::kGetQueueAttributes:
    case SqsOperation::kListQueueTags:
    case SqsOperation::kGetQueueUrl:
      return get_attributes(call);
    case SqsOperation::kListDeadLetterSourceQueues:
      return list_sources(call);
    default:
      return change_queue(call);
  }
}

// A queue is named by its URL, whose last part is the name, or by the name.
SqsServer::Problem SqsServer::find_queue(Call& call) const {
  const aws::SqsRequest& request = call.request;
  std::string_view name = request.queue_name;
  if (request.operation == SqsOperation::kGetQueueUrl) {
    if (name.empty()) return queues::missing_parameter("QueueName");
  } else {
    name = request.queue_url;
    if (name.empty() || name == "/") return queues::missing_parameter("QueueUrl");
    if (name.ends_with('/')) name.remove_suffix(1);
    if (const std::size_t slash = name.rfind('/'); slash != name.npos) {
      name.remove_prefix(slash + 1);
    }
    if (queues::check_queue_name(name) && !name.ends_with(".fifo")) {
      return QueueError{ErrorKind::kInvalidAddress,
                        fmt::format("The address {} is not valid for this endpoint.",
                                    std::string_view{request.queue_url}.substr(0, 256))};
    }
  }
  const queues::QueueRecord* record = driver_.queues().find(name);
  if (record == nullptr) return queues::queue_does_not_exist();
  call.queue = record->id;
  return std::nullopt;
}

// --- receiving

SqsServer::Problem SqsServer::check_receive(const aws::SqsRequest& request) const {
  const auto outside = [](const std::optional<std::int64_t>& value, std::int64_t min,
                          std::int64_t max) { return value && (*value < min || *value > max); };
  if (outside(request.max_messages, 1, kReceiveMax)) {
    return queues::invalid_value(fmt::to_string(*request.max_messages), "MaxNumberOfMessages",
                                 "Must be between 1 and 10, if provided.");
  }
  if (outside(request.wait_s, 0, kWaitSecondsMax)) {
    return queues::invalid_value(fmt::to_string(*request.wait_s), "WaitTimeSeconds",
                                 "Must be >= 0 and <= 20, if provided.");
  }
  if (outside(request.entry.visibility_s, 0, kVisibilitySecondsMax)) {
    return queues::invalid_value(fmt::to_string(*request.entry.visibility_s), "VisibilityTimeout",
                                 "Must be >= 0 and <= 43200, if provided.");
  }
  return aws::check_system_attributes(request.attribute_names);
}

void SqsServer::receive(const CallPtr& call) {
  const aws::SqsRequest& request = call->request;
  if (auto problem = check_receive(request)) return fail(*call, *problem);
  queues::QueueSet::Receive receive;
  receive.queue = call->queue;
  receive.messages_max = request.max_messages.value_or(1);
  if (request.wait_s) receive.wait = std::chrono::seconds{*request.wait_s};
  if (stopped_) receive.wait = Duration::zero();
  if (const auto visibility = request.entry.visibility_s) {
    receive.visibility = std::chrono::seconds{*visibility};
  }
  auto asked = driver_.receive(receive, [this, alive = alive_, call](queues::Delivery&& delivery) {
    if (!*alive) return;
    waiting_.erase(delivery.ticket);
    received(*call, std::move(delivery));
  });
  if (const auto* error = std::get_if<QueueError>(&asked)) return fail(*call, *error);
  const auto ticket = std::get<queues::Ticket>(asked);
  waiting_.emplace(ticket, call);
  call->responder.on_close([this, alive = alive_, ticket] {
    if (!*alive || waiting_.erase(ticket) == 0) return;
    driver_.cancel(ticket);
  });
}

void SqsServer::received(Call& call, queues::Delivery&& delivery) {
  if (delivery.queue_removed) return fail(call, queues::queue_does_not_exist());
  SqsAnswer given;
  for (const queues::Received& received : delivery.messages) {
    given.messages.push_back(aws::make_sqs_message(received, call.request.attribute_names,
                                                   call.request.message_attribute_names));
  }
  answer(call, given);
}

void SqsServer::stop() {
  stopped_ = true;
  for (auto& [ticket, call] : std::exchange(waiting_, {})) {
    driver_.cancel(ticket);
    answer(*call, {});
  }
}

// --- sending

queues::OrError<queues::StoredMessage> SqsServer::prepare(const Call& call, const SqsEntry& entry) {
  if (!entry.body) return queues::missing_parameter("MessageBody");
  if (!entry.deduplication_id.empty()) {
    return queues::invalid_value(entry.deduplication_id, "MessageDeduplicationId",
                                 "The request includes a parameter that is not valid for this "
                                 "queue type.");
  }
  queues::Message message;
  message.body = *entry.body;
  message.attributes = entry.attributes;
  message.group_id = entry.group_id;
  for (const auto& [name, attribute] : entry.system_attributes) {
    if (name != kTraceHeader || attribute.type != "String" || attribute.value.empty()) {
      return QueueError{ErrorKind::kInvalidParameterValue,
                        fmt::format("Message system attribute name '{}' is invalid; there is only "
                                    "AWSTraceHeader, of type String.",
                                    name.substr(0, 256))};
    }
    message.trace_header = attribute.value;
  }
  return driver_.prepare(call.queue, std::move(message), entry.delay_s);
}

void SqsServer::send(const CallPtr& call) {
  auto prepared = prepare(*call, call->request.entry);
  if (const auto* error = std::get_if<QueueError>(&prepared)) return fail(*call, *error);
  auto& stored = std::get<queues::StoredMessage>(prepared);
  SqsAnswer given;
  given.sent = sent_of(call->request.entry, *stored.message);
  std::vector<queues::StoredMessage> messages;
  messages.push_back(std::move(stored));
  driver_.send(std::move(messages), [call, given = std::move(given)](const Status& status) {
    answer_or_fail(*call, status, given);
  });
}

void SqsServer::send_batch(const CallPtr& call) {
  std::int64_t bytes = 0;
  for (const SqsEntry& entry : call->request.entries) {
    queues::Message sized;
    sized.attributes = entry.attributes;
    bytes += sized.bytes() + static_cast<std::int64_t>(entry.body ? entry.body->size() : 0);
  }
  if (bytes > queues::kMessageBytesMax) {
    return fail(*call, {ErrorKind::kBatchRequestTooLong,
                        fmt::format("Batch requests cannot be longer than {} bytes. You have sent "
                                    "{} bytes.",
                                    queues::kMessageBytesMax, bytes)});
  }
  SqsAnswer given;
  std::vector<queues::StoredMessage> messages;
  for (const SqsEntry& entry : call->request.entries) {
    auto prepared = prepare(*call, entry);
    if (auto* error = std::get_if<QueueError>(&prepared)) {
      given.failures.push_back({entry.id, std::move(*error)});
      continue;
    }
    auto& stored = std::get<queues::StoredMessage>(prepared);
    given.successes.push_back(sent_of(entry, *stored.message));
    messages.push_back(std::move(stored));
  }
  driver_.send(std::move(messages), [call, given = std::move(given)](const Status& status) {
    answer_or_fail(*call, status, given);
  });
}

// --- deleting, changing visibility

SqsServer::Problem SqsServer::change_message(const Call& call, const SqsEntry& entry,
                                             queues::Effects& effects) {
  const bool removing = call.request.operation == SqsOperation::kDeleteMessage ||
                        call.request.operation == SqsOperation::kDeleteMessageBatch;
  if (!entry.receipt_handle) return queues::missing_parameter("ReceiptHandle");
  if (removing) {
    return driver_.queues().remove_message(call.queue, *entry.receipt_handle, driver_.now(),
                                           effects);
  }
  if (!entry.visibility_s) return queues::missing_parameter("VisibilityTimeout");
  return driver_.queues().change_visibility(call.queue, *entry.receipt_handle, *entry.visibility_s,
                                            driver_.now(), effects);
}

void SqsServer::change_messages(const CallPtr& call) {
  queues::Effects effects;
  SqsAnswer given;
  if (!is_batch(call->request.operation)) {
    auto problem = change_message(*call, call->request.entry, effects);
    if (problem) {
      driver_.finish(std::move(effects));
      return fail(*call, *problem);
    }
    return finish(call, std::move(effects), std::move(given));
  }
  for (const SqsEntry& entry : call->request.entries) {
    if (auto problem = change_message(*call, entry, effects)) {
      given.failures.push_back({entry.id, std::move(*problem)});
    } else {
      aws::SqsSent done;
      done.id = entry.id;
      given.successes.push_back(std::move(done));
    }
  }
  finish(call, std::move(effects), std::move(given));
}

// --- answering

std::string SqsServer::url_of(const Call& call, std::string_view name) const {
  return fmt::format("{}/{}/{}", call.base_url, driver_.queues().home().account, name);
}

void SqsServer::finish(const CallPtr& call, queues::Effects effects, SqsAnswer given) {
  driver_.finish(std::move(effects), [call, given = std::move(given)](const Status& status) {
    answer_or_fail(*call, status, given);
  });
}

void SqsServer::answer_or_fail(Call& call, const Status& status, const SqsAnswer& given) {
  if (status.ok()) {
    answer(call, given);
  } else {
    fail(call, {ErrorKind::kInternalFailure,
                "The change could not be stored; the emulator's log says why."});
  }
}

void SqsServer::answer(Call& call, const SqsAnswer& given) {
  call.responder.send(call.encoding == aws::SqsEncoding::kJson
                          ? aws::write_sqs_json(call.request, given, call.request_id)
                          : aws::write_sqs_query(call.request, given, call.request_id));
}

void SqsServer::fail(Call& call, const QueueError& error) {
  call.responder.send(call.encoding == aws::SqsEncoding::kJson
                          ? aws::write_sqs_json_error(error, call.request_id)
                          : aws::write_sqs_query_error(error, call.request_id));
}

}  // namespace lambdarium::live
