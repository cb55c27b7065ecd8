// How connections and the server end: slow peers, too many of them, graceful closing.
#include <boost/test/unit_test.hpp>

#include "tests/unit/runtime-api/http/server_fixture.h"

namespace lambdarium::http {
namespace {

using testing::RawClient;

const std::string kGet = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

BOOST_FIXTURE_TEST_SUITE(http_server_endings, AnswersFixture)

BOOST_AUTO_TEST_CASE(slow_peers_are_cut_off) {
  options.idle_timeout = options.header_timeout = options.body_timeout = 50ms;
  const auto wait_for_end = [this](const std::string& bytes) {
    return talk([bytes](RawClient& client) {
      client.send(bytes);
      return client.read_to_end();
    });
  };
  BOOST_TEST(wait_for_end("") == "");
  BOOST_TEST(status_of(wait_for_end("GET / HTT")) == 408);
  BOOST_TEST(status_of(wait_for_end("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\na")) ==
             408);
  BOOST_TEST(status_of(wait_for_end(kGet)) == 200);
  stream_bodies();
  BOOST_TEST(status_of(wait_for_end("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\na")) ==
             400);
  BOOST_TEST((log.lost == std::vector{BodyLoss::kTimeout}));
}

BOOST_AUTO_TEST_CASE(a_peer_that_does_not_read_its_answer_is_cut_off) {
  options.write_timeout = 50ms;
  handler.on_request = [](HttpRequest&&, Responder responder) {
    responder.send({200, {}, std::string(64u << 20, 'x')});
  };
  start();
  RawClient client{port};
  client.send(kGet);
  BOOST_TEST(run_until([this] { return server->counters().timed_out == 1; }));
  BOOST_TEST(server->connection_count() == 0u);
}

BOOST_AUTO_TEST_CASE(a_long_poll_is_never_timed_out) {
  options.idle_timeout = options.header_timeout = options.body_timeout = 10ms;
  Responder kept;
  handler.on_request = [&kept](HttpRequest&&, Responder responder) { kept = std::move(responder); };
  start();
  RawClient client{port};
  client.send(kGet);
  BOOST_TEST(run_until([&kept] { return static_cast<bool>(kept); }));
  loop.run_until([] { return false; }, 500ms);
  BOOST_TEST(kept.connected());
  kept.send({200, {}, "at last"});
  BOOST_TEST(client.read_until("at last").ends_with("at last"));
}

BOOST_AUTO_TEST_CASE(one_connection_too_many_is_refused) {
  options.connections_max = 1;
  start();
  RawClient first{port};
  BOOST_TEST(run_until([this] { return server->connection_count() == 1; }));
  const std::string answer = talk([](RawClient& client) { return client.read_to_end(); });
  BOOST_TEST(status_of(answer) == 503);
}

BOOST_AUTO_TEST_CASE(a_graceful_close_answers_what_is_in_flight) {
  Responder kept;
  handler.on_request = [&kept](HttpRequest&&, Responder responder) { kept = std::move(responder); };
  start();
  RawClient idle{port};
  RawClient busy{port};
  busy.send(kGet);
  BOOST_TEST(run_until([&] { return kept && server->connection_count() == 2; }));
  bool done = false;
  server->close(10s, [&done] { done = true; });
  BOOST_TEST(idle.read_to_end() == "");
  BOOST_TEST(!RawClient{port}.connected());
  BOOST_TEST(!done);
  kept.send({200, {}, "last"});
  BOOST_TEST(run_until([&done] { return done; }));
  const std::string answer = busy.read_to_end();
  BOOST_TEST(answer.find("Connection: close\r\n") != std::string::npos);
  BOOST_TEST(answer.ends_with("last"));
}

BOOST_AUTO_TEST_CASE(a_graceful_close_cuts_what_is_left_after_the_grace) {
  Responder kept;
  bool told = false;
  bool done = false;
  handler.on_request = [&](HttpRequest&&, Responder responder) {
    kept = std::move(responder);
    kept.on_close([&told] { told = true; });
  };
  start();
  RawClient client{port};
  client.send(kGet);
  BOOST_TEST(run_until([&kept] { return static_cast<bool>(kept); }));
  server->close(1ms, [this, &done] {
    done = true;
    server.reset();
  });
  BOOST_TEST(run_until([&done] { return done; }));
  BOOST_TEST(told);
  BOOST_TEST(client.read_to_end() == "");
}

BOOST_AUTO_TEST_CASE(a_port_in_use_is_named) {
  start();
  Server other{loop, handler};
  const auto taken = other.listen("127.0.0.1", port);
  BOOST_REQUIRE(!taken.ok());
  BOOST_TEST(taken.error().message ==
             "cannot listen on 127.0.0.1:" + std::to_string(port) + ": address already in use");
  BOOST_TEST(!other.listen("no.such.host", 0).ok());
  BOOST_TEST(!other.listen("127.0.0.1", 65'536).ok());
  BOOST_TEST(other.listen("localhost", 0).ok());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace lambdarium::http
