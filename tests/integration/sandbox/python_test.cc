// Python handlers in real environments.

#include "tests/integration/sandbox/fixture.h"

namespace {

using namespace lambdarium;
using namespace lambdarium::sandbox;
using namespace lambdarium::sandbox::test;

struct PythonFixture : Fixture {
  bool usable = has_program("python3");
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(python_runtime, PythonFixture)

BOOST_AUTO_TEST_CASE(a_warm_environment_keeps_its_memory_between_invocations) {
  if (!usable) return;
  start_and_wait(
      python("n = 0\n"
             "def handler(event, context):\n"
             "    global n\n"
             "    n += 1\n"
             "    print('call', n)\n"
             "    return {'n': n, 'event': event, 'text': 'h\\u00e9'}\n"));
  BOOST_TEST(environment->is_idle());
  BOOST_TEST(call("{\"a\":[1,null]}").payload ==
             "{\"n\": 1, \"event\": {\"a\": [1, null]}, \"text\": \"h\xc3\xa9\"}");
  BOOST_TEST(call("\"x\"").payload == "{\"n\": 2, \"event\": \"x\", \"text\": \"h\xc3\xa9\"}");
  BOOST_TEST(!seen.results.back().function_error);
  BOOST_TEST(seen.results.back().content_type == "application/json");
  BOOST_TEST(log_holds("call 1\ncall 2\n"));
  BOOST_TEST(environment->max_memory_mb() > 1);
}

BOOST_AUTO_TEST_CASE(the_context_tells_about_function_and_invocation) {
  if (!usable) return;
  EnvironmentOptions options = python(
      "import os\n"
      "def handler(event, context):\n"
      "    assert 0 < context.get_remaining_time_in_millis() <= 30000\n"
      "    assert context.client_context.custom['k'] == 'v', context.client_context\n"
      "    assert context.client_context.client.app_title == 't'\n"
      "    assert context.identity.cognito_identity_id is None\n"
      "    return [context.aws_request_id, context.function_name, context.function_version,\n"
      "        context.memory_limit_in_mb, context.invoked_function_arn, context.log_group_name,\n"
      "        context.log_stream_name, os.environ['_X_AMZN_TRACE_ID']]\n");
  options.function.memory_mb = 256;
  start_and_wait(options);
  runtime_api::Invocation event = invocation("{}");
  event.client_context = "{\"custom\":{\"k\":\"v\"},\"client\":{\"app_title\":\"t\"}}";
  environment->invoke(event);
  BOOST_REQUIRE(loop.run_until([this] { return seen.idle == 1; }, kLimit));
  BOOST_TEST(seen.results.back().payload ==
             "[\"" + event.request_id + "\", \"f\", \"$LATEST\", \"256\", \"" + event.function_arn +
                 "\", \"/aws/lambda/f\", "
                 "\"2024/05/06/[$LATEST]0123456789abcdef0123456789abcdef\", \"" +
                 event.trace_id + "\"]");
}

BOOST_AUTO_TEST_CASE(variables_are_those_of_the_service_and_nothing_leaks) {
  if (!usable) return;
  setenv("LAM_TEST_SECRET", "leak", 1);
  EnvironmentOptions options = python(
      "import os, json\n"
      "def handler(event, context):\n"
      "    return dict(os.environ)\n");
  options.function.environment = {{"MINE", "a=b"},          {"_HIDDEN", "x"},
                                  {"AWS_REGION", "mars"},   {"TZ", ":Europe/Paris"},
                                  {"_HANDLER", "other.fn"}, {"AWS_LAMBDA_RUNTIME_API", "x:1"}};
  start_and_wait(options);
  const std::string all = call().payload;
  const std::string code = folder / "code";
  for (const std::string& part : std::vector<std::string>{
           std::string{"\"MINE\": \"a=b\""}, std::string{"\"AWS_REGION\": \"us-east-1\""},
           std::string{"\"TZ\": \":Europe/Paris\""}, std::string{"\"_HANDLER\": \"app.handler\""},
           std::string{"\"LANG\": \"en_US.UTF-8\""},
           std::string{"\"AWS_EXECUTION_ENV\": \"AWS_Lambda_python3.12\""},
           std::string{"\"AWS_LAMBDA_INITIALIZATION_TYPE\": \"on-demand\""},
           "\"AWS_LAMBDA_RUNTIME_API\": \"127.0.0.1:" + std::to_string(environment->port()) + "\"",
           "\"LAMBDA_TASK_ROOT\": \"" + code + "\"", std::string{"\"AWS_XRAY_CONTEXT_MISSING\""}}) {
    BOOST_TEST(all.find(part) != std::string::npos, part << " is not in " << all);
  }
  for (const std::string& part :
       std::vector<std::string>{"LAM_TEST_SECRET", "_HIDDEN", "\"HOME\"", "mars"}) {
    BOOST_TEST(all.find(part) == std::string::npos, part << " is in " << all);
  }
}

BOOST_AUTO_TEST_CASE(an_exception_has_the_shape_of_the_service) {
  if (!usable) return;
  start_and_wait(
      python("def handler(event, context):\n"
             "    raise KeyError('x')\n"));
  const auto& result = call();
  BOOST_TEST(result.function_error);
  BOOST_TEST(result.payload ==
             "{\"errorMessage\": \"'x'\", \"errorType\": \"KeyError\", \"requestId\": \"" +
                 result.request_id + "\", \"stackTrace\": [\"  File \\\"" + (folder / "code") +
                 "/app.py\\\", line 2, in handler\\n    raise KeyError('x')\\n\"]}");
  BOOST_TEST(log_holds("[ERROR] KeyError: 'x'\nTraceback (most recent call last):\n"));
  BOOST_TEST(environment->is_idle());
}

BOOST_AUTO_TEST_CASE(an_answer_that_is_not_json_is_a_marshal_error) {
  if (!usable) return;
  start_and_wait(python("def handler(event, context):\n    return {1, 2}\n"));
  const auto& result = call();
  BOOST_TEST(result.function_error);
  BOOST_TEST(result.payload.find("Unable to marshal response: Object of type set is not JSON "
                                 "serializable\", \"errorType\": \"Runtime.MarshalError\"") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(log_records_carry_level_time_and_request) {
  if (!usable) return;
  start_and_wait(
      python("import logging\n"
             "def handler(event, context):\n"
             "    logging.warning('careful %d', 1)\n"
             "    logging.info('not shown')\n"));
  const auto& result = call();
  BOOST_TEST(result.payload == "null");
  BOOST_TEST(log_holds("Z\t" + result.request_id + "\tcareful 1\n"));
  BOOST_TEST(seen.log.starts_with("[WARNING]\t"));
  BOOST_TEST(seen.log.find("not shown") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(errors_of_the_init_phase_are_reported_with_their_types) {
  if (!usable) return;
  struct Case {
    std::string source;
    std::string handler;
    std::string type;
    std::string message;
  };
  const std::vector<Case> cases{
      {"import nowhere_to_be_found\n", "app.handler", "Runtime.ImportModuleError",
       "Unable to import module 'app': No module named 'nowhere_to_be_found'"},
      {"x = 1\n", "app.handler", "Runtime.HandlerNotFound",
       "Handler 'handler' missing on module 'app'"},
      {"x = 1\n", "missing.handler", "Runtime.ImportModuleError",
       "Unable to import module 'missing': No module named 'missing'"},
      {"x = 1\n", "app", "Runtime.MalformedHandlerName",
       "Bad handler 'app': not enough values to unpack (expected 2, got 1)"},
      {"def handler(:\n", "app.handler", "Runtime.UserCodeSyntaxError",
       "Syntax error in module 'app': "},
  };
  for (const Case& c : cases) {
    EnvironmentOptions options = python(c.source);
    options.function.handler = c.handler;
    start(options);
    const Failure& failure = wait_for_init_failure();
    BOOST_TEST((failure.kind == Failure::Kind::kReported));
    BOOST_TEST(failure.error_type == c.type);
    const std::string payload = failure.payload_for("id");
    BOOST_TEST(payload.find("\"errorMessage\": \"" + c.message) != std::string::npos, payload);
    BOOST_TEST(payload.find("\"requestId\": \"\"") != std::string::npos, payload);
    BOOST_TEST(seen.log.find("[ERROR] " + c.type) != std::string::npos, seen.log);
    BOOST_TEST(seen.losses.empty());
  }
}

BOOST_AUTO_TEST_CASE(the_python_example_greets) {
  if (!usable) return;
  EnvironmentOptions value = options("python3.12", "app.handler");
  value.function.code_directory = std::string{LAM_SOURCE_DIR} + "/examples/first-steps/python";
  start_and_wait(value);
  BOOST_TEST(call("{\"name\":\"Ada\",\"sleep_ms\":1}").payload.find("Hello, Ada!") !=
             std::string::npos);
  BOOST_TEST(call("{\"requestContext\":{},\"queryStringParameters\":{\"name\":\"Bob\"}}")
                 .payload.starts_with("{\"statusCode\": 200"));
  BOOST_TEST(call("{\"fail\":true}").function_error);
  BOOST_TEST(!std::filesystem::exists(value.function.code_directory + "/__pycache__"));
}

BOOST_AUTO_TEST_SUITE_END()
