// Usage cases against expected lines: our own beside the tests, and the shared collection where
// LAMBDARIUM_DATA names it.

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <boost/test/unit_test.hpp>

#include "models/billing/tree.h"
#include "models/billing/usage.h"

namespace lambdarium::billing {
namespace {

std::string read(const std::string& path) {
  std::ifstream in(path);
  BOOST_REQUIRE_MESSAGE(in.good(), "cannot read " << path);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

const Catalogue& prices() {
  static const Catalogue catalogue = [] {
    auto loaded = Catalogue::built_in("aws-us-east-1");
    BOOST_REQUIRE_MESSAGE(loaded.ok(), (loaded.ok() ? std::string{} : loaded.error().to_string()));
    return *std::move(loaded);
  }();
  return catalogue;
}

// "meter | price id | quantity | unit price | amount", sorted: the order of lines is no promise.
std::vector<std::string> lines_of(const Bill& bill) {
  std::vector<std::string> lines;
  for (const BillLine& line : bill.lines) {
    lines.push_back(fmt::format("{} | {} | {} | {} | {}", line.meter, line.price_id,
                                line.quantity.to_string(), line.unit_price.to_string(),
                                line.amount.to_string()));
  }
  std::sort(lines.begin(), lines.end());
  return lines;
}

std::vector<std::string> lines_of(const Tree& expected) {
  std::vector<std::string> lines;
  const auto field = [](const Tree& line, std::string_view name) {
    const Tree* value = line.find(name);
    return value == nullptr ? std::string{} : value->text;
  };
  for (const Tree& line : expected.find("lines")->items) {
    lines.push_back(fmt::format("{} | {} | {} | {} | {}", field(line, "meter"),
                                field(line, "price_id"), field(line, "quantity"),
                                field(line, "unit_price"), field(line, "amount_usd")));
  }
  std::sort(lines.begin(), lines.end());
  return lines;
}

void check_file(const std::string& path) {
  const std::string text = read(path);
  const auto cases = parse_usage(text, path);
  BOOST_REQUIRE_MESSAGE(cases.ok(), (cases.ok() ? std::string{} : cases.error().to_string()));
  const auto tree = parse_tree(text, path);
  BOOST_REQUIRE(tree.ok());
  const auto& documents = tree->find("cases")->items;
  for (std::size_t i = 0; i < cases->size(); ++i) {
    const UsageCase& usage = (*cases)[i];
    BOOST_TEST_CONTEXT("case " << usage.id << " " << usage.title) {
      const PricedCase priced = price_case(usage, prices());
      const Tree* expected = documents[i].find("expected");
      BOOST_REQUIRE(expected != nullptr);
      if (const Tree* error = expected->find("error")) {
        BOOST_REQUIRE(priced.error.has_value());
        BOOST_TEST(priced.error->message == error->text);
        continue;
      }
      BOOST_TEST((priced.error ? priced.error->message : "") == "");
      if (!priced.bill) continue;
      if (expected->find("lines") != nullptr) {
        BOOST_TEST(lines_of(*priced.bill) == lines_of(*expected), boost::test_tools::per_element());
      }
      BOOST_TEST(priced.bill->total().to_string() == expected->find("total_usd")->text);
      if (const Tree* rounded = expected->find("total_usd_1e9")) {
        BOOST_TEST(priced.bill->total().to_fixed(9) == rounded->text);
      }
    }
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(usage_cases)

BOOST_AUTO_TEST_CASE(our_own_cases_price_exactly_or_fail_with_the_message_they_state) {
  check_file(std::string{LAM_SOURCE_DIR} + "/tests/unit/models/billing/cases.json");
}

BOOST_AUTO_TEST_CASE(the_shared_cases_price_exactly) {
  const char* folder = std::getenv("LAMBDARIUM_DATA");
  if (folder == nullptr) {
    BOOST_TEST_MESSAGE("skipped: LAMBDARIUM_DATA does not name the folder of shared data");
    return;
  }
  check_file(std::string{folder} + "/billing-cases.json");
}

BOOST_AUTO_TEST_CASE(a_file_of_another_form_is_refused_with_the_field_and_its_value) {
  const auto message = [](std::string_view json) {
    const auto parsed = parse_usage(json, "usage.json");
    return parsed.ok() ? std::string{"accepted"} : parsed.error().to_string();
  };
  BOOST_TEST(message("{}") ==
             "usage.json: cases is missing; it must be a list of {\"id\", \"input\"}");
  BOOST_TEST(message(R"({"cases": 3})") ==
             "usage.json: cases is 3; it must be a list of {\"id\", \"input\"}");
  BOOST_TEST(message(R"({"cases": [7]})") == "usage.json: cases[0] is 7; it must be an object");
  BOOST_TEST(message(R"({"cases": [{"id": true, "input": {}}]})") ==
             "usage.json: cases[0].id is true; it must be a string");
  BOOST_TEST(message("{\n\"cases\": [}").starts_with("usage.json:2: not JSON: "));
  BOOST_TEST(message(R"({"cases": []})") == "accepted");
}

BOOST_AUTO_TEST_CASE(a_case_without_a_form_fails_alone) {
  const auto cases = parse_usage(R"({"cases": [{"id": "a", "input": []}, {"id": "b"},
      {"id": "c", "input": {"kind": 1}}, {"id": "d", "input": {"kind": "s3", "gb_month": 1}}]})",
                                 "usage.json");
  BOOST_REQUIRE(cases.ok());
  const std::pair<std::string, std::string> expected[] = {
      {"a", "usage.json: cases[0].input is a list of 0; it must be an object"},
      {"b", "usage.json: cases[1].input is missing; it must be an object"},
      {"c", "usage.json: cases[2].input.kind is 1; it must be a string"},
  };
  for (std::size_t i = 0; i < 3; ++i) {
    const PricedCase priced = price_case((*cases)[i], prices());
    BOOST_TEST(priced.id == expected[i].first);
    BOOST_TEST(!priced.bill.has_value());
    BOOST_REQUIRE(priced.error.has_value());
    BOOST_TEST(priced.error->to_string() == expected[i].second);
  }
  BOOST_TEST(price_case((*cases)[3], prices()).bill.has_value());
}

BOOST_AUTO_TEST_CASE(a_field_that_no_rule_reads_is_named) {
  const auto cases = parse_usage(
      R"({"cases": [{"id": "a", "input": {"kind": "s3", "gb_month": 1, "gbmonth": 2}}]})", "x");
  BOOST_REQUIRE(cases.ok());
  const PricedCase priced = price_case(cases->front(), prices());
  BOOST_TEST(priced.ignored == std::vector<std::string>{"gbmonth"},
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_price_that_was_not_in_force_yet_is_an_error_of_the_case) {
  Catalogue catalogue = prices();
  const auto cases = parse_usage(
      R"({"cases": [{"id": "a",
          "input": {"kind": "lambda.microvm", "vcpu": 1, "running_s": 10}}]})",
      "x");
  BOOST_REQUIRE(cases.ok());
  catalogue.set_as_of(Date{2026, 6, 22});
  BOOST_TEST(price_case(cases->front(), catalogue).bill.has_value());
  catalogue.set_as_of(Date{2026, 6, 21});
  const PricedCase priced = price_case(cases->front(), catalogue);
  BOOST_REQUIRE(priced.error.has_value());
  BOOST_TEST(priced.error->message ==
             "price 'aws.lambda.microvm.vcpu' was not in force on 2026-06-21");
}

BOOST_AUTO_TEST_CASE(figures_beyond_exact_arithmetic_are_an_error_not_a_wrong_sum) {
  const auto cases = parse_usage(
      R"({"cases": [{"id": "a",
          "input": {"kind": "s3", "gb_month": "1234567890123456789012345678.123456789"}}]})",
      "x");
  BOOST_REQUIRE(cases.ok());
  const PricedCase priced = price_case(cases->front(), prices());
  BOOST_REQUIRE(priced.error.has_value());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace lambdarium::billing
