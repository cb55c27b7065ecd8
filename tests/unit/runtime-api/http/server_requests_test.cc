// What the server accepts and refuses, whole and byte by byte.
#include <boost/test/unit_test.hpp>

#include "tests/unit/runtime-api/http/server_fixture.h"

namespace lambdarium::http {
namespace {

using testing::RawClient;
using namespace std::string_literals;

const std::string kHost = "Host: x\r\n";

std::string get(const std::string& target, const std::string& lines = "") {
  return "GET " + target + " HTTP/1.1\r\n" + kHost + lines + "\r\n";
}

std::string post(const std::string& target, const std::string& body,
                 const std::string& lines = "") {
  return "POST " + target + " HTTP/1.1\r\n" + kHost + lines +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

BOOST_FIXTURE_TEST_SUITE(http_server_requests, ServerFixture)

BOOST_AUTO_TEST_CASE(a_request_reaches_the_handler_and_its_answer_the_client) {
  HttpRequest seen;
  handler.on_request = [&seen](HttpRequest&& request, Responder responder) {
    seen = std::move(request);
    responder.send({201, {{"X-A", "b"}}, "done"});
  };
  const std::string answer = talk([](RawClient& client) {
    client.send(
        post("/p/q?a=b", "hello", "X-Mixed-Case:  v \t\r\nEmpty:\r\nx-two: 1\r\nX-Two: 2\r\n"));
    return client.read_response();
  });
  BOOST_TEST(seen.method == "POST");
  BOOST_TEST(seen.target == "/p/q?a=b");
  BOOST_TEST(seen.body == "hello");
  BOOST_TEST(seen.peer_address == "127.0.0.1");
  BOOST_TEST(*seen.headers.find("x-mixed-case") == "v");
  BOOST_TEST(*seen.headers.find("Empty") == "");
  BOOST_TEST(*seen.headers.find("X-Two") == "1");
  BOOST_TEST(seen.headers.size() == 6u);
  BOOST_TEST(answer.starts_with("HTTP/1.1 201 Created\r\nX-A: b\r\nContent-Length: 4\r\nDate: "));
  BOOST_TEST(answer.ends_with(" GMT\r\n\r\ndone"));
}

BOOST_AUTO_TEST_CASE(a_request_may_come_byte_by_byte) {
  BOOST_TEST(exchange(post("/e", "abc"), true).ends_with("POST /e abc"));
}

BOOST_AUTO_TEST_CASE(pipelined_requests_are_answered_in_order) {
  std::string all;
  for (int i = 0; i < 50; ++i) all += post("/" + std::to_string(i), "b" + std::to_string(i));
  for (const bool bytewise : {false, true}) {
    const std::string answers = exchange(all, bytewise);
    std::size_t at = 0;
    for (int i = 0; i < 50; ++i) {
      const std::string text = std::to_string(i);
      at = answers.find("POST /" + text + " b" + text, at);
      BOOST_REQUIRE(at != std::string::npos);
    }
  }
}

BOOST_AUTO_TEST_CASE(pipelined_requests_wait_for_answers_that_are_late) {
  std::vector<std::string> order;
  handler.on_request = [this, &order](HttpRequest&& request, Responder responder) {
    order.push_back(request.target);
    loop.defer([responder = std::move(responder), target = request.target, &order]() mutable {
      order.push_back("answered " + target);
      responder.send({200, {}, target});
    });
  };
  const std::string answers = exchange(get("/1") + get("/2") + get("/3"));
  BOOST_TEST(count_of(answers, "HTTP/1.1 200") == 3u);
  BOOST_TEST(order == (std::vector<std::string>{"/1", "answered /1", "/2", "answered /2", "/3",
                                                "answered /3"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(an_answer_does_not_wait_for_that_of_the_request_behind_it) {
  Responder parked;
  handler.on_request = [&parked](HttpRequest&& request, Responder responder) {
    if (request.target == "/poll") {
      parked = std::move(responder);
    } else {
      responder.send({202, {}, "taken"});
    }
  };
  const std::string answers = talk([this, &parked](RawClient& client) {
    client.send(post("/result", "r") + get("/poll"));
    const std::string first = client.read_response();
    loop.post([&parked] { parked.send({200, {}, "event"}); });
    return first + " | " + client.read_response();
  });
  BOOST_TEST(status_of(answers) == 202);
  BOOST_TEST(answers.find("taken | HTTP/1.1 200") != std::string::npos);
  BOOST_TEST(answers.ends_with("event"));
}

BOOST_AUTO_TEST_CASE(an_answer_goes_out_before_the_one_behind_it_in_the_same_turn) {
  Responder parked;
  handler.on_request = [this, &parked](HttpRequest&& request, Responder responder) {
    if (request.target == "/poll") {
      parked = std::move(responder);
      loop.post([&parked] { parked.send({200, {}, "event"}); });
    } else {
      responder.send({202, {}, "taken"});
    }
  };
  const std::string answers = talk([](RawClient& client) {
    client.send(post("/result", "r") + get("/poll"));
    const std::string first = client.read_response();
    return first + " | " + client.read_response();
  });
  BOOST_TEST(answers.find("taken | HTTP/1.1 200") != std::string::npos);
  BOOST_TEST(answers.ends_with("event"));
}

BOOST_AUTO_TEST_CASE(chunked_bodies_and_trailers_are_read_announced_or_not) {
  for (const std::string announced : {"", "Trailer: X-Error-Type, X-Error-Body\r\n"}) {
    HttpRequest seen;
    handler.on_request = [&seen](HttpRequest&& request, Responder responder) {
      seen = std::move(request);
      responder.send({202, {}, ""});
    };
    const std::string bytes =
        "POST /r HTTP/1.1\r\n" + kHost + announced +
        "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\n"
        "X-Error-Type: E\r\nX-Error-Body: ZQ==\r\n\r\n";
    for (const bool bytewise : {false, true}) {
      seen = {};
      BOOST_TEST(status_of(exchange(bytes, bytewise)) == 202);
      BOOST_TEST(seen.body == "abc0123456789");
      BOOST_REQUIRE(seen.trailers.size() == 2u);
      BOOST_TEST(*seen.trailers.find("X-Error-Type") == "E");
      BOOST_TEST(*seen.trailers.find("x-error-body") == "ZQ==");
    }
  }
}

BOOST_AUTO_TEST_CASE(a_chunked_body_without_trailers_keeps_the_connection) {
  const std::string chunked =
      "POST /c HTTP/1.1\r\n" + kHost + "Transfer-Encoding: chunked\r\n\r\n1\r\nz\r\n0\r\n\r\n";
  const std::string answers = exchange(chunked + get("/after"));
  BOOST_TEST(answers.find("POST /c z") != std::string::npos);
  BOOST_TEST(answers.ends_with("GET /after "));
}

BOOST_AUTO_TEST_CASE(a_header_value_of_one_mebibyte_is_taken_where_the_limit_allows) {
  options.header_bytes_max = kRuntimeApiHeaderBytesMax;
  std::size_t seen = 0;
  handler.on_request = [&seen](HttpRequest&& request, Responder responder) {
    seen = request.headers.find("X-Cause")->size();
    responder.send({202, {}, ""});
  };
  const std::size_t size = 1u << 20;
  BOOST_TEST(status_of(exchange(get("/", "X-Cause: " + std::string(size, 'v') + "\r\n"))) == 202);
  BOOST_TEST(seen == size);
}

BOOST_AUTO_TEST_CASE(the_header_limit_is_exact) {
  const std::string request = get("/", "X: 0123456789\r\n");
  options.header_bytes_max = request.size();
  BOOST_TEST(status_of(exchange(request)) == 200);
  server.reset();
  options.header_bytes_max = request.size() - 1;
  start();
  for (const bool bytewise : {false, true})
    BOOST_TEST(status_of(exchange(request, bytewise)) == 431);
  BOOST_TEST(status_of(exchange("GET /" + std::string(200, 'a'))) == 414);
}

BOOST_AUTO_TEST_CASE(too_many_header_lines_are_refused) {
  options.header_bytes_max = 1u << 20;
  std::string lines;
  for (int i = 0; i < 2'000; ++i) lines += "a: b\r\n";
  BOOST_TEST(status_of(exchange(get("/", lines))) == 431);
}

// Each is a way to make two parsers read different requests. None may be answered as one.
BOOST_AUTO_TEST_CASE(what_could_smuggle_a_request_is_refused_whole_and_byte_by_byte) {
  const std::vector<std::pair<std::string, int>> cases = {
      {"GET / HTTP/1.1\nHost: x\n\n", 400},
      {"GET / HTTP/1.1\r\nHost: x\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: x\r\nA: b\rEvil: c\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: x\r\nA: b\r\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: x\r\n Folded: c\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: x\r\nA: b\r\n\tfolded\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\n Host: x\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: x\r\nA: b\0c\r\n\r\n"s, 400},
      {"GET / HTTP/1.1\r\nHost : x\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: x\r\nno colon\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: x\r\n: empty\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: x\r\nA\x01: c\r\n\r\n", 400},
      {"GET /\n\nHost: x\n\n", 400},
      {"GET /\r\nHost: x\r\n\r\n", 505},
      {"GET / HTTP/0.9\r\nHost: x\r\n\r\n", 505},
      {"GET / HTTP/2.0\r\nHost: x\r\n\r\n", 505},
      {"GET / HTTP/1.2\r\nHost: x\r\n\r\n", 505},
      {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: "
       "chunked\r\n\r\n0\r\n\r\n",
       400},
      {"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: "
       "1\r\n\r\n0\r\n\r\n",
       400},
      {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", 400},
      {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1, 2\r\n\r\nab", 400},
      {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: +1\r\n\r\na", 400},
      {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\na", 400},
      {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0x1\r\n\r\na", 400},
      {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\na", 400},
      {"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n", 501},
      {"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501},
      {"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: "
       "chunked\r\n\r\n0\r\n\r\n",
       400},
      {"POST / HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400},
      {"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\nab\r\n0\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nA: b\rC: d\r\n\r\n",
       400},
      {"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n folded\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nA: b\n\n", 400},
      {"CONNECT a:1 HTTP/1.1\r\nHost: x\r\n\r\n", 501},
      {"GET * HTTP/1.1\r\nHost: x\r\n\r\n", 400},
      {"GET ftp://a/b HTTP/1.1\r\nHost: x\r\n\r\n", 400},
      {"GET /a b HTTP/1.1\r\nHost: x\r\n\r\n", 400},
      {"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n"s, 400},
      {"FROBNICATE / HTTP/1.1\r\nHost: x\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: x\r\nExpect: a-pony\r\n\r\n", 417},
  };
  int handled = 0;
  handler.on_request = [&handled](HttpRequest&&, Responder responder) {
    ++handled;
    responder.send({200, {}, "accepted"});
  };
  for (const auto& [bytes, status] : cases) {
    for (const bool bytewise : {false, true}) {
      const std::string answer = exchange(bytes + get("/smuggled"), bytewise);
      BOOST_TEST(handled == 0, "accepted: " << bytes);
      // Not merely because the script ends its side: the bytes themselves are at fault.
      BOOST_TEST(handler.refusal_reasons.back() != "the connection ended within the body", bytes);
      BOOST_TEST(status_of(answer) == status, bytes << " -> " << answer);
      BOOST_TEST(count_of(answer, "X-Refused: yes\r\n") == 1u, bytes);
      BOOST_TEST(answer.find("Connection: close\r\n") != std::string::npos, bytes);
    }
  }
}

BOOST_AUTO_TEST_CASE(absolute_targets_become_paths_and_name_the_host) {
  std::string seen;
  handler.on_request = [&seen](HttpRequest&& request, Responder responder) {
    seen = request.target + ' ' + *request.headers.find("Host");
    responder.send({200, {}, ""});
  };
  exchange("GET http://api.test:80/a/b?c HTTP/1.1\r\nHost: other\r\n\r\n");
  BOOST_TEST(seen == "/a/b?c api.test:80");
  exchange("GET http://api.test?c HTTP/1.1\r\nHost: other\r\n\r\n");
  BOOST_TEST(seen == "/?c api.test");
  exchange("OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n");
  BOOST_TEST(seen == "* h");
}

BOOST_AUTO_TEST_CASE(host_may_be_left_out_by_http_1_0_or_by_option) {
  BOOST_TEST(status_of(exchange("GET / HTTP/1.0\r\n\r\n")) == 200);
  server.reset();
  options.require_host = false;
  start();
  BOOST_TEST(status_of(exchange("GET / HTTP/1.1\r\n\r\n")) == 200);
}

BOOST_AUTO_TEST_CASE(empty_lines_before_a_request_are_skipped) {
  BOOST_TEST(exchange("\r\n\r\n" + get("/x")).ends_with("GET /x "));
}

BOOST_AUTO_TEST_CASE(upgrades_are_answered_like_any_other_request) {
  const std::string answers =
      exchange(get("/u", "Connection: Upgrade\r\nUpgrade: h2c\r\n") + get("/v"));
  BOOST_TEST(answers.find("GET /u ") != std::string::npos);
  BOOST_TEST(answers.ends_with("GET /v "));
}

BOOST_AUTO_TEST_CASE(http_1_0_closes_unless_asked_to_keep) {
  const std::string closing = exchange("GET /a HTTP/1.0\r\n\r\nGET /b HTTP/1.0\r\n\r\n");
  BOOST_TEST(count_of(closing, "HTTP/1.1 200") == 1u);
  BOOST_TEST(closing.find("Connection: close\r\n") != std::string::npos);
  const std::string keep = "GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n";
  const std::string keeping = exchange(keep + keep);
  BOOST_TEST(count_of(keeping, "HTTP/1.1 200") == 2u);
  BOOST_TEST(count_of(keeping, "Connection: keep-alive\r\n") == 2u);
}

BOOST_AUTO_TEST_CASE(connection_close_of_either_side_ends_the_connection) {
  BOOST_TEST(count_of(exchange(get("/a", "Connection: close\r\n") + get("/b")), "HTTP/1.1 200") ==
             1u);
  handler.on_request = [](HttpRequest&&, Responder responder) {
    responder.send({200, {{"Connection", "close"}}, ""});
  };
  BOOST_TEST(count_of(exchange(get("/a") + get("/b")), "HTTP/1.1 200") == 1u);
}

BOOST_AUTO_TEST_CASE(a_body_at_the_limit_passes_and_one_byte_more_is_413) {
  handler.body_plan.bytes_max = 10;
  BOOST_TEST(status_of(exchange(post("/", "0123456789"))) == 200);
  const std::string chunked = "POST / HTTP/1.1\r\n" + kHost + "Transfer-Encoding: chunked\r\n\r\n";
  BOOST_TEST(status_of(exchange(chunked + "A\r\n0123456789\r\n0\r\n\r\n")) == 200);
  // What is refused is read to its end, and the connection lives on.
  for (const std::string& refused :
       {post("/", "0123456789x"), chunked + "A\r\n0123456789\r\n1\r\nx\r\n0\r\n\r\n"}) {
    for (const bool bytewise : {false, true}) {
      handler.refusals.clear();
      const std::string answers = exchange(refused + get("/next"), bytewise);
      BOOST_TEST(status_of(answers) == 413);
      BOOST_TEST(answers.ends_with("GET /next "), answers);
      BOOST_TEST(handler.refusals == std::vector<int>{413}, boost::test_tools::per_element());
    }
  }
}

BOOST_AUTO_TEST_CASE(a_body_too_large_to_be_read_is_refused_at_once_and_ends_the_connection) {
  handler.body_plan.bytes_max = 10;
  options.discard_bytes_max = 100;
  const std::string announced = talk([](RawClient& client) {
    client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 101\r\n\r\nfirst bytes");
    return client.read_to_end();
  });
  BOOST_TEST(status_of(announced) == 413);
  BOOST_TEST(announced.find("Connection: close\r\n") != std::string::npos);
  const std::string counted = talk([](RawClient& client) {
    client.send("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
    const std::string chunk = "40\r\n" + std::string(64, 'z') + "\r\n";
    for (int i = 0; i < 100; ++i) client.send(chunk);
    client.end_sending();
    return client.read_to_end();
  });
  BOOST_TEST(status_of(counted) == 413);
  BOOST_TEST(count_of(counted, "HTTP/1.1 ") == 1u);
}

BOOST_AUTO_TEST_CASE(expectations_are_met_before_the_body_is_sent) {
  const std::string lines = "Expect: 100-continue\r\nContent-Length: 3\r\n";
  const std::string answers = talk([&lines](RawClient& client) {
    client.send("POST /e HTTP/1.1\r\nHost: x\r\n" + lines + "\r\n");
    const std::string first = client.read_until("\r\n\r\n");
    client.send("abc");
    return first + client.read_response();
  });
  BOOST_TEST(answers.starts_with("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n"));
  BOOST_TEST(answers.ends_with("POST /e abc"));
  handler.body_plan.bytes_max = 2;
  const std::string refused = talk([&lines](RawClient& client) {
    client.send("POST /e HTTP/1.1\r\nHost: x\r\n" + lines + "\r\n");
    return client.read_to_end();
  });
  BOOST_TEST(status_of(refused) == 413);
}

BOOST_AUTO_TEST_CASE(a_body_that_is_cut_off_is_told_and_can_be_answered) {
  std::string partial;
  handler.on_truncated = [&partial](HttpRequest&& request, Responder responder) {
    partial = request.target + ' ' + request.body;
    BOOST_TEST(!responder.connected());
    responder.send({400, {}, "truncated"});
  };
  const std::string cut = exchange("POST /t HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf");
  BOOST_TEST(partial == "/t half");
  BOOST_TEST(status_of(cut) == 400);
  BOOST_TEST(cut.ends_with("truncated"));
  partial.clear();
  talk([](RawClient& client) {
    client.send("POST /r HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab");
    client.reset();
    return "";
  });
  BOOST_TEST(run_until([&partial] { return !partial.empty(); }));
  BOOST_TEST(partial.starts_with("/r"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace lambdarium::http
