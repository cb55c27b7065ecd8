#include "traces/formats/azure_2019.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <map>
#include <string>
#include <vector>

#include "tests/unit/traces/trace_fixture.h"

using namespace lambdarium;
using namespace lambdarium::traces;
using namespace lambdarium::traces::testing;
using boost::test_tools::per_element;

namespace {

constexpr const char* kDurationHeader =
    "HashOwner,HashApp,HashFunction,Average,Count,Minimum,Maximum,percentile_Average_0,"
    "percentile_Average_1,percentile_Average_25,percentile_Average_50,percentile_Average_75,"
    "percentile_Average_99,percentile_Average_100\n";

// The layout of the published set: minutes of the day, a trigger, ids of three kinds.
void write_published(const TemporaryFolder& folder) {
  folder.write("invocations.csv",
               "HashOwner,HashApp,HashFunction,Trigger,480,481,482,483\n"
               "o,a,f,http,2,0,0,3\n"
               "o,a,g,timer,0,1,0,0\n"
               "p,b,f,queue,0,0,0,0\n");
  folder.write("durations.csv", std::string{kDurationHeader} +
                                    "p,b,f,0,1,0,0,0,0,0,0,0,0,0\n"
                                    "o,a,g,100,9,50,200,100,100,100,100,100,100,100\n"
                                    "o,a,f,20,9,10,40,0,10,20,20,30,40,90\n");
  folder.write("memory.csv",
               "HashOwner,HashApp,SampleCount,AverageAllocatedMb\no,a,5,170.4\np,b,5,0.2\n");
}

// The layout of a sample: other names for minutes, no trigger, the ids in another order.
void write_sample(const TemporaryFolder& folder) {
  folder.write("invocations.csv",
               "HashFunction,HashApp,HashOwner,minute_1,minute_2\nx,x,x,1,2\ny,y,y,4,0\n");
  folder.write("durations.csv",
               "HashFunction,HashApp,HashOwner,Count,Average,Minimum,Maximum,percentile_Average_0,"
               "percentile_Average_1,percentile_Average_25,percentile_Average_50,"
               "percentile_Average_75,percentile_Average_99,percentile_Average_100\n"
               "x,x,x,2,49,8.0,90.0,8,8,8,8,90,90,90\ny,y,y,2,49,8.0,90.0,8,8,8,8,90,90,90\n");
  folder.write("memory.csv", "HashApp,HashOwner,SampleCount,AverageAllocatedMb\ny,y,1,64\n");
}

Trace load_folder(const TemporaryFolder& folder, Spread spread = Spread::kUniform,
                  std::uint64_t seed = 1) {
  TraceOptions options = options_for(folder.path(), "azure-2019");
  options.spread = spread;
  options.seed = seed;
  Result<Trace> trace = load(options);
  BOOST_REQUIRE_MESSAGE(trace.ok(), (trace.ok() ? "" : trace.error().to_string()));
  return *std::move(trace);
}

std::vector<int> calls_by_minute(const Trace& trace, std::string_view name, std::size_t minutes) {
  std::vector<int> counts(minutes);
  for (const TraceRecord& record : trace.records) {
    if (trace.functions[record.function].name != name) continue;
    ++counts.at(static_cast<std::size_t>(record.arrival.time_since_epoch() / 60s));
  }
  return counts;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(azure_2019_format)

BOOST_AUTO_TEST_CASE(every_rule_keeps_the_counts_of_every_minute) {
  const TemporaryFolder folder;
  write_published(folder);
  for (const Spread spread : {Spread::kUniform, Spread::kPoisson, Spread::kEquidistant}) {
    const Trace trace = load_folder(folder, spread);
    BOOST_TEST(trace.records.size() == 6U);
    BOOST_TEST(calls_by_minute(trace, "a/f", 4) == (std::vector{2, 0, 0, 3}), per_element());
    BOOST_TEST(calls_by_minute(trace, "a/g", 4) == (std::vector{0, 1, 0, 0}), per_element());
    BOOST_TEST(std::is_sorted(trace.records.begin(), trace.records.end(),
                              [](const auto& a, const auto& b) { return a.arrival < b.arrival; }));
  }
}

BOOST_AUTO_TEST_CASE(equidistant_calls_have_equal_gaps) {
  const TemporaryFolder folder;
  write_published(folder);
  const Trace trace = load_folder(folder, Spread::kEquidistant);
  const auto gap = [&trace](std::size_t i) {
    return (trace.records[i + 1].arrival - trace.records[i].arrival).count();
  };
  BOOST_TEST(std::abs(gap(0) - 30'000'000'000) <= 1);
  BOOST_TEST(std::abs(gap(3) - 20'000'000'000) <= 1);
  BOOST_TEST(std::abs(gap(4) - 20'000'000'000) <= 1);
}

BOOST_AUTO_TEST_CASE(memory_is_of_the_application_and_durations_have_a_floor) {
  const TemporaryFolder folder;
  write_published(folder);
  const Trace trace = load_folder(folder);
  BOOST_REQUIRE(trace.functions.size() == 3U);
  BOOST_TEST(trace.functions[0].name == "a/f");
  BOOST_TEST(trace.functions[0].memory_mb == 170);
  BOOST_TEST(trace.functions[1].memory_mb == 170);
  BOOST_TEST(trace.functions[2].memory_mb == 1);
  for (const TraceRecord& record : trace.records) {
    if (record.function == 0) BOOST_TEST((record.duration >= 10ms && record.duration <= 40ms));
    if (record.function == 1) BOOST_TEST((record.duration == 100ms));
  }
  BOOST_TEST(trace.report.rows == 8U);
  BOOST_TEST(trace.report.broken == 0U);
}

BOOST_AUTO_TEST_CASE(both_column_layouts_are_read_and_a_missing_memory_row_is_not_known) {
  const TemporaryFolder folder;
  write_sample(folder);
  const Trace trace = load_folder(folder);
  BOOST_TEST(calls_by_minute(trace, "x", 2) == (std::vector{1, 2}), per_element());
  BOOST_TEST(calls_by_minute(trace, "y", 2) == (std::vector{4, 0}), per_element());
  BOOST_TEST(trace.functions[0].memory_mb == -1);
  BOOST_TEST(trace.functions[1].memory_mb == 64);
}

BOOST_AUTO_TEST_CASE(the_seed_decides_and_other_functions_do_not) {
  const TemporaryFolder whole;
  write_sample(whole);
  const TemporaryFolder part;
  write_sample(part);
  part.write("invocations.csv", "HashFunction,HashApp,HashOwner,minute_1,minute_2\ny,y,y,4,0\n");
  const auto of_y = [](const Trace& trace) {
    std::vector<std::int64_t> values;
    for (const TraceRecord& record : trace.records) {
      if (trace.functions[record.function].name != "y") continue;
      values.push_back(to_ns(record.arrival));
      values.push_back(record.duration.count());
    }
    return values;
  };
  const auto first = of_y(load_folder(whole));
  BOOST_TEST(first == of_y(load_folder(whole)), per_element());
  BOOST_TEST(first == of_y(load_folder(part)), per_element());
  BOOST_TEST((first != of_y(load_folder(whole, Spread::kUniform, 2))));
}

BOOST_AUTO_TEST_CASE(the_path_may_be_the_invocations_file_and_names_of_samples_are_known) {
  const TemporaryFolder folder;
  write_sample(folder);
  BOOST_TEST(load(options_for(folder.path("invocations.csv"))).ok());
  std::filesystem::rename(folder.path("invocations.csv"), folder.path("2_inv.csv"));
  std::filesystem::rename(folder.path("durations.csv"), folder.path("2_run.csv"));
  BOOST_TEST(load(options_for(folder.path("2_inv.csv"))).ok());
  BOOST_TEST(load(options_for(folder.path())).ok());
  // The published set has days; the second day is not taken for the first.
  const std::string day = "invocations_per_function_md.anon.d02.csv";
  std::filesystem::rename(folder.path("2_inv.csv"), folder.path(day));
  std::filesystem::rename(folder.path("2_run.csv"),
                          folder.path("function_durations_percentiles.anon.d01.csv"));
  const auto wrong_day = load(options_for(folder.path(day)));
  BOOST_REQUIRE(!wrong_day.ok());
  BOOST_TEST(wrong_day.error().message.find("function_durations_percentiles.anon.d02.csv") !=
             std::string::npos);
  std::filesystem::rename(folder.path("function_durations_percentiles.anon.d01.csv"),
                          folder.path("function_durations_percentiles.anon.d02.csv"));
  BOOST_TEST(load(options_for(folder.path(day))).ok());
}

BOOST_AUTO_TEST_CASE(broken_rows_are_reported_and_strict_makes_them_fatal) {
  const TemporaryFolder folder;
  write_sample(folder);
  folder.write("invocations.csv",
               "HashFunction,HashApp,HashOwner,minute_1,minute_2\n"
               "x,x,x,1,2\n"
               "y,y,y,1,-1\n"
               "z,z,z,1,1\n"
               "x,x,x,5,5\n"
               "y,y,y,1.5,0\n"
               "y,y,y,10000001,0\n");
  TraceOptions options = options_for(folder.path(), "azure-2019");
  const auto trace = load(options);
  BOOST_REQUIRE(trace.ok());
  BOOST_TEST(trace->records.size() == 3U);
  BOOST_TEST(trace->report.broken == 5U);
  BOOST_REQUIRE(trace->report.first.size() == 5U);
  BOOST_TEST(trace->report.first[0].line == 3U);
  BOOST_TEST(trace->report.first[1].why == "the durations file has no row for this function");
  BOOST_TEST(trace->report.first[2].why == "the same function is already in line 2");
  options.strict = true;
  BOOST_TEST(!load(options).ok());
}

BOOST_AUTO_TEST_CASE(files_that_are_missing_are_named) {
  const TemporaryFolder folder;
  BOOST_TEST(!load(options_for(folder.path(), "azure-2019")).ok());
  folder.write("invocations.csv", "HashFunction,HashApp,HashOwner,minute_1\n");
  const auto trace = load(options_for(folder.path(), "azure-2019"));
  BOOST_REQUIRE(!trace.ok());
  BOOST_TEST(trace.error().message.find("durations.csv") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
