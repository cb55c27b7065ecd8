// Responses in pieces, as the Runtime API's state machine sees them: when one is taken, how it
// ends, and what may come in between.

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

#include "runtime-api/protocol/runtime_protocol.h"

namespace {

using namespace lambdarium;
using namespace lambdarium::runtime_api;

const std::string kId = "8476a536-e9f4-11e8-9739-2dfe598c3fcd";
const std::string kResponse = "runtime/invocation/" + kId + "/response";
const HeaderList kStreamed{{"Lambda-Runtime-Function-Response-Mode", "streaming"},
                           {"Content-Type", "application/octet-stream"}};

HttpRequest request(std::string method, const std::string& path, HeaderList headers = {},
                    std::string body = {}) {
  HttpRequest value;
  value.method = std::move(method);
  value.target = "/2018-06-01/" + path;
  value.headers = std::move(headers);
  value.body = std::move(body);
  return value;
}

struct Driver {
  RuntimeProtocol protocol;
  std::vector<Effect> effects;
  ExchangeId last = 0;
  Time now;

  explicit Driver(bool streaming = true) {
    next();
    Invocation invocation;
    invocation.request_id = kId;
    invocation.payload = "{}";
    invocation.streaming = streaming;
    protocol.invoke(std::move(invocation), now, effects);
    effects.clear();
  }
  ExchangeId send(HttpRequest value) {
    protocol.on_request(++last, std::move(value), now, effects);
    return last;
  }
  ExchangeId next() { return send(request("GET", "runtime/invocation/next")); }
  ExchangeId start() {
    protocol.on_stream_start(++last, request("POST", kResponse, kStreamed), effects);
    return last;
  }
  // What came out since the last call, a word for each: "202", "result", "idle".
  std::string heard() {
    std::string text;
    for (const Effect& effect : effects) {
      if (!text.empty()) text += ' ';
      if (const auto* answer = std::get_if<Answer>(&effect)) {
        text += std::to_string(answer->exchange) + ":" + std::to_string(answer->status);
      } else if (const auto* result = std::get_if<InvocationResult>(&effect)) {
        last_result = *result;
        text += result->function_error ? "error" : "result";
      } else if (std::holds_alternative<Idle>(effect)) {
        text += "idle";
      } else if (const auto* started = std::get_if<StreamStarted>(&effect)) {
        text += "started " + started->content_type;
      }
    }
    effects.clear();
    return text;
  }
  InvocationResult last_result;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(runtime_protocol_streams)

BOOST_AUTO_TEST_CASE(a_response_is_taken_as_a_stream_where_the_invocation_wants_it_so) {
  const Driver streaming;
  const auto takes = [&streaming](const char* method, const std::string& path,
                                  const HeaderList& headers) {
    return streaming.protocol.takes_as_stream(request(method, path, headers));
  };
  const auto mode = [](const char* value) {
    return HeaderList{{"lambda-runtime-function-response-mode", value}};
  };
  BOOST_TEST(takes("POST", kResponse, kStreamed));
  BOOST_TEST(takes("POST", kResponse, mode("streaming")));
  BOOST_TEST(!takes("POST", kResponse, mode("Streaming")));
  BOOST_TEST(!takes("POST", kResponse, {}));
  BOOST_TEST(!takes("GET", kResponse, kStreamed));
  BOOST_TEST(!takes("POST", "runtime/invocation/" + kId + "/error", kStreamed));
  BOOST_TEST(!takes("POST", "runtime/invocation/other/response", kStreamed));
  BOOST_TEST(!Driver{false}.protocol.takes_as_stream(request("POST", kResponse, kStreamed)));
}

BOOST_AUTO_TEST_CASE(a_stream_ends_with_its_body) {
  Driver driver;
  const ExchangeId stream = driver.start();
  BOOST_TEST(driver.heard() == "started application/octet-stream");
  BOOST_TEST(driver.protocol.is_streaming(stream));
  BOOST_TEST(driver.protocol.awaits_result());
  driver.protocol.on_stream_end(stream, {}, driver.now, driver.effects);
  BOOST_TEST(driver.heard() == "2:202 result");
  BOOST_TEST(driver.last_result.streamed);
  BOOST_TEST(driver.last_result.payload.empty());
  BOOST_TEST(!driver.protocol.is_streaming(stream));
  driver.next();
  BOOST_TEST(driver.heard() == "idle");
}

BOOST_AUTO_TEST_CASE(trailers_make_a_stream_a_function_error) {
  Driver driver;
  const ExchangeId stream = driver.start();
  driver.heard();
  // {"errorMessage":"late"}
  driver.protocol.on_stream_end(
      stream,
      {{"Lambda-Runtime-Function-Error-Type", "Runtime.StreamError"},
       {"Lambda-Runtime-Function-Error-Body", "eyJlcnJvck1lc3NhZ2UiOiJsYXRlIn0="}},
      driver.now, driver.effects);
  BOOST_TEST(driver.heard() == "2:202 error");
  BOOST_TEST(driver.last_result.error_type == "Runtime.StreamError");
  BOOST_TEST(driver.last_result.payload == R"({"errorMessage":"late"})");
}

BOOST_AUTO_TEST_CASE(trailers_without_a_readable_body_still_make_an_error) {
  Driver driver;
  const ExchangeId stream = driver.start();
  driver.heard();
  driver.protocol.on_stream_end(stream, {{"Lambda-Runtime-Function-Error-Body", "%"}}, driver.now,
                                driver.effects);
  BOOST_TEST(driver.heard() == "2:202 error");
  BOOST_TEST(driver.last_result.payload ==
             R"({"errorMessage":"Unknown application error occurred"})");
}

BOOST_AUTO_TEST_CASE(a_stream_that_is_cut_off_is_a_truncated_response) {
  Driver driver;
  const ExchangeId stream = driver.start();
  driver.heard();
  driver.protocol.on_stream_truncated(stream, driver.now, driver.effects);
  BOOST_TEST(driver.heard() == "2:400 error");
  BOOST_TEST(driver.last_result.error_type == "Runtime.TruncatedResponse");
  // Whatever is said of it afterwards changes nothing.
  driver.protocol.on_stream_end(stream, {}, driver.now, driver.effects);
  BOOST_TEST(driver.heard() == "");
}

BOOST_AUTO_TEST_CASE(a_stream_over_the_limit_is_answered_at_once) {
  Driver driver;
  const ExchangeId stream = driver.start();
  driver.heard();
  driver.protocol.on_stream_too_large(stream, driver.now, driver.effects);
  BOOST_TEST(driver.heard() == "2:413 error");
  BOOST_TEST(driver.last_result.error_type == "Function.ResponseSizeTooLarge");
  BOOST_TEST(driver.last_result.payload.find("209715200 bytes") != std::string::npos);
  BOOST_TEST(!driver.protocol.is_streaming(stream));
  driver.next();
  BOOST_TEST(driver.heard() == "idle");
  driver.protocol.on_stream_end(stream, {}, driver.now, driver.effects);
  BOOST_TEST(driver.heard() == "");
}

BOOST_AUTO_TEST_CASE(an_error_overtakes_a_stream_and_cuts_it) {
  Driver driver;
  const ExchangeId stream = driver.start();
  driver.heard();
  driver.send(request("POST", "runtime/invocation/" + kId + "/error", {}, R"({"errorType":"E"})"));
  BOOST_TEST(driver.heard() == "error 2:403 3:202");
  BOOST_TEST(driver.last_result.payload == R"({"errorType":"E"})");
  BOOST_TEST(!driver.protocol.is_streaming(stream));
  driver.protocol.on_stream_truncated(stream, driver.now, driver.effects);
  BOOST_TEST(driver.heard() == "");
}

BOOST_AUTO_TEST_CASE(a_second_response_beside_a_stream_is_refused) {
  Driver driver;
  const ExchangeId stream = driver.start();
  driver.heard();
  driver.send(request("POST", kResponse, {}, "{}"));
  const auto& answer = std::get<Answer>(driver.effects.at(0));
  BOOST_TEST(answer.status == 403);
  BOOST_TEST(answer.body->find("State transition from InvocationResponse to InvocationResponse") !=
             std::string::npos);
  BOOST_TEST(!driver.protocol.takes_as_stream(request("POST", kResponse, kStreamed)));
  driver.effects.clear();
  driver.protocol.on_stream_end(stream, {}, driver.now, driver.effects);
  BOOST_TEST(driver.heard() == "2:202 result");
}

BOOST_AUTO_TEST_CASE(a_next_that_is_read_before_the_end_of_the_stream_counts_when_it_has_come) {
  Driver driver;
  const ExchangeId stream = driver.start();
  driver.heard();
  const ExchangeId early = driver.next();
  BOOST_TEST(driver.heard() == "");
  driver.protocol.on_stream_end(stream, {}, driver.now, driver.effects);
  BOOST_TEST(driver.heard() == "2:202 result idle");
  BOOST_TEST(driver.protocol.can_invoke());
  Invocation second;
  second.request_id = "second";
  driver.protocol.invoke(std::move(second), driver.now, driver.effects);
  BOOST_TEST(driver.heard() == std::to_string(early) + ":200");
}

BOOST_AUTO_TEST_CASE(a_streamed_response_is_taken_whole_where_nobody_wants_pieces) {
  Driver driver{false};
  driver.send(request("POST", kResponse, kStreamed, "whole"));
  BOOST_TEST(driver.heard() == "result 2:202");
  BOOST_TEST(driver.last_result.streamed);
  BOOST_TEST(driver.last_result.payload == "whole");
}

BOOST_AUTO_TEST_SUITE_END()
