#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include "emulator/aws/sqs_digest.h"
#include "emulator/aws/sqs_event.h"
#include "emulator/aws/sqs_json.h"
#include "emulator/aws/sqs_query.h"
#include "emulator/aws/sqs_received.h"

namespace lambdarium::aws {
namespace {

using Json = nlohmann::json;
using queues::ErrorKind;
using queues::QueueError;

HttpRequest json_request(const std::string& operation, std::string body) {
  HttpRequest request;
  request.method = "POST";
  request.target = "/";
  request.headers.add("X-Amz-Target", "AmazonSQS." + operation);
  request.body = std::move(body);
  return request;
}

HttpRequest form_request(std::string body, std::string target = "/") {
  HttpRequest request;
  request.method = "POST";
  request.target = std::move(target);
  request.headers.add("Content-Type", "application/x-www-form-urlencoded; charset=utf-8");
  request.body = std::move(body);
  return request;
}

SqsRequest read(queues::OrError<SqsRequest> result) {
  if (const auto* error = std::get_if<QueueError>(&result)) BOOST_FAIL(error->message);
  return std::get<SqsRequest>(std::move(result));
}

SqsAnswer sent_answer() {
  SqsAnswer answer;
  answer.sent.message_id = "m";
  answer.sent.md5_of_body = "b";
  return answer;
}

BOOST_AUTO_TEST_SUITE(sqs_encodings)

BOOST_AUTO_TEST_CASE(digests_are_those_that_clients_compute) {
  BOOST_TEST(md5_hex("") == "d41d8cd98f00b204e9800998ecf8427e");
  BOOST_TEST(md5_hex("hello") == "5d41402abc4b2a76b9719d911017c592");
  BOOST_TEST(md5_of_attributes({}).empty());
  // As boto3's own tests of SQS have it: one String attribute.
  BOOST_TEST(md5_of_attributes({{"timestamp", {"Number", "1493147359900"}}}) ==
             "235c5c510d26fb653d073faed50ae77c");
}

BOOST_AUTO_TEST_CASE(requests_of_the_queue_service_are_told_from_those_of_lambda) {
  BOOST_TEST((sqs_encoding(json_request("SendMessage", "{}")) == SqsEncoding::kJson));
  BOOST_TEST((sqs_encoding(form_request("Action=ListQueues")) == SqsEncoding::kQuery));
  HttpRequest get;
  get.method = "GET";
  get.target = "/?Action=ListQueues&Version=2012-11-05";
  BOOST_TEST((sqs_encoding(get) == SqsEncoding::kQuery));
  BOOST_TEST((sqs_encoding(form_request("x=1", "/2015-03-31/functions/f/invocations")) ==
              SqsEncoding::kNone));
  HttpRequest lambda;
  lambda.method = "GET";
  lambda.target = "/2015-03-31/functions?Action=x";
  BOOST_TEST((sqs_encoding(lambda) == SqsEncoding::kNone));
}

BOOST_AUTO_TEST_CASE(both_encodings_read_the_same_message) {
  const SqsRequest json = read(read_sqs_json(json_request(
      "SendMessage",
      R"({"QueueUrl":"http://h/0/q","MessageBody":"a&b","DelaySeconds":5,"MessageAttributes":)"
      R"({"k":{"DataType":"String","StringValue":"v"},"n":{"DataType":"Binary",)"
      R"("BinaryValue":"AP8="}},)"
      R"("MessageSystemAttributes":{"AWSTraceHeader":{"DataType":"String",)"
      R"("StringValue":"Root=1"}}})")));
  const SqsRequest query = read(read_sqs_query(form_request(
      "Action=SendMessage&QueueUrl=http%3A%2F%2Fh%2F0%2Fq&MessageBody=a%26b&DelaySeconds=5"
      "&MessageAttribute.1.Name=k&MessageAttribute.1.Value.DataType=String"
      "&MessageAttribute.1.Value.StringValue=v&MessageAttribute.2.Name=n"
      "&MessageAttribute.2.Value.DataType=Binary&MessageAttribute.2.Value.BinaryValue=AP8%3D"
      "&MessageSystemAttribute.1.Name=AWSTraceHeader"
      "&MessageSystemAttribute.1.Value.DataType=String"
      "&MessageSystemAttribute.1.Value.StringValue=Root%3D1")));
  for (const SqsRequest& request : {json, query}) {
    BOOST_TEST((request.operation == SqsOperation::kSendMessage));
    BOOST_TEST(request.queue_url == "http://h/0/q");
    BOOST_TEST(request.entry.body.value() == "a&b");
    BOOST_TEST(request.entry.delay_s.value() == 5);
    BOOST_TEST(request.entry.attributes.at("k").value == "v");
    BOOST_TEST(request.entry.attributes.at("n").value == std::string("\0\xff", 2));
    BOOST_TEST(request.entry.system_attributes.at("AWSTraceHeader").value == "Root=1");
  }
}

BOOST_AUTO_TEST_CASE(both_encodings_read_lists_and_maps) {
  const SqsRequest json = read(read_sqs_json(json_request(
      "SendMessageBatch",
      R"({"QueueUrl":"q","Attributes":{"VisibilityTimeout":"5"},"AttributeNames":["All"],)"
      R"("MessageAttributeNames":["a","b.*"],"Tags":{"t":"1"},"TagKeys":["x","y"],)"
      R"("Entries":[{"Id":"1","MessageBody":"x"},{"Id":"2","ReceiptHandle":"r",)"
      R"("VisibilityTimeout":3}]})")));
  const SqsRequest query = read(read_sqs_query(form_request(
      "Action=SendMessageBatch&QueueUrl=q&Attribute.1.Name=VisibilityTimeout&Attribute.1.Value=5"
      "&AttributeName.1=All&MessageAttributeName.1=a&MessageAttributeName.2=b.%2A&Tag.1.Key=t"
      "&Tag.1.Value=1&TagKey.1=x&TagKey.2=y&SendMessageBatchRequestEntry.1.Id=1"
      "&SendMessageBatchRequestEntry.1.MessageBody=x&SendMessageBatchRequestEntry.2.Id=2"
      "&SendMessageBatchRequestEntry.2.ReceiptHandle=r"
      "&SendMessageBatchRequestEntry.2.VisibilityTimeout=3")));
  for (const SqsRequest& request : {json, query}) {
    BOOST_TEST(request.attributes.at("VisibilityTimeout") == "5");
    BOOST_TEST(request.attribute_names.at(0) == "All");
    BOOST_TEST(request.message_attribute_names.size() == 2);
    BOOST_TEST(request.tags.at("t") == "1");
    BOOST_TEST(request.tag_keys.size() == 2);
    BOOST_REQUIRE(request.entries.size() == 2);
    BOOST_TEST(request.entries[0].body.value() == "x");
    BOOST_TEST(request.entries[1].receipt_handle.value() == "r");
    BOOST_TEST(request.entries[1].visibility_s.value() == 3);
  }
}

BOOST_AUTO_TEST_CASE(query_takes_the_queue_from_the_path) {
  const SqsRequest request =
      read(read_sqs_query(form_request("Action=PurgeQueue", "/000000000000/q")));
  BOOST_TEST(request.queue_url == "/000000000000/q");
}

BOOST_AUTO_TEST_CASE(bodies_of_another_shape_are_refused) {
  for (const char* bad : {"x", "[]", R"({"QueueUrl":1})", R"({"MaxNumberOfMessages":"1"})",
                          R"({"Entries":{}})", R"({"Entries":[1]})", R"({"TagKeys":"x"})",
                          R"({"Attributes":{"a":1}})", R"({"MessageAttributes":{"a":"b"}})",
                          R"({"MessageAttributes":{"a":{"DataType":"Binary","BinaryValue":"!"}}})",
                          R"({"WaitTimeSeconds":1.5})", R"({"WaitTimeSeconds":1e30})",
                          R"({"WaitTimeSeconds":18446744073709551615})"}) {
    BOOST_TEST_CONTEXT(bad) {
      const auto result = read_sqs_json(json_request("SendMessage", bad));
      BOOST_REQUIRE(result.index() == 1U);
      BOOST_TEST((std::get<QueueError>(result).kind == ErrorKind::kMalformedInput));
    }
  }
  BOOST_TEST(read_sqs_json(json_request("SendMessage", std::string(5'000, '['))).index() == 1U);
  for (const char* bad :
       {"Action=ReceiveMessage&MaxNumberOfMessages=x", "Action=ReceiveMessage&WaitTimeSeconds="}) {
    BOOST_TEST(read_sqs_query(form_request(bad)).index() == 1U);
  }
  BOOST_TEST(
      (read(read_sqs_json(json_request("Nonsense", "{}"))).operation == SqsOperation::kUnknown));
}

BOOST_AUTO_TEST_CASE(answers_have_the_shape_of_their_protocol) {
  SqsRequest request;
  request.operation = SqsOperation::kSendMessage;
  request.operation_name = "SendMessage";
  const HttpResponse json = write_sqs_json(request, sent_answer(), "id");
  BOOST_TEST(json.status == 200);
  BOOST_TEST(*json.headers.find("Content-Type") == "application/x-amz-json-1.0");
  BOOST_TEST(Json::parse(json.body) == (Json{{"MessageId", "m"}, {"MD5OfMessageBody", "b"}}));
  const HttpResponse xml = write_sqs_query(request, sent_answer(), "id");
  BOOST_TEST(xml.body ==
             "<?xml version=\"1.0\"?><SendMessageResponse xmlns=\"http://queue.amazonaws.com/doc/"
             "2012-11-05/\"><SendMessageResult><MessageId>m</MessageId><MD5OfMessageBody>b"
             "</MD5OfMessageBody></SendMessageResult><ResponseMetadata><RequestId>id</RequestId>"
             "</ResponseMetadata></SendMessageResponse>");
}

BOOST_AUTO_TEST_CASE(text_in_xml_is_escaped) {
  SqsRequest request;
  request.operation = SqsOperation::kReceiveMessage;
  request.operation_name = "ReceiveMessage";
  SqsAnswer answer;
  SqsMessage message;
  message.body = "<a & \"b\">\r";
  answer.messages.push_back(message);
  const HttpResponse xml = write_sqs_query(request, answer, "id");
  BOOST_TEST(xml.body.find("<Body>&lt;a &amp; &quot;b&quot;&gt;&#xd;</Body>") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(errors_carry_both_of_their_names) {
  const HttpResponse json = write_sqs_json_error(queues::queue_does_not_exist(), "id");
  BOOST_TEST(json.status == 400);
  BOOST_TEST(*json.headers.find("x-amzn-query-error") ==
             "AWS.SimpleQueueService.NonExistentQueue;Sender");
  BOOST_TEST(Json::parse(json.body).at("__type") == "com.amazonaws.sqs#QueueDoesNotExist");
  const HttpResponse xml = write_sqs_query_error(queues::queue_does_not_exist(), "id");
  BOOST_TEST(xml.status == 400);
  BOOST_TEST(xml.body.find("<Code>AWS.SimpleQueueService.NonExistentQueue</Code>") !=
             std::string::npos);
  const HttpResponse broken = write_sqs_json_error({ErrorKind::kInternalFailure, "x"}, "id");
  BOOST_TEST(broken.status == 500);
}

BOOST_AUTO_TEST_CASE(a_batch_tells_what_went_well_and_what_did_not) {
  SqsRequest request;
  request.operation = SqsOperation::kDeleteMessageBatch;
  request.operation_name = "DeleteMessageBatch";
  SqsAnswer answer;
  answer.successes.emplace_back().id = "1";
  answer.failures.push_back({"2", {ErrorKind::kReceiptHandleIsInvalid, "bad"}});
  const Json json = Json::parse(write_sqs_json(request, answer, "id").body);
  BOOST_TEST(json.at("Successful") == (Json::array({Json{{"Id", "1"}}})));
  BOOST_TEST(json.at("Failed").at(0).at("Code") == "ReceiptHandleIsInvalid");
  BOOST_TEST(json.at("Failed").at(0).at("SenderFault") == true);
  const std::string xml = write_sqs_query(request, answer, "id").body;
  BOOST_TEST(xml.find("<DeleteMessageBatchResultEntry><Id>1</Id>") != std::string::npos);
  BOOST_TEST(xml.find("<BatchResultErrorEntry><Id>2</Id>") != std::string::npos);
}

queues::Received received_message() {
  auto message = std::make_shared<queues::Message>();
  message->id = "m";
  message->body = "\"hello\"";
  message->sender = "000000000000";
  message->attributes = {{"app.a", {"String", "1"}}, {"b", {"Binary", std::string("\0", 1)}}};
  message->sent = at(1'700'000'000s);
  queues::Received received;
  received.message = message;
  received.state.receive_count = 2;
  received.state.first_received = at(1'700'000'001s);
  received.receipt_handle = "r";
  return received;
}

BOOST_AUTO_TEST_CASE(a_receive_is_shown_what_it_asks_for) {
  const queues::Received received = received_message();
  BOOST_TEST(make_sqs_message(received, {}, {}).attributes.empty());
  BOOST_TEST(make_sqs_message(received, {}, {}).message_attributes.empty());
  BOOST_TEST(make_sqs_message(received, {"All"}, {}).attributes.size() == 4);
  BOOST_TEST(make_sqs_message(received, {"SentTimestamp"}, {}).attributes.at("SentTimestamp") ==
             "1700000000000");
  for (const char* all : {"All", ".*"}) {
    BOOST_TEST(make_sqs_message(received, {}, {all}).message_attributes.size() == 2);
  }
  BOOST_TEST(make_sqs_message(received, {}, {"app.*"}).message_attributes.contains("app.a"));
  BOOST_TEST(make_sqs_message(received, {}, {"ap.*"}).message_attributes.empty());
  BOOST_TEST(!check_system_attributes({"All", "AWSTraceHeader"}));
  BOOST_TEST(check_system_attributes({"Nonsense"}).has_value());
}

BOOST_AUTO_TEST_CASE(a_function_is_given_records) {
  const std::string record = sqs_record(received_message(), "arn:q", "eu-west-1");
  const Json event = Json::parse(sqs_event({record, record}));
  BOOST_REQUIRE(event.at("Records").size() == 2);
  const Json& first = event["Records"][0];
  BOOST_TEST(first.at("messageId") == "m");
  BOOST_TEST(first.at("receiptHandle") == "r");
  BOOST_TEST(first.at("body") == "\"hello\"");
  BOOST_TEST(first.at("attributes") ==
             (Json{{"ApproximateReceiveCount", "2"},
                   {"SentTimestamp", "1700000000000"},
                   {"SenderId", "000000000000"},
                   {"ApproximateFirstReceiveTimestamp", "1700000001000"}}));
  BOOST_TEST(first.at("messageAttributes").at("app.a").at("stringValue") == "1");
  BOOST_TEST(first.at("messageAttributes").at("b").at("binaryValue") == "AA==");
  BOOST_TEST(first.at("md5OfBody") == md5_hex("\"hello\""));
  BOOST_TEST(first.at("eventSource") == "aws:sqs");
  BOOST_TEST(first.at("eventSourceARN") == "arn:q");
  BOOST_TEST(first.at("awsRegion") == "eu-west-1");
}

BOOST_AUTO_TEST_CASE(partial_answers_name_messages_of_the_batch_or_fail_all_of_it) {
  const std::set<std::string> batch{"a", "b"};
  for (const char* good : {"", "null", "{}", R"({"batchItemFailures":null})",
                           R"({"batchItemFailures":[]})", R"({"other":1})"}) {
    BOOST_TEST_CONTEXT(good) {
      const auto failures = read_batch_failures(good, batch);
      BOOST_REQUIRE(failures.has_value());
      BOOST_TEST(failures->empty());
    }
  }
  const auto one = read_batch_failures(R"({"batchItemFailures":[{"itemIdentifier":"b"}]})", batch);
  BOOST_TEST(one.value().contains("b"));
  for (const char* bad :
       {"x", "[]", "\"text\"", R"({"batchItemFailures":{}})", R"({"batchItemFailures":["a"]})",
        R"({"batchItemFailures":[{}]})", R"({"batchItemFailures":[{"itemIdentifier":""}]})",
        R"({"batchItemFailures":[{"itemIdentifier":null}]})",
        R"({"batchItemFailures":[{"itemIdentifier":"c"}]})",
        R"({"batchItemFailures":[{"identifier":"a"}]})"}) {
    BOOST_TEST_CONTEXT(bad) {
      BOOST_TEST(!read_batch_failures(bad, batch).has_value());
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace lambdarium::aws
