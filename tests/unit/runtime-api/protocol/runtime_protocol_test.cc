// The Runtime API's state machine: each row of its contract, by request and answer.

#include "runtime-api/protocol/runtime_protocol.h"

#include <boost/test/unit_test.hpp>

#include <optional>
#include <string>
#include <vector>

#include "models/domain/limits.h"

namespace {

using namespace lambdarium;
using namespace lambdarium::runtime_api;

const std::string kId = "8476a536-e9f4-11e8-9739-2dfe598c3fcd";
const std::string kInvalidId =
    "{\"errorMessage\":\"Invalid request ID\",\"errorType\":\"InvalidRequestID\"}\n";
const std::string kNoBody = "{\"errorMessage\":\"Unknown application error occurred\"";

std::string transition(const std::string& from, const std::string& target,
                       const std::string& why = "State transition is not allowed") {
  return "{\"errorMessage\":\"State transition from " + from + " to " + target +
         " failed for runtime. Error: " + why + "\",\"errorType\":\"InvalidStateTransition\"}\n";
}

HttpRequest request(std::string method, std::string path, std::string body = {},
                    HeaderList headers = {}) {
  HttpRequest value;
  value.method = std::move(method);
  value.target = "/2018-06-01/" + path;
  value.body = std::move(body);
  value.headers = std::move(headers);
  return value;
}

// A runtime and its platform in one: sends requests, keeps what comes out.
struct Driver {
  RuntimeProtocol protocol;
  std::vector<Effect> effects;
  ExchangeId last = 0;
  Time now;

  ExchangeId send(HttpRequest value) {
    now += 1ms;
    protocol.on_request(++last, std::move(value), now, effects);
    return last;
  }
  ExchangeId next() { return send(request("GET", "runtime/invocation/next")); }
  ExchangeId respond(std::string body, HeaderList headers = {}, const std::string& id = kId) {
    return send(
        request("POST", "runtime/invocation/" + id + "/response", std::move(body), headers));
  }
  ExchangeId fail(std::string body, HeaderList headers = {}, const std::string& id = kId) {
    return send(request("POST", "runtime/invocation/" + id + "/error", std::move(body), headers));
  }
  void invoke(std::string payload = "{}", const std::string& id = kId) {
    now += 1ms;
    Invocation invocation;
    invocation.request_id = id;
    invocation.deadline_ms = 1'700'000'003'000;
    invocation.function_arn = "arn:aws:lambda:us-east-1:000000000000:function:f";
    invocation.trace_id = "Root=1-00000000-000000000000000000000000;Parent=0;Sampled=0";
    invocation.payload = std::move(payload);
    protocol.invoke(std::move(invocation), now, effects);
  }
  void get_running() {
    next();
    invoke();
    effects.clear();
  }

