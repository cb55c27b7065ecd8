#include "emulator/aws/sqs_json.h"

#include <limits>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "models/base/encoding.h"

namespace lambdarium::aws {
namespace {

using Json = nlohmann::json;
using queues::ErrorKind;
using queues::QueueError;

constexpr std::size_t kNestingMax = 16;

// Reads members and remembers the first one that was of another type.
class Reader {
 public:
  const Json* member(const Json& object, const char* name) {
    const auto found = object.find(name);
    return found == object.end() || found->is_null() ? nullptr : &*found;
  }
  std::optional<std::string> text(const Json& object, const char* name) {
    const Json* value = member(object, name);
    if (value == nullptr) return std::nullopt;
    if (value->is_string()) return value->get<std::string>();
    wrong(name, "a string");
    return std::nullopt;
  }
  std::optional<std::int64_t> integer(const Json& object, const char* name) {
    const Json* value = member(object, name);
    if (value == nullptr) return std::nullopt;
    if (value->is_number_integer() &&
        !(value->is_number_unsigned() &&
          value->get<std::uint64_t>() > std::numeric_limits<std::int64_t>::max())) {
      return value->get<std::int64_t>();
    }
    wrong(name, "an integer");
    return std::nullopt;
  }
  std::vector<std::string> list(const Json& object, const char* name) {
    std::vector<std::string> items;
    const Json* value = member(object, name);
    if (value == nullptr) return items;
    if (!value->is_array()) wrong(name, "a list");
    for (const Json& item : *value) {
      if (item.is_string()) {
        items.push_back(item.get<std::string>());
      } else {
        wrong(name, "a list of strings");
      }
    }
    return items;
  }
  std::map<std::string, std::string> map(const Json& object, const char* name) {
    std::map<std::string, std::string> items;
    const Json* value = member(object, name);
    if (value == nullptr) return items;
    if (!value->is_object()) {
      wrong(name, "an object");
      return items;
    }
    for (const auto& [key, item] : value->items()) {
      if (item.is_string()) {
        items[key] = item.get<std::string>();
      } else {
        wrong(name, "an object of strings");
      }
    }
    return items;
  }
  queues::MessageAttributes attributes(const Json& object, const char* name);
  SqsEntry entry(const Json& object);
  void wrong(std::string_view name, std::string_view wanted) {
    if (problem.empty()) problem = fmt::format("{} must be {}", name, wanted);
  }

