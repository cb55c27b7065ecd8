#include "runtime-api/http/client.h"

#include <arpa/inet.h>
#include <poll.h>

#include <boost/test/unit_test.hpp>
#include <optional>

#include "tests/unit/runtime-api/http/server_fixture.h"

namespace lambdarium::http {
namespace {

// A server that says exactly what it is told, once for each connection, and then closes.
class RawServer {
 public:
  explicit RawServer(std::vector<std::string> answers) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    ::bind(listener_, reinterpret_cast<sockaddr*>(&address), size);
    ::listen(listener_, 8);
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port = ntohs(address.sin_port);
    thread_ = std::thread{[this, answers = std::move(answers)] {
      for (const std::string& answer : answers) {
        const int connection = ::accept(listener_, nullptr, nullptr);
        char text[4096];
        if (::recv(connection, text, sizeof text, 0) > 0) {
          ::send(connection, answer.data(), answer.size(), MSG_NOSIGNAL);
        }
        ::shutdown(connection, SHUT_WR);
        while (::recv(connection, text, sizeof text, 0) > 0) {
        }
        ::close(connection);
      }
    }};
  }
  ~RawServer() {
    thread_.join();
    ::close(listener_);
  }
  int port = 0;

 private:
  int listener_;
  std::thread thread_;
};

struct ClientFixture : ServerFixture {
  ClientOptions client_options;
  std::unique_ptr<Client> client;

  ClientFixture() { start(); }

  Client& get_client() {
    if (client == nullptr) client = std::make_unique<Client>(loop, client_options);
    return *client;
  }
  ClientRequest request(const std::string& target, std::string body = {}) {
    ClientRequest made;
    made.port = port;
    made.message.method = body.empty() ? "GET" : "POST";
    made.message.target = target;
    made.message.body = std::move(body);
    return made;
  }
  Result<HttpResponse> fetch(ClientRequest wanted) {
    std::optional<Result<HttpResponse>> got;
    get_client().request(std::move(wanted),
                         [&got](Result<HttpResponse> result) { got = std::move(result); });
    BOOST_TEST(!got.has_value());  // never from inside
    BOOST_REQUIRE(run_until([&got] { return got.has_value(); }));
    return *std::move(got);
  }
  Result<HttpResponse> fetch_raw(const std::string& answer) {
    RawServer raw{{answer}};
    ClientRequest wanted = request("/", "x");
    wanted.port = raw.port;
    auto result = fetch(std::move(wanted));
    client.reset();
    loop.run_until([] { return false; }, 1ms);
    return result;
  }
};

// Writes down what it is called with.
class LoggingSink final : public ResponseSink {
 public:
  explicit LoggingSink(std::string& log, UniqueFunction<void()> on_piece = {})
      : log_(log), on_piece_(std::move(on_piece)) {}
  void on_head(int status, HeaderList&&) override {
    log_ += "head " + std::to_string(status) + ';';
  }
  void on_data(std::string_view piece) override {
    log_.append(piece);
    if (on_piece_) on_piece_();
  }
  void on_end(HeaderList&& trailers) override {
    log_ += ";end";
    for (const HeaderField& field : trailers) log_ += ' ' + field.name + '=' + field.value;
  }
  void on_error(const Error& error) override { log_ += ";error " + error.message; }

