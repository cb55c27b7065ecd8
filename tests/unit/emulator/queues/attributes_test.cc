#include "emulator/queues/attributes.h"

#include <boost/test/unit_test.hpp>

#include "emulator/queues/message.h"
#include "tests/unit/emulator/queues/queue_fixture.h"

namespace lambdarium::queues {
namespace {

using testing::kind;
using testing::Queues;

Message with_attribute(const std::string& name, std::string type, std::string value) {
  Message message = Queues::text("x");
  message.attributes[name] = {std::move(type), std::move(value)};
  return message;
}

BOOST_AUTO_TEST_SUITE(queue_rules)

BOOST_AUTO_TEST_CASE(names_of_queues_are_words_of_up_to_80_characters) {
  for (const std::string& good : {std::string{"a"}, std::string{"A-_9"}, std::string(80, 'q')}) {
    BOOST_TEST(!check_queue_name(good));
  }
  for (const std::string& bad :
       {std::string{}, std::string{"a b"}, std::string{"a.b"}, std::string(81, 'q')}) {
    BOOST_TEST((kind(check_queue_name(bad)) == ErrorKind::kInvalidParameterValue));
  }
  BOOST_TEST((kind(check_queue_name("a.fifo")) == ErrorKind::kUnsupportedOperation));
}

BOOST_AUTO_TEST_CASE(numbers_are_taken_up_to_their_limits_and_no_further) {
  const struct {
    const char* name;
    std::int64_t min;
    std::int64_t max;
  } kLimits[] = {{"DelaySeconds", 0, 900},
                 {"MaximumMessageSize", 1'024, 1'048'576},
                 {"MessageRetentionPeriod", 60, 1'209'600},
                 {"ReceiveMessageWaitTimeSeconds", 0, 20},
                 {"VisibilityTimeout", 0, 43'200}};
  for (const auto& limit : kLimits) {
    BOOST_TEST_CONTEXT(limit.name) {
      QueueSettings settings;
      for (const std::int64_t good : {limit.min, limit.max}) {
        BOOST_TEST(!change(settings, {{limit.name, std::to_string(good)}}));
        BOOST_TEST(shown_setting(settings, limit.name).value() == std::to_string(good));
      }
      for (const std::string& bad : {std::to_string(limit.min - 1), std::to_string(limit.max + 1),
                                     std::string{"x"}, std::string{}, std::string{"1s"}}) {
        BOOST_TEST(
            (kind(change(settings, {{limit.name, bad}})) == ErrorKind::kInvalidAttributeValue));
      }
      BOOST_TEST(shown_setting(settings, limit.name).value() == std::to_string(limit.max));
    }
  }
}

BOOST_AUTO_TEST_CASE(unknown_attributes_and_fifo_are_refused) {
  QueueSettings settings;
  BOOST_TEST((kind(change(settings, {{"Nonsense", "1"}})) == ErrorKind::kInvalidAttributeName));
  BOOST_TEST((kind(change(settings, {{"FifoQueue", "true"}})) == ErrorKind::kUnsupportedOperation));
  BOOST_TEST(!change(settings, {{"FifoQueue", "false"}}));
}

BOOST_AUTO_TEST_CASE(a_redrive_policy_names_a_queue_and_a_count_of_1_to_1000) {
  const auto policy = [](const std::string& count) {
    return AttributeMap{
        {"RedrivePolicy", R"({"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:d",)"
                          R"("maxReceiveCount":)" +
                              count + "}"}};
  };
  QueueSettings settings;
  for (const char* good : {"1", "1000", "\"5\""}) BOOST_TEST(!change(settings, policy(good)));
  BOOST_TEST(settings.redrive.value().max_receive_count == 5);
  for (const char* bad : {"0", "1001", "\"x\"", "null", "[]", "1.5"}) {
    BOOST_TEST((kind(change(settings, policy(bad))) == ErrorKind::kInvalidParameterValue));
  }
  for (const char* bad : {"x", "[]", "{}", R"({"deadLetterTargetArn":"d","maxReceiveCount":1})"}) {
    BOOST_TEST(
        (kind(change(settings, {{"RedrivePolicy", bad}})) == ErrorKind::kInvalidParameterValue));
  }
  BOOST_TEST(!change(settings, {{"RedrivePolicy", ""}}));
  BOOST_TEST(!settings.redrive);
}

BOOST_AUTO_TEST_CASE(a_dead_letter_queue_may_say_whose_messages_it_takes) {
  QueueSettings settings;
  BOOST_TEST(allows_redrive_from(settings, "arn:a"));
  BOOST_TEST(!change(settings, {{"RedriveAllowPolicy", R"({"redrivePermission":"denyAll"})"}}));
  BOOST_TEST(!allows_redrive_from(settings, "arn:a"));
  BOOST_TEST(!change(
      settings,
      {{"RedriveAllowPolicy", R"({"redrivePermission":"byQueue","sourceQueueArns":["arn:a"]})"}}));
  BOOST_TEST(allows_redrive_from(settings, "arn:a"));
  BOOST_TEST(!allows_redrive_from(settings, "arn:b"));
  BOOST_TEST((kind(change(settings, {{"RedriveAllowPolicy", R"({"redrivePermission":"some"})"}})) ==
              ErrorKind::kInvalidParameterValue));
}

BOOST_AUTO_TEST_CASE(a_message_has_a_body_of_allowed_characters_within_the_size) {
  BOOST_TEST(!find_problem(Queues::text(std::string(100, 'x')), 100));
  BOOST_TEST((kind(find_problem(Queues::text(std::string(101, 'x')), 100)) ==
              ErrorKind::kInvalidParameterValue));
  BOOST_TEST((kind(find_problem(Queues::text(""), 100)) == ErrorKind::kMissingParameter));
  for (const char* good : {"\t\n\r", "\xc3\xa4", "\xef\xbf\xbd", "\xf0\x9f\x98\x80"}) {
    BOOST_TEST(!find_problem(Queues::text(good), 100));
  }
  for (const char* bad : {"\x01", "\x1f", "\xef\xbf\xbe", "\xef\xbf\xbf", "\xff", "\xc3"}) {
    BOOST_TEST((kind(find_problem(Queues::text(bad), 100)) == ErrorKind::kInvalidMessageContents));
  }
}

BOOST_AUTO_TEST_CASE(attributes_of_messages_are_checked_and_count) {
  BOOST_TEST(!find_problem(with_attribute("a.b-c_1", "String.json", "v"), 100));
  BOOST_TEST(!find_problem(with_attribute("a", "Number.float", "-1.5e3"), 100));
  BOOST_TEST(!find_problem(with_attribute("a", "Binary.png", std::string("\0\xff", 2)), 100));
  const std::pair<const char*, Message> kBad[] = {
      {"empty value", with_attribute("a", "String", "")},
      {"empty type", with_attribute("a", "", "v")},
      {"unknown type", with_attribute("a", "Date", "v")},
      {"no number", with_attribute("a", "Number", "one")},
      {"reserved name", with_attribute("AWS.a", "String", "v")},
      {"reserved name", with_attribute("amazon.a", "String", "v")},
      {"dot at the end", with_attribute("a.", "String", "v")},
      {"two dots", with_attribute("a..b", "String", "v")},
      {"space", with_attribute("a b", "String", "v")},
      {"no name", with_attribute("", "String", "v")},
  };
  for (const auto& [why, message] : kBad) {
    BOOST_TEST_CONTEXT(why) {
      BOOST_TEST((kind(find_problem(message, 100)) == ErrorKind::kInvalidParameterValue));
    }
  }
  // x + a + String + v
  BOOST_TEST(with_attribute("a", "String", "v").bytes() == 9);
  Message many = Queues::text("x");
  for (int i = 0; i < 10; ++i) many.attributes["n" + std::to_string(i)] = {"String", "v"};
  BOOST_TEST(!find_problem(many, 1'000));
  many.attributes["n10"] = {"String", "v"};
  BOOST_TEST((kind(find_problem(many, 1'000)) == ErrorKind::kInvalidParameterValue));
}

BOOST_AUTO_TEST_CASE(receipt_handles_are_read_back_and_nonsense_is_not) {
  const auto read = parse_receipt_handle(make_receipt_handle("id", 7, 3));
  BOOST_REQUIRE(read.index() == 0U);
  BOOST_TEST(std::get<Receipt>(read).message_id == "id");
  BOOST_TEST(std::get<Receipt>(read).key == 7U);
  BOOST_TEST(std::get<Receipt>(read).count == 3);
  for (const std::string& bad : {std::string{}, std::string{"x"}, std::string{"bGFtYmRhcml1bQ=="},
                                 std::string(2'000, 'A')}) {
    BOOST_TEST(parse_receipt_handle(bad).index() == 1U);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace lambdarium::queues
