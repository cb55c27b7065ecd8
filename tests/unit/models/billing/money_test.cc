#include "models/billing/money.h"

#include <string>
#include <string_view>

#include <boost/test/unit_test.hpp>

namespace lambdarium::billing {
namespace {

Decimal dec(std::string_view text) {
  auto parsed = Decimal::parse(text);
  BOOST_REQUIRE_MESSAGE(parsed.ok(), std::string{text});
  return *parsed;
}

BOOST_AUTO_TEST_SUITE(money)

BOOST_AUTO_TEST_CASE(decimal_text_comes_back_without_trailing_zeros) {
  for (const std::string_view text :
       {"0", "1", "-1", "0.0000166667", "2.333338", "-12.5", "123456789012345678901234567890"}) {
    BOOST_TEST(dec(text).to_string() == text);
  }
  BOOST_TEST(dec("1.500").to_string() == "1.5");
  BOOST_TEST(dec("+3").to_string() == "3");
  BOOST_TEST(dec(".5").to_string() == "0.5");
  BOOST_TEST(dec("5.").to_string() == "5");
  BOOST_TEST(dec("1e-7").to_string() == "0.0000001");
  BOOST_TEST(dec("2.5E+3").to_string() == "2500");
}

BOOST_AUTO_TEST_CASE(text_that_is_no_number_is_refused) {
  for (const std::string_view text : {"", "-", ".", "1,5", "1.2.3", "0x10", " 1", "1 ", "1e", "1e+",
                                      "1e+-2", "1e99", "nan", "inf", "1_000"}) {
    BOOST_TEST(!Decimal::parse(text).ok(), text);
  }
  BOOST_TEST(!Decimal::parse(std::string(65, '1')).ok());
  BOOST_TEST(!Decimal::parse(std::string(40, '9')).ok());
}

BOOST_AUTO_TEST_CASE(sums_and_products_are_exact_where_doubles_drift) {
  BOOST_TEST((dec("0.1") + dec("0.2") == dec("0.3")));
  Decimal sum;
  for (int i = 0; i < 1'000'000; ++i) sum += dec("0.0000166667");
  BOOST_TEST(sum.to_string() == "16.6667");
  BOOST_TEST((dec("63.9189453125") * dec("0.0000166667")).to_string(18) == "0.001065317885839844");
  BOOST_TEST((Decimal{1} / Decimal{3} * Decimal{3} == Decimal{1}));
}

BOOST_AUTO_TEST_CASE(rounding_is_half_even_on_both_sides_of_zero) {
  BOOST_TEST(dec("0.0000000005").to_fixed(9) == "0.000000000");
  BOOST_TEST(dec("0.0000000015").to_fixed(9) == "0.000000002");
  BOOST_TEST(dec("0.00000000050000001").to_fixed(9) == "0.000000001");
  BOOST_TEST(dec("-0.0000000015").to_fixed(9) == "-0.000000002");
  BOOST_TEST(dec("-0.0000000005").to_fixed(9) == "0.000000000");
  BOOST_TEST(dec("0.9999999999").to_fixed(9) == "1.000000000");
  BOOST_TEST(dec("9.5").to_fixed(0) == "10");
  BOOST_TEST(dec("8.5").to_fixed(0) == "8");
  BOOST_TEST(Decimal{}.to_fixed(9) == "0.000000000");
}

BOOST_AUTO_TEST_CASE(ceil_floor_and_steps_keep_whole_numbers) {
  BOOST_TEST(dec("2365.83").ceil().to_string() == "2366");
  BOOST_TEST(dec("37.000").ceil().to_string() == "37");
  BOOST_TEST(dec("-1.5").ceil().to_string() == "-1");
  BOOST_TEST(dec("-1.5").floor().to_string() == "-2");
  BOOST_TEST(round_up(dec("300"), 300).to_string() == "300");
  BOOST_TEST(round_up(dec("300.001"), 300).to_string() == "600");
  BOOST_TEST(round_up(dec("0"), 300).to_string() == "0");
}

BOOST_AUTO_TEST_CASE(what_leaves_the_range_stays_inexact_and_is_never_a_number) {
  const Decimal large = dec("1000000000000000000000000000000");
  const Decimal beyond = large * large;
  BOOST_TEST(!beyond.exact());
  BOOST_TEST(!(beyond - beyond).exact());
  BOOST_TEST(!(beyond * Decimal{}).exact());
  BOOST_TEST(!(Decimal{1} / Decimal{}).exact());
  BOOST_TEST(beyond.to_string() == "inexact");
  BOOST_TEST((beyond < Decimal{-1}));
}

BOOST_AUTO_TEST_CASE(comparison_holds_where_the_cross_product_would_overflow) {
  const Decimal a = dec("1000000000000000000.0000000000000001");
  const Decimal b = dec("1000000000000000000.0000000000000002");
  BOOST_TEST((a < b));
  BOOST_TEST((b > a));
  BOOST_TEST((a == a));
  BOOST_TEST((Decimal{} - b < Decimal{} - a));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace lambdarium::billing
