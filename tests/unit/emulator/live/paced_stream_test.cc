// The speed limit of streams, and a client that reads slowly, leaves, or both.

#include "emulator/live/paced_stream.h"

#include <boost/test/unit_test.hpp>

#include <memory>
#include <string>

#include "tests/support/recorded_response.h"

namespace {

using namespace lambdarium;
using namespace lambdarium::live;

// What a front would be: takes pieces, or asks to wait.
struct Sink final : ResponseStream {
  void on_start(std::string_view, UniqueFunction<void()> go_on) override {
    resume = std::move(go_on);
  }
  bool on_data(std::string_view piece) override {
    bytes += piece.size();
    return takes;
  }
  UniqueFunction<void()> resume;
  std::size_t bytes = 0;
  bool takes = true;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(live_streams)

BOOST_AUTO_TEST_CASE(a_bucket_lets_its_burst_pass_and_then_its_rate) {
  const Time start{};
  TokenBucket bucket{{.burst_bytes = 1'000, .bytes_per_s = 100}, start};
  BOOST_TEST((bucket.take(600, start) == Duration::zero()));
  BOOST_TEST((bucket.take(400, start) == Duration::zero()));
  BOOST_TEST((bucket.take(1, start) == 10ms));
  BOOST_TEST((bucket.take(99, start) == 1s));
  // The debt is paid after a second, and no more than the burst comes together.
  BOOST_TEST((bucket.take(0, start + 1s) == Duration::zero()));
  BOOST_TEST((bucket.take(1'000, start + 1000s) == Duration::zero()));
  BOOST_TEST((bucket.take(50, start + 1000s) == 500ms));
}

BOOST_AUTO_TEST_CASE(a_paced_stream_waits_for_its_bucket_and_for_its_client) {
  http::EventLoop loop;
  auto sink = std::make_shared<Sink>();
  int resumed = 0;
  PacedStream paced{loop, sink, {.burst_bytes = 10, .bytes_per_s = 1'000}};
  paced.on_start("text/plain", [&] {
    ++resumed;
    loop.stop();
  });
  BOOST_TEST(paced.on_data("0123456789"));
  sink->takes = false;
  BOOST_TEST(!paced.on_data("x"));
  BOOST_TEST(sink->bytes == 11U);
  // The client is ready before the debt is paid: the runtime goes on once.
  sink->resume();
  BOOST_TEST(resumed == 0);
  loop.run();
  BOOST_TEST(resumed == 1);
}

BOOST_AUTO_TEST_CASE(a_writer_waits_for_a_client_that_reads_slowly) {
  testing::RecordedResponse client;
  StreamWriter writer{client.responder()};
  int resumed = 0;
  writer.on_resume([&resumed] { ++resumed; });
  writer.start(200, {});
  BOOST_TEST(writer.write("a"));
  client.accepts_more = false;
  BOOST_TEST(!writer.write("b"));
  client.drain();
  BOOST_TEST(resumed == 1);
  writer.finish();
  BOOST_TEST(client.body == "ab");
  BOOST_TEST(client.finished);
}

BOOST_AUTO_TEST_CASE(a_client_that_leaves_keeps_nobody_waiting) {
  testing::RecordedResponse client;
  StreamWriter writer{client.responder()};
  int resumed = 0;
  writer.on_resume([&resumed] { ++resumed; });
  writer.start(200, {});
  client.accepts_more = false;
  BOOST_TEST(!writer.write("a"));
  client.close();
  BOOST_TEST(resumed == 1);
  BOOST_TEST(writer.write("b"));
}

BOOST_AUTO_TEST_SUITE_END()
