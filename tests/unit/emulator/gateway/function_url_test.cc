// Function URLs: addressing, the event, answers, CORS, and metadata in front of a stream.

#include "emulator/gateway/function_url.h"

#include <boost/test/unit_test.hpp>

#include <nlohmann/json.hpp>
#include <string>

#include "emulator/gateway/event.h"

namespace {

using namespace lambdarium;
using namespace lambdarium::gateway;
using Json = nlohmann::json;

constexpr std::string_view kId = "abcdefghijklmnopqrstuvwxyz012345";
const UrlIds kIds{"7c2af7db-31f3-42b5-8a6d-9ffc74e3b9e0", "Root=1-0-0;Parent=0;Sampled=0"};

HttpRequest request(std::string method, std::string target, HeaderList headers = {},
                    std::string body = {}) {
  HttpRequest value;
  value.method = std::move(method);
  value.target = std::move(target);
  value.headers = std::move(headers);
  value.body = std::move(body);
  value.peer_address = "203.0.113.9";
  return value;
}

FunctionUrlDefinition url() {
  FunctionUrlDefinition definition;
  definition.id = kId;
  definition.function = "f";
  return definition;
}

FunctionUrlDefinition url_with_cors(std::vector<std::string> origins, bool credentials = false) {
  FunctionUrlDefinition definition = url();
  definition.cors.emplace();
  definition.cors->allow_origins = std::move(origins);
  definition.cors->allow_methods = {"GET", "PUT"};
  definition.cors->allow_headers = {"x-one"};
  definition.cors->expose_headers = {"x-two", "x-three"};
  definition.cors->max_age_s = 60;
  if (credentials) definition.cors->allow_credentials = true;
  return definition;
}

Json event(const HttpRequest& from, const FunctionUrlDefinition& of, std::string_view access = {}) {
  std::string text;
  append_url_event(text, from, {.url = of, .path = from.path(), .access_key = access},
                   {.account_id = access.empty() ? "anonymous" : "123456789012",
                    .domain_name = "abc.lambda-url.us-east-1.on.aws",
                    .request_id = kIds.request_id,
                    .trace_id = "Root=1-0-0",
                    .time_epoch_ms = 1'583'348'638'390});
  return Json::parse(text);
}

std::string value_of(const HttpResponse& response, std::string_view name) {
  const std::string* value = response.headers.find(name);
  return value == nullptr ? "-" : *value;
}

// The whole body and, in front, what was read of the metadata; "bad" where it is malformed.
std::string split(std::string_view stream, std::size_t first_piece) {
  StreamPrelude prelude;
  std::string body;
  for (std::string_view piece : {stream.substr(0, first_piece), stream.substr(first_piece)}) {
    if (prelude.state() == StreamPrelude::State::kOpen) piece = prelude.take(piece);
    if (prelude.state() == StreamPrelude::State::kMalformed) return "bad";
    body += piece;
  }
  if (prelude.state() == StreamPrelude::State::kOpen) return "open";
  return prelude.json() + "|" + body;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(gateway_function_url)

BOOST_AUTO_TEST_CASE(a_url_is_found_by_its_host_and_by_path) {
  const auto by_host = find_function_url(
      request("GET", "/a%20b?x=1", {{"Host", "ABC.Lambda-Url.us-east-1.on.aws:3000"}}),
      "eu-west-1");
  BOOST_REQUIRE(by_host);
  BOOST_TEST(by_host->id == "abc");
  BOOST_TEST(by_host->path == "/a%20b");
  BOOST_TEST(by_host->domain_name == "abc.lambda-url.us-east-1.on.aws");
  const HttpRequest with_path = request("GET", "/_aws/lambda-url/abc/a/b?x=1", {{"Host", "h"}});
  const auto by_path = find_function_url(with_path, "eu-west-1");
  BOOST_REQUIRE(by_path);
  BOOST_TEST(by_path->id == "abc");
  BOOST_TEST(by_path->path == "/a/b");
  BOOST_TEST(by_path->domain_name == "abc.lambda-url.eu-west-1.on.aws");
  BOOST_TEST(find_function_url(request("GET", "/_aws/lambda-url/abc"), "eu-west-1")->path == "/");
  for (const char* host : {"localhost:3000", "lambda-url.us-east-1.on.aws", "abc.lambda-url",
                           "abc.lambda-url.", "abc.lambda-urls.x", "abc.execute-api.x"}) {
    BOOST_TEST(!find_function_url(request("GET", "/", {{"Host", host}}), "eu-west-1"), host);
  }
}

BOOST_AUTO_TEST_CASE(the_event_is_of_format_2_with_what_urls_do_otherwise) {
  const Json seen = event(request("POST", "/capture/space%20value?a=1&a=%2Fb",
                                  {{"Host", "abc.lambda-url.us-east-1.on.aws"},
                                   {"X-MiXed", "KeepS"},
                                   {"x-mixed", "Two"},
                                   {"Cookie", "s=1; t=2"},
                                   {"Connection", "keep-alive"},
                                   {"X-Amzn-Tls-Version", "mine"},
                                   {"X-Amzn-Trace-Id", "Root=1-client-root"},
                                   {"Content-Type", "application/x-www-form-urlencoded"}},
                                  "a=b"),
                          url());
  BOOST_TEST(seen.at("version") == "2.0");
  BOOST_TEST(seen.at("routeKey") == "$default");
  BOOST_TEST(seen.at("rawPath") == "/capture/space%20value");
  BOOST_TEST(seen.at("rawQueryString") == "a=1&a=%2Fb");
  BOOST_TEST(seen.at("queryStringParameters").at("a") == "1,/b");
  BOOST_TEST(seen.at("cookies") == Json::array({"s=1", "t=2"}));
  const Json& headers = seen.at("headers");
  BOOST_TEST(headers.at("cookie") == "s=1; t=2");
  BOOST_TEST(headers.at("x-mixed") == "KeepS,Two");
  BOOST_TEST(headers.at("content-length") == "3");
  BOOST_TEST(headers.at("x-amzn-tls-version") == "TLSv1.3");
  BOOST_TEST(headers.at("x-amzn-tls-cipher-suite") == "TLS_AES_128_GCM_SHA256");
  BOOST_TEST(headers.at("x-amzn-trace-id") == "Root=1-0-0");
  BOOST_TEST(headers.at("x-forwarded-for") == "203.0.113.9");
  BOOST_TEST(!headers.contains("connection"));
  const Json& context = seen.at("requestContext");
  BOOST_TEST(context.at("accountId") == "anonymous");
  BOOST_TEST(context.at("apiId") == kId);
  BOOST_TEST(context.at("domainPrefix") == "abc");
  BOOST_TEST(context.at("http").at("path") == "/capture/space value");
  BOOST_TEST(context.at("http").at("userAgent") == "");
  BOOST_TEST(context.at("requestId") == kIds.request_id);
  BOOST_TEST(context.at("routeKey") == "$default");
  BOOST_TEST(context.at("stage") == "$default");
  BOOST_TEST(context.at("time") == "04/Mar/2020:19:03:58 +0000");
  BOOST_TEST(!context.contains("authorizer"));
  BOOST_TEST(!seen.contains("pathParameters"));
  BOOST_TEST(seen.at("body") == "a=b");
  BOOST_TEST(seen.at("isBase64Encoded") == false);
}

BOOST_AUTO_TEST_CASE(what_is_absent_is_left_out) {
  const Json seen = event(request("GET", "/"), url());
  for (const char* name : {"cookies", "queryStringParameters", "body", "pathParameters"}) {
    BOOST_TEST(!seen.contains(name), name);
  }
  BOOST_TEST(seen.at("rawQueryString") == "");
  BOOST_TEST(!seen.at("headers").contains("content-length"));
}

BOOST_AUTO_TEST_CASE(a_path_is_decoded_once_and_kept_where_it_is_malformed) {
  const auto path = [](const char* target) {
    return event(request("GET", target), url()).at("requestContext").at("http").at("path");
  };
  BOOST_TEST(path("/pa2%25Fth/1") == "/pa2%Fth/1");
  BOOST_TEST(path("/pa2%Fth/1") == "/pa2%Fth/1");
  BOOST_TEST(path("/a%3Fb") == "/a?b");
}

BOOST_AUTO_TEST_CASE(a_body_is_text_where_its_type_says_so) {
  const auto encoded = [](const char* type, std::string body) {
    HeaderList headers;
    if (type != nullptr) headers.add("Content-Type", type);
    return event(request("POST", "/", headers, std::move(body)), url()).at("isBase64Encoded");
  };
  for (const char* type : {"text/plain", "application/json; charset=utf-8", "application/ld+json",
                           "application/xml", "application/javascript"}) {
    BOOST_TEST(encoded(type, "x") == false, type);
  }
  for (const char* type : {"multipart/form-data; boundary=x", "application/octet-stream",
                           "image/png", "text/plain; charset=latin1"}) {
    BOOST_TEST(encoded(type, "x") == true, type);
  }
  BOOST_TEST(encoded(nullptr, "x") == true);
  BOOST_TEST(encoded("text/plain", "\xFF") == true);
}

BOOST_AUTO_TEST_CASE(a_signed_request_names_its_caller) {
  FunctionUrlDefinition signed_url = url();
  signed_url.iam = true;
  const Json seen = event(request("GET", "/"), signed_url, "AKIDEXAMPLE");
  const Json& context = seen.at("requestContext");
  BOOST_TEST(context.at("accountId") == "123456789012");
  BOOST_TEST(context.at("authorizer").at("iam").at("accessKey") == "AKIDEXAMPLE");
}

BOOST_AUTO_TEST_CASE(payloads_become_answers) {
  const auto answer = [](const char* payload) { return make_url_response(payload, kIds); };
  const HttpResponse full = answer(
      R"({"statusCode":"418","headers":{"X-Kind":"pot"},"cookies":["a=1","b=2"],"body":"c2hvcnQ=",)"
      R"("isBase64Encoded":true})");
  BOOST_TEST(full.status == 418);
  BOOST_TEST(full.body == "short");
  BOOST_TEST(value_of(full, "x-kind") == "pot");
  BOOST_TEST(value_of(full, "set-cookie") == "a=1");
  BOOST_TEST(value_of(full, "content-type") == "application/json");
  BOOST_TEST(value_of(full, "x-amzn-requestid") == kIds.request_id);
  BOOST_TEST(value_of(full, "x-amzn-trace-id") == kIds.trace_id);
  BOOST_TEST(value_of(full, "apigw-requestid") == "-");
  BOOST_TEST(answer(R"({"statusCode":200,"body":{"a": 1}})").body == R"({"a":1})");
  BOOST_TEST(answer(R"("hello")").body == "hello");
  BOOST_TEST(answer("3").body == "3");
  BOOST_TEST(answer("null").body == "null");
  BOOST_TEST(answer(R"({"no":"status"})").body == R"({"no":"status"})");
  for (const char* bad :
       {R"({"statusCode":"x"})", R"({"statusCode":0})", R"({"statusCode":200,"headers":3})"}) {
    const HttpResponse refused = answer(bad);
    BOOST_TEST(refused.status == 502, bad);
    BOOST_TEST(refused.body == "Internal Server Error");
  }
}

BOOST_AUTO_TEST_CASE(errors_have_the_texts_of_the_service) {
  const HttpResponse unknown = make_url_error(UrlError::kUnknown, kIds);
  BOOST_TEST(unknown.status == 403);
  BOOST_TEST(unknown.body == R"({"Message":null})");
  BOOST_TEST(value_of(unknown, "x-amzn-errortype") == "AccessDeniedException");
  BOOST_TEST(make_url_error(UrlError::kForbidden, kIds).status == 403);
  BOOST_TEST(make_url_error(UrlError::kThrottled, kIds).status == 429);
  BOOST_TEST(make_url_error(UrlError::kTooLarge, kIds).status == 413);
  BOOST_TEST(make_url_error(UrlError::kFunctionError, kIds).body == "Internal Server Error");
  BOOST_TEST(make_url_error(UrlError::kTimeout, kIds).status == 504);
}

BOOST_AUTO_TEST_CASE(a_preflight_is_answered_by_the_url) {
  const HeaderList asking{{"Origin", "https://a.example"},
                          {"Access-Control-Request-Method", "PUT"}};
  const HttpRequest preflight = request("OPTIONS", "/", asking);
  const auto answer = answer_preflight(url_with_cors({"https://a.example"}), preflight, kIds);
  BOOST_REQUIRE(answer);
  BOOST_TEST(answer->status == 200);
  BOOST_TEST(value_of(*answer, "access-control-allow-origin") == "https://a.example");
  BOOST_TEST(value_of(*answer, "access-control-allow-methods") == "GET,PUT");
  BOOST_TEST(value_of(*answer, "access-control-allow-headers") == "x-one");
  BOOST_TEST(value_of(*answer, "access-control-max-age") == "60");
  BOOST_TEST(value_of(*answer, "access-control-allow-credentials") == "-");
  const auto other = answer_preflight(url_with_cors({"https://b.example"}), preflight, kIds);
  BOOST_REQUIRE(other);
  BOOST_TEST(value_of(*other, "access-control-allow-origin") == "-");
  const auto any = answer_preflight(url_with_cors({"*"}), preflight, kIds);
  BOOST_TEST(value_of(*any, "access-control-allow-origin") == "*");
  const auto trusted = answer_preflight(url_with_cors({"*"}, true), preflight, kIds);
  BOOST_TEST(value_of(*trusted, "access-control-allow-origin") == "https://a.example");
  BOOST_TEST(value_of(*trusted, "access-control-allow-credentials") == "true");
  BOOST_TEST(answer_preflight(url_with_cors({"https://*"}), preflight, kIds)
                 ->headers.contains("access-control-allow-origin"));
  // Without a Cors, or when it is no preflight, the function is asked.
  BOOST_TEST(!answer_preflight(url(), preflight, kIds));
  BOOST_TEST(!answer_preflight(url_with_cors({"*"}), request("GET", "/", asking), kIds));
  BOOST_TEST(!answer_preflight(url_with_cors({"*"}),
                               request("OPTIONS", "/", {{"Origin", "https://a.example"}}), kIds));
}

BOOST_AUTO_TEST_CASE(the_cors_of_a_url_replaces_that_of_the_function) {
  const auto fields = [](const FunctionUrlDefinition& of, std::string_view origin) {
    HttpResponse response;
    response.headers.add("access-control-allow-origin", "function's");
    apply_cors(of, origin, response.headers);
    return value_of(response, "access-control-allow-origin") + " " +
           value_of(response, "access-control-expose-headers");
  };
  BOOST_TEST(fields(url(), "https://a.example") == "function's -");
  BOOST_TEST(fields(url_with_cors({"*"}), "https://a.example") == "* x-two,x-three");
  BOOST_TEST(fields(url_with_cors({"https://b.example"}), "https://a.example") == "- -");
  BOOST_TEST(fields(url_with_cors({"*"}), "") == "- -");
}

BOOST_AUTO_TEST_CASE(metadata_is_split_off_wherever_the_pieces_are_cut) {
  const std::string json = R"({"statusCode":201})";
  const std::string stream = json + std::string(8, '\0') + std::string{"\0body", 5};
  const std::string expected = json + "|" + std::string{"\0body", 5};
  for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
    BOOST_TEST(split(stream, cut) == expected, "cut at " << cut);
  }
  // Byte by byte.
  StreamPrelude prelude;
  std::string body;
  for (const char& c : stream) {
    const std::string_view piece{&c, 1};
    body += prelude.state() == StreamPrelude::State::kOpen ? prelude.take(piece) : piece;
  }
  BOOST_TEST(prelude.json() + "|" + body == expected);
}

BOOST_AUTO_TEST_CASE(metadata_without_its_separator_is_malformed) {
  const std::string seven = "{}" + std::string(7, '\0');
  for (std::size_t cut = 0; cut <= seven.size(); ++cut) {
    BOOST_TEST(split(seven + "x", cut) == "bad", "cut at " << cut);
    BOOST_TEST(split(seven, cut) == "open", "cut at " << cut);
  }
  BOOST_TEST(split(std::string(StreamPrelude::kBytesMax, ' '), 10) == "open");
  BOOST_TEST(split(std::string(StreamPrelude::kBytesMax + 1, ' '), 10) == "bad");
}

BOOST_AUTO_TEST_CASE(metadata_becomes_the_head_of_the_answer) {
  HttpResponse head;
  BOOST_TEST(
      read_stream_metadata(R"({"statusCode":201,"headers":{"X-A":"1"},"cookies":["c=1"]})", head));
  BOOST_TEST(head.status == 201);
  BOOST_TEST(value_of(head, "x-a") == "1");
  BOOST_TEST(value_of(head, "set-cookie") == "c=1");
  BOOST_TEST(value_of(head, "content-type") == "application/octet-stream");
  HttpResponse plain;
  BOOST_TEST(read_stream_metadata("{}", plain));
  BOOST_TEST(plain.status == 200);
  for (const char* bad : {"", "[]", "{", R"({"statusCode":"x"})", R"({"headers":[]})"}) {
    HttpResponse ignored;
    BOOST_TEST(!read_stream_metadata(bad, ignored), bad);
  }
}

BOOST_AUTO_TEST_CASE(a_whole_stream_with_metadata_is_an_answer) {
  const std::string stream = R"({"statusCode":201})" + std::string(8, '\0') + "body";
  const HttpResponse answer = make_url_stream_response(stream, kIds);
  BOOST_TEST(answer.status == 201);
  BOOST_TEST(answer.body == "body");
  BOOST_TEST(make_url_stream_response("{}", kIds).status == 502);
  BOOST_TEST(has_stream_metadata("application/vnd.awslambda.http-integration-response"));
  BOOST_TEST(!has_stream_metadata("application/octet-stream"));
}

BOOST_AUTO_TEST_SUITE_END()
