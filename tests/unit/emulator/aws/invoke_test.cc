#include "emulator/aws/invoke.h"

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>
#include <string>

#include "emulator/aws/function_registry.h"
#include "emulator/aws/json_check.h"
#include "models/base/encoding.h"
#include "models/domain/limits.h"

namespace {

using namespace lambdarium;
using namespace lambdarium::aws;
using Json = nlohmann::json;

const Endpoint kEndpoint{.region = "us-east-1", .account = "123456789012"};

HttpRequest post(std::string body, HeaderList headers = {}, std::string query = {}) {
  HttpRequest request;
  request.method = "POST";
  request.target = "/2015-03-31/functions/f/invocations" + query;
  request.headers = std::move(headers);
  request.body = std::move(body);
  return request;
}

InvokeRequest invoke(HttpRequest request) {
  auto parsed = parse_invoke(std::move(request), "f", kEndpoint);
  BOOST_REQUIRE(std::holds_alternative<InvokeRequest>(parsed));
  return std::get<InvokeRequest>(std::move(parsed));
}

std::string error_of(const OrError<InvokeRequest>& parsed) {
  const auto* error = std::get_if<AwsError>(&parsed);
  if (error == nullptr) return "none";
  return std::to_string(error->status) + " " + std::string{error->type} + ": " + error->message;
}

std::string refused(HttpRequest request) {
  return error_of(parse_invoke(std::move(request), "f", kEndpoint));
}

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(aws_invoke)

BOOST_AUTO_TEST_CASE(a_bare_request_is_a_synchronous_call_with_an_empty_object) {
  const InvokeRequest request = invoke(post(""));
  BOOST_TEST((request.type == InvocationType::kRequestResponse));
  BOOST_TEST(request.payload == "{}");
  BOOST_TEST(request.function.name == "f");
  BOOST_TEST(request.function.qualifier.empty());
  BOOST_TEST(!request.tail);
  BOOST_TEST(request.client_context.empty());
  BOOST_TEST(request.trace_header.empty());
}

BOOST_AUTO_TEST_CASE(headers_say_type_tail_context_and_trace_in_any_case) {
  const std::string context = base64_encode(R"({"client":{}})");
  const InvokeRequest request = invoke(post(" [1] ",
                                            {{"x-amz-invocation-type", "RequestResponse"},
                                             {"X-AMZ-LOG-TYPE", "Tail"},
                                             {"X-Amz-Client-Context", context},
                                             {"X-Amzn-Trace-Id", "Root=1-a-b"},
                                             {"Content-Type", "application/json; charset=utf-8"}},
                                            "?Qualifier=%24LATEST"));
  BOOST_TEST(request.tail);
  BOOST_TEST(request.client_context == R"({"client":{}})");
  BOOST_TEST(request.trace_header == "Root=1-a-b");
  BOOST_TEST(request.payload == " [1] ");
  BOOST_TEST(request.function.qualifier == "$LATEST");
}

BOOST_AUTO_TEST_CASE(tail_and_context_belong_to_synchronous_calls) {
  for (const char* type : {"Event", "DryRun"}) {
    const InvokeRequest request = invoke(post("{}", {{"X-Amz-Invocation-Type", type},
                                                     {"X-Amz-Log-Type", "Tail"},
                                                     {"X-Amz-Client-Context", "not base64"}}));
    BOOST_TEST(!request.tail);
    BOOST_TEST(request.client_context.empty());
  }
}

BOOST_AUTO_TEST_CASE(other_types_are_validation_errors) {
  BOOST_TEST(refused(post("{}", {{"X-Amz-Invocation-Type", "Sync"}})) ==
             "400 ValidationException: 1 validation error detected: Value 'Sync' at "
             "'invocationType' failed to satisfy constraint: Member must satisfy enum value set: "
             "[RequestResponse, Event, DryRun]");
  BOOST_TEST(contains(refused(post("{}", {{"X-Amz-Log-Type", "Head"}})),
                      "Value 'Head' at 'logType' failed to satisfy constraint: Member must satisfy "
                      "enum value set: [None, Tail]"));
}

BOOST_AUTO_TEST_CASE(the_synchronous_limit_has_a_hundred_bytes_of_slack) {
  const auto quoted = [](std::int64_t size) {
    return '"' + std::string(static_cast<std::size_t>(size) - 2, 'x') + '"';
  };
  BOOST_TEST(invoke(post(quoted(6'291'556))).payload.size() == 6'291'556U);
  BOOST_TEST(refused(post(quoted(6'291'557))) ==
             "413 RequestEntityTooLargeException: 6291557 byte payload is too large for the "
             "RequestResponse invocation type (limit 6291456 bytes)");
  const HttpResponse response =
      to_response(payload_too_large(6'291'557, InvocationType::kRequestResponse), "id");
  BOOST_TEST(response.body ==
             "{\"message\":\"6291557 byte payload is too large for the RequestResponse "
             "invocation type (limit 6291456 bytes)\"}");
}

BOOST_AUTO_TEST_CASE(an_event_is_a_megabyte_and_invoke_async_a_quarter_of_it) {
  const auto quoted = [](std::size_t size) { return '"' + std::string(size - 2, 'x') + '"'; };
  const HeaderList event{{"X-Amz-Invocation-Type", "Event"}};
  BOOST_TEST(invoke(post(quoted(1'048'576), event)).payload.size() == 1'048'576U);
  BOOST_TEST(contains(refused(post(quoted(1'048'577), event)),
                      "for the Event invocation type (limit 1048576 bytes)"));
  auto parsed = parse_invoke_async(post(quoted(262'144)), "f", kEndpoint);
  BOOST_REQUIRE(std::holds_alternative<InvokeRequest>(parsed));
  BOOST_TEST((std::get<InvokeRequest>(parsed).type == InvocationType::kEvent));
  BOOST_TEST(
      error_of(parse_invoke_async(post(quoted(262'145)), "f", kEndpoint)).starts_with("413 "));
  BOOST_TEST(error_of(parse_invoke_async(post("x"), "f", kEndpoint)).starts_with("400 "));
}

BOOST_AUTO_TEST_CASE(a_payload_that_is_no_json_is_refused_and_stays_with_the_request) {
  HttpRequest request = post("asdf");
  BOOST_TEST(
      error_of(parse_invoke(std::move(request), "f", kEndpoint)) ==
      "400 InvalidRequestContentException: Could not parse request body into json: Could "
      "not parse payload into json: Unexpected character ('a' (code 97)) at line 1, column 1");
  BOOST_TEST(request.body == "asdf");
  BOOST_TEST(contains(refused(post("\"\xFF\"")), "Invalid UTF-8"));
  BOOST_TEST(contains(refused(post("   ")), "Unexpected end of input"));
  BOOST_TEST(contains(refused(post("{}\n{}")), "at line 2, column 1"));
}

BOOST_AUTO_TEST_CASE(a_client_context_is_base64_of_json_and_bounded) {
  const auto with = [](std::string context) {
    return refused(post("{}", {{"X-Amz-Client-Context", std::move(context)}}));
  };
  // 4 characters carry 3 bytes: 3,580 characters are 2,685 bytes.
  const auto encoded = [](std::size_t bytes) {
    return base64_encode('"' + std::string(bytes - 2, 'x') + '"');
  };
  BOOST_TEST(with(encoded(2'685)) == "none");
  BOOST_TEST(with(encoded(2'688)).starts_with("400 InvalidRequestContentException: "));
  BOOST_TEST(with("***").starts_with("400 InvalidRequestContentException: Client context must be"));
  BOOST_TEST(with(base64_encode("no json")).starts_with("400 "));
}

BOOST_AUTO_TEST_CASE(sdk_content_types_pass_and_other_explicit_ones_do_not) {
  for (const char* type :
       {"application/json", "APPLICATION/JSON", "application/octet-stream",
        "application/x-www-form-urlencoded", "application/cloudevents+json", ""}) {
    BOOST_TEST(refused(post("{}", {{"Content-Type", type}})) == "none", type);
  }
  BOOST_TEST(refused(post("{}", {{"Content-Type", "text/plain"}}))
                 .starts_with("415 UnsupportedMediaTypeException: "));
}

BOOST_AUTO_TEST_CASE(invoke_reads_the_region_of_the_signature_for_arns) {
  const std::string arn = "arn:aws:lambda:eu-west-1:123456789012:function:f";
  BOOST_TEST(error_of(parse_invoke(post("{}"), arn, kEndpoint)).starts_with("404 "));
  HeaderList signed_for{
      {"Authorization", "AWS4-HMAC-SHA256 Credential=A/20260101/eu-west-1/lambda/aws4_request"}};
  BOOST_TEST(error_of(parse_invoke(post("{}", signed_for), arn, kEndpoint)) == "none");
}

BOOST_AUTO_TEST_CASE(a_result_has_the_headers_of_the_service) {
  const HttpResponse response =
      make_invoke_response({.request_id = "rid", .trace_id = "Root=1"}, "null");
  BOOST_TEST(response.status == 200);
  BOOST_TEST(response.body == "null");
  BOOST_TEST(*response.headers.find("x-amzn-RequestId") == "rid");
  BOOST_TEST(*response.headers.find("X-Amz-Executed-Version") == "$LATEST");
  BOOST_TEST(*response.headers.find("x-amzn-Remapped-Content-Length") == "0");
  BOOST_TEST(*response.headers.find("X-Amzn-Trace-Id") == "Root=1");
  BOOST_TEST(*response.headers.find("Content-Type") == "application/json");
  BOOST_TEST(response.headers.size() == 5U);
}

BOOST_AUTO_TEST_CASE(a_function_error_and_a_tail_add_their_headers) {
  const std::string log = std::string(5'000, 'a') + "end";
  const HttpResponse response = make_invoke_response(
      {.request_id = "rid", .function_error = "Unhandled", .log_text = log, .tail = true}, "{}");
  BOOST_TEST(response.status == 200);
  BOOST_TEST(*response.headers.find("X-Amz-Function-Error") == "Unhandled");
  const auto tail = base64_decode(*response.headers.find("X-Amz-Log-Result"));
  BOOST_TEST(tail.value() == log.substr(log.size() - 4'096));
  BOOST_TEST(make_log_result("short") == base64_encode("short"));
}

BOOST_AUTO_TEST_CASE(the_raw_head_says_what_the_response_value_says) {
  const InvokeResult plain{.request_id = "rid", .trace_id = "Root=1"};
  std::string head;
  append_invoke_head(head, plain, 12, "Thu, 01 Jan 1970 00:00:00 GMT", true);
  BOOST_TEST(head ==
             "HTTP/1.1 200 OK\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\nContent-Length: 12\r\n"
             "Content-Type: application/json\r\nx-amzn-RequestId: rid\r\n"
             "x-amzn-Remapped-Content-Length: 0\r\nX-Amz-Executed-Version: $LATEST\r\n"
             "X-Amzn-Trace-Id: Root=1\r\n\r\n");
  for (const InvokeResult& result :
       {plain, InvokeResult{.request_id = "r"},
        InvokeResult{.request_id = "r", .trace_id = "t", .function_error = "Unhandled"},
        InvokeResult{.request_id = "r", .log_text = "log", .tail = true}}) {
    std::string expected = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n";
    for (const HeaderField& field : make_invoke_response(result, "").headers) {
      expected += field.name + ": " + field.value + "\r\n";
    }
    std::string got;
    append_invoke_head(got, result, 0, {}, false);
    BOOST_TEST(got == expected + "\r\n");
  }
}

BOOST_AUTO_TEST_CASE(events_and_dry_runs_have_no_body_and_no_version) {
  const HttpResponse event = make_event_response("rid", "Root=1");
  BOOST_TEST(event.status == 202);
  BOOST_TEST(event.body.empty());
  BOOST_TEST(!event.headers.contains("X-Amz-Executed-Version"));
  BOOST_TEST(*event.headers.find("x-amzn-RequestId") == "rid");
  BOOST_TEST(make_dry_run_response("rid", {}).status == 204);
  BOOST_TEST(make_invoke_async_response("rid").status == 202);
  BOOST_TEST(make_invoke_async_response("rid").body == R"({"Status":202})");
}

BOOST_AUTO_TEST_CASE(throttles_are_429_and_name_the_limit) {
  const HttpResponse response =
      to_response(too_many_requests(Throttle::kReservedConcurrency), "rid");
  BOOST_TEST(response.status == 429);
  BOOST_TEST(*response.headers.find("x-amzn-ErrorType") == "TooManyRequestsException");
  BOOST_TEST(*response.headers.find("x-amzn-RequestId") == "rid");
  BOOST_TEST(Json::parse(response.body) ==
             Json::parse(R"({"Reason":"ReservedFunctionConcurrentInvocationLimitExceeded",
                             "Type":"User","message":"Rate Exceeded."})"));
  BOOST_TEST(throttle_reason(Throttle::kConcurrency) == "ConcurrentInvocationLimitExceeded");
}

BOOST_AUTO_TEST_CASE(a_function_is_resolved_by_name_and_latest_alone) {
  FunctionRegistry registry{kEndpoint};
  store::StoredFunction function;
  function.definition.name = "f";
  registry.put(function, FunctionChange::kCreated);
  const auto status = [&registry](const FunctionName& name) {
    RandomStream draws{1, "draws"};
    const auto found = registry.resolve_for_invoke(name, draws);
    const auto* error = std::get_if<AwsError>(&found);
    return error == nullptr ? std::string{"found"} : std::to_string(error->status) + error->message;
  };
  BOOST_TEST(status({"f", ""}) == "found");
  BOOST_TEST(status({"f", "$LATEST"}) == "found");
  BOOST_TEST(status({"f", "1"}) ==
             "404Function not found: arn:aws:lambda:us-east-1:123456789012:function:f:1");
  BOOST_TEST(status({"g", ""}) ==
             "404Function not found: arn:aws:lambda:us-east-1:123456789012:function:g");
  function.state = "Pending";
  registry.put(function, FunctionChange::kConfiguration);
  BOOST_TEST(status({"f", ""}) ==
             "409The operation cannot be performed at this time. The function is currently in the "
             "following state: Pending");
}

BOOST_AUTO_TEST_CASE(the_json_check_agrees_with_a_parser) {
  for (const char* text : {"{}",
                           "[]",
                           "null",
                           "true",
                           "false",
                           "0",
                           "-0",
                           "10",
                           "-1.5e+10",
                           "1E5",
                           "2e-3",
                           "\"\"",
                           R"("a\"\\\/\b\f\n\r\té")",
                           R"({"a":[1,{"b":null},[]],"c":{}})",
                           " \t\r\n1 ",
                           "[[[[]]]]",
                           R"({"a":1,"a":2})",
                           "\"\xC3\xA9\"",
                           "\x7F",
                           "",
                           " ",
                           "{",
                           "[",
                           "]",
                           "}",
                           "[1,]",
                           "[,1]",
                           "[1 2]",
                           "{\"a\"}",
                           "{\"a\":}",
                           "{\"a\":1,}",
                           "{a:1}",
                           "{1:1}",
                           "{,}",
                           "01",
                           "-",
                           "1.",
                           ".5",
                           "1e",
                           "1e+",
                           "+1",
                           "tru",
                           "truex",
                           "nul",
                           "NaN",
                           "Infinity",
                           "'a'",
                           "\"a",
                           "\"\\x\"",
                           "\"\\u12\"",
                           "\"\\u12G4\"",
                           "\"\\",
                           "\"\n\"",
                           "\"\t\"",
                           "{}{}",
                           "1 1",
                           "[}",
                           "{]",
                           "\"\xC3\"",
                           "\"\xED\xA0\x80\"",
                           "// c\n1",
                           "[1]]",
                           "\"a\":1",
                           "{\"a\":1 \"b\":2}"}) {
    const bool good = !find_json_problem(text).has_value();
    BOOST_TEST(good == Json::accept(text),
               text << ": " << find_json_problem(text).value_or("json"));
  }
}

BOOST_AUTO_TEST_CASE(the_json_check_takes_any_depth) {
  const std::string deep = std::string(1'000'000, '[') + std::string(1'000'000, ']');
  BOOST_TEST(!find_json_problem(deep).has_value());
  BOOST_TEST(find_json_problem(deep + "]").has_value());
  BOOST_TEST(find_json_problem(deep.substr(0, deep.size() - 1)).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