 private:
  std::string& log_;
  UniqueFunction<void()> on_piece_;
};

BOOST_FIXTURE_TEST_SUITE(http_client, ClientFixture)

BOOST_AUTO_TEST_CASE(a_response_comes_back_whole) {
  handler.on_request = [](HttpRequest&& seen, Responder responder) {
    responder.send({203, {{"X-Host", *seen.headers.find("Host")}}, seen.method + seen.body});
  };
  const auto got = fetch(request("/a", "body"));
  BOOST_REQUIRE(got.ok());
  BOOST_TEST(got->status == 203);
  BOOST_TEST(got->body == "POSTbody");
  BOOST_TEST(*got->headers.find("x-host") == "127.0.0.1:" + std::to_string(port));
}

BOOST_AUTO_TEST_CASE(connections_are_kept_and_used_again) {
  for (int i = 0; i < 20; ++i) BOOST_TEST(fetch(request("/" + std::to_string(i))).ok());
  BOOST_TEST(client->connections_made() == 1u);
  BOOST_TEST(client->connections_open() == 1u);
}

BOOST_AUTO_TEST_CASE(a_thousand_requests_at_once_share_the_connections_allowed) {
  client_options.connections_per_host_max = 20;
  std::size_t good = 0;
  std::size_t ended = 0;
  for (int i = 0; i < 1'000; ++i) {
    const std::string target = '/' + std::to_string(i);
    get_client().request(request(target), [&, target](const Result<HttpResponse>& result) {
      ++ended;
      if (result.ok() && result->body == "GET " + target + ' ') ++good;
    });
  }
  BOOST_TEST(run_until([&ended] { return ended == 1'000; }));
  BOOST_TEST(good == 1'000u);
  BOOST_TEST(client->connections_made() == 20u);
  BOOST_TEST(client->requests_under_way() == 0u);
}

BOOST_AUTO_TEST_CASE(chunked_requests_with_trailers_arrive) {
  HttpRequest seen;
  handler.on_request = [&seen](HttpRequest&& got, Responder responder) {
    seen = std::move(got);
    responder.send({200, {}, ""});
  };
  ClientRequest wanted = request("/t", "payload");
  wanted.message.trailers.add("X-T", "1");
  BOOST_TEST(fetch(std::move(wanted)).ok());
  BOOST_TEST(seen.body == "payload");
  BOOST_TEST(*seen.trailers.find("X-T") == "1");
}

BOOST_AUTO_TEST_CASE(large_bodies_pass_both_ways) {
  handler.body_plan.bytes_max = 32u << 20;
  handler.on_request = [](HttpRequest&& got, Responder responder) {
    responder.send({200, {}, std::move(got.body)});
  };
  const auto got = fetch(request("/big", std::string(20u << 20, 'L')));
  BOOST_REQUIRE(got.ok());
  BOOST_TEST(got->body.size() == 20u << 20);
}

BOOST_AUTO_TEST_CASE(a_response_over_the_limit_is_an_error) {
  client_options.body_bytes_max = 4;
  handler.on_request = [](HttpRequest&& got, Responder responder) {
    responder.send({200, {}, got.target == "/4" ? "abcd" : "abcde"});
  };
  BOOST_TEST(fetch(request("/4")).ok());
  const auto got = fetch(request("/5"));
  BOOST_REQUIRE(!got.ok());
  BOOST_TEST((got.error().code == ErrorCode::kTooLarge));
}

BOOST_AUTO_TEST_CASE(nobody_listening_is_an_error_that_names_the_address) {
  server.reset();
  loop.run_until([] { return false; }, 1ms);
  const auto got = fetch(request("/"));
  BOOST_REQUIRE(!got.ok());
  BOOST_TEST(got.error().message ==
             "127.0.0.1:" + std::to_string(port) + ": cannot connect: connection refused");
}

BOOST_AUTO_TEST_CASE(a_late_response_is_an_error_and_the_connection_is_not_used_again) {
  std::vector<Responder> kept;
  handler.on_request = [&kept](HttpRequest&& got, Responder responder) {
    if (got.target == "/late") {
      kept.push_back(std::move(responder));
    } else {
      responder.send({200, {}, "quick"});
    }
  };
  ClientRequest wanted = request("/late");
  wanted.timeout = 50ms;
  const auto got = fetch(std::move(wanted));
  BOOST_REQUIRE(!got.ok());
  BOOST_TEST(got.error().message.find("within 0.05 s") != std::string::npos);
  BOOST_TEST(fetch(request("/"))->body == "quick");
  BOOST_TEST(client->connections_made() == 2u);
}

BOOST_AUTO_TEST_CASE(what_is_no_request_is_refused_before_it_is_sent) {
  BOOST_TEST((fetch(request("/a b")).error().code == ErrorCode::kInvalidInput));
  BOOST_TEST((fetch(request("/a\r\nX: y")).error().code == ErrorCode::kInvalidInput));
  ClientRequest wanted = request("/");
  wanted.port = 0;
  BOOST_TEST((fetch(std::move(wanted)).error().code == ErrorCode::kInvalidInput));
}

BOOST_AUTO_TEST_CASE(names_are_resolved_or_reported) {
  ClientRequest local = request("/n");
  local.host = "localhost";
  BOOST_TEST(fetch(std::move(local)).ok());
  ClientRequest wanted = request("/");
  wanted.host = "no-such-host.invalid";
  const auto got = fetch(std::move(wanted));
  BOOST_REQUIRE(!got.ok());
  BOOST_TEST(got.error().message.find("no-such-host.invalid") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(responses_of_all_framings_are_read) {
  BOOST_TEST(fetch_raw("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab")->body == "ab");
  BOOST_TEST(fetch_raw("HTTP/1.1 200 OK\r\n\r\nuntil the end")->body == "until the end");
  BOOST_TEST(fetch_raw("HTTP/1.0 200 OK\r\n\r\nold")->body == "old");
  BOOST_TEST(
      fetch_raw(
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nT: 1\r\n\r\n")
          ->body == "abc");
  BOOST_TEST(fetch_raw("HTTP/1.1 204 No Content\r\n\r\n")->status == 204);
  BOOST_TEST(
      fetch_raw("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 1\r\n\r\nz")
          ->body == "z");
}

BOOST_AUTO_TEST_CASE(broken_responses_are_errors) {
  BOOST_TEST((fetch_raw("220 smtp ready\r\n\r\n").error().code == ErrorCode::kInvalidInput));
  BOOST_TEST((fetch_raw("HTTP/1.1 200 OK\nContent-Length: 0\n\n").error().code ==
              ErrorCode::kInvalidInput));
  BOOST_TEST((fetch_raw("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab").error().code ==
              ErrorCode::kUnavailable));
  BOOST_TEST((fetch_raw("").error().code == ErrorCode::kUnavailable));
}

BOOST_AUTO_TEST_CASE(a_kept_connection_that_dies_is_replaced_for_what_may_be_repeated) {
  const std::string once = "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na";
  RawServer raw{{once, once}};
  ClientRequest wanted = request("/");
  wanted.port = raw.port;
  ClientRequest again = wanted;
  // The second goes out on the kept connection before its end has been seen.
  std::vector<std::string> got;
  const auto note = [&got](const Result<HttpResponse>& result) {
    got.push_back(result.ok() ? result->body : result.error().message);
  };
  get_client().request(std::move(wanted), [&, note](const Result<HttpResponse>& result) mutable {
    note(result);
    client->request(std::move(again), note);
  });
  BOOST_TEST(run_until([&got] { return got.size() == 2; }));
  BOOST_TEST(got == (std::vector<std::string>{"a", "a"}), boost::test_tools::per_element());
  client.reset();
  loop.run_until([] { return false; }, 1ms);
}

BOOST_AUTO_TEST_CASE(streamed_responses_come_in_pieces_with_their_trailers) {
  handler.on_request = [](HttpRequest&&, Responder responder) {
    responder.start(200, {});
    responder.write("one,");
    responder.write("two");
    responder.finish({{"T", "1"}});
  };
  std::string log;
  get_client().stream(request("/"), std::make_unique<LoggingSink>(log));
  BOOST_TEST(run_until([this] { return client->requests_under_way() == 0; }));
  BOOST_TEST(log == "head 200;one,two;end T=1");
}

BOOST_AUTO_TEST_CASE(a_request_can_be_cancelled_also_from_its_own_sink) {
  handler.on_request = [](HttpRequest&&, Responder responder) {
    responder.start(200, {});
    responder.write("first");
    responder.finish();
  };
  std::string log;
  Client::RequestId id = 0;
  id = get_client().stream(request("/"),
                           std::make_unique<LoggingSink>(log, [&] { client->cancel(id); }));
  BOOST_TEST(run_until([this] { return client->requests_under_way() == 0; }));
  loop.run_until([] { return false; }, 10ms);
  BOOST_TEST(log == "head 200;first");
  bool called = false;
  id = client->request(request("/"), [&called](const Result<HttpResponse>&) { called = true; });
  client->cancel(id);
  client->cancel(id);
  loop.run_until([] { return false; }, 10ms);
  BOOST_TEST(!called);
  BOOST_TEST(client->connections_open() == 0u);
}

BOOST_AUTO_TEST_CASE(a_callback_may_destroy_the_client) {
  bool called = false;
  get_client().request(request("/other"), [](const Result<HttpResponse>&) {});
  client->request(request("/"), [&](const Result<HttpResponse>&) {
    client.reset();
    called = true;
  });
  BOOST_TEST(run_until([&called] { return called; }));
  std::string log;
  get_client().stream(request("/"), std::make_unique<LoggingSink>(log, [this] { client.reset(); }));
  BOOST_TEST(run_until([this] { return client == nullptr; }));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace lambdarium::http
