// Runs the tables of tests/cases/gateway: requests to events, payloads to responses.

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "emulator/gateway/event.h"
#include "emulator/gateway/response.h"
#include "emulator/gateway/router.h"
#include "models/base/encoding.h"

namespace {

using namespace lambdarium;
using namespace lambdarium::gateway;
using Json = nlohmann::json;

constexpr const char* kRequestId = "JCJmXjUAPHcEP4w=";

Json read_cases(const std::string& name) {
  std::ifstream file{LAM_SOURCE_DIR "/tests/cases/gateway/" + name};
  BOOST_REQUIRE(file);
  return Json::parse(file);
}

// A text, or {"base64": …} for bytes that JSON cannot hold.
std::string bytes_of(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  return base64_decode(value.at("base64").get<std::string>()).value();
}

HttpRequest request_of(const Json& row) {
  HttpRequest request;
  request.method = row.at("method");
  request.target = row.at("target");
  request.minor_version = row.value("minor_version", 1);
  request.peer_address = "203.0.113.9";
  request.body = bytes_of(row.at("body"));
  for (const Json& header : row.at("headers")) {
    request.headers.add(header.at(0).get<std::string>(), bytes_of(header.at(1)));
  }
  return request;
}

std::string event_of(const Json& row) {
  HttpApiDefinition api{
      .id = "abcdefghij", .name = "Api", .stage = row.at("stage"), .routes = {}, .where = {}};
  api.routes.push_back({.route_key = row.at("route"),
                        .function = "f",
                        .payload_format_version = row.at("payload"),
                        .where = {}});
  auto router = Router::build(std::move(api));
  BOOST_REQUIRE(router.ok());
  const HttpRequest request = request_of(row.at("request"));
  const auto match = (*router).match(request.method, request.path());
  BOOST_REQUIRE(match.has_value());
  return make_event(request, *match,
                    {.account_id = "123456789012",
                     .domain_name = "abcdefghij.execute-api.us-east-1.amazonaws.com",
                     .request_id = kRequestId,
                     .trace_id = "Root=1-6a5145a9-1bae89e2512ec92d5d9438a0",
                     .time_epoch_ms = 1'783'711'145'766});
}

using Lines = std::vector<std::pair<std::string, std::string>>;

// Several fields of one name keep their order; different names have none.
Lines sorted(Lines lines) {
  std::stable_sort(lines.begin(), lines.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  return lines;
}

std::string text_of(const Lines& lines) {
  std::string text;
  for (const auto& [name, value] : lines) text += name + ": " + value + "\n";
  return text;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(gateway_cases)

BOOST_AUTO_TEST_CASE(every_request_of_the_table_becomes_its_event) {
  const Json cases = read_cases("events.json");
  for (const Json& row : cases) {
    const std::string text = event_of(row);
    const Json event = Json::parse(text, nullptr, false);
    BOOST_CHECK_MESSAGE(event == row.at("event"), row.at("name")
                                                      << "\n  got      " << text << "\n  expected "
                                                      << row.at("event").dump() << "\n  patch    "
                                                      << Json::diff(row.at("event"), event).dump());
  }
  BOOST_TEST(cases.size() > 40);
}

BOOST_AUTO_TEST_CASE(every_payload_of_the_table_becomes_its_response) {
  const Json cases = read_cases("responses.json");
  for (const Json& row : cases) {
    const HttpResponse response =
        make_response(row.at("format").get<std::string>(), row.at("payload"),
                      row.at("function_error"), kRequestId);
    Lines expected{{"Apigw-Requestid", kRequestId}};
    for (const Json& line : row.at("headers")) expected.emplace_back(line.at(0), line.at(1));
    Lines got;
    for (const HeaderField& field : response.headers) got.emplace_back(field.name, field.value);
    const std::string name = row.at("name");
    BOOST_CHECK_MESSAGE(response.status == row.at("status").get<int>(),
                        name << ": status " << response.status);
    BOOST_CHECK_MESSAGE(response.body == row.at("body").get<std::string>(),
                        name << ": body " << response.body);
    BOOST_CHECK_MESSAGE(sorted(got) == sorted(expected), name << ": headers\n" << text_of(got));
  }
  BOOST_TEST(cases.size() > 60);
}

BOOST_AUTO_TEST_SUITE_END()
