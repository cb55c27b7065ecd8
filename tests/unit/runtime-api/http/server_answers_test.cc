// How the server answers: whole, streamed, late, not at all.
#include <boost/test/unit_test.hpp>

#include "tests/unit/runtime-api/http/server_fixture.h"

namespace lambdarium::http {
namespace {

using testing::RawClient;

const std::string kGet = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

BOOST_FIXTURE_TEST_SUITE(http_server_answers, AnswersFixture)

BOOST_AUTO_TEST_CASE(head_gets_the_head_alone) {
  const std::string answer = exchange("HEAD /h HTTP/1.1\r\nHost: x\r\n\r\n" + kGet);
  BOOST_TEST(answer.find("Content-Length: 8\r\n") != std::string::npos);
  BOOST_TEST(answer.find("HEAD /h") == std::string::npos);
  BOOST_TEST(answer.ends_with("GET / "));
}

BOOST_AUTO_TEST_CASE(statuses_without_a_body_have_no_length) {
  handler.on_request = [](HttpRequest&&, Responder responder) {
    responder.send({204, {}, "never"});
  };
  const std::string answer = exchange(kGet);
  BOOST_TEST(answer.starts_with("HTTP/1.1 204 No Content\r\n"));
  BOOST_TEST(answer.find("Content-Length") == std::string::npos);
  BOOST_TEST(answer.ends_with("\r\n\r\n"));
}

BOOST_AUTO_TEST_CASE(a_handler_cannot_break_the_framing) {
  handler.on_request = [](HttpRequest&&, Responder responder) {
    responder.send({7,
                    {{"X-A", "1\r\nX-Evil: 2"},
                     {"X B", "3"},
                     {"Content-Length", "999"},
                     {"Transfer-Encoding", "chunked"}},
                    "ok"});
  };
  const std::string answer = exchange(kGet);
  BOOST_TEST(answer.starts_with("HTTP/1.1 500 Internal Server Error\r\nX-A: 1  X-Evil: 2\r\n"));
  BOOST_TEST(count_of(answer, "Content-Length: ") == 1u);
  BOOST_TEST(answer.find("Content-Length: 2\r\n") != std::string::npos);
  BOOST_TEST(answer.find("X B") == std::string::npos);
  BOOST_TEST(answer.find("Transfer-Encoding") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_fast_path_writes_ready_made_lines) {
  options.date_header = false;
  handler.on_request = [](HttpRequest&&, Responder responder) {
    responder.send_raw(202, "A: b\r\n", std::string{"own"});
  };
  BOOST_TEST(exchange(kGet) == "HTTP/1.1 202 Accepted\r\nA: b\r\nContent-Length: 3\r\n\r\nown");
}

BOOST_AUTO_TEST_CASE(a_responder_may_be_kept_and_answered_later) {
  Responder kept;
  handler.on_request = [&kept](HttpRequest&&, Responder responder) { kept = std::move(responder); };
  const std::string answer = talk([this, &kept](RawClient& client) {
    client.send(kGet);
    // From another thread, so through post(): after the request has been handled.
    std::atomic<bool> handled = false;
    while (!handled) {
      std::atomic<bool> looked = false;
      loop.post([&] {
        handled = static_cast<bool>(kept);
        looked = true;
        looked.notify_one();
      });
      looked.wait(false);
    }
    loop.post([&kept] { kept.send({200, {}, "later"}); });
    return client.read_response();
  });
  BOOST_TEST(answer.ends_with("later"));
}

BOOST_AUTO_TEST_CASE(a_responder_that_is_dropped_answers_500) {
  handler.on_request = [](HttpRequest&&, Responder) {};
  const std::string answers = exchange(kGet + kGet);
  BOOST_TEST(count_of(answers, "HTTP/1.1 500") == 2u);
}

BOOST_AUTO_TEST_CASE(a_large_answer_to_a_slow_reader_is_whole) {
  const std::string body(8u << 20, 'q');
  handler.on_request = [&body](HttpRequest&&, Responder responder) {
    responder.send({200, {}, std::string{body}});
  };
  const std::string answer = talk([](RawClient& client) {
    client.send(kGet + kGet);
    std::string text = client.read_response();
    return text + client.read_response();
  });
  BOOST_TEST(count_of(answer, "HTTP/1.1 200") == 2u);
  BOOST_TEST(answer.size() > 2 * body.size());
  BOOST_TEST(answer.ends_with("qqq"));
}

BOOST_AUTO_TEST_CASE(streamed_answers_are_chunked_and_may_have_trailers) {
  handler.on_request = [](HttpRequest&&, Responder responder) {
    responder.start(200, {{"Content-Type", "text/plain"}});
    responder.write("hello ");
    responder.write("");
    responder.write("0123456789abcdef");
    responder.finish({{"X-Error", "none"}});
  };
  options.date_header = false;
  BOOST_TEST(exchange(kGet) ==
             "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n"
             "6\r\nhello \r\n10\r\n0123456789abcdef\r\n0\r\nX-Error: none\r\n\r\n");
  BOOST_TEST(exchange("GET / HTTP/1.0\r\n\r\n") ==
             "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n"
             "hello 0123456789abcdef");
  BOOST_TEST(exchange("HEAD / HTTP/1.1\r\nHost: x\r\n\r\n").ends_with("chunked\r\n\r\n"));
}

BOOST_AUTO_TEST_CASE(a_streamed_answer_of_known_length_is_held_to_it) {
  options.date_header = false;
  handler.on_request = [](HttpRequest&& request, Responder responder) {
    responder.start(200, {{"Content-Length", "4"}});
    responder.write(request.target == "/long" ? "abcdef" : "ab");
    responder.finish();
  };
  BOOST_TEST(exchange("GET /long HTTP/1.1\r\nHost: x\r\n\r\n") ==
             "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nabcd");
  const std::string cut = talk([](RawClient& client) {
    client.send("GET /short HTTP/1.1\r\nHost: x\r\n\r\n");
    return client.read_to_end();
  });
  BOOST_TEST(cut.ends_with("\r\n\r\nab"));
}

BOOST_AUTO_TEST_CASE(an_aborted_answer_has_no_last_chunk) {
  handler.on_request = [](HttpRequest&&, Responder responder) {
    responder.start(200, {});
    responder.write("part");
    responder.abort();
  };
  BOOST_TEST(talk([](RawClient& client) {
               client.send(kGet);
               return client.read_to_end();
             }).ends_with("4\r\npart\r\n"));
}

BOOST_AUTO_TEST_CASE(what_was_written_before_an_abort_still_goes_out) {
  constexpr std::size_t kSize = 8u << 20;
  handler.on_request = [](HttpRequest&&, Responder responder) {
    responder.start(200, {});
    responder.write(std::string(kSize, 'w'));
    responder.abort();
  };
  const std::string answer = talk([](RawClient& client) {
    client.send(kGet);
    return client.read_to_end();
  });
  BOOST_TEST(answer.size() > kSize);
  BOOST_TEST(answer.ends_with("ww\r\n"));
}

BOOST_AUTO_TEST_CASE(a_writer_is_told_to_stop_and_when_to_go_on) {
  options.write_high_water = 64u << 10;
  Responder kept;
  std::size_t written = 0;
  int drained = 0;
  std::function<void()> fill = [&] {
    const std::string piece(32u << 10, 'w');
    while (written < (16u << 20)) {
      written += piece.size();
      if (!kept.write(piece)) {
        kept.on_drain([&] {
          ++drained;
          fill();
        });
        return;
      }
    }
    kept.finish();
  };
  handler.on_request = [&](HttpRequest&&, Responder responder) {
    kept = std::move(responder);
    kept.start(200, {});
    fill();
    BOOST_TEST(written < (16u << 20));
  };
  const std::string answer = talk([](RawClient& client) {
    client.send(kGet);
    return client.read_until("\r\n0\r\n\r\n");
  });
  BOOST_TEST(drained > 0);
  BOOST_TEST(count_of(answer, "www\r\n") == (16u << 20) / (32u << 10));
}

BOOST_AUTO_TEST_CASE(a_peer_that_leaves_is_told_once_and_later_calls_do_nothing) {
  Responder kept;
  int told = 0;
  handler.on_request = [&](HttpRequest&&, Responder responder) {
    kept = std::move(responder);
    kept.on_close([&told] { ++told; });
  };
  talk([](RawClient& client) {
    client.send(kGet);
    client.send("extra");
    client.close();
    return "";
  });
  BOOST_TEST(run_until([&told] { return told > 0; }));
  BOOST_TEST(told == 1);
  BOOST_TEST(!kept.connected());
  kept.send({200, {}, "nobody reads this"});
  BOOST_TEST(run_until([this] { return server->connection_count() == 0; }));
  BOOST_TEST(told == 1);
}

BOOST_AUTO_TEST_CASE(a_responder_survives_its_server) {
  Responder kept;
  handler.on_request = [&kept](HttpRequest&&, Responder responder) {
    kept = std::move(responder);
    kept.on_close([] { BOOST_ERROR("called after the server was destroyed"); });
  };
  start();
  RawClient client{port};
  client.send(kGet);
  BOOST_TEST(run_until([&kept] { return static_cast<bool>(kept); }));
  server.reset();
  BOOST_TEST(!kept.connected());
  kept.start(200, {});
  kept.write("x");
  kept.finish();
  BOOST_TEST(client.read_to_end() == "");
}

BOOST_AUTO_TEST_CASE(a_handler_may_destroy_the_server) {
  handler.on_request = [this](HttpRequest&&, Responder responder) {
    server.reset();
    responder.send({200, {}, "too late"});
  };
  start();
  RawClient client{port};
  client.send(kGet + kGet);
  BOOST_TEST(run_until([this] { return server == nullptr; }));
  BOOST_TEST(client.read_to_end() == "");
}

BOOST_AUTO_TEST_CASE(streamed_bodies_come_as_they_are_sent) {
  stream_bodies();
  const std::string chunked =
      "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: "
      "chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\nT: 1\r\n\r\n";
  const std::string answers = exchange(chunked + kGet);
  BOOST_TEST(log.data == "abcde");
  BOOST_TEST(log.ended);
  BOOST_TEST(count_of(answers, "HTTP/1.1 202") == 2u);
}

BOOST_AUTO_TEST_CASE(a_paused_body_stays_with_the_sender) {
  stream_bodies();
  start();
  RawClient client{port};
  client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 16777216\r\n\r\n");
  BOOST_TEST(run_until([this] { return handler.on_stream && server->counters().requests == 1; }));
  flow.pause();
  std::thread sender{[&client] { client.send(std::string(16u << 20, 'b')); }};
  loop.run_until([] { return false; }, 50ms);
  BOOST_TEST(log.data.size() <= 65'536u);
  flow.resume();
  BOOST_TEST(run_until([this] { return log.ended; }));
  sender.join();
  BOOST_TEST(log.data.size() == 16u << 20);
  BOOST_TEST(status_of(client.read_response()) == 202);
}

BOOST_AUTO_TEST_CASE(a_streamed_body_that_is_cut_off_is_told) {
  stream_bodies();
  const std::string answer = exchange("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc");
  BOOST_TEST(log.data == "abc");
  BOOST_TEST((log.lost == std::vector{BodyLoss::kTruncated}));
  BOOST_TEST(!log.ended);
  BOOST_TEST(status_of(answer) == 400);
}

BOOST_AUTO_TEST_CASE(a_streamed_body_over_its_limit_or_malformed_is_told) {
  stream_bodies(4);
  const std::string chunked = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
  BOOST_TEST(status_of(exchange(chunked + "4\r\nabcd\r\n1\r\ne\r\n0\r\n\r\n")) == 400);
  BOOST_TEST((log.lost == std::vector{BodyLoss::kTooLarge}));
  BOOST_TEST(log.data == "abcd");
  log = {};
  BOOST_TEST(status_of(exchange(chunked + "1\r\nabcd\r\n")) == 400);
  BOOST_REQUIRE(log.lost.size() == 1u);
  BOOST_TEST((log.lost[0] == BodyLoss::kMalformed));
}

BOOST_AUTO_TEST_CASE(an_early_answer_leaves_the_connection_usable) {
  handler.body_plan.mode = BodyMode::kStreamed;
  handler.on_stream = [](HttpRequest&& head, Responder responder, BodyFlow) {
    responder.send({404, {}, head.target});
    return std::unique_ptr<BodySink>{};
  };
  const std::string answers = talk([](RawClient& client) {
    client.send("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n");
    const std::string first = client.read_response();
    client.send("bytesGET /b HTTP/1.1\r\nHost: x\r\n\r\n");
    return first + client.read_response();
  });
  BOOST_TEST(answers.ends_with("/b"));
  BOOST_TEST(count_of(answers, "HTTP/1.1 404") == 2u);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace lambdarium::http
