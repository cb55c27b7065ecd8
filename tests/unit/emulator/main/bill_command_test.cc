#include "emulator/main/bill_command.h"

#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "emulator/main/bill_run.h"
#include "emulator/store/run_store.h"

namespace lambdarium::commands {
namespace {

namespace fs = std::filesystem;

class Folder {
 public:
  Folder() {
    std::string pattern = (fs::temp_directory_path() / "lambdarium-bill-XXXXXX").string();
    BOOST_REQUIRE(mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
  }
  ~Folder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  std::string file(std::string_view name) const { return (path_ / name).string(); }
  std::string write(std::string_view name, std::string_view text) const {
    std::ofstream{file(name), std::ios::binary} << text;
    return file(name);
  }

 private:
  fs::path path_;
};

int run(const BillOptions& options) {
  NullLogSink log;
  Context context;
  context.json = true;
  context.quiet = true;
  context.log = &log;
  return run_bill(options, context);
}

// Two invocations of 1 GB on arm64, one throttled call, one call of the warm-up.
std::string record_run(const Folder& folder, std::string_view config, bool with_meters) {
  const std::string path = folder.file("run.sqlite");
  auto writer = store::RunWriter::create(path);
  BOOST_REQUIRE(writer.ok());
  store::RunWriter& out = **writer;
  out.meta("config", config);
  out.function({.id = 1, .name = "f", .runtime = {}, .memory_mb = 1024});
  const auto add = [&](std::string_view id, std::int64_t arrival_ns, std::int64_t billed_ms,
                       std::string_view outcome) {
    InvocationRecord record;
    record.id = id;
    record.function = 1;
    record.arrival_ns = arrival_ns;
    record.billed_ms = billed_ms;
    record.memory_mb = 1024;
    record.outcome = outcome;
    out.invocation(record);
  };
  add("warm-up", 999'999'999, 5000, "ok");
  add("a", 1'000'000'000, 1000, "ok");
  add("b", 2'000'000'000, 500, "function-error");
  add("c", 3'000'000'000, -1, "throttled");
  if (with_meters) {
    out.meter({"on-demand duration arm64 @0.0000133334", "1.5", "GB-second", "0.0000133334",
               "0.0000200001"});
    out.meter(
        {"HTTP API request unit @0.000001", "3", "request unit (512 KB)", "0.000001", "0.000003"});
    out.meter({"invocation request", "2", "request", "0.0000002", "0.0000004"});
  }
  BOOST_REQUIRE(out.finish().ok());
  return path;
}

BOOST_AUTO_TEST_SUITE(bill_command)

BOOST_AUTO_TEST_CASE(exit_codes_tell_a_wrong_file_from_a_case_without_a_price) {
  const Folder folder;
  const std::string good = folder.write(
      "good.json",
      R"({"cases": [{"id": "a", "input": {"kind": "s3", "gb_month": "1", "put": 0, "get": 0}}]})");
  const std::string bad_case =
      folder.write("case.json", R"({"cases": [{"id": "a", "input": {"kind": "nothing"}}]})");
  BOOST_TEST(run({.usage = good}) == kDone);
  BOOST_TEST(run({.usage = good, .as_of = "2026-07-01"}) == kDone);
  BOOST_TEST(run({.usage = bad_case}) == kRunFailed);
  BOOST_TEST(run({.usage = folder.write("list.json", "[]")}) == kWrongInput);
  BOOST_TEST(run({.usage = folder.write("text.json", "not json")}) == kWrongInput);
  BOOST_TEST(run({.usage = folder.write("empty.json", "")}) == kWrongInput);
  BOOST_TEST(run({.usage = folder.file("missing.json")}) == kWrongInput);
  BOOST_TEST(run({.usage = folder.file("")}) == kWrongInput);
  BOOST_TEST(run({.usage = good, .as_of = "soon"}) == kWrongInput);
  BOOST_TEST(run({.usage = good, .catalog = "aws-mars-1"}) == kWrongInput);
  BOOST_TEST(run({.usage = good, .catalog = folder.file("prices.json")}) == kWrongInput);
  BOOST_TEST(run({}) == kWrongInput);
  BOOST_TEST(run({.usage = good, .run = good}) == kWrongInput);
  BOOST_TEST(run({.run = good}) == kWrongInput);
}

BOOST_AUTO_TEST_CASE(a_recorded_run_priced_again_equals_its_own_meters) {
  const Folder folder;
  const std::string path = record_run(
      folder, "warmup_s = 1\nbilling.as_of = 2026-07-01\nbilling.free_tier = false\n", true);
  const auto own = read_run_billing(path);
  BOOST_REQUIRE(own.ok());
  BOOST_TEST(own->as_of == "2026-07-01");
  const auto catalogue = billing::Catalogue::built_in("aws-us-east-1");
  BOOST_REQUIRE(catalogue.ok());
  const auto repriced = reprice_run(path, *catalogue, own->free_tier);
  BOOST_REQUIRE(repriced.ok());
  BOOST_TEST(repriced->bill.total().to_string() == "0.0000234001");
  BOOST_REQUIRE(repriced->recorded_total.has_value());
  BOOST_TEST((repriced->bill.total() == *repriced->recorded_total));
  BOOST_TEST(run({.run = path}) == kDone);
}

BOOST_AUTO_TEST_CASE(a_run_that_was_cut_off_is_priced_from_its_invocations) {
  const Folder folder;
  const std::string path = record_run(folder, "", false);
  const auto catalogue = billing::Catalogue::built_in("aws-us-east-1");
  BOOST_REQUIRE(catalogue.ok());
  const auto repriced = reprice_run(path, *catalogue, false);
  BOOST_REQUIRE(repriced.ok());
  BOOST_TEST(!repriced->recorded_total.has_value());
  // Without a warm-up all three that ran count, at the x86 rate: 6.5 GB-s and three requests.
  BOOST_TEST(repriced->bill.total().to_string() == "0.00010893355");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace lambdarium::commands
