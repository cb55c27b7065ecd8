#include "emulator/queues/queue_set.h"

#include <boost/test/unit_test.hpp>

#include "tests/unit/emulator/queues/queue_fixture.h"

namespace lambdarium::queues {
namespace {

using boost::test_tools::per_element;
using testing::kind;
using testing::Queues;
using testing::Texts;

const std::string kDeadArn = "arn:aws:sqs:us-east-1:000000000000:dead";

std::string redrive(int count) {
  return R"({"deadLetterTargetArn":")" + kDeadArn + R"(","maxReceiveCount":)" +
         std::to_string(count) + "}";
}

BOOST_AUTO_TEST_SUITE(queue_set)

BOOST_AUTO_TEST_CASE(a_received_message_is_hidden_until_its_visibility_timeout_ends) {
  Queues q;
  const QueueId id = q.create("a", {{"VisibilityTimeout", "30"}});
  q.send(id, "one");
  BOOST_TEST(q.bodies(id) == Texts{"one"}, per_element());
  q.wait(30s - 1ns);
  BOOST_TEST(q.bodies(id).empty());
  q.wait(1ns);
  const auto again = q.receive(id);
  BOOST_REQUIRE(again.size() == 1);
  BOOST_TEST(again[0].state.receive_count == 2);
  BOOST_TEST((again[0].state.first_received == at(1'700'000'000s)));
}

BOOST_AUTO_TEST_CASE(messages_come_in_the_order_of_sending_and_no_more_than_asked_for) {
  Queues q;
  const QueueId id = q.create("a");
  for (const char* body : {"1", "2", "3"}) q.send(id, body);
  BOOST_TEST(q.bodies(id, 2) == (Texts{"1", "2"}), per_element());
  BOOST_TEST(q.bodies(id, 2) == Texts{"3"}, per_element());
}

BOOST_AUTO_TEST_CASE(a_delayed_message_appears_when_its_delay_is_over) {
  Queues q;
  const QueueId id = q.create("a", {{"DelaySeconds", "5"}});
  q.send(id, "of the queue");
  q.send(id, "own", 0);
  BOOST_TEST(q.counts(id).delayed == 1);
  BOOST_TEST(q.bodies(id) == Texts{"own"}, per_element());
  q.wait(5s);
  BOOST_TEST(q.bodies(id) == Texts{"of the queue"}, per_element());
  BOOST_TEST(q.counts(id).in_flight == 2);
  BOOST_TEST(q.counts(id).delayed == 0);
}

BOOST_AUTO_TEST_CASE(delays_outside_of_0_to_900_seconds_are_refused) {
  Queues q;
  const QueueId id = q.create("a");
  for (const std::int64_t good : {0, 900}) {
    BOOST_TEST(q.set.prepare(id, Queues::text("x"), good, q.now).index() == 0U);
  }
  for (const std::int64_t bad : {-1, 901}) {
    BOOST_TEST(q.set.prepare(id, Queues::text("x"), bad, q.now).index() == 1U);
  }
}

BOOST_AUTO_TEST_CASE(a_waiting_receive_is_answered_by_the_next_message) {
  Queues q;
  const QueueId id = q.create("a");
  const Ticket first = q.ask({.queue = id, .wait = 20s});
  const Ticket second = q.ask({.queue = id, .wait = 20s});
  BOOST_TEST(q.effects.deliveries.empty());
  q.send(id, "one");
  BOOST_REQUIRE(q.effects.deliveries.size() == 1);
  BOOST_TEST(q.effects.deliveries[0].ticket == first);
  BOOST_TEST(q.effects.deliveries[0].messages.at(0).message->body == "one");
  BOOST_TEST((q.set.wake_at() == q.now + 20s));
  q.wait(20s - 1ns);
  BOOST_TEST(q.effects.deliveries.size() == 1);
  q.wait(1ns);
  BOOST_REQUIRE(q.effects.deliveries.size() == 2);
  BOOST_TEST(q.effects.deliveries[1].ticket == second);
  BOOST_TEST(q.effects.deliveries[1].messages.empty());
}

BOOST_AUTO_TEST_CASE(a_waiting_receive_is_woken_by_a_message_that_becomes_visible_again) {
  Queues q;
  const QueueId id = q.create("a");
  q.send(id, "one");
  (void)q.receive(id, 1, 2s);
  q.effects.deliveries.clear();
  q.ask({.queue = id, .wait = 20s});
  BOOST_TEST((q.set.wake_at() == q.now + 2s));
  q.wait(2s);
  BOOST_REQUIRE(q.effects.deliveries.size() == 1);
  BOOST_TEST(q.effects.deliveries[0].messages.size() == 1);
}

BOOST_AUTO_TEST_CASE(a_cancelled_receive_takes_nothing) {
  Queues q;
  const QueueId id = q.create("a");
  q.set.cancel(q.ask({.queue = id, .wait = 20s}));
  q.send(id, "one");
  BOOST_TEST(q.effects.deliveries.empty());
  BOOST_TEST(q.counts(id).visible == 1);
}

BOOST_AUTO_TEST_CASE(a_receipt_deletes_its_message_also_after_it_became_visible) {
  Queues q;
  const QueueId id = q.create("a");
  q.send(id, "one");
  const auto got = q.receive(id, 1, 1s);
  q.wait(1s);
  BOOST_TEST(!q.set.remove_message(id, got[0].receipt_handle, q.now, q.effects));
  BOOST_TEST(q.counts(id).visible == 0);
  BOOST_TEST(q.set.bytes() == 0);
  // Once more: nothing to delete is no error.
  BOOST_TEST(!q.set.remove_message(id, got[0].receipt_handle, q.now, q.effects));
  BOOST_TEST((kind(q.set.remove_message(id, "nonsense", q.now, q.effects)) ==
              ErrorKind::kReceiptHandleIsInvalid));
}

BOOST_AUTO_TEST_CASE(changing_visibility_needs_a_message_in_flight) {
  Queues q;
  const QueueId id = q.create("a");
  q.send(id, "one");
  const auto got = q.receive(id, 1, 10s);
  const std::string& receipt = got[0].receipt_handle;
  BOOST_TEST(!q.set.change_visibility(id, receipt, 60, q.now, q.effects));
  q.wait(10s);
  BOOST_TEST(q.bodies(id).empty());
  BOOST_TEST(!q.set.change_visibility(id, receipt, 0, q.now, q.effects));
  BOOST_TEST((kind(q.set.change_visibility(id, receipt, 5, q.now, q.effects)) ==
              ErrorKind::kMessageNotInflight));
  BOOST_TEST(q.bodies(id) == Texts{"one"}, per_element());
  BOOST_TEST((kind(q.set.change_visibility(id, receipt, 43'201, q.now, q.effects)) ==
              ErrorKind::kInvalidParameterValue));
  BOOST_TEST(!q.set.remove_message(id, receipt, q.now, q.effects));
  BOOST_TEST((kind(q.set.change_visibility(id, receipt, 5, q.now, q.effects)) ==
              ErrorKind::kInvalidParameterValue));
}

BOOST_AUTO_TEST_CASE(a_visibility_of_zero_gives_each_message_once_and_leaves_it_visible) {
  Queues q;
  const QueueId id = q.create("a");
  q.send(id, "1");
  q.send(id, "2");
  BOOST_TEST(q.bodies(id, 10, 0s) == (Texts{"1", "2"}), per_element());
  BOOST_TEST(q.counts(id).visible == 2);
  BOOST_TEST(q.counts(id).in_flight == 0);
}

BOOST_AUTO_TEST_CASE(a_message_received_too_often_moves_to_the_dead_letter_queue) {
  Queues q;
  const QueueId dead = q.create("dead");
  const QueueId id = q.create("a", {{"RedrivePolicy", redrive(2)}, {"VisibilityTimeout", "0"}});
  q.send(id, "one");
  BOOST_TEST(q.bodies(id).size() == 1);
  BOOST_TEST(q.bodies(id).size() == 1);
  BOOST_TEST(q.counts(dead).visible == 0);
  BOOST_TEST(q.bodies(id).empty());
  const auto got = q.receive(dead);
  BOOST_REQUIRE(got.size() == 1);
  BOOST_TEST(got[0].state.dead_letter_source == "arn:aws:sqs:us-east-1:000000000000:a");
  BOOST_TEST(got[0].state.receive_count == 3);
  BOOST_TEST(q.set.dead_letter_sources(kDeadArn) == Texts{"a"}, per_element());
}

BOOST_AUTO_TEST_CASE(a_receive_that_waits_at_the_dead_letter_queue_gets_what_moves_there) {
  Queues q;
  const QueueId dead = q.create("dead");
  const QueueId id = q.create("a", {{"RedrivePolicy", redrive(1)}, {"VisibilityTimeout", "0"}});
  q.send(id, "one");
  (void)q.receive(id);
  const Ticket waiting = q.ask({.queue = dead, .wait = 20s});
  q.effects.deliveries.clear();
  q.ask({.queue = id, .wait = 0s});
  BOOST_REQUIRE(q.effects.deliveries.size() == 2);
  BOOST_TEST(q.effects.deliveries[0].messages.empty());
  BOOST_TEST(q.effects.deliveries[1].ticket == waiting);
}

BOOST_AUTO_TEST_CASE(a_circle_of_dead_letter_queues_comes_to_rest) {
  Queues q;
  const QueueId dead = q.create("dead");
  const QueueId id = q.create("a", {{"RedrivePolicy", redrive(1)}});
  BOOST_TEST(!q.set.set_attributes(
      dead,
      {{"RedrivePolicy",
        R"({"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:a","maxReceiveCount":"1"})"}},
      q.now, q.effects));
  q.send(id, "one");
  for (int i = 0; i < 6; ++i) {
    (void)q.receive(id, 10, 0s);
    (void)q.receive(dead, 10, 0s);
  }
  BOOST_TEST(q.counts(id).visible + q.counts(dead).visible == 1);
}

BOOST_AUTO_TEST_CASE(old_messages_go_and_are_reported) {
  Queues q;
  const QueueId id = q.create("a", {{"MessageRetentionPeriod", "60"}});
  const MessageKey key = q.send(id, "one");
  BOOST_TEST((q.set.wake_at() == q.now + 60s));
  q.effects.changes.clear();
  q.wait(60s);
  BOOST_REQUIRE(q.effects.changes.size() == 1);
  BOOST_TEST((q.effects.changes[0].kind == Change::Kind::kRemoveMessage));
  BOOST_TEST(q.effects.changes[0].key == key);
  BOOST_TEST((q.set.wake_at() == kNever));
}

BOOST_AUTO_TEST_CASE(the_limit_of_messages_in_flight_stops_receives) {
  Queues q{{.in_flight_max = 2}};
  const QueueId id = q.create("a");
  for (const char* body : {"1", "2", "3"}) q.send(id, body);
  const auto got = q.receive(id);
  BOOST_REQUIRE(got.size() == 2);
  const auto refused = q.set.receive({.queue = id, .wait = 0s}, q.now, q.effects);
  BOOST_REQUIRE(refused.index() == 1U);
  BOOST_TEST((std::get<QueueError>(refused).kind == ErrorKind::kOverLimit));
  // One that waits is served as soon as there is room.
  q.effects.deliveries.clear();
  q.ask({.queue = id, .wait = 20s});
  BOOST_TEST(q.effects.deliveries.empty());
  BOOST_TEST(!q.set.remove_message(id, got[0].receipt_handle, q.now, q.effects));
  BOOST_REQUIRE(q.effects.deliveries.size() == 1);
  BOOST_TEST(q.effects.deliveries[0].messages.at(0).message->body == "3");
}

BOOST_AUTO_TEST_CASE(what_the_queues_hold_together_is_bounded) {
  Queues q{{.bytes_max = 2'000}};
  const QueueId id = q.create("a");
  q.send(id, std::string(1'400, 'x'));
  const auto refused = q.set.prepare(id, Queues::text(std::string(100, 'x')), {}, q.now);
  BOOST_REQUIRE(refused.index() == 1U);
  BOOST_TEST((std::get<QueueError>(refused).kind == ErrorKind::kOverLimit));
  BOOST_TEST(!q.set.purge(id, q.effects));
  q.send(id, std::string(100, 'x'));
}

BOOST_AUTO_TEST_CASE(a_receive_ends_before_it_is_over_its_bytes) {
  Queues q;
  const QueueId id = q.create("a");
  for (const char* body : {"1234", "5678", "9"}) q.send(id, body);
  q.ask({.queue = id, .messages_max = 10, .bytes_max = 8, .wait = 0s});
  BOOST_TEST(q.effects.deliveries.at(0).messages.size() == 2);
  q.ask({.queue = id, .messages_max = 10, .bytes_max = 0, .wait = 0s});
  BOOST_TEST(q.effects.deliveries.at(1).messages.size() == 1);
}

BOOST_AUTO_TEST_CASE(removing_a_queue_answers_who_waits_and_drops_what_is_on_its_way) {
  Queues q;
  const QueueId id = q.create("a");
  auto prepared = q.set.prepare(id, Queues::text("late"), {}, q.now);
  q.ask({.queue = id, .wait = 20s});
  BOOST_TEST(!q.set.remove(id, q.effects));
  BOOST_REQUIRE(q.effects.deliveries.size() == 1);
  BOOST_TEST(q.effects.deliveries[0].queue_removed);
  BOOST_TEST(!q.set.add(std::get<StoredMessage>(std::move(prepared)), q.now, q.effects));
  BOOST_TEST(q.set.bytes() == 0);
  BOOST_TEST((kind(q.set.remove(id, q.effects)) == ErrorKind::kQueueDoesNotExist));
  BOOST_TEST((q.set.wake_at() == kNever));
  BOOST_TEST(q.create("a") != id);
}

BOOST_AUTO_TEST_CASE(making_a_queue_again_is_the_same_queue_unless_an_attribute_differs) {
  Queues q;
  const QueueId id = q.create("a", {{"DelaySeconds", "5"}});
  BOOST_TEST(q.create("a") == id);
  BOOST_TEST(q.create("a", {{"DelaySeconds", "5"}, {"VisibilityTimeout", "30"}}) == id);
  const auto other = q.set.create("a", {{"DelaySeconds", "6"}}, {}, q.now, q.effects);
  BOOST_REQUIRE(other.index() == 1U);
  BOOST_TEST((std::get<QueueError>(other).kind == ErrorKind::kQueueNameExists));
}

BOOST_AUTO_TEST_CASE(restored_messages_are_where_they_were) {
  Queues before;
  const QueueId id = before.create("a", {{"VisibilityTimeout", "10"}});
  before.send(id, "hidden");
  const auto got = before.receive(id);
  Queues after;
  after.set.restore(*before.set.find(id));
  BOOST_TEST(after.set.restore({got[0].message, got[0].state}, after.now));
  BOOST_TEST(!after.set.restore({got[0].message, MessageState{.queue = 99}}, after.now));
  BOOST_TEST(after.bodies(id).empty());
  BOOST_TEST(after.counts(id).in_flight == 1);
  BOOST_TEST(after.send(id, "new") > got[0].message->key);
  after.wait(10s);
  BOOST_TEST(after.bodies(id) == (Texts{"hidden", "new"}), per_element());
  BOOST_TEST(!after.set.remove_message(id, got[0].receipt_handle, after.now, after.effects));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace lambdarium::queues
