#include "models/billing/lambda_meter.h"

#include <string>

#include <boost/test/unit_test.hpp>

namespace lambdarium::billing {
namespace {

const Catalogue& prices() {
  static const Catalogue catalogue = *Catalogue::built_in("aws-us-east-1");
  return catalogue;
}

Bill bill_of(const LambdaMeter& meter, const BillOptions& options = {}) {
  auto bill = meter.bill(prices(), options);
  BOOST_REQUIRE(bill.ok());
  return *std::move(bill);
}

Decimal quantity_of(const Bill& bill, std::string_view price_id) {
  Decimal sum;
  for (const BillLine& line : bill.lines) {
    if (line.price_id == price_id) sum += line.quantity;
  }
  return sum;
}

// One second of `gb` GB, `times` times.
void add_gb_seconds(LambdaMeter& meter, Architecture architecture, std::int64_t seconds) {
  meter.add_invocation(
      {.architecture = architecture, .memory_mb = 1024, .billed_ms = seconds * 1000});
}

BOOST_AUTO_TEST_SUITE(lambda_meter)

BOOST_AUTO_TEST_CASE(init_and_run_are_summed_before_the_one_rounding) {
  BOOST_TEST(billed_ms(Duration{1'307'680'000}, Duration{1'058'150'000}) == 2366);
  BOOST_TEST(billed_ms(0ns, 37ms) == 37);
  BOOST_TEST(billed_ms(0ns, 37ms + 1ns) == 38);
  BOOST_TEST(billed_ms(0ns, 0ns) == 1);
  BOOST_TEST(billed_ms(-5ms, 2ms) == 2);
  BOOST_TEST(billed_ms(kForever, kForever) == 9'223'372'036'855);
}

BOOST_AUTO_TEST_CASE(init_of_a_managed_zip_is_billed_from_august_2025) {
  BOOST_TEST(!init_billable(PackageType::kManagedZip, Date{2025, 7, 31}));
  BOOST_TEST(init_billable(PackageType::kManagedZip, Date{2025, 8, 1}));
  BOOST_TEST(init_billable(PackageType::kManagedZip, std::nullopt));
  BOOST_TEST(init_billable(PackageType::kImage, Date{2021, 1, 1}));
  BOOST_TEST(init_billable(PackageType::kCustomRuntime, Date{2021, 1, 1}));
  BOOST_TEST(init_billable(PackageType::kProvisioned, Date{2021, 1, 1}));
  BOOST_TEST(!init_billable(PackageType::kSnapStart, Date{2026, 1, 1}));
}

BOOST_AUTO_TEST_CASE(units_of_http_calls_and_asynchronous_events) {
  BOOST_TEST(http_units(0) == 1);
  BOOST_TEST(http_units(524'288) == 1);
  BOOST_TEST(http_units(524'289) == 2);
  BOOST_TEST(async_units(0) == 1);
  BOOST_TEST(async_units(262'144) == 1);
  BOOST_TEST(async_units(262'145) == 2);
  BOOST_TEST(async_units(1'048'576) == 13);
}

BOOST_AUTO_TEST_CASE(an_idle_meter_has_two_lines_of_nothing) {
  const Bill bill = bill_of({});
  BOOST_TEST(bill.lines.size() == 2U);
  BOOST_TEST(bill.total().to_fixed(9) == "0.000000000");
}

BOOST_AUTO_TEST_CASE(a_month_is_priced_as_the_vendor_prints_it) {
  LambdaMeter meter;
  for (int i = 0; i < 3000; ++i) {
    meter.add_invocation({.memory_mb = 1536, .billed_ms = 120'000});  // a thousand of 120 ms
  }
  BOOST_TEST(quantity_of(bill_of(meter), "aws.lambda.duration.x86").to_string() == "540000");
  const Bill granted = bill_of(meter, {.free_tier = true});
  BOOST_TEST(granted.lines.front().meter == "on-demand duration x86 @0.0000166667");
  BOOST_TEST(granted.total().to_string() == "2.333338");
}

BOOST_AUTO_TEST_CASE(scratch_provisioned_time_and_http_have_lines_of_their_own) {
  LambdaMeter meter;
  meter.add_invocation({.architecture = Architecture::kArm64,
                        .memory_mb = 2048,
                        .scratch_mb = 1536,
                        .billed_ms = 1000,
                        .provisioned = true});
  meter.add_provisioned(Architecture::kArm64, 2048, 3, 301s);
  meter.add_http_call(600'000);
  const Bill bill = bill_of(meter);
  BOOST_TEST(quantity_of(bill, "aws.lambda.pc.arm64").to_string() == "3600");
  BOOST_TEST(quantity_of(bill, "aws.lambda.pc_duration.arm64").to_string() == "2");
  BOOST_TEST(quantity_of(bill, "aws.lambda.ephemeral.arm64").to_string() == "1");
  BOOST_TEST(quantity_of(bill, "aws.apigw.http").to_string() == "2");
  BOOST_TEST(quantity_of(bill, "aws.lambda.request").to_string() == "1");
  BOOST_TEST(quantity_of(bill, "aws.lambda.duration.arm64").is_zero());
}

BOOST_AUTO_TEST_CASE(the_grant_is_divided_by_the_policy) {
  LambdaMeter meter;
  add_gb_seconds(meter, Architecture::kArm64, 300'000);
  add_gb_seconds(meter, Architecture::kX86, 300'000);
  const auto left = [&](FreeShare share) {
    const Bill bill = bill_of(meter, {.free_tier = true, .free_share = share});
    return quantity_of(bill, "aws.lambda.duration.x86").to_string() + " " +
           quantity_of(bill, "aws.lambda.duration.arm64").to_string();
  };
  BOOST_TEST(left(FreeShare::kFirstCome) == "200000 0");
  BOOST_TEST(left(FreeShare::kX86First) == "0 200000");
  BOOST_TEST(left(FreeShare::kArm64First) == "200000 0");
  BOOST_TEST(left(FreeShare::kProportional) == "100000 100000");
}

BOOST_AUTO_TEST_CASE(merged_meters_equal_one_meter) {
  LambdaMeter one;
  LambdaMeter first;
  LambdaMeter second;
  for (int i = 0; i < 100; ++i) {
    const Architecture architecture = i < 50 ? Architecture::kX86 : Architecture::kArm64;
    const LambdaMeter::Invocation invocation{
        .architecture = architecture, .memory_mb = 1024, .billed_ms = 6'000'001 + i};
    one.add_invocation(invocation);
    (i < 50 ? first : second).add_invocation(invocation);
  }
  first.merge(second);
  BOOST_TEST(bill_of(first, {.free_tier = true}).total().to_string(15) ==
             bill_of(one, {.free_tier = true}).total().to_string(15));
}

BOOST_AUTO_TEST_CASE(a_counter_that_overflows_saturates_instead_of_wrapping) {
  LambdaMeter meter;
  for (int i = 0; i < 3; ++i) {
    meter.add_invocation({.memory_mb = 10'240, .billed_ms = 900'000'000'000'000});
  }
  BOOST_TEST(meter.usage().by_architecture[0].mb_ms == INT64_MAX);
  BOOST_TEST(meter.bill(prices()).ok());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace lambdarium::billing
