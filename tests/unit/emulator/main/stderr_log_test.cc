#include "emulator/main/stderr_log.h"

#include <boost/test/unit_test.hpp>

using namespace lambdarium;
using namespace lambdarium::commands;

BOOST_AUTO_TEST_SUITE(stderr_log)

BOOST_AUTO_TEST_CASE(a_line_is_level_event_and_fields) {
  BOOST_TEST(format_log_line(LogLevel::kInfo, "environment-started", {{"id", "7"}, {"ms", "12.5"}},
                             false) == "info  environment-started id=7 ms=12.5");
}

BOOST_AUTO_TEST_CASE(values_that_would_break_the_line_are_quoted) {
  BOOST_TEST(format_log_line(LogLevel::kError, "x", {{"a", ""}}, false) == "error x a=\"\"");
  BOOST_TEST(format_log_line(LogLevel::kError, "x", {{"a", "b c"}}, false) == "error x a=\"b c\"");
  BOOST_TEST(format_log_line(LogLevel::kError, "x", {{"a", "b\nerror y"}}, false) ==
             "error x a=\"b\\nerror y\"");
  BOOST_TEST(format_log_line(LogLevel::kError, "x", {{"a", "\x1b[31m\""}}, false) ==
             "error x a=\"\\x1b[31m\\\"\"");
  BOOST_TEST(format_log_line(LogLevel::kError, "x", {{"a", "\xc3\xa9"}}, false) ==
             "error x a=\xc3\xa9");
}

BOOST_AUTO_TEST_CASE(only_the_level_is_painted) {
  const std::string line = format_log_line(LogLevel::kWarn, "x", {{"a", "b"}}, true);
  BOOST_TEST(line == "\x1b[33mwarn \x1b[0m x a=b");
}

BOOST_AUTO_TEST_SUITE_END()
