#include "gpu-pool/process/capture.h"

#include <boost/test/unit_test.hpp>

using namespace lambdarium;
using namespace lambdarium::gpu_pool;

namespace {

CaptureRequest shell(std::string script) {
  CaptureRequest request;
  request.arguments = {"sh", "-c", std::move(script)};
  return request;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(capture_output)

BOOST_AUTO_TEST_CASE(output_and_exit_code_come_back) {
  const auto captured = capture(shell("echo out; echo err >&2; exit 7"));
  BOOST_REQUIRE(captured.ok());
  BOOST_TEST(captured->output == "out\n");
  BOOST_TEST(captured->exit_code == 7);
}

BOOST_AUTO_TEST_CASE(standard_error_is_merged_where_asked) {
  CaptureRequest request = shell("echo out; echo err >&2");
  request.merge_stderr = true;
  const auto captured = capture(request);
  BOOST_REQUIRE(captured.ok());
  BOOST_TEST(captured->output == "out\nerr\n");
}

BOOST_AUTO_TEST_CASE(standard_input_is_empty) {
  const auto captured = capture(shell("cat; echo done"));
  BOOST_REQUIRE(captured.ok());
  BOOST_TEST(captured->output == "done\n");
}

BOOST_AUTO_TEST_CASE(a_program_that_does_not_exist_is_not_found) {
  CaptureRequest request;
  request.arguments = {"lambdarium-no-such-program"};
  const auto captured = capture(request);
  BOOST_REQUIRE(!captured.ok());
  BOOST_TEST((captured.error().code == ErrorCode::kNotFound));
  BOOST_TEST(captured.error().message.find("lambdarium-no-such-program") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_signal_is_told_as_shells_tell_it) {
  const auto captured = capture(shell("kill -9 $$"));
  BOOST_REQUIRE(captured.ok());
  BOOST_TEST(captured->exit_code == 137);
}

BOOST_AUTO_TEST_CASE(a_program_that_runs_too_long_is_ended_with_what_it_started) {
  CaptureRequest request = shell("sleep 600 & sleep 600");
  request.limits.time = 50ms;
  const auto captured = capture(request);
  BOOST_REQUIRE(!captured.ok());
  BOOST_TEST(captured.error().message.find("did not end") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_program_that_closes_its_output_and_runs_on_is_ended_too) {
  CaptureRequest request = shell("exec >&- 2>&-; sleep 600");
  request.limits.time = 50ms;
  BOOST_TEST(!capture(request).ok());
}

BOOST_AUTO_TEST_CASE(output_is_kept_up_to_its_limit_and_refused_one_byte_over) {
  CaptureRequest request = shell("printf 12345678");
  request.limits.output_bytes = 8;
  BOOST_TEST(capture(request).ok());
  request.limits.output_bytes = 7;
  BOOST_TEST(!capture(request).ok());
}

BOOST_AUTO_TEST_SUITE_END()
