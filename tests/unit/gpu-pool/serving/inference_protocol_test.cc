#include "gpu-pool/serving/inference_protocol.h"

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

using namespace lambdarium;
using namespace lambdarium::gpu_pool;
using Json = nlohmann::json;

namespace {

HttpResponse ask(std::string method, std::string target, bool ready = true) {
  HttpRequest request;
  request.method = std::move(method);
  request.target = std::move(target);
  return answer_inference_request(request, {.name = "pool", .version = "1.2", .ready = ready});
}

std::string error_of(const HttpResponse& response) {
  const Json body = Json::parse(response.body, nullptr, false);
  BOOST_REQUIRE(body.is_object());
  BOOST_REQUIRE(body.size() == 1U);
  return body.at("error").get<std::string>();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(inference_protocol)

BOOST_AUTO_TEST_CASE(metadata_names_the_server_and_its_extensions) {
  for (const char* target : {"/v2", "/v2/", "/v2?x=1"}) {
    const HttpResponse response = ask("GET", target);
    BOOST_TEST(response.status == 200);
    BOOST_TEST(*response.headers.find("content-type") == "application/json");
    const Json body = Json::parse(response.body);
    BOOST_TEST(body.at("name").get<std::string>() == "pool");
    BOOST_TEST(body.at("version").get<std::string>() == "1.2");
    BOOST_TEST(body.at("extensions").is_array());
  }
}

BOOST_AUTO_TEST_CASE(health_is_alive_always_and_ready_while_work_is_taken) {
  BOOST_TEST(ask("GET", "/v2/health/live").body == R"({"live":true})");
  BOOST_TEST(ask("GET", "/v2/health/ready").body == R"({"ready":true})");
  BOOST_TEST(ask("GET", "/v2/health/live", false).status == 200);
  BOOST_TEST(ask("GET", "/v2/health/ready", false).status == 503);
  BOOST_TEST(ask("GET", "/v2/health/ready", false).body == R"({"ready":false})");
}

BOOST_AUTO_TEST_CASE(the_repository_is_empty) {
  const HttpResponse response = ask("POST", "/v2/repository/index");
  BOOST_TEST(response.status == 200);
  BOOST_TEST(response.body == "[]");
}

BOOST_AUTO_TEST_CASE(a_model_that_is_not_loaded_is_404_by_name) {
  for (const char* target : {"/v2/models/yolo", "/v2/models/yolo/ready",
                             "/v2/models/yolo/versions/1", "/v2/models/yolo/versions/1/ready"}) {
    const HttpResponse response = ask("GET", target);
    BOOST_TEST(response.status == 404);
    BOOST_TEST(error_of(response).find("model 'yolo'") == 0U);
  }
  BOOST_TEST(ask("POST", "/v2/models/yolo/infer").status == 404);
  BOOST_TEST(error_of(ask("POST", "/v2/models/yolo/versions/2/infer")).find("version '2'") !=
             std::string::npos);
  BOOST_TEST(error_of(ask("GET", "/v2/models/a%20b")).find("model 'a b'") == 0U);
}

BOOST_AUTO_TEST_CASE(a_wrong_method_is_405_and_says_which_is_right) {
  for (const auto& [method, target, allowed] : {std::tuple{"POST", "/v2", "GET"},
                                                {"POST", "/v2/health/live", "GET"},
                                                {"GET", "/v2/repository/index", "POST"},
                                                {"GET", "/v2/models/m/infer", "POST"},
                                                {"DELETE", "/v2/models/m", "GET"}}) {
    const HttpResponse response = ask(method, target);
    BOOST_TEST(response.status == 405);
    BOOST_TEST(*response.headers.find("Allow") == allowed);
  }
}

BOOST_AUTO_TEST_CASE(other_paths_are_404_and_never_a_crash) {
  for (const char* target :
       {"", "/", "//", "/v1", "/v2x", "/v2/health", "/v2/health/tired", "/v2/models", "/v2/models/",
        "/v2/models/m/explode", "/v2/models/m/infer/twice", "/v2/models//infer", "/v2/repository",
        "*", "/v2/models/m/versions", "/%", "/%4", "/%zz", "/v2/\xff\xfe"}) {
    BOOST_TEST_CONTEXT(target) {
      const HttpResponse response = ask("GET", target);
      BOOST_TEST(response.status == 404);
      BOOST_TEST(!error_of(response).empty());
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