  const Answer* answer(ExchangeId exchange) const {
    for (const Effect& effect : effects) {
      const auto* found = std::get_if<Answer>(&effect);
      if (found != nullptr && found->exchange == exchange) return found;
    }
    return nullptr;
  }
  int status(ExchangeId exchange) const {
    const Answer* found = answer(exchange);
    return found == nullptr ? 0 : found->status;
  }
  std::string body(ExchangeId exchange) const {
    const Answer* found = answer(exchange);
    return found == nullptr ? "(not answered)" : *found->body;
  }
  template <class T>
  const T* effect() const {
    const T* last_found = nullptr;
    for (const Effect& candidate : effects) {
      if (const auto* found = std::get_if<T>(&candidate)) last_found = found;
    }
    return last_found;
  }
  template <class T>
  std::size_t count() const {
    std::size_t number = 0;
    for (const Effect& candidate : effects) number += std::holds_alternative<T>(candidate) ? 1 : 0;
    return number;
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(runtime_protocol)

BOOST_AUTO_TEST_CASE(the_first_next_ends_init_and_waits) {
  Driver d;
  const ExchangeId next = d.next();
  BOOST_TEST(d.answer(next) == nullptr);
  BOOST_TEST(d.count<InitDone>() == 1U);
  BOOST_TEST(d.protocol.can_invoke());
}

BOOST_AUTO_TEST_CASE(an_invocation_is_delivered_to_the_parked_next_with_its_headers) {
  Driver d;
  const ExchangeId next = d.next();
  d.invoke("{\"n\":1}");
  BOOST_TEST(d.status(next) == 200);
  BOOST_TEST(d.body(next) == "{\"n\":1}");
  BOOST_TEST(d.answer(next)->head ==
             "Content-Type: application/json\r\n"
             "Lambda-Runtime-Aws-Request-Id: " +
                 kId +
                 "\r\n"
                 "Lambda-Runtime-Deadline-Ms: 1700000003000\r\n"
                 "Lambda-Runtime-Invoked-Function-Arn: "
                 "arn:aws:lambda:us-east-1:000000000000:function:f\r\n"
                 "Lambda-Runtime-Trace-Id: "
                 "Root=1-00000000-000000000000000000000000;Parent=0;Sampled=0\r\n");
  BOOST_TEST(d.protocol.awaits_result());
}

BOOST_AUTO_TEST_CASE(optional_headers_are_sent_only_when_they_have_a_value) {
  Driver d;
  const ExchangeId next = d.next();
  Invocation invocation;
  invocation.request_id = kId;
  invocation.client_context = "{\"custom\":{\"a\":\"b\r\nX: y\"}}";
  invocation.cognito_identity = "{\"cognitoIdentityId\":\"i\"}";
  invocation.tenant_id = "t1";
  invocation.content_type = "text/plain";
  d.protocol.invoke(invocation, d.now, d.effects);
  const std::string head = d.answer(next)->head;
  BOOST_TEST(head.find("Trace-Id") == std::string::npos);
  BOOST_TEST(head.find("Content-Type: text/plain\r\n") == 0U);
  BOOST_TEST(head.find("Lambda-Runtime-Client-Context: {\"custom\":{\"a\":\"b  X: y\"}}\r\n") !=
             std::string::npos);
  BOOST_TEST(head.find("Lambda-Runtime-Cognito-Identity: {\"cognitoIdentityId\":\"i\"}\r\n") !=
             std::string::npos);
  BOOST_TEST(head.find("Lambda-Runtime-Aws-Tenant-Id: t1\r\n") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_response_is_taken_and_the_following_next_ends_the_invocation) {
  Driver d;
  d.get_running();
  const ExchangeId post = d.respond("\"done\"", {{"content-type", "application/json"}});
  BOOST_TEST(d.status(post) == 202);
  BOOST_TEST(d.body(post) == "{\"status\":\"OK\"}\n");
  BOOST_TEST(d.answer(post)->head == "Content-Type: application/json\r\n");
  const auto* result = d.effect<InvocationResult>();
  BOOST_REQUIRE(result != nullptr);
  BOOST_TEST(result->request_id == kId);
  BOOST_TEST(result->payload == "\"done\"");
  BOOST_TEST(!result->function_error);
  BOOST_TEST(!d.protocol.can_invoke());
  BOOST_TEST(d.count<Idle>() == 0U);
  const ExchangeId next = d.next();
  BOOST_TEST(d.answer(next) == nullptr);
  const auto* idle = d.effect<Idle>();
  BOOST_REQUIRE(idle != nullptr);
  BOOST_TEST(idle->request_id == kId);
  BOOST_TEST((idle->at > idle->answered && idle->answered > idle->delivered));
  BOOST_TEST(d.protocol.can_invoke());
}

BOOST_AUTO_TEST_CASE(next_while_running_delivers_the_same_event_again) {
  Driver d;
  d.next();
  d.invoke("{\"n\":7}");
  d.effects.clear();
  const ExchangeId again = d.next();
  BOOST_TEST(d.status(again) == 200);
  BOOST_TEST(d.body(again) == "{\"n\":7}");
  BOOST_TEST(d.count<Idle>() == 0U);
  BOOST_TEST(d.status(d.respond("1")) == 202);
}

BOOST_AUTO_TEST_CASE(of_two_parked_nexts_only_one_is_released_for_each_invocation) {
  Driver d;
  const ExchangeId first = d.next();
  const ExchangeId second = d.next();
  d.invoke("1");
  BOOST_TEST(d.status(first) == 200);
  BOOST_TEST(d.answer(second) == nullptr);
  d.respond("1");
  const ExchangeId third = d.next();
  d.invoke("2", "id-2");
  BOOST_TEST(d.body(second) == "2");
  BOOST_TEST(d.answer(third) == nullptr);
}

BOOST_AUTO_TEST_CASE(a_next_that_is_released_in_another_state_is_refused) {
  Driver d;
  d.next();
  const ExchangeId second = d.next();
  d.invoke();
  d.respond("1");
  d.protocol.shut_down(d.effects);
  BOOST_TEST(d.status(second) == 403);
  BOOST_TEST(d.body(second) ==
             transition("RuntimeResponseSentState", "Ready", "Concurrent state modification"));
}

BOOST_AUTO_TEST_CASE(an_event_waits_for_a_next_when_the_parked_one_is_gone) {
  Driver d;
  const ExchangeId gone = d.next();
  d.protocol.on_disconnected(gone);
  d.invoke("5");
  BOOST_TEST(d.answer(gone) == nullptr);
  BOOST_TEST(d.protocol.awaits_result());
  BOOST_TEST(!d.protocol.can_invoke());
  BOOST_TEST(d.body(d.next()) == "5");
}

BOOST_AUTO_TEST_CASE(a_wrong_id_is_400_before_the_state_is_looked_at) {
  Driver d;
  BOOST_TEST(d.status(d.respond("1")) == 400);  // before any next
  BOOST_TEST(d.body(d.last) == kInvalidId);
  d.next();
  BOOST_TEST(d.status(d.respond("1")) == 400);  // nothing handed out
  d.invoke();
  BOOST_TEST(d.body(d.respond("1", {}, "other")) == kInvalidId);
  BOOST_TEST(d.body(d.fail("1", {}, "other")) == kInvalidId);
  BOOST_TEST(d.body(d.respond("1", {}, "")) == kInvalidId);
  BOOST_TEST(d.count<InvocationResult>() == 0U);
  d.respond("1");
  BOOST_TEST(d.status(d.respond("1", {}, "other")) == 400);  // also where 403 would apply
  d.next();
  BOOST_TEST(d.body(d.respond("1")) == kInvalidId);  // the id of the previous invocation
}

BOOST_AUTO_TEST_CASE(a_second_post_for_the_same_invocation_is_403) {
  for (const bool error_first : {false, true}) {
    Driver d;
    d.get_running();
    BOOST_TEST(d.status(error_first ? d.fail("{}") : d.respond("1")) == 202);
    BOOST_TEST(d.status(d.respond("2")) == 403);
    BOOST_TEST(d.body(d.last) == transition("RuntimeResponseSentState", "InvocationResponse"));
    BOOST_TEST(d.status(d.fail("2")) == 403);
    BOOST_TEST(d.body(d.last) == transition("RuntimeResponseSentState", "InvocationErrorResponse"));
    BOOST_TEST(d.count<InvocationResult>() == 1U);
  }
}

BOOST_AUTO_TEST_CASE(an_init_error_is_taken_once_and_nothing_is_allowed_after_it) {
  Driver d;
  const ExchangeId post =
      d.send(request("POST", "runtime/init/error", "{\"errorType\":\"x\"}",
                     {{"lambda-runtime-function-error-type", "Runtime.ImportModuleError"}}));
  BOOST_TEST(d.status(post) == 202);
  const auto* failed = d.effect<InitFailed>();
  BOOST_REQUIRE(failed != nullptr);
  BOOST_TEST(failed->error_type == "Runtime.ImportModuleError");
  BOOST_TEST(failed->payload == "{\"errorType\":\"x\"}");
  BOOST_TEST(d.body(d.next()) == transition("InitError", "Ready"));
  BOOST_TEST(d.status(d.last) == 403);
  BOOST_TEST(d.status(d.send(request("POST", "runtime/init/error", "{}"))) == 403);
  BOOST_TEST(d.body(d.last) == transition("InitError", "InitError"));
  BOOST_TEST(d.status(d.respond("1")) == 400);
}

BOOST_AUTO_TEST_CASE(an_init_error_after_the_first_next_is_403) {
  Driver d;
  d.next();
  BOOST_TEST(d.body(d.send(request("POST", "runtime/init/error", "{}"))) ==
             transition("Ready", "InitError"));
  d.invoke();
  BOOST_TEST(d.body(d.send(request("POST", "runtime/init/error", "{}"))) ==
             transition("Running", "InitError"));
  BOOST_TEST(d.count<InitFailed>() == 0U);
}

BOOST_AUTO_TEST_CASE(a_payload_at_the_limit_is_taken_and_one_byte_more_is_not) {
  const auto limit = static_cast<std::size_t>(kSyncPayloadBytesMax);
  {
    Driver d;
    d.get_running();
    BOOST_TEST(d.status(d.respond(std::string(limit, 'x'))) == 202);
    BOOST_TEST(d.effect<InvocationResult>()->payload.size() == limit);
  }
  for (const bool cut_by_transport : {false, true}) {
    Driver d;
    d.get_running();
    const std::string path = "runtime/invocation/" + kId + "/response";
    if (cut_by_transport) {
      d.protocol.on_oversized_request(++d.last, request("POST", path), d.now, d.effects);
    } else {
      d.respond(std::string(limit + 1, 'x'));
    }
    BOOST_TEST(d.status(d.last) == 413);
    BOOST_TEST(d.body(d.last) ==
               "{\"errorMessage\":\"Exceeded maximum allowed payload size (6291556 bytes).\","
               "\"errorType\":\"RequestEntityTooLarge\"}\n");
    const auto* result = d.effect<InvocationResult>();
    BOOST_REQUIRE(result != nullptr);
    BOOST_TEST(result->function_error);
    BOOST_TEST(result->error_type == "Function.ResponseSizeTooLarge");
    BOOST_TEST(result->payload ==
               "{\"errorMessage\":\"Response payload size exceeded maximum allowed payload size "
               "(6291556 bytes).\",\"errorType\":\"Function.ResponseSizeTooLarge\"}");
    d.next();
    BOOST_TEST(d.count<Idle>() == 1U);
  }
}

BOOST_AUTO_TEST_CASE(a_response_mode_that_is_not_streaming_is_refused_and_ends_the_invocation) {
  for (const std::string mode : {"Streaming", "buffered", "stream"}) {
    Driver d;
    d.get_running();
    const ExchangeId post = d.respond("1", {{"Lambda-Runtime-Function-Response-Mode", mode}});
    BOOST_TEST(d.status(post) == 400);
    BOOST_TEST(d.body(post) ==
               "{\"errorMessage\":\"Invalid function response mode\","
               "\"errorType\":\"InvalidFunctionResponseMode\"}\n");
    BOOST_TEST(d.effect<InvocationResult>()->error_type == "Runtime.InvalidResponseModeHeader");
    BOOST_TEST(d.effect<InvocationResult>()->function_error);
    d.next();
    BOOST_TEST(d.count<Idle>() == 1U);
  }
}

BOOST_AUTO_TEST_CASE(a_streamed_response_is_kept_whole) {
  Driver d;
  d.get_running();
  d.respond("a\0b", {{"Lambda-Runtime-Function-Response-Mode", "streaming"},
                     {"Content-Type", "application/vnd.awslambda.http-integration-response"}});
  const auto* result = d.effect<InvocationResult>();
  BOOST_REQUIRE(result != nullptr);
  BOOST_TEST(result->streamed);
  BOOST_TEST(!result->function_error);
  BOOST_TEST(result->content_type == "application/vnd.awslambda.http-integration-response");
}

BOOST_AUTO_TEST_CASE(error_trailers_behind_a_stream_turn_it_into_a_function_error) {
  struct Case {
    std::string type;
    std::optional<std::string> body;
    std::string payload;
  };
  for (const Case& c : {Case{"Runtime.StreamError", "eyJhIjoxfQ==", "{\"a\":1}"},
                        Case{"Error", "eyJhIjoxfQ==", "{\"a\":1}"},
                        Case{"Error", "not base64", kNoBody + ",\"errorType\":\"Error\"}"},
                        Case{"Error", std::nullopt, kNoBody + ",\"errorType\":\"Error\"}"}}) {
    Driver d;
    d.get_running();
    HttpRequest post = request("POST", "runtime/invocation/" + kId + "/response", "partial",
                               {{"Lambda-Runtime-Function-Response-Mode", "streaming"}});
    post.trailers.add("lambda-runtime-function-error-type", c.type);
    if (c.body) post.trailers.add("Lambda-Runtime-Function-Error-Body", *c.body);
    BOOST_TEST(d.status(d.send(post)) == 202);
    const auto* result = d.effect<InvocationResult>();
    BOOST_REQUIRE(result != nullptr);
    BOOST_TEST(result->function_error);
    BOOST_TEST(result->payload == c.payload);
  }
}

BOOST_AUTO_TEST_CASE(trailer_names_without_trailers_mean_success) {
  Driver d;
  d.get_running();
  d.respond("1", {{"Trailer", "Lambda-Runtime-Function-Error-Body"}});
  BOOST_TEST(!d.effect<InvocationResult>()->function_error);
}

BOOST_AUTO_TEST_CASE(a_body_that_was_cut_off_is_refused_and_told_to_the_invoker) {
  Driver d;
  d.get_running();
  d.protocol.on_truncated_request(++d.last,
                                  request("POST", "runtime/invocation/" + kId + "/response", "par"),
                                  d.now, d.effects);
  BOOST_TEST(d.status(d.last) == 400);
  BOOST_TEST(d.body(d.last) ==
             "{\"errorMessage\":\"HTTP request detected as truncated\","
             "\"errorType\":\"TruncatedHTTPRequest\"}\n");
  const auto* result = d.effect<InvocationResult>();
  BOOST_REQUIRE(result != nullptr);
  BOOST_TEST(result->error_type == "Runtime.TruncatedResponse");
  BOOST_TEST(result->payload == kNoBody + ",\"errorType\":\"Runtime.TruncatedResponse\"}");
}

BOOST_AUTO_TEST_CASE(an_error_body_is_forwarded_byte_for_byte) {
  Driver d;
  d.get_running();
  const std::string body = "{ \"errorType\" : \"E\" , not even JSON \xff";
  BOOST_TEST(d.status(d.fail(body, {{"Lambda-Runtime-Function-XRay-Error-Cause", "{bad"}})) == 202);
  BOOST_TEST(d.effect<InvocationResult>()->function_error);
  BOOST_TEST(d.effect<InvocationResult>()->payload == body);
}

BOOST_AUTO_TEST_CASE(an_error_without_a_body_gets_a_default_one) {
  {
    Driver d;
    d.get_running();
    d.fail("");
    BOOST_TEST(d.effect<InvocationResult>()->payload == kNoBody + "}");
    BOOST_TEST(d.effect<InvocationResult>()->error_type == "Runtime.Unknown");
  }
  Driver d;
  d.get_running();
  d.fail("", {{"Lambda-Runtime-Function-Error-Type", "Function.Oops"}});
  BOOST_TEST(d.effect<InvocationResult>()->payload ==
             kNoBody + ",\"errorType\":\"Function.Oops\"}");
}

BOOST_AUTO_TEST_CASE(the_cause_of_an_error_is_stripped) {
  const HeaderList headers{{"Content-Type", "application/vnd.aws.lambda.error.cause+json"}};
  {
    Driver d;
    d.get_running();
    d.fail(
        "{\"errorCause\":{\"x\":1},\"stackTrace\":[\"a\"],\"errorType\":\"T\",\"errorMessage\":"
        "\"m\",\"more\":1}",
        headers);
    const auto* result = d.effect<InvocationResult>();
    BOOST_TEST(result->payload ==
               "{\"errorMessage\":\"m\",\"errorType\":\"T\",\"stackTrace\":[\"a\"]}");
    BOOST_TEST(result->content_type == "application/json");
  }
  {
    Driver d;
    d.get_running();
    d.fail("{\"errorMessage\":\"m\",\"stackTrace\":[]}", headers);
    BOOST_TEST(d.effect<InvocationResult>()->payload ==
               "{\"errorMessage\":\"m\",\"errorType\":\"\"}");
  }
  for (const std::string bad : {"{", "[]", "{\"errorMessage\":1}", "{\"stackTrace\":[1]}"}) {
    Driver d;
    d.get_running();
    BOOST_TEST(d.status(d.fail(bad, headers)) == 202);
    const auto* result = d.effect<InvocationResult>();
    BOOST_TEST(result->payload == "\"Invalid error body\"");
    BOOST_TEST(result->content_type == "application/octet-stream");
  }
}

BOOST_AUTO_TEST_CASE(error_types_are_scrubbed) {
  BOOST_TEST(scrub_error_type("Runtime.ExitError") == "Runtime.ExitError");
  BOOST_TEST(scrub_error_type("Function.MyError2") == "Function.MyError2");
  BOOST_TEST(scrub_error_type("xRuntime.Abx") == "xRuntime.Abx");
  BOOST_TEST(scrub_error_type("Runtime.Runtime.Ab") == "Runtime.Runtime.Ab");
  BOOST_TEST(scrub_error_type("Runtime.A") == "Runtime.Unknown");
  BOOST_TEST(scrub_error_type("Runtime.A1") == "Runtime.Unknown");
  BOOST_TEST(scrub_error_type("Runtime.abc") == "Runtime.Unknown");
  BOOST_TEST(scrub_error_type("Function.abc") == "Function.Unknown");
  BOOST_TEST(scrub_error_type("MyFunction.abc") == "Runtime.Unknown");
  BOOST_TEST(scrub_error_type("unhandled") == "Runtime.Unknown");
  BOOST_TEST(scrub_error_type("") == "Runtime.Unknown");
}

BOOST_AUTO_TEST_CASE(unknown_paths_are_404_and_wrong_methods_405) {
  Driver d;
  for (const std::string path :
       {"/", "/2018-06-01", "/2018-06-01/", "/2018-06-01/runtime/invocation/next/",
        "/2018-06-01/runtime/invocation/x", "/2018-06-01/runtime/invocation/x/other",
        "/2018-06-01/runtime/restore/next", "/2018-06-01/runtime/restore/error",
        "/2020-01-01/extension/register", "/runtime/invocation/next"}) {
    HttpRequest value;
    value.method = "GET";
    value.target = path;
    const ExchangeId exchange = d.send(value);
    BOOST_TEST(d.status(exchange) == 404, path);
    BOOST_TEST(d.body(exchange) == "404 page not found\n");
    BOOST_TEST(d.answer(exchange)->head.find("text/plain") != std::string::npos);
  }
  BOOST_TEST(d.status(d.send(request("POST", "runtime/invocation/next"))) == 405);
  BOOST_TEST(d.status(d.send(request("GET", "runtime/init/error"))) == 405);
  BOOST_TEST(d.status(d.send(request("GET", "runtime/invocation/x/response"))) == 405);
  BOOST_TEST(d.status(d.send(request("PUT", "runtime/invocation/x/error"))) == 405);
  BOOST_TEST(d.count<InitDone>() == 0U);
}

BOOST_AUTO_TEST_CASE(ping_is_answered_and_queries_are_ignored) {
  Driver d;
  BOOST_TEST(d.body(d.send(request("GET", "ping"))) == "pong");
  BOOST_TEST(d.body(d.send(request("GET", "ping?x=1"))) == "pong");
  d.send(request("GET", "runtime/invocation/next?x=1"));
  BOOST_TEST(d.count<InitDone>() == 1U);
}

BOOST_AUTO_TEST_SUITE_END()
