#include "emulator/aws/sqs_query.h"

#include <charconv>

#include <fmt/format.h>

#include "models/base/encoding.h"

namespace lambdarium::aws {
namespace {

using queues::ErrorKind;
using queues::QueueError;

constexpr std::string_view kNamespace = "http://queue.amazonaws.com/doc/2012-11-05/";
constexpr std::size_t kParametersMax = 5'000;

using Parameters = std::map<std::string, std::string, std::less<>>;

bool add_parameters(std::string_view text, Parameters& parameters) {
  while (!text.empty()) {
    const std::size_t end = text.find('&');
    const std::string_view item = text.substr(0, end);
    text = end == text.npos ? std::string_view{} : text.substr(end + 1);
    if (item.empty()) continue;
    const std::size_t equals = item.find('=');
    const std::string_view value =
        equals == item.npos ? std::string_view{} : item.substr(equals + 1);
    parameters[percent_decode(item.substr(0, equals), true)] = percent_decode(value, true);
    if (parameters.size() > kParametersMax) return false;
  }
  return true;
}

// Reads parameters; lists are numbered from 1 and end with the first number that is missing.
class Reader {
 public:
  explicit Reader(const Parameters& parameters) : parameters_(parameters) {}

  std::optional<std::string> text(const std::string& name) const {
    const auto found = parameters_.find(name);
    if (found == parameters_.end()) return std::nullopt;
    return found->second;
  }
  std::string text_or_empty(const std::string& name) const { return text(name).value_or(""); }
  std::optional<std::int64_t> integer(const std::string& name) {
    const auto given = text(name);
    if (!given) return std::nullopt;
    std::int64_t value = 0;
    const auto [end, problem_found] =
        std::from_chars(given->data(), given->data() + given->size(), value);
    if (problem_found == std::errc{} && end == given->data() + given->size() && !given->empty()) {
      return value;
    }
    wrong(name, *given);
    return std::nullopt;
  }
  // Whether a parameter has this prefix and more.
  bool any_with(const std::string& prefix) const {
    const auto found = parameters_.lower_bound(prefix);
    return found != parameters_.end() && found->first.starts_with(prefix);
  }
  std::vector<std::string> list(const std::string& name) const {
    std::vector<std::string> items;
    if (const auto only = text(name)) items.push_back(*only);
    for (int i = 1;; ++i) {
      const auto item = text(fmt::format("{}.{}", name, i));
      if (!item) return items;
      items.push_back(*item);
    }
  }
  std::map<std::string, std::string> map(const std::string& name, const char* key) const {
    std::map<std::string, std::string> items;
    for (int i = 1;; ++i) {
      const auto item_key = text(fmt::format("{}.{}.{}", name, i, key));
      if (!item_key) return items;
      items[*item_key] = text_or_empty(fmt::format("{}.{}.Value", name, i));
    }
  }
  queues::MessageAttributes attributes(const std::string& name);
  SqsEntry entry(const std::string& prefix);
  std::vector<SqsEntry> entries(const std::string& name) {
    std::vector<SqsEntry> items;
    for (int i = 1; any_with(fmt::format("{}.{}.", name, i)); ++i) {
      items.push_back(entry(fmt::format("{}.{}.", name, i)));
    }
    return items;
  }
  void wrong(std::string_view name, std::string_view value) {
    if (problem.empty()) {
      problem = fmt::format("Value {} for parameter {} is invalid.", value.substr(0, 256), name);
    }
  }

  std::string problem;