  std::string problem;
};

queues::MessageAttributes Reader::attributes(const Json& object, const char* name) {
  queues::MessageAttributes items;
  const Json* value = member(object, name);
  if (value == nullptr) return items;
  if (!value->is_object()) {
    wrong(name, "an object");
    return items;
  }
  for (const auto& [key, item] : value->items()) {
    if (!item.is_object()) {
      wrong(name, "an object of objects");
      continue;
    }
    queues::MessageAttribute attribute;
    attribute.type = text(item, "DataType").value_or("");
    if (attribute.is_binary()) {
      const auto bytes = base64_decode(text(item, "BinaryValue").value_or(""));
      if (!bytes) wrong("BinaryValue", "base64");
      attribute.value = bytes.value_or("");
    } else {
      attribute.value = text(item, "StringValue").value_or("");
    }
    items[key] = std::move(attribute);
  }
  return items;
}

SqsEntry Reader::entry(const Json& object) {
  SqsEntry entry;
  entry.id = text(object, "Id").value_or("");
  entry.body = text(object, "MessageBody");
  entry.delay_s = integer(object, "DelaySeconds");
  entry.visibility_s = integer(object, "VisibilityTimeout");
  entry.receipt_handle = text(object, "ReceiptHandle");
  entry.attributes = attributes(object, "MessageAttributes");
  entry.system_attributes = attributes(object, "MessageSystemAttributes");
  entry.group_id = text(object, "MessageGroupId").value_or("");
  entry.deduplication_id = text(object, "MessageDeduplicationId").value_or("");
  return entry;
}

void append(std::vector<std::string>& to, std::vector<std::string> more) {
  to.insert(to.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

Json sent_json(const SqsSent& sent, bool batch) {
  Json item = Json::object();
  if (batch) item["Id"] = sent.id;
  if (sent.message_id.empty()) return item;
  item["MessageId"] = sent.message_id;
  item["MD5OfMessageBody"] = sent.md5_of_body;
  if (!sent.md5_of_attributes.empty()) item["MD5OfMessageAttributes"] = sent.md5_of_attributes;
  if (!sent.md5_of_system_attributes.empty()) {
    item["MD5OfMessageSystemAttributes"] = sent.md5_of_system_attributes;
  }
  return item;
}

Json batch_json(const SqsAnswer& answer) {
  Json body = {{"Successful", Json::array()}, {"Failed", Json::array()}};
  for (const SqsSent& sent : answer.successes) body["Successful"].push_back(sent_json(sent, true));
  for (const SqsFailed& failed : answer.failures) {
    const queues::ErrorNames names = queues::names_of(failed.error.kind);
    body["Failed"].push_back({{"Id", failed.id},
                              {"Code", names.query},
                              {"Message", failed.error.message},
                              {"SenderFault", names.by_sender}});
  }
  // AWS: a member without items is left out.
  if (body["Failed"].empty()) body.erase("Failed");
  if (body["Successful"].empty()) body.erase("Successful");
  return body;
}

Json messages_json(const SqsAnswer& answer) {
  Json body = Json::object();
  for (const SqsMessage& message : answer.messages) {
    Json item = {{"MessageId", message.message_id},
                 {"ReceiptHandle", message.receipt_handle},
                 {"MD5OfBody", message.md5_of_body},
                 {"Body", message.body}};
    if (!message.attributes.empty()) item["Attributes"] = message.attributes;
    if (!message.message_attributes.empty()) {
      item["MD5OfMessageAttributes"] = message.md5_of_attributes;
      for (const auto& [name, attribute] : message.message_attributes) {
        Json& value = item["MessageAttributes"][name];
        value["DataType"] = attribute.type;
        if (attribute.is_binary()) {
          value["BinaryValue"] = base64_encode(attribute.value);
        } else {
          value["StringValue"] = attribute.value;
        }
      }
    }
    body["Messages"].push_back(std::move(item));
  }
  return body;
}

Json body_of(const SqsRequest& request, const SqsAnswer& answer) {
  Json body = Json::object();
  switch (request.operation) {
    case SqsOperation::kCreateQueue:
    case SqsOperation::kGetQueueUrl:
      body["QueueUrl"] = answer.queue_url;
      break;
    case SqsOperation::kListQueues:
      // AWS: a member without items is left out, but for the other list.
      if (!answer.queue_urls.empty()) body["QueueUrls"] = answer.queue_urls;
      if (!answer.next_token.empty()) body["NextToken"] = answer.next_token;
      break;
    case SqsOperation::kListDeadLetterSourceQueues:
      body["queueUrls"] = answer.queue_urls;
      if (!answer.next_token.empty()) body["NextToken"] = answer.next_token;
      break;
    case SqsOperation::kGetQueueAttributes:
      if (!answer.attributes.empty()) body["Attributes"] = answer.attributes;
      break;
    case SqsOperation::kListQueueTags:
      if (!answer.tags.empty()) body["Tags"] = answer.tags;
      break;
    case SqsOperation::kSendMessage:
      return sent_json(answer.sent, false);
    case SqsOperation::kSendMessageBatch:
    case SqsOperation::kDeleteMessageBatch:
    case SqsOperation::kChangeMessageVisibilityBatch:
      return batch_json(answer);
    case SqsOperation::kReceiveMessage:
      return messages_json(answer);
    default:
      break;  // nothing to say
  }
  return body;
}

HttpResponse respond(int status, const Json& body, std::string_view request_id) {
  HttpResponse response;
  response.status = status;
  response.headers.add("x-amzn-RequestId", std::string{request_id});
  response.headers.add("Content-Type", "application/x-amz-json-1.0");
  response.body = body.dump(-1, ' ', false, Json::error_handler_t::replace);
  return response;
}

}  // namespace

queues::OrError<SqsRequest> read_sqs_json(const HttpRequest& request) {
  SqsRequest read;
  const std::string* target = request.headers.find("X-Amz-Target");
  if (target != nullptr) read.operation_name = target->substr(target->find('.') + 1);
  read.operation = sqs_operation(read.operation_name);
  if (json_nesting(request.body) > kNestingMax) {
    return QueueError{ErrorKind::kMalformedInput, "The request body is nested too deeply."};
  }
  const Json body =
      request.body.empty() ? Json::object() : Json::parse(request.body, nullptr, false);
  if (!body.is_object()) {
    return QueueError{ErrorKind::kMalformedInput, "The request body is not a JSON object."};
  }
  Reader reader;
  read.queue_url = reader.text(body, "QueueUrl").value_or("");
  read.queue_name = reader.text(body, "QueueName").value_or("");
  read.name_prefix = reader.text(body, "QueueNamePrefix").value_or("");
  read.next_token = reader.text(body, "NextToken").value_or("");
  read.max_results = reader.integer(body, "MaxResults");
  read.max_messages = reader.integer(body, "MaxNumberOfMessages");
  read.wait_s = reader.integer(body, "WaitTimeSeconds");
  read.attributes = reader.map(body, "Attributes");
  // CreateQueue's member is in lower case, TagQueue's is not.
  read.tags = reader.map(body, body.contains("tags") ? "tags" : "Tags");
  read.tag_keys = reader.list(body, "TagKeys");
  read.attribute_names = reader.list(body, "AttributeNames");
  append(read.attribute_names, reader.list(body, "MessageSystemAttributeNames"));
  read.message_attribute_names = reader.list(body, "MessageAttributeNames");
  read.entry = reader.entry(body);
  if (const Json* entries = reader.member(body, "Entries")) {
    if (!entries->is_array()) reader.wrong("Entries", "a list");
    for (const Json& entry : *entries) {
      if (entry.is_object()) {
        read.entries.push_back(reader.entry(entry));
      } else {
        reader.wrong("Entries", "a list of objects");
      }
    }
  }
  if (!reader.problem.empty()) return QueueError{ErrorKind::kMalformedInput, reader.problem};
  return read;
}

HttpResponse write_sqs_json(const SqsRequest& request, const SqsAnswer& answer,
                            std::string_view request_id) {
  return respond(200, body_of(request, answer), request_id);
}

HttpResponse write_sqs_json_error(const QueueError& error, std::string_view request_id) {
  const queues::ErrorNames names = queues::names_of(error.kind);
  // AWS: all errors of the sender are 400 in this protocol.
  HttpResponse response = respond(
      names.by_sender ? 400 : names.status,
      {{"__type", fmt::format("com.amazonaws.sqs#{}", names.json)}, {"message", error.message}},
      request_id);
  response.headers.add("x-amzn-query-error",
                       fmt::format("{};{}", names.query, names.by_sender ? "Sender" : "Receiver"));
  return response;
}

}  // namespace lambdarium::aws
