// The parts of the gateway that no table covers: errors, limits, times, hostile payloads.

#include <boost/test/unit_test.hpp>
#include <string>
#include <utility>

#include "emulator/gateway/event.h"
#include "emulator/gateway/response.h"
#include "models/domain/limits.h"

namespace {

using namespace lambdarium;
using namespace lambdarium::gateway;

struct ErrorRow {
  GatewayError error;
  int status;
  const char* body;
};

constexpr ErrorRow kErrors[] = {
    {GatewayError::kBadRequest, 400, R"({"message":"Bad Request"})"},
    {GatewayError::kUnauthorized, 401, R"({"message":"Unauthorized"})"},
    {GatewayError::kForbidden, 403, R"({"message":"Forbidden"})"},
    {GatewayError::kNotFound, 404, R"({"message":"Not Found"})"},
    {GatewayError::kPayloadTooLarge, 413, R"({"message":"Request Entity Too Large"})"},
    {GatewayError::kTooManyRequests, 429, R"({"message":"Too Many Requests"})"},
    {GatewayError::kHeadersTooLarge, 431, R"({"message":"Request Header Fields Too Large"})"},
    {GatewayError::kInternalServerError, 500, R"({"message":"Internal Server Error"})"},
    {GatewayError::kServiceUnavailable, 503, R"({"message":"Service Unavailable"})"},
};

HttpRequest request_with_head_of(std::size_t bytes) {
  HttpRequest request;
  request.method = "GET";
  request.target = "/";
  // "GET / HTTP/1.1\r\n", "a: …\r\n", "\r\n"
  request.headers.add("a", std::string(bytes - 16 - 5 - 2, 'x'));
  return request;
}

std::string check(const HttpRequest& request) {
  const auto error = check_request(request);
  return error ? std::to_string(make_error(*error, "id").status) : "ok";
}

}  // namespace

BOOST_AUTO_TEST_SUITE(gateway_edges)

BOOST_AUTO_TEST_CASE(each_error_has_its_status_its_exact_body_and_the_request_id) {
  for (const ErrorRow& row : kErrors) {
    const HttpResponse response = make_error(row.error, "JCJmXjUAPHcEP4w=");
    BOOST_TEST(response.status == row.status);
    BOOST_TEST(response.body == row.body);
    BOOST_TEST(*response.headers.find("content-type") == "application/json");
    BOOST_TEST(*response.headers.find("Apigw-Requestid") == "JCJmXjUAPHcEP4w=");
    BOOST_TEST(!response.headers.contains("x-amzn-errortype"));
    BOOST_TEST(response.headers.size() == 2);
  }
}

BOOST_AUTO_TEST_CASE(the_head_may_be_10240_bytes_and_no_more) {
  BOOST_TEST(check(request_with_head_of(10'240)) == "ok");
  BOOST_TEST(check(request_with_head_of(10'241)) == "431");
}

BOOST_AUTO_TEST_CASE(the_body_may_be_10_megabytes_and_no_more) {
  HttpRequest request = request_with_head_of(100);
  request.body.assign(kGatewayPayloadBytesMax, 'x');
  BOOST_TEST(check(request) == "ok");
  request.body += 'x';
  BOOST_TEST(check(request) == "413");
}

BOOST_AUTO_TEST_CASE(a_target_that_is_no_path_is_a_bad_request) {
  HttpRequest request = request_with_head_of(100);
  for (const char* target : {"", "*", "http://host/x"}) {
    request.target = target;
    BOOST_TEST(check(request) == "400");
  }
}

BOOST_AUTO_TEST_CASE(request_times_are_written_as_in_access_logs) {
  BOOST_TEST(format_request_time(0) == "01/Jan/1970:00:00:00 +0000");
  BOOST_TEST(format_request_time(1'584'039'838'999) == "12/Mar/2020:19:03:58 +0000");
  BOOST_TEST(format_request_time(1'709'251'199'000) == "29/Feb/2024:23:59:59 +0000");
  BOOST_TEST(format_request_time(-1) == "31/Dec/1969:23:59:59 +0000");
}

BOOST_AUTO_TEST_CASE(a_response_that_is_nested_beyond_reason_is_malformed_and_a_bare_one_passes) {
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  const auto response = [&nested](std::size_t depth) {
    return R"({"statusCode":200,"body":)" + nested(depth) + "}";
  };
  BOOST_TEST(make_response("2.0", response(999), false, "id").status == 200);
  BOOST_TEST(make_response("2.0", response(999), false, "id").body == nested(999));
  BOOST_TEST(make_response("2.0", response(1'000), false, "id").status == 500);
  BOOST_TEST(make_response("2.0", response(1'000'000), false, "id").status == 500);
  BOOST_TEST(make_response("2.0", nested(1'000'000), false, "id").status == 200);
  const std::string object = R"({"a":)" + nested(1'000'000) + "}";
  BOOST_TEST(make_response("2.0", object, false, "id").body == object);
}

BOOST_AUTO_TEST_SUITE_END()
