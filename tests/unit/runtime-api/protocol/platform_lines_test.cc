#include "runtime-api/protocol/platform_lines.h"

#include <algorithm>

#include <boost/test/unit_test.hpp>

using namespace lambdarium;
using namespace lambdarium::runtime_api;

namespace {

LoggingSettings json(const std::string& system = "INFO", const std::string& application = "INFO") {
  LoggingSettings settings;
  settings.json = true;
  settings.system_level = system;
  settings.application_level = application;
  return settings;
}

InvocationReport report() {
  InvocationReport value;
  value.request_id = "id";
  value.duration = 3010us;
  value.billed_ms = 4;
  value.memory_mb = 128;
  value.max_memory_mb = 36;
  return value;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(platform_lines)

BOOST_AUTO_TEST_CASE(text_is_the_lines_of_the_service) {
  const PlatformLines lines{LoggingSettings{}};
  BOOST_TEST(lines.init_start(0, {.runtime_version = "python:3.12"}) ==
             "INIT_START Runtime Version: python:3.12\n");
  BOOST_TEST(lines.start(0, "id", "3") == "START RequestId: id Version: 3\n");
  BOOST_TEST(lines.end(0, report(), false) ==
             "END RequestId: id\nREPORT RequestId: id\tDuration: 3.01 ms\tBilled Duration: 4 ms\t"
             "Memory Size: 128 MB\tMax Memory Used: 36 MB\t\n");
  BOOST_TEST(lines.init_report(0, "on-demand", {.duration = 1s}).empty());
  BOOST_TEST(lines.init_report(0, "on-demand",
                               {.duration = 51'300us,
                                .phase = "invoke",
                                .status = "error",
                                .error_type = "Runtime.ExitError"}) ==
             "INIT_REPORT Init Duration: 51.30 ms\tPhase: invoke\tStatus: error\tError Type: "
             "Runtime.ExitError\n");
}

BOOST_AUTO_TEST_CASE(json_is_the_telemetry_envelope_without_an_end) {
  const PlatformLines lines{json()};
  BOOST_TEST(lines.init_start(1'000, {.runtime_version = "python3.12",
                                      .function_name = "f",
                                      .function_version = "$LATEST"}) ==
             "{\"time\":\"1970-01-01T00:00:01.000Z\",\"type\":\"platform.initStart\",\"record\":"
             "{\"initializationType\":\"on-demand\",\"phase\":\"init\",\"runtimeVersion\":"
             "\"python3.12\",\"functionName\":\"f\",\"functionVersion\":\"$LATEST\"}}\n");
  BOOST_TEST(lines.start(1'000, "id", "$LATEST") ==
             "{\"time\":\"1970-01-01T00:00:01.000Z\",\"type\":\"platform.start\",\"record\":"
             "{\"requestId\":\"id\",\"version\":\"$LATEST\"}}\n");
  InvocationReport cold = report();
  cold.init = 110'100us;
  BOOST_TEST(lines.end(1'000, cold, false) ==
             "{\"time\":\"1970-01-01T00:00:01.000Z\",\"type\":\"platform.report\",\"record\":"
             "{\"requestId\":\"id\",\"metrics\":{\"durationMs\":3.010,\"billedDurationMs\":4,"
             "\"memorySizeMB\":128,\"maxMemoryUsedMB\":36,\"initDurationMs\":110.100},"
             "\"status\":\"success\"}}\n");
  BOOST_TEST(lines.timed_out(0, "id", 1s).empty());
  BOOST_TEST(lines.exited("id", {1, 0}).empty());
}

BOOST_AUTO_TEST_CASE(the_system_level_chooses_what_the_platform_says) {
  const auto said = [](const std::string& level, bool failed) {
    const PlatformLines lines{json(level)};
    const std::string all = lines.init_start(0, {}) +
                            lines.init_report(0, "on-demand", {.status = failed ? "error" : ""}) +
                            lines.start(0, "id", "1") + lines.end(0, report(), failed);
    return std::count(all.begin(), all.end(), '\n');
  };
  BOOST_TEST(said("DEBUG", false) == 6);
  BOOST_TEST(said("INFO", false) == 3);
  BOOST_TEST(said("WARN", false) == 0);
  BOOST_TEST(said("INFO", true) == 6);
  BOOST_TEST(said("WARN", true) == 4);
}

BOOST_AUTO_TEST_CASE(a_failure_has_its_status_and_type) {
  InvocationReport late = report();
  late.status = "timeout";
  const std::string text = PlatformLines{json("WARN")}.end(0, late, false);
  BOOST_TEST(text.find("\"type\":\"platform.runtimeDone\"") != std::string::npos);
  BOOST_TEST(text.find("\"status\":\"timeout\"") != std::string::npos);
  const std::string init = PlatformLines{json()}.init_report(
      0, "on-demand", {.phase = "invoke", .status = "error", .error_type = "Runtime.ExitError"});
  BOOST_TEST(init.find("\"phase\":\"invoke\",\"status\":\"error\",\"errorType\":"
                       "\"Runtime.ExitError\"") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(levels_are_known_by_their_names_and_anything_else_is_info) {
  BOOST_TEST((parse_severity("TRACE") == Severity::kTrace));
  BOOST_TEST((parse_severity("debug") == Severity::kDebug));
  BOOST_TEST((parse_severity("Warning") == Severity::kWarn));
  BOOST_TEST((parse_severity("FATAL") == Severity::kFatal));
  BOOST_TEST((parse_severity("") == Severity::kInfo));
  BOOST_TEST((parse_severity("loud") == Severity::kInfo));
}

BOOST_AUTO_TEST_CASE(json_lines_below_the_application_level_are_left_out) {
  LevelFilter filter{json("INFO", "WARN")};
  BOOST_TEST(filter.filter("{\"level\":\"INFO\",\"message\":\"a\"}\n"
                           "{\"level\":\"ERROR\",\"message\":\"b\"}\n"
                           "{\"message\":\"no level is INFO\"}\n"
                           "plain text\n"
                           "{broken\n"
                           "[1]\n") ==
             "{\"level\":\"ERROR\",\"message\":\"b\"}\nplain text\n{broken\n[1]\n");
}

BOOST_AUTO_TEST_CASE(a_line_is_judged_when_it_is_whole_wherever_it_was_cut) {
  const std::string text = "{\"level\":\"DEBUG\"}\n{\"level\":\"INFO\"}\nrest";
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    LevelFilter filter{json()};
    std::string seen{filter.filter(std::string_view{text}.substr(0, cut))};
    seen += filter.filter(std::string_view{text}.substr(cut));
    seen += filter.finish();
    BOOST_TEST(seen == "{\"level\":\"INFO\"}\nrest");
  }
}

BOOST_AUTO_TEST_CASE(a_line_without_end_passes_and_is_not_kept) {
  LevelFilter filter{json()};
  std::size_t passed = 0;
  for (int i = 0; i < 100; ++i) passed += filter.filter(std::string(10'000, 'x')).size();
  passed += filter.finish().size();
  BOOST_TEST(passed == 1'000'000u);
}

BOOST_AUTO_TEST_CASE(text_format_passes_everything_untouched) {
  LevelFilter filter{LoggingSettings{}};
  const std::string text = "{\"level\":\"TRACE\"}\nhalf";
  BOOST_TEST(filter.filter(text).data() == text.data());
  BOOST_TEST(filter.finish().empty());
}

BOOST_AUTO_TEST_SUITE_END()
