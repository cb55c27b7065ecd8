// A replay against a server of our own on a free port: what is sent, what is counted, and from when
// latency counts.

#include "emulator/labs/replayer.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "runtime-api/http/server.h"

using namespace lambdarium;
using namespace lambdarium::labs;

namespace {

constexpr Duration kLimit = 20s;

// Answers by the name in the path; keeps what "hold" sends until release().
class Endpoint final : public http::Handler {
 public:
  void handle(HttpRequest&& request, http::Responder responder) override {
    bodies.push_back(request.body);
    HttpResponse response;
    if (request.target == "/throttled") response.status = 429;
    if (request.target == "/broken") response.status = 502;
    if (request.target == "/wrong") response.status = 400;
    if (request.target == "/function-error") {
      response.headers.add("X-Amz-Function-Error", "Unhandled");
    }
    response.body = "{}";
    if (request.target == "/hold") {
      held.push_back(std::move(responder));
      return;
    }
    responder.send(std::move(response));
  }

  std::vector<std::string> bodies;
  std::vector<http::Responder> held;
};

class Records final : public RunSink {
 public:
  void meta(std::string_view, std::string_view) override {}
  void function(const FunctionRecord& record) override { functions.push_back(record); }
  void invocation(const InvocationRecord& record) override { invocations.push_back(record); }
  void environment(const EnvironmentRecord&) override {}
  void decision(const DecisionRecord&) override {}
  void meter(const MeterRecord&) override {}
  void sample(const SampleRecord&) override {}

  std::vector<FunctionRecord> functions;
  std::vector<InvocationRecord> invocations;
};

struct World {
  World() : server(loop, endpoint) {
    const auto listening = server.listen("127.0.0.1", 0);
    BOOST_REQUIRE(listening.ok());
    port = *listening;
  }

  std::unique_ptr<Replayer> start(traces::Trace trace, std::optional<Result<ReplayResult>>& answer,
                                  traces::ScheduleOptions schedule = {}) {
    ReplayerOptions options;
    options.schedule = schedule;
    options.sink = &records;
    auto targets = resolve_targets(
        {.target = "http://127.0.0.1:" + std::to_string(port) + "/{function}"}, trace.functions);
    BOOST_REQUIRE(targets.ok());
    options.targets = *std::move(targets);
    auto replayer =
        Replayer::create(loop, traces::make_memory_source(std::move(trace)), std::move(options));
    BOOST_REQUIRE(replayer.ok());
    (*replayer)->start([&answer](Result<ReplayResult> result) { answer = std::move(result); });
    return *std::move(replayer);
  }

  ReplayResult run(traces::Trace trace, traces::ScheduleOptions schedule = {}) {
    std::optional<Result<ReplayResult>> answer;
    const auto replayer = start(std::move(trace), answer, schedule);
    BOOST_REQUIRE(loop.run_until([&answer] { return answer.has_value(); }, kLimit));
    BOOST_REQUIRE(answer->ok());
    return std::move(*answer).value();
  }