 private:
  const Parameters& parameters_;
};

queues::MessageAttributes Reader::attributes(const std::string& name) {
  queues::MessageAttributes items;
  for (int i = 1;; ++i) {
    const std::string prefix = fmt::format("{}.{}.", name, i);
    const auto key = text(prefix + "Name");
    if (!key) return items;
    queues::MessageAttribute attribute;
    attribute.type = text_or_empty(prefix + "Value.DataType");
    if (attribute.is_binary()) {
      const auto bytes = base64_decode(text_or_empty(prefix + "Value.BinaryValue"));
      if (!bytes) wrong(prefix + "Value.BinaryValue", "(not base64)");
      attribute.value = bytes.value_or("");
    } else {
      attribute.value = text_or_empty(prefix + "Value.StringValue");
    }
    items[*key] = std::move(attribute);
  }
}

SqsEntry Reader::entry(const std::string& prefix) {
  SqsEntry entry;
  entry.id = text_or_empty(prefix + "Id");
  entry.body = text(prefix + "MessageBody");
  entry.delay_s = integer(prefix + "DelaySeconds");
  entry.visibility_s = integer(prefix + "VisibilityTimeout");
  entry.receipt_handle = text(prefix + "ReceiptHandle");
  entry.attributes = attributes(prefix + "MessageAttribute");
  entry.system_attributes = attributes(prefix + "MessageSystemAttribute");
  entry.group_id = text_or_empty(prefix + "MessageGroupId");
  entry.deduplication_id = text_or_empty(prefix + "MessageDeduplicationId");
  return entry;
}

// --- XML

void append_escaped(std::string& out, std::string_view text) {
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\r':
        out += "&#xd;";  // an XML reader would take it for a line feed
        break;
      default:
        out += c;
    }
  }
}

void element(std::string& out, std::string_view name, std::string_view text) {
  out += fmt::format("<{}>", name);
  append_escaped(out, text);
  out += fmt::format("</{}>", name);
}

void element_if_any(std::string& out, std::string_view name, std::string_view text) {
  if (!text.empty()) element(out, name, text);
}

void pairs(std::string& out, std::string_view name, std::string_view key,
           const std::map<std::string, std::string>& map) {
  for (const auto& [item_key, value] : map) {
    out += fmt::format("<{}>", name);
    element(out, key, item_key);
    element(out, "Value", value);
    out += fmt::format("</{}>", name);
  }
}

void append_sent(std::string& out, const SqsSent& sent) {
  element_if_any(out, "MessageId", sent.message_id);
  element_if_any(out, "MD5OfMessageBody", sent.md5_of_body);
  element_if_any(out, "MD5OfMessageAttributes", sent.md5_of_attributes);
  element_if_any(out, "MD5OfMessageSystemAttributes", sent.md5_of_system_attributes);
}

void append_batch(std::string& out, const std::string& operation, const SqsAnswer& answer) {
  for (const SqsSent& sent : answer.successes) {
    out += fmt::format("<{}ResultEntry>", operation);
    element(out, "Id", sent.id);
    append_sent(out, sent);
    out += fmt::format("</{}ResultEntry>", operation);
  }
  for (const SqsFailed& failed : answer.failures) {
    const queues::ErrorNames names = queues::names_of(failed.error.kind);
    out += "<BatchResultErrorEntry>";
    element(out, "Id", failed.id);
    element(out, "Code", names.query);
    element(out, "Message", failed.error.message);
    element(out, "SenderFault", names.by_sender ? "true" : "false");
    out += "</BatchResultErrorEntry>";
  }
}

void append_messages(std::string& out, const SqsAnswer& answer) {
  for (const SqsMessage& message : answer.messages) {
    out += "<Message>";
    element(out, "MessageId", message.message_id);
    element(out, "ReceiptHandle", message.receipt_handle);
    element(out, "MD5OfBody", message.md5_of_body);
    element(out, "Body", message.body);
    pairs(out, "Attribute", "Name", message.attributes);
    if (!message.message_attributes.empty()) {
      element(out, "MD5OfMessageAttributes", message.md5_of_attributes);
    }
    for (const auto& [name, attribute] : message.message_attributes) {
      out += "<MessageAttribute>";
      element(out, "Name", name);
      out += "<Value>";
      element(out, "DataType", attribute.type);
      if (attribute.is_binary()) {
        element(out, "BinaryValue", base64_encode(attribute.value));
      } else {
        element(out, "StringValue", attribute.value);
      }
      out += "</Value></MessageAttribute>";
    }
    out += "</Message>";
  }
}

