#include "traces/formats/decimal.h"

#include <boost/test/unit_test.hpp>
#include <cstdint>
#include <string>

using namespace lambdarium::traces;

namespace {

std::int64_t ns(std::string_view text) {
  const auto value = parse_seconds_ns(text);
  BOOST_REQUIRE_MESSAGE(value.has_value(), "refused: " << text);
  return *value;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(decimals)

BOOST_AUTO_TEST_CASE(seconds_become_exact_nanoseconds) {
  BOOST_TEST(ns("0") == 0);
  BOOST_TEST(ns("0.1") == 100'000'000);
  BOOST_TEST(ns("1.000000001") == 1'000'000'001);
  BOOST_TEST(ns("6464.802797006607") == 6'464'802'797'007);
  BOOST_TEST(ns(".5") == 500'000'000);
  BOOST_TEST(ns("5.") == 5'000'000'000);
  BOOST_TEST(ns("+2") == 2'000'000'000);
  BOOST_TEST(ns("-0.25") == -250'000'000);
  BOOST_TEST(ns(" 7 ") == 7'000'000'000);
}

BOOST_AUTO_TEST_CASE(exponents_are_read) {
  BOOST_TEST(ns("1e3") == 1'000'000'000'000);
  BOOST_TEST(ns("1.5E-3") == 1'500'000);
  BOOST_TEST(ns("2.5e+2") == 250'000'000'000);
  BOOST_TEST(ns("1e-9") == 1);
  BOOST_TEST(ns("1e-99999999999999999999") == 0);
  BOOST_TEST(ns("0e99999") == 0);
}

BOOST_AUTO_TEST_CASE(half_a_nanosecond_is_rounded_away_from_zero) {
  BOOST_TEST(ns("0.0000000005") == 1);
  BOOST_TEST(ns("0.00000000049999999999999999999999999999999999999") == 0);
  BOOST_TEST(ns("-0.0000000005") == -1);
  BOOST_TEST(ns("0.0000000014999") == 1);
}

BOOST_AUTO_TEST_CASE(the_largest_number_of_nanoseconds_fits_and_one_more_does_not) {
  BOOST_TEST(ns("9223372036.854775807") == INT64_MAX);
  BOOST_TEST(!parse_seconds_ns("9223372036.854775808"));
  BOOST_TEST(!parse_seconds_ns("1e300"));
  BOOST_TEST(!parse_seconds_ns(std::string(1000, '9')));
  BOOST_TEST(ns(std::string(1000, '0') + "1") == 1'000'000'000);
}

BOOST_AUTO_TEST_CASE(what_is_not_a_decimal_is_refused) {
  for (const char* text : {"", " ", ".", "-", "+", "e5", "1e", "1e+", "1e+-3", "1.2.3", "1,5",
                           "nan", "inf", "0x10", "1 2", "--1", "abc", "1s"}) {
    BOOST_TEST(!parse_seconds_ns(text).has_value(), "accepted: '" << text << "'");
  }
}

BOOST_AUTO_TEST_CASE(formatting_gives_the_shortest_text_that_reads_back) {
  BOOST_TEST(format_seconds(0) == "0");
  BOOST_TEST(format_seconds(1'500'000'000) == "1.5");
  BOOST_TEST(format_seconds(1) == "0.000000001");
  BOOST_TEST(format_seconds(-2'000'000'000) == "-2");
  BOOST_TEST(format_seconds(-1) == "-0.000000001");
  BOOST_TEST(format_seconds(INT64_MAX) == "9223372036.854775807");
  BOOST_TEST(format_seconds(INT64_MIN) == "-9223372036.854775808");
  for (const std::int64_t value : {std::int64_t{123'456'789}, std::int64_t{86'399'999'999'999}}) {
    BOOST_TEST(ns(format_seconds(value)) == value);
  }
}

BOOST_AUTO_TEST_SUITE_END()
