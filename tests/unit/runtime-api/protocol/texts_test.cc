// The platform's log lines and error payloads, letter by letter.

#include <boost/test/unit_test.hpp>

#include <csignal>

#include "runtime-api/protocol/error_payload.h"
#include "runtime-api/protocol/log_lines.h"

namespace {
using namespace lambdarium;
using namespace lambdarium::runtime_api;
}  // namespace

BOOST_AUTO_TEST_SUITE(platform_texts)

BOOST_AUTO_TEST_CASE(exits_are_described_as_the_service_does) {
  BOOST_TEST(describe_exit({0, 0}) == "Runtime exited without providing a reason");
  BOOST_TEST(describe_exit({1, 0}) == "Runtime exited with error: exit status 1");
  BOOST_TEST(describe_exit({127, 0}) == "Runtime exited with error: exit status 127");
  BOOST_TEST(describe_exit({0, SIGKILL}) == "Runtime exited with error: signal: killed");
  BOOST_TEST(describe_exit({0, SIGSEGV}) ==
             "Runtime exited with error: signal: segmentation fault");
  BOOST_TEST(describe_exit({0, SIGABRT}) == "Runtime exited with error: signal: aborted");
  BOOST_TEST(describe_exit({0, 50}) == "Runtime exited with error: signal: signal 50");
}

BOOST_AUTO_TEST_CASE(payloads_name_type_and_request) {
  BOOST_TEST(exit_error_payload("id", {1, 0}) ==
             "{\"errorType\":\"Runtime.ExitError\",\"errorMessage\":\"RequestId: id Error: "
             "Runtime exited with error: exit status 1\"}");
  BOOST_TEST(timed_out_payload("id", 1s) ==
             "{\"errorType\":\"Sandbox.Timedout\",\"errorMessage\":\"RequestId: id Error: "
             "Task timed out after 1.00 seconds\"}");
  BOOST_TEST(platform_error_payload("T", "id", "a \"b\" \xff") ==
             "{\"errorType\":\"T\",\"errorMessage\":\"RequestId: id Error: a \\\"b\\\" "
             "\xef\xbf\xbd\"}");
  BOOST_TEST(missing_bootstrap_message("/var/task/bootstrap /opt/bootstrap") ==
             "Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]");
}

BOOST_AUTO_TEST_CASE(times_are_iso_8601_with_milliseconds) {
  BOOST_TEST(iso_time_ms(0) == "1970-01-01T00:00:00.000Z");
  BOOST_TEST(iso_time_ms(1'709'210'096'007) == "2024-02-29T12:34:56.007Z");
  BOOST_TEST(iso_time_ms(-1) == "1969-12-31T23:59:59.999Z");
}

BOOST_AUTO_TEST_CASE(lines_of_an_invocation) {
  BOOST_TEST(init_start_line("python:3.12", "arn:x") ==
             "INIT_START Runtime Version: python:3.12\tRuntime Version ARN: arn:x\n");
  BOOST_TEST(init_start_line("nodejs:20", "") == "INIT_START Runtime Version: nodejs:20\n");
  BOOST_TEST(start_line("id", "$LATEST") == "START RequestId: id Version: $LATEST\n");
  BOOST_TEST(end_line("id") == "END RequestId: id\n");
  InvocationReport report{.request_id = "id",
                          .duration = 3'010us,
                          .billed_ms = 4,
                          .memory_mb = 128,
                          .max_memory_mb = 36};
  BOOST_TEST(report_line(report) ==
             "REPORT RequestId: id\tDuration: 3.01 ms\tBilled Duration: 4 ms\tMemory Size: 128 "
             "MB\tMax Memory Used: 36 MB\t\n");
  report.init = 110'100us;
  BOOST_TEST(report_line(report) ==
             "REPORT RequestId: id\tDuration: 3.01 ms\tBilled Duration: 4 ms\tMemory Size: 128 "
             "MB\tMax Memory Used: 36 MB\tInit Duration: 110.10 ms\t\n");
  report.init.reset();
  report.status = "error";
  report.error_type = "Runtime.ExitError";
  BOOST_TEST(report_line(report) ==
             "REPORT RequestId: id\tDuration: 3.01 ms\tBilled Duration: 4 ms\tMemory Size: 128 "
             "MB\tMax Memory Used: 36 MB\tStatus: error\tError Type: Runtime.ExitError\n");
}

BOOST_AUTO_TEST_CASE(lines_of_failures) {
  BOOST_TEST(init_report_line({.duration = 9'999'900us, .status = "timeout"}) ==
             "INIT_REPORT Init Duration: 9999.90 ms\tPhase: init\tStatus: timeout\n");
  BOOST_TEST(
      init_report_line({.duration = 51'300us, .status = "error", .error_type = kExitError}) ==
      "INIT_REPORT Init Duration: 51.30 ms\tPhase: init\tStatus: error\tError Type: "
      "Runtime.ExitError\n");
  BOOST_TEST(timed_out_line(0, "id", 3s) ==
             "1970-01-01T00:00:00.000Z id Task timed out after 3.00 seconds\n\n");
  BOOST_TEST(exit_lines("id", {1, 0}) ==
             "RequestId: id Error: Runtime exited with error: exit status 1\n"
             "Runtime.ExitError\n");
  BOOST_TEST(xray_line("1-a", "b") == "XRAY TraceId: 1-a\tSegmentId: b\tSampled: true\t\n");
  BOOST_TEST(log_stream_name(1'709'210'096'007, "$LATEST", "00ff") == "2024/02/29/[$LATEST]00ff");
}

BOOST_AUTO_TEST_SUITE_END()
