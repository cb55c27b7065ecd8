#include "emulator/aws/operation.h"

#include <boost/test/unit_test.hpp>
#include <string>

#include "emulator/aws/function_name.h"

namespace {

using namespace lambdarium;
using namespace lambdarium::aws;

const Endpoint kEndpoint{.region = "us-east-1", .account = "123456789012"};

std::string routed(std::string_view method, std::string_view path) {
  const RoutedRequest request = route(method, path);
  return std::string{request.name} + "(" + request.resource + ")";
}

// "name|qualifier", or the error's status, type and message.
std::string parsed(std::string_view text, std::string_view qualifier = {},
                   std::string_view caller_region = {}) {
  const auto result = parse_function_name(text, qualifier, kEndpoint, caller_region);
  if (const auto* error = std::get_if<AwsError>(&result)) {
    return std::to_string(error->status) + " " + std::string{error->type} + ": " + error->message;
  }
  const auto& name = std::get<FunctionName>(result);
  return name.name + "|" + name.qualifier;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(aws_operation)

BOOST_AUTO_TEST_CASE(method_and_path_name_an_operation) {
  BOOST_TEST(routed("POST", "/2015-03-31/functions/f/invocations") == "Invoke(f)");
  BOOST_TEST(routed("POST", "/2015-03-31/functions/f/invocations/") == "Invoke(f)");
  BOOST_TEST(routed("POST", "/2014-11-13/functions/f/invoke-async/") == "InvokeAsync(f)");
  BOOST_TEST(routed("POST", "/2015-03-31/functions") == "CreateFunction()");
  BOOST_TEST(routed("GET", "/2015-03-31/functions/") == "ListFunctions()");
  BOOST_TEST(routed("GET", "/2015-03-31/functions/f") == "GetFunction(f)");
  BOOST_TEST(routed("DELETE", "/2015-03-31/functions/f/") == "DeleteFunction(f)");
  BOOST_TEST(routed("PUT", "/2015-03-31/functions/f/code") == "UpdateFunctionCode(f)");
  BOOST_TEST(routed("GET", "/2019-09-30/functions/f/concurrency") == "GetFunctionConcurrency(f)");
  BOOST_TEST(routed("GET", "/2015-03-31/functions/f/policy") == "GetPolicy(f)");
  BOOST_TEST(routed("POST", "/2021-11-15/functions/f/response-streaming-invocations") ==
             "InvokeWithResponseStream(f)");
  BOOST_TEST(routed("GET", "/2018-10-31/layers/l/versions/3/policy") == "GetLayerVersionPolicy(l)");
}

BOOST_AUTO_TEST_CASE(a_name_in_the_path_is_decoded) {
  BOOST_TEST(routed("POST",
                    "/2015-03-31/functions/"
                    "arn%3Aaws%3Alambda%3Aus-east-1%3A123456789012%3Afunction%3Af%3A1/"
                    "invocations") == "Invoke(arn:aws:lambda:us-east-1:123456789012:function:f:1)");
  BOOST_TEST(routed("GET", "/2015-03-31/functions/f:%24LATEST") == "GetFunction(f:$LATEST)");
}

BOOST_AUTO_TEST_CASE(everything_else_is_unknown) {
  for (const char* path : {"", "/", "/2015-03-31", "/2015-03-31/functions/f/invocations/x",
                           "/2015-03-31/functions/f/nothing", "/2016-03-31/functions", "//"}) {
    BOOST_TEST((route("POST", path).operation == Operation::kUnknown), path);
  }
  BOOST_TEST(
      (route("GET", "/2015-03-31/functions/f/invocations").operation == Operation::kUnknown));
}

BOOST_AUTO_TEST_CASE(query_parameters_are_decoded_and_the_first_counts) {
  BOOST_TEST(query_value("a=1&Qualifier=%24LATEST&Qualifier=2", "Qualifier").value() == "$LATEST");
  BOOST_TEST(query_value("Qualifier", "Qualifier").value().empty());
  BOOST_TEST(!query_value("qualifier=1", "Qualifier").has_value());
  BOOST_TEST(!query_value("", "Qualifier").has_value());
  BOOST_TEST(query_values("k=a+b&x=1&k=c%26d", "k") == (std::vector<std::string>{"a b", "c&d"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_function_is_named_in_four_ways) {
  BOOST_TEST(parsed("f") == "f|");
  BOOST_TEST(parsed("f:live") == "f|live");
  BOOST_TEST(parsed("f:$LATEST") == "f|$LATEST");
  BOOST_TEST(parsed("123456789012:function:f") == "f|");
  BOOST_TEST(parsed("123456789012:function:f:7") == "f|7");
  BOOST_TEST(parsed("123456789012:f") == "f|");
  BOOST_TEST(parsed("function:f") == "f|");
  BOOST_TEST(parsed("us-east-1:123456789012:function:f") == "f|");
  BOOST_TEST(parsed("arn:aws:lambda:us-east-1:123456789012:function:f") == "f|");
  BOOST_TEST(parsed("arn:aws:lambda:us-east-1:000000000000:function:f:live") == "f|live");
  BOOST_TEST(parsed("123456789012") == "123456789012|");
  BOOST_TEST(parsed("function") == "function|");
}

BOOST_AUTO_TEST_CASE(what_is_no_name_is_a_validation_exception) {
  for (const char* text : {"", "a b", "a/b", "a:b:c", ":", "f:", "f:a b", "é", "arn:aws:s3:::b",
                           "arn:aws:lambda:us-east-1:1234:function:f",
                           "arn:aws:lambda:us-east-1:123456789012:layer:f:1:2"}) {
    BOOST_TEST(parsed(text).starts_with("400 ValidationException: 1 validation error detected: "
                                        "Value '" +
                                        std::string{text} + "' at 'functionName' "),
               text);
  }
  BOOST_TEST(parsed(std::string(256, 'a')).ends_with("a|"));
  BOOST_TEST(parsed(std::string(257, 'a')).find("length less than or equal to 256") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(two_qualifiers_must_agree) {
  BOOST_TEST(parsed("f", "live") == "f|live");
  BOOST_TEST(parsed("f:live", "live") == "f|live");
  BOOST_TEST(
      parsed("f:live", "1") ==
      "400 InvalidParameterValueException: The derived qualifier from the function name does "
      "not match the specified qualifier.");
  BOOST_TEST(parsed("f", "a b").find("at 'qualifier'") != std::string::npos);
  BOOST_TEST(parsed("f", std::string(129, 'q')).find("at 'qualifier'") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(an_arn_of_another_region_is_not_reachable) {
  const std::string arn = "arn:aws:lambda:eu-west-1:123456789012:function:f";
  BOOST_TEST(parsed(arn) ==
             "404 ResourceNotFoundException: Functions from 'eu-west-1' are not "
             "reachable in this region ('us-east-1')");
  BOOST_TEST(parsed(arn, {}, "eu-west-1") == "f|");
  BOOST_TEST(parsed(arn, {}, "eu-west-2").starts_with("404 "));
}

BOOST_AUTO_TEST_CASE(the_callers_region_is_that_of_the_signature) {
  const auto region = [](std::string header) {
    HttpRequest request;
    request.headers.add("Authorization", std::move(header));
    return std::string{credential_region(request)};
  };
  BOOST_TEST(region("AWS4-HMAC-SHA256 Credential=AKID/20260101/eu-west-1/lambda/aws4_request, "
                    "SignedHeaders=host, Signature=0") == "eu-west-1");
  for (const char* header :
       {"", "Bearer x", "Credential=", "Credential=a/b", "Credential=a/b/c/d", "Credential=a/b/"}) {
    BOOST_TEST(region(header).empty(), header);
  }
  BOOST_TEST(credential_region(HttpRequest{}).empty());
}

BOOST_AUTO_TEST_SUITE_END()
