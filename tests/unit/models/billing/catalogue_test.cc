#include "models/billing/catalogue.h"

#include <string>
#include <string_view>

#include <fmt/format.h>
#include <boost/test/unit_test.hpp>

namespace lambdarium::billing {
namespace {

std::string catalogue_with(std::string_view entries) {
  return fmt::format(R"({{"schema": "faas-price-catalogue/1", "entries": [{}]}})", entries);
}

std::string error_of(std::string_view json) {
  const auto parsed = Catalogue::parse(json, "prices.json");
  return parsed.ok() ? std::string{"accepted"} : parsed.error().to_string();
}

BOOST_AUTO_TEST_SUITE(catalogue)

BOOST_AUTO_TEST_CASE(the_built_in_one_loads_and_knows_its_prices) {
  const auto loaded = Catalogue::built_in("aws-us-east-1");
  BOOST_REQUIRE(loaded.ok());
  BOOST_TEST(loaded->currency() == "USD");
  BOOST_TEST(loaded->size() > 200U);
  const PriceEntry* duration = loaded->find("aws.lambda.duration.x86");
  BOOST_REQUIRE(duration != nullptr);
  BOOST_TEST(duration->tiers.size() == 3U);
  BOOST_TEST(duration->first_price().to_string() == "0.0000166667");
  BOOST_TEST(duration->free_quantity->to_string() == "400000");
  BOOST_TEST(!duration->sources.empty());
  BOOST_TEST(!Catalogue::built_in("aws-us-east-2").ok());
}

BOOST_AUTO_TEST_CASE(the_version_in_force_on_the_day_is_chosen) {
  const auto parsed = Catalogue::parse(
      catalogue_with(
          R"({"id": "a", "meter": "m", "unit": "u", "price": "2", "valid_from": "2025-06-01"},
             {"id": "a", "meter": "m", "unit": "u", "price": "3"},
             {"id": "b", "meter": "m", "unit": "u", "price": "9", "valid_from": "2025-06-01"})"),
      "prices.json");
  BOOST_REQUIRE(parsed.ok());
  Catalogue catalogue = *parsed;
  BOOST_TEST(catalogue.find("a")->first_price().to_string() == "2");
  catalogue.set_as_of(Date{2025, 6, 1});
  BOOST_TEST(catalogue.find("a")->first_price().to_string() == "2");
  catalogue.set_as_of(Date{2025, 5, 31});
  BOOST_TEST(catalogue.find("a")->first_price().to_string() == "3");
  BOOST_TEST(catalogue.find("b") == nullptr);
  BOOST_TEST(catalogue.get("b").error().message == "price 'b' was not in force on 2025-05-31");
}

BOOST_AUTO_TEST_CASE(a_broken_file_is_refused_with_entry_and_field) {
  BOOST_TEST(error_of("[]") ==
             "prices.json: schema is missing; it must be \"faas-price-catalogue/1\"");
  BOOST_TEST(error_of(R"({"schema": "other/2"})") ==
             "prices.json: schema is \"other/2\"; it must be \"faas-price-catalogue/1\"");
  BOOST_TEST(error_of(R"({"schema": "faas-price-catalogue/1"})") ==
             "prices.json: entries is missing; it must be a list");
  BOOST_TEST(error_of(catalogue_with(R"({"id": "a", "meter": "m", "unit": "u", "price": "-1"})")) ==
             "prices.json: a: price is \"-1\"; it must be a decimal of at least 0");
  BOOST_TEST(error_of(catalogue_with(R"({"meter": "m", "unit": "u", "price": "1"})")) ==
             "prices.json: entries[0]: id is missing; it must be a string");
  BOOST_TEST(
      error_of(catalogue_with(
          R"({"id": "a", "meter": "m", "unit": "u", "tiers": [{"up_to": "5", "price": "1"}]})")) ==
      "prices.json: a: tiers[].up_to is 5; it must be null in the last tier");
  BOOST_TEST(error_of(catalogue_with(R"({"id": "a", "meter": "m", "unit": "u", "price": "1"},
                                        {"id": "a", "meter": "m", "unit": "u", "price": "1"})")) ==
             "prices.json: id \"a\" is given twice for the same date");
}

BOOST_AUTO_TEST_CASE(an_entry_without_a_rate_is_known_to_have_none) {
  const auto parsed = Catalogue::parse(
      catalogue_with(R"({"id": "a", "meter": "m", "unit": "u", "price": null})"), "prices.json");
  BOOST_REQUIRE(parsed.ok());
  BOOST_TEST(parsed->find("a") == nullptr);
}

BOOST_AUTO_TEST_CASE(dates_are_read_in_their_usual_forms) {
  BOOST_TEST(parse_date("2025-08-01T00:00:00Z")->to_string() == "2025-08-01");
  BOOST_TEST(parse_date("2026-07")->to_string() == "2026-07-01");
  BOOST_TEST(parse_date("2026")->to_string() == "2026-01-01");
  BOOST_TEST(parse_date("2024-02-29")->to_string() == "2024-02-29");
  for (const std::string_view text : {"", "26", "2026-", "2026-13", "2026-00-01", "2026-02-29",
                                      "2026-07-01x", "01.07.2026", "2026/07/01"}) {
    BOOST_TEST(!parse_date(text).ok(), text);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace lambdarium::billing
