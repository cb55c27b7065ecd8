// Node handlers in real environments.

#include "tests/integration/sandbox/fixture.h"

namespace {

using namespace lambdarium;
using namespace lambdarium::sandbox;
using namespace lambdarium::sandbox::test;

struct NodeFixture : Fixture {
  bool usable = has_program("node");
  bool holds(const std::string& text, const std::string& part) const {
    return text.find(part) != std::string::npos;
  }
};

// Destroys its environment inside the callback of that name.
struct Destroyer final : Listener {
  std::string when;
  std::unique_ptr<Environment> victim;
  runtime_api::Invocation event;
  int fired = 0;

  void at(const char* callback) {
    if (when != callback) return;
    ++fired;
    victim.reset();
  }
  void on_ready(Environment& environment, Duration) override {
    if (when != "ready") environment.invoke(event);
    at("ready");
  }
  void on_init_failed(Environment&, const Failure&) override { at("init-failed"); }
  void on_result(Environment&, runtime_api::InvocationResult&&) override { at("result"); }
  void on_idle(Environment&, const runtime_api::Idle&) override { at("idle"); }
  void on_lost(Environment&, const Failure&) override { at("lost"); }
  void on_log(Environment&, std::string_view) override { at("log"); }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(node_runtime, NodeFixture)

BOOST_AUTO_TEST_CASE(an_es_module_answers_and_keeps_its_memory) {
  if (!usable) return;
  start_and_wait(node(
      "let n = 0;\n"
      "console.log('loading');\n"
      "export const handler = async (event, context) => {\n"
      "  console.error('call %d', ++n);\n"
      "  return { n, event, id: context.awsRequestId, left: context.getRemainingTimeInMillis() > "
      "0,\n"
      "    limit: context.memoryLimitInMB, trace: process.env._X_AMZN_TRACE_ID };\n"
      "};\n"));
  BOOST_TEST(call("{\"a\":\"\xc3\xa9\"}").payload ==
             "{\"n\":1,\"event\":{\"a\":\"\xc3\xa9\"},\"id\":"
             "\"00000000-0000-4000-8000-000000000001\",\"left\":true,\"limit\":\"128\",\"trace\":"
             "\"Root=1-00000000-000000000000000000000001\"}");
  const auto& second = call("null");
  BOOST_TEST(holds(second.payload, "{\"n\":2,\"event\":null"));
  BOOST_TEST(log_holds("Z\t" + second.request_id + "\tERROR\tcall 2\n"));
  BOOST_TEST(holds(seen.log, "Z\tundefined\tINFO\tloading\n"));
  BOOST_TEST(environment->max_memory_mb() > 1);
}

// More than a pipe holds: what Node would queue has to be out all the same.
BOOST_AUTO_TEST_CASE(output_is_written_before_the_answer_and_before_an_exit) {
  if (!usable) return;
  start_and_wait(
      node("export const handler = async (event) => {\n"
           "  for (let i = 0; i < 20000; i++) console.log(`line ${i} ${event}`);\n"
           "  process.stderr.write('x'.repeat(1000000) + ` end ${event}\\n`);\n"
           "  if (event === 'exit') process.exit(4);\n"
           "};\n"));
  call("\"answer\"");
  BOOST_TEST(log_holds("line 19999 answer\n"));
  BOOST_TEST(log_holds(" end answer\n"));
  environment->invoke(invocation("\"exit\""));
  BOOST_TEST(wait_for_loss().status.code == 4);
  BOOST_TEST(holds(seen.log, "line 19999 exit\n"));
  BOOST_TEST(holds(seen.log, " end exit\n"));
}

BOOST_AUTO_TEST_CASE(commonjs_nested_handlers_and_folders_are_found) {
  if (!usable) return;
  write(folder / "code/src/main.js", "exports.api = { get: async () => 'nested' };\n");
  start_and_wait(options("nodejs20.x", "src/main.api.get"));
  BOOST_TEST(call().payload == "\"nested\"");
  write(folder / "code/package.json", "{\"type\":\"module\"}");
  write(folder / "code/esm.js", "export const handler = async () => 'module';\n");
  start_and_wait(options("nodejs20.x", "esm.handler"));
  BOOST_TEST(call().payload == "\"module\"");
}

BOOST_AUTO_TEST_CASE(callbacks_and_context_methods_end_an_invocation) {
  if (!usable) return;
  start_and_wait(
      node("exports.handler = (event, context, callback) => {\n"
           "  if (event.fail) return void context.fail(new TypeError('no'));\n"
           "  if (event.succeed) return void context.succeed({ ok: event.succeed });\n"
           "  if (event.late) { setTimeout(() => { late = 'after'; }, 20); let late = 'before';\n"
           "    return void callback(null, { get late() { return late; } }); }\n"
           "  if (event.early) { context.callbackWaitsForEmptyEventLoop = false;\n"
           "    setTimeout(() => {}, 600000); return void callback(null, 'early'); }\n"
           "  if (event.nothing) return;\n"
           "  setTimeout(() => callback(null, 'called back'), 1);\n"
           "};\n",
           "index.cjs"));
  BOOST_TEST(call("{}").payload == "\"called back\"");
  BOOST_TEST(call("{\"succeed\":1}").payload == "{\"ok\":1}");
  BOOST_TEST(call("{\"late\":1}").payload == "{\"late\":\"after\"}");
  BOOST_TEST(call("{\"nothing\":1}").payload == "null");
  const auto& failed = call("{\"fail\":1}");
  BOOST_TEST(failed.function_error);
  BOOST_TEST(failed.payload.starts_with(
      "{\"errorType\":\"TypeError\",\"errorMessage\":\"no\",\"trace\":[\"TypeError: no\","));
  BOOST_TEST(call("{\"early\":1}").payload == "\"early\"");
}

BOOST_AUTO_TEST_CASE(errors_have_the_shape_of_the_service) {
  if (!usable) return;
  start_and_wait(
      node("export const handler = async (event) => {\n"
           "  if (event.kind === 'text') throw 'just text';\n"
           "  if (event.kind === 'never') return new Promise(() => {});\n"
           "  if (event.kind === 'circular') { const a = {}; a.a = a; return a; }\n"
           "  throw new RangeError('out of it');\n"
           "};\n"));
  const auto& thrown = call();
  BOOST_TEST(thrown.function_error);
  BOOST_TEST(thrown.payload.starts_with(
      "{\"errorType\":\"RangeError\",\"errorMessage\":\"out of it\",\"trace\":["));
  BOOST_TEST(log_holds("\tERROR\tInvoke Error \t{\"errorType\":\"RangeError\""));
  BOOST_TEST(call("{\"kind\":\"text\"}").payload ==
             "{\"errorType\":\"string\",\"errorMessage\":\"just text\",\"trace\":[]}");
  BOOST_TEST(holds(call("{\"kind\":\"never\"}").payload, "\"Runtime.NodeJsExit\""));
  BOOST_TEST(holds(call("{\"kind\":\"circular\"}").payload, "\"Runtime.MarshalError\""));
}

BOOST_AUTO_TEST_CASE(an_uncaught_exception_is_told_and_ends_the_process) {
  if (!usable) return;
  start_and_wait(
      node("export const handler = () => { setTimeout(() => { throw new Error('late'); }, 1); "
           "return new Promise(() => {}); };\n"));
  environment->invoke(invocation("{}"));
  const Failure& loss = wait_for_loss();
  BOOST_REQUIRE(seen.results.size() == 1U);
  BOOST_TEST(holds(seen.results[0].payload, "\"errorMessage\":\"late\""));
  BOOST_TEST(loss.message == "Runtime exited with error: exit status 129");
}

BOOST_AUTO_TEST_CASE(streamed_answers_are_gathered) {
  if (!usable) return;
  start_and_wait(node(
      "export const handler = awslambda.streamifyResponse(async (event, stream) => {\n"
      "  if (event.http) stream = awslambda.HttpResponseStream.from(stream, { statusCode: 201 });\n"
      "  if (event.early) throw new Error('early');\n"
      "  stream.write('one ');\n"
      "  await new Promise((done) => setTimeout(done, 1));\n"
      "  if (event.fail) throw new TypeError('midway');\n"
      "  stream.write('two');\n"
      "  stream.end();\n"
      "});\n"));
  const auto& plain = call();
  BOOST_TEST(plain.payload == "one two");
  BOOST_TEST(plain.streamed);
  const auto& http = call("{\"http\":true}");
  BOOST_TEST(http.payload == "{\"statusCode\":201}" + std::string(8, '\0') + "one two");
  BOOST_TEST(http.content_type == "application/vnd.awslambda.http-integration-response");
  const auto& midway = call("{\"fail\":true}");
  BOOST_TEST(midway.function_error);
  BOOST_TEST(
      midway.payload.starts_with("{\"errorType\":\"TypeError\",\"errorMessage\":\"midway\""));
  const auto& early = call("{\"early\":true}");
  BOOST_TEST(early.function_error);
  BOOST_TEST(holds(early.payload, "\"errorMessage\":\"early\""));
  BOOST_TEST(call().payload == "one two");
}

BOOST_AUTO_TEST_CASE(errors_of_the_init_phase_are_reported_with_their_types) {
  if (!usable) return;
  struct Case {
    std::string source;
    std::string handler;
    std::string type;
    std::string message;
  };
  for (const Case& c : std::vector<Case>{
           {"import 'nowhere';", "index.handler", "Runtime.ImportModuleError",
            "Error [ERR_MODULE_NOT_FOUND]: Cannot find package 'nowhere'"},
           {"export const x = 1;", "index.handler", "Runtime.HandlerNotFound",
            "index.handler is undefined or not exported"},
           {"export const handler = 1;", "index.handler", "Runtime.HandlerNotFound",
            "index.handler is not a function"},
           {"export const x = 1;", "missing.handler", "Runtime.ImportModuleError",
            "Error: Cannot find module 'missing'"},
           {"export const = 1;", "index.handler", "Runtime.UserCodeSyntaxError",
            "SyntaxError: Unexpected token '='"},
           {"export const x = 1;", "index", "Runtime.MalformedHandlerName", "Bad handler"},
           {"throw new Error('at load');", "index.handler", "Error", "at load"}}) {
    EnvironmentOptions value = node(c.source);
    value.function.handler = c.handler;
    start(value);
    const Failure& failure = wait_for_init_failure();
    BOOST_TEST((failure.kind == Failure::Kind::kReported));
    const std::string payload = failure.payload_for("id");
    BOOST_TEST(
        payload.starts_with("{\"errorType\":\"" + c.type + "\",\"errorMessage\":\"" + c.message),
        payload);
  }
}

BOOST_AUTO_TEST_CASE(large_events_and_answers_pass_unchanged) {
  if (!usable) return;
  start_and_wait(node(
      "export const handler = async (event) => event.size ? 'y'.repeat(event.size) : event;\n"));
  const std::string large = "{\"text\":\"" + std::string(6'000'000, 'x') + "\"}";
  BOOST_TEST((call(large).payload == large));
  BOOST_TEST(call("{\"size\":6291554}").payload.size() == 6'291'556U);
  const auto& over = call("{\"size\":6291555}");
  BOOST_TEST(over.function_error);
  BOOST_TEST(over.error_type == "Function.ResponseSizeTooLarge");
  BOOST_TEST(call("1").payload == "1");
}

BOOST_AUTO_TEST_CASE(an_environment_may_be_destroyed_from_each_callback) {
  if (!usable) return;
  for (const std::string when : {"ready", "init-failed", "result", "idle", "lost", "log"}) {
    std::string source = "export const handler = async () => { console.log('x'); return 1; };\n";
    if (when == "init-failed") source = "throw new Error('x');\n";
    if (when == "lost") source = "export const handler = async () => process.exit(3);\n";
    Destroyer destroyer;
    destroyer.when = when;
    destroyer.event = invocation("{}");
    destroyer.victim = std::make_unique<Environment>(*sandbox, node(source), destroyer);
    destroyer.victim->start();
    BOOST_TEST(until([&destroyer] { return destroyer.fired == 1; }), when);
  }
}

BOOST_AUTO_TEST_CASE(the_node_example_greets) {
  if (!usable) return;
  EnvironmentOptions value = options("nodejs20.x", "index.handler");
  value.function.code_directory = std::string{LAM_SOURCE_DIR} + "/examples/first-steps/node";
  start_and_wait(value);
  BOOST_TEST(holds(call("{\"name\":\"Ada\",\"sleep_ms\":1}").payload, "Hello, Ada!"));
  BOOST_TEST(call("{\"requestContext\":{},\"body\":\"{\\\"name\\\":\\\"Bob\\\"}\"}")
                 .payload.starts_with("{\"statusCode\":200"));
  BOOST_TEST(call("{\"fail\":true}").function_error);
}

BOOST_AUTO_TEST_SUITE_END()