// False: the operation answers nothing but its name.
bool append_result(std::string& out, const SqsRequest& request, const SqsAnswer& answer) {
  switch (request.operation) {
    case SqsOperation::kCreateQueue:
    case SqsOperation::kGetQueueUrl:
      element(out, "QueueUrl", answer.queue_url);
      return true;
    case SqsOperation::kListQueues:
    case SqsOperation::kListDeadLetterSourceQueues:
      for (const std::string& url : answer.queue_urls) element(out, "QueueUrl", url);
      element_if_any(out, "NextToken", answer.next_token);
      return true;
    case SqsOperation::kGetQueueAttributes:
      pairs(out, "Attribute", "Name", answer.attributes);
      return true;
    case SqsOperation::kListQueueTags:
      pairs(out, "Tag", "Key", answer.tags);
      return true;
    case SqsOperation::kSendMessage:
      append_sent(out, answer.sent);
      return true;
    case SqsOperation::kSendMessageBatch:
    case SqsOperation::kDeleteMessageBatch:
    case SqsOperation::kChangeMessageVisibilityBatch:
      append_batch(out, request.operation_name, answer);
      return true;
    case SqsOperation::kReceiveMessage:
      append_messages(out, answer);
      return true;
    default:
      return false;
  }
}

HttpResponse respond(int status, std::string body, std::string_view request_id) {
  HttpResponse response;
  response.status = status;
  response.headers.add("x-amzn-RequestId", std::string{request_id});
  response.headers.add("Content-Type", "text/xml");
  response.body = R"(<?xml version="1.0"?>)" + std::move(body);
  return response;
}

}  // namespace

queues::OrError<SqsRequest> read_sqs_query(const HttpRequest& request) {
  Parameters parameters;
  if (!add_parameters(request.query(), parameters) || !add_parameters(request.body, parameters)) {
    return QueueError{ErrorKind::kMalformedInput,
                      fmt::format("A request has at most {} parameters.", kParametersMax)};
  }
  Reader reader{parameters};
  SqsRequest read;
  read.operation_name = reader.text_or_empty("Action");
  read.operation = sqs_operation(read.operation_name);
  read.queue_url = reader.text(std::string{"QueueUrl"}).value_or(std::string{request.path()});
  read.queue_name = reader.text_or_empty("QueueName");
  read.name_prefix = reader.text_or_empty("QueueNamePrefix");
  read.next_token = reader.text_or_empty("NextToken");
  read.max_results = reader.integer("MaxResults");
  read.max_messages = reader.integer("MaxNumberOfMessages");
  read.wait_s = reader.integer("WaitTimeSeconds");
  read.attributes = reader.map("Attribute", "Name");
  read.tags = reader.map("Tag", "Key");
  read.tag_keys = reader.list("TagKey");
  read.attribute_names = reader.list("AttributeName");
  for (std::string& name : reader.list("MessageSystemAttributeName")) {
    read.attribute_names.push_back(std::move(name));
  }
  read.message_attribute_names = reader.list("MessageAttributeName");
  read.entry = reader.entry("");
  if (read.operation_name.ends_with("Batch")) {
    read.entries = reader.entries(read.operation_name + "RequestEntry");
  }
  if (!reader.problem.empty()) {
    return QueueError{ErrorKind::kInvalidParameterValue, reader.problem};
  }
  return read;
}

HttpResponse write_sqs_query(const SqsRequest& request, const SqsAnswer& answer,
                             std::string_view request_id) {
  std::string result;
  const bool any = append_result(result, request, answer);
  std::string body = fmt::format(R"(<{}Response xmlns="{}">)", request.operation_name, kNamespace);
  if (any) body += fmt::format("<{0}Result>{1}</{0}Result>", request.operation_name, result);
  body += fmt::format("<ResponseMetadata><RequestId>{}</RequestId></ResponseMetadata></{}Response>",
                      request_id, request.operation_name);
  return respond(200, std::move(body), request_id);
}

HttpResponse write_sqs_query_error(const QueueError& error, std::string_view request_id) {
  const queues::ErrorNames names = queues::names_of(error.kind);
  std::string body = fmt::format(R"(<ErrorResponse xmlns="{}"><Error>)", kNamespace);
  element(body, "Type", names.by_sender ? "Sender" : "Receiver");
  element(body, "Code", names.query);
  element(body, "Message", error.message);
  body += fmt::format("<Detail/></Error><RequestId>{}</RequestId></ErrorResponse>", request_id);
  return respond(names.status, std::move(body), request_id);
}

}  // namespace lambdarium::aws
