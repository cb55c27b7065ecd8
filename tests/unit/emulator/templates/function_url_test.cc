#include <boost/test/unit_test.hpp>

#include <set>

#include "tests/unit/emulator/templates/template_fixture.h"

namespace lambdarium::templates {
namespace {

using testing::python_function;
using testing::TemplateFixture;

BOOST_FIXTURE_TEST_SUITE(function_urls, TemplateFixture)

BOOST_AUTO_TEST_CASE(a_function_may_have_a_url) {
  const auto report = load(python_function(
      "      FunctionName: hello\n"
      "      FunctionUrlConfig:\n"
      "        AuthType: AWS_IAM\n"
      "        InvokeMode: RESPONSE_STREAM\n"
      "        Cors: {AllowCredentials: true, AllowOrigins: ['https://a.example'], MaxAge: 60}\n"));
  BOOST_TEST(errors(report) == "");
  BOOST_TEST(notes(report) == "");
  BOOST_REQUIRE(report.urls.size() == 1U);
  const FunctionUrlDefinition& url = report.urls[0];
  BOOST_TEST(url.function == "hello");
  BOOST_TEST(url.id == function_url_id_for("hello"));
  BOOST_TEST(url.iam);
  BOOST_TEST(url.response_stream);
  BOOST_REQUIRE(url.cors.has_value());
  BOOST_TEST(url.cors->allow_credentials.value());
  BOOST_TEST((url.cors->allow_origins == std::vector<std::string>{"https://a.example"}));
  BOOST_TEST(url.cors->max_age_s.value() == 60);
  BOOST_TEST(!url.cors->allow_headers.has_value());
}

BOOST_AUTO_TEST_CASE(mistakes_in_it_are_named) {
  const auto report =
      load(python_function("      FunctionUrlConfig:\n"
                           "        AuthTyp: NONE\n"
                           "        InvokeMode: STREAM\n"
                           "        Cors: {MaxAge: 86401, AllowCredentials: 3}\n"));
  const std::string text = errors(report);
  BOOST_TEST(text.find("FunctionUrlConfig has no AuthType") != std::string::npos);
  BOOST_TEST(text.find("'AuthTyp'") != std::string::npos);
  BOOST_TEST(text.find("'STREAM'") != std::string::npos);
  BOOST_TEST(text.find("MaxAge") != std::string::npos);
  BOOST_TEST(text.find("AllowCredentials must be true or false") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(outputs_may_name_it) {
  TemplateOptions options;
  options.http_port = 4000;
  const auto report = load(python_function("      FunctionUrlConfig: {AuthType: NONE}\n") +
                               "Outputs:\n"
                               "  Address: {Value: !GetAtt FUrl.FunctionUrl}\n",
                           options);
  BOOST_TEST(errors(report) == "");
  BOOST_TEST(report.outputs.at("Address") ==
             "http://" + function_url_id_for("F") + ".lambda-url.us-east-1.localhost:4000/");
}

BOOST_AUTO_TEST_CASE(ids_are_of_the_shape_of_the_service) {
  std::set<std::string> ids;
  for (int i = 0; i < 100; ++i) ids.insert(function_url_id_for("f" + std::to_string(i)));
  BOOST_TEST(ids.size() == 100U);
  for (const std::string& id : ids) {
    BOOST_TEST(id.size() == 32U);
    BOOST_TEST(id.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789") == std::string::npos);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace lambdarium::templates
