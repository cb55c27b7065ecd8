#include <boost/test/unit_test.hpp>

#include "tests/unit/emulator/templates/template_fixture.h"

namespace lambdarium::templates {
namespace {

using testing::python_function;
using testing::TemplateFixture;

struct QueueFixture : TemplateFixture {
  // One event, in line 9.
  TemplateReport with_event(const std::string& properties, const std::string& more = kQueue) const {
    return load(python_function("      Events:\n        E: {Type: SQS, Properties: {" + properties +
                                "}}\n") +
                more);
  }
  static constexpr const char* kQueue = "  Q: {Type: AWS::SQS::Queue}\n";
};

BOOST_FIXTURE_TEST_SUITE(template_queues, QueueFixture)

BOOST_AUTO_TEST_CASE(queues_have_names_settings_tags_and_a_dead_letter_queue) {
  const auto report = load(
      "Resources:\n"
      "  Q:\n"
      "    Type: AWS::SQS::Queue\n"
      "    Properties:\n"
      "      QueueName: orders\n"
      "      VisibilityTimeout: 60\n"
      "      SqsManagedSseEnabled: true\n"
      "      RedrivePolicy: {deadLetterTargetArn: !GetAtt D.Arn, maxReceiveCount: 3}\n"
      "      Tags: [{Key: k, Value: v}]\n"
      "  D: {Type: AWS::SQS::Queue}\n"
      "Outputs:\n"
      "  Url: {Value: !Ref Q}\n"
      "  Name: {Value: !GetAtt D.QueueName}\n"
      "  Url2: {Value: !GetAtt D.QueueUrl}\n");
  BOOST_TEST(errors(report) == "");
  BOOST_TEST(notes(report) == "");
  BOOST_REQUIRE(report.queues.size() == 2U);
  const QueueDefinition& queue = report.queues[0];
  BOOST_TEST(queue.name == "orders");
  BOOST_TEST(queue.attributes.at("VisibilityTimeout") == "60");
  BOOST_TEST(queue.attributes.at("SqsManagedSseEnabled") == "true");
  BOOST_TEST(queue.attributes.at("RedrivePolicy") ==
             R"({"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:D",)"
             R"("maxReceiveCount":"3"})");
  BOOST_TEST(queue.tags.at("k") == "v");
  BOOST_TEST(queue.where.line == 2);
  BOOST_TEST(report.queues[1].name == "D");
  BOOST_TEST(report.outputs.at("Url") == "http://localhost:3001/000000000000/orders");
  BOOST_TEST(report.outputs.at("Name") == "D");
  BOOST_TEST(report.outputs.at("Url2") == "http://localhost:3001/000000000000/D");
}

BOOST_AUTO_TEST_CASE(what_a_queue_cannot_be_is_an_error) {
  const auto wrong = [this](const std::string& properties) {
    const auto report =
        load("Resources:\n  Q: {Type: AWS::SQS::Queue, Properties: {" + properties + "}}\n");
    BOOST_TEST(report.queues.empty());
    return errors(report);
  };
  BOOST_TEST(wrong("FifoQueue: true").find("FIFO queues are not supported") != std::string::npos);
  BOOST_TEST(wrong("QueueName: a.fifo").find("FIFO queues are not supported") != std::string::npos);
  BOOST_TEST(wrong("DelaySeconds: 901").find("DelaySeconds") != std::string::npos);
  BOOST_TEST(wrong("QueueName: 'a b'").find("alphanumeric") != std::string::npos);
  const auto unknown =
      load("Resources:\n  Q: {Type: AWS::SQS::Queue, Properties: {VisibilityTimout: 1}}\n");
  BOOST_TEST(errors(unknown).find("VisibilityTimeout") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(an_event_reads_a_queue) {
  const auto report = with_event(
      "Queue: !GetAtt Q.Arn, BatchSize: 100, MaximumBatchingWindowInSeconds: 5, Enabled: false, "
      "FunctionResponseTypes: [ReportBatchItemFailures], ScalingConfig: {MaximumConcurrency: 2}, "
      "FilterCriteria: {Filters: [{Pattern: '{\"body\": [\"x\"]}'}]}");
  BOOST_TEST(errors(report) == "");
  BOOST_TEST(notes(report) == "");
  BOOST_REQUIRE(report.event_sources.size() == 1U);
  const EventSourceDefinition& source = report.event_sources[0];
  BOOST_TEST(source.queue_arn == "arn:aws:sqs:us-east-1:000000000000:Q");
  BOOST_TEST(source.function == "F");
  BOOST_TEST(source.batch_size == 100);
  BOOST_TEST(source.window_s == 5);
  BOOST_TEST(!source.enabled);
  BOOST_TEST(source.report_failures);
  BOOST_TEST(source.max_concurrency.value() == 2);
  BOOST_TEST(source.filters.at(0) == R"({"body": ["x"]})");
  BOOST_TEST(source.where.line == 9);
}

BOOST_AUTO_TEST_CASE(a_mapping_of_its_own_reads_a_queue_too) {
  const auto report = load(
      python_function("") +
      "  Q: {Type: AWS::SQS::Queue}\n"
      "  M1: {Type: AWS::Lambda::EventSourceMapping, Properties: {FunctionName: !Ref F, "
      "EventSourceArn: !GetAtt Q.Arn}}\n"
      "  M2: {Type: AWS::Lambda::EventSourceMapping, Properties: {FunctionName: !GetAtt F.Arn, "
      "EventSourceArn: !GetAtt Q.Arn, BatchSize: 1}}\n");
  BOOST_TEST(errors(report) == "");
  BOOST_REQUIRE(report.event_sources.size() == 2U);
  BOOST_TEST(report.event_sources[0].function == "F");
  BOOST_TEST(report.event_sources[1].function == "F");
  BOOST_TEST(report.event_sources[1].batch_size == 1);
}

BOOST_AUTO_TEST_CASE(what_an_event_cannot_ask_for_is_an_error) {
  for (const char* wrong :
       {"BatchSize: 1", "Queue: !GetAtt Q.Arn, BatchSize: 0", "Queue: !GetAtt Q.Arn, BatchSize: 11",
        "Queue: !GetAtt Q.Arn, BatchSize: 10001, MaximumBatchingWindowInSeconds: 1",
        "Queue: !GetAtt Q.Arn, MaximumBatchingWindowInSeconds: 301",
        "Queue: !GetAtt Q.Arn, ScalingConfig: {MaximumConcurrency: 1}",
        "Queue: !GetAtt Q.Arn, FunctionResponseTypes: [Other]",
        "Queue: !GetAtt Q.Arn, FilterCriteria: {Filters: [{Pattern: x}]}",
        "Queue: !GetAtt Q.Arn, Unknown: 1"}) {
    BOOST_TEST_CONTEXT(wrong) {
      BOOST_TEST(errors(with_event(wrong)) != "");
    }
  }
  const auto elsewhere = with_event("Queue: 'arn:aws:kinesis:us-east-1:000000000000:stream/s'");
  BOOST_TEST(elsewhere.event_sources.empty());
  BOOST_TEST(notes(elsewhere).find("no ARN of an SQS queue") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace lambdarium::templates
