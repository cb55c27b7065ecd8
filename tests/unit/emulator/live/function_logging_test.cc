#include "emulator/live/function_logging.h"

#include <boost/test/unit_test.hpp>

using namespace lambdarium;
using namespace lambdarium::live;

BOOST_AUTO_TEST_SUITE(function_logging)

BOOST_AUTO_TEST_CASE(settings_of_the_api_are_read) {
  const LoggingSettings logging = logging_of(
      R"({"LoggingConfig":{"LogFormat":"JSON","ApplicationLogLevel":"WARN","LogGroup":"g"}})", {});
  BOOST_TEST(logging.json);
  BOOST_TEST(logging.application_level == "WARN");
  BOOST_TEST(logging.system_level == "INFO");
  BOOST_TEST(logging.group == "g");
  BOOST_TEST(!logging_of(R"({"LoggingConfig":{"LogFormat":"Text"}})", logging).json);
}

BOOST_AUTO_TEST_CASE(without_settings_the_definition_counts) {
  LoggingSettings own;
  own.json = true;
  for (const char* settings : {"{}", "", "[]", "{", R"({"LoggingConfig":3})"}) {
    BOOST_TEST((logging_of(settings, own) == own), settings);
  }
}

BOOST_AUTO_TEST_CASE(what_is_written_is_read_back) {
  BOOST_TEST(settings_with_logging({}) == "{}");
  LoggingSettings logging;
  logging.json = true;
  logging.system_level = "DEBUG";
  logging.group = "mine";
  BOOST_TEST((logging_of(settings_with_logging(logging), {}) == logging));
  LoggingSettings text;
  text.group = "other";
  BOOST_TEST((logging_of(settings_with_logging(text), {}) == text));
}

BOOST_AUTO_TEST_SUITE_END()