  http::EventLoop loop;
  Endpoint endpoint;
  http::Server server;
  Records records;
  int port = 0;
};

traces::Trace calls_to(std::initializer_list<const char*> names, Duration gap = 1ms) {
  traces::Trace trace;
  Time next{};
  for (const char* name : names) {
    trace.functions.emplace_back();
    trace.functions.back().name = name;
    trace.records.push_back({.arrival = next,
                             .duration = 1500us,
                             .function = static_cast<std::uint32_t>(trace.functions.size() - 1)});
    next += gap;
  }
  return trace;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(replayer)

BOOST_AUTO_TEST_CASE(every_answer_is_counted_for_what_it_is) {
  World world;
  const ReplayResult result =
      world.run(calls_to({"ok", "throttled", "broken", "wrong", "function-error", "fine"}));
  BOOST_TEST(result.total.sent == 6U);
  BOOST_TEST(result.total.completed == 2U);
  BOOST_TEST(result.total.throttled == 1U);
  BOOST_TEST(result.total.function_errors == 2U);
  BOOST_TEST(result.total.errors == 1U);
  BOOST_TEST(result.latency.count() == 2U);
  BOOST_TEST(result.lag.count() == 6U);
  BOOST_TEST(result.functions.at(1).throttled == 1U);
  BOOST_TEST(!result.first_error.empty());
  BOOST_TEST(!result.stopped);
}

BOOST_AUTO_TEST_CASE(the_body_tells_the_handler_how_long_to_take) {
  World world;
  (void)world.run(calls_to({"say \"hi\""}), {.speed = 2});
  BOOST_REQUIRE(world.endpoint.bodies.size() == 1U);
  BOOST_TEST(world.endpoint.bodies[0] == R"({"sleep_ms": 0.75, "function": "say \"hi\""})");
}

BOOST_AUTO_TEST_CASE(every_call_becomes_a_record) {
  World world;
  (void)world.run(calls_to({"ok", "throttled"}));
  BOOST_REQUIRE(world.records.functions.size() == 2U);
  BOOST_TEST(world.records.functions[1].name == "throttled");
  BOOST_REQUIRE(world.records.invocations.size() == 2U);
  std::map<std::int64_t, InvocationRecord> by_function;
  for (const InvocationRecord& record : world.records.invocations) {
    by_function[record.function] = record;
  }
  BOOST_TEST(by_function[0].outcome == "ok");
  BOOST_TEST(by_function[0].arrival_ns == 0);
  BOOST_TEST(by_function[1].outcome == "throttled");
  BOOST_TEST(by_function[1].arrival_ns == 1'000'000);
  BOOST_TEST(by_function[1].response_bytes == 2);
}

BOOST_AUTO_TEST_CASE(a_call_is_sent_though_earlier_ones_are_not_answered) {
  World world;
  std::optional<Result<ReplayResult>> answer;
  const auto replayer = world.start(calls_to({"hold", "hold", "hold", "hold"}), answer);
  BOOST_REQUIRE(world.loop.run_until([&world] { return world.endpoint.held.size() == 4; }, kLimit));
  BOOST_TEST(!answer.has_value());
  for (http::Responder& responder : world.endpoint.held) responder.send(HttpResponse{});
  BOOST_REQUIRE(world.loop.run_until([&answer] { return answer.has_value(); }, kLimit));
  BOOST_REQUIRE(answer->ok());
  BOOST_TEST((*answer)->total.completed == 4U);
  BOOST_TEST(((*answer)->wall >= (*answer)->latency.max()));
}

BOOST_AUTO_TEST_CASE(more_calls_than_one_batch_are_all_sent_in_order) {
  World world;
  traces::Trace trace = calls_to({"ok"});
  trace.records.assign(10'000, trace.records.front());
  const ReplayResult result = world.run(std::move(trace));
  BOOST_TEST(result.total.completed == 10'000U);
}

BOOST_AUTO_TEST_CASE(an_empty_trace_ends_at_once) {
  World world;
  BOOST_TEST(world.run({}).total.sent == 0U);
  BOOST_TEST(world.run(calls_to({"ok"}), {.calls_max = 0}).total.sent == 0U);
}

BOOST_AUTO_TEST_CASE(nobody_listening_is_an_error_of_every_call_not_of_the_replay) {
  World world;
  {
    http::Server gone{world.loop, world.endpoint};
    world.port = *gone.listen("127.0.0.1", 0);
  }
  const ReplayResult result = world.run(calls_to({"ok", "ok"}));
  BOOST_TEST(result.total.errors == 2U);
  BOOST_TEST(result.first_error.find("127.0.0.1") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(stopping_gives_up_what_is_under_way_and_answers) {
  World world;
  std::optional<Result<ReplayResult>> answer;
  traces::Trace trace = calls_to({"hold", "later"}, 1h);
  const auto replayer = world.start(std::move(trace), answer);
  BOOST_REQUIRE(world.loop.run_until([&world] { return world.endpoint.held.size() == 1; }, kLimit));
  replayer->stop();
  BOOST_TEST(!answer.has_value());
  BOOST_REQUIRE(world.loop.run_until([&answer] { return answer.has_value(); }, kLimit));
  BOOST_REQUIRE(answer->ok());
  BOOST_TEST((*answer)->stopped);
  BOOST_TEST((*answer)->total.sent == 1U);
  BOOST_TEST((*answer)->total.errors == 1U);
}

BOOST_AUTO_TEST_CASE(a_replayer_that_is_destroyed_calls_nobody) {
  World world;
  std::optional<Result<ReplayResult>> answer;
  auto replayer = world.start(calls_to({"hold"}), answer);
  BOOST_REQUIRE(world.loop.run_until([&world] { return world.endpoint.held.size() == 1; }, kLimit));
  replayer.reset();
  auto early = world.start(calls_to({"ok"}), answer);
  early.reset();
  world.endpoint.held.clear();
  (void)world.run(calls_to({"ok"}));
  BOOST_TEST(!answer.has_value());
}

BOOST_AUTO_TEST_SUITE_END()
