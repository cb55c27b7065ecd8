// The checks that the public data sets' descriptions promise a correct reader. The files are not
// part of the project: the folder that holds them is named by LAMBDARIUM_DATA.

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <set>
#include <string>

#include "tests/unit/traces/trace_fixture.h"
#include "traces/formats/trace_summary.h"

using namespace lambdarium;
using namespace lambdarium::traces;
using namespace lambdarium::traces::testing;

namespace {

// Empty, with a note, when there is no data.
std::string data_path(std::string_view name) {
  const char* folder = std::getenv("LAMBDARIUM_DATA");
  if (folder == nullptr || *folder == '\0') {
    BOOST_TEST_MESSAGE("skipped: LAMBDARIUM_DATA does not name the folder of public data");
    return {};
  }
  return std::string{folder} + "/traces/" + std::string{name};
}

TraceSummary summary_of(const TraceOptions& options) {
  const auto source = open_trace(options);
  BOOST_REQUIRE_MESSAGE(source.ok(), (source.ok() ? "" : source.error().to_string()));
  BOOST_TEST((*source)->report().broken == 0U);
  auto summary = summarize(**source);
  BOOST_REQUIRE(summary.ok());
  return *std::move(summary);
}

double share_of_first(const TraceSummary& summary) {
  const auto top = summary.most_called(1);
  return static_cast<double>(summary.functions[top.at(0)].calls) /
         static_cast<double>(summary.calls);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(public_data)

BOOST_AUTO_TEST_CASE(azure_2021_head) {
  const std::string path = data_path("azure-functions-2021/invocations_head998.csv");
  if (path.empty()) return;
  const auto trace = load(options_for(path));
  BOOST_REQUIRE(trace.ok());
  BOOST_TEST(trace->records.size() == 998U);
  BOOST_TEST(trace->functions.size() == 49U);
  std::set<std::string> apps;
  for (const TraceFunction& function : trace->functions) {
    apps.insert(function.name.substr(0, function.name.find('/')));
  }
  BOOST_TEST(apps.size() == 21U);
  BOOST_TEST(to_ns(trace->records.front().arrival) == 1'490'900);
  BOOST_TEST(to_ns(trace->records.back().arrival) == 6'464'802'797'007);
  Duration sum{0};
  Duration longest{0};
  int zeros = 0;
  for (const TraceRecord& record : trace->records) {
    sum += record.duration;
    longest = std::max(longest, record.duration);
    zeros += record.duration == Duration::zero();
  }
  BOOST_TEST((sum == 24'782'782ms));
  BOOST_TEST((longest == 404'987ms));
  BOOST_TEST(zeros == 43);
}

BOOST_AUTO_TEST_CASE(azure_2019_full_day) {
  const std::string path = data_path("azure-functions-2019/fullday-400");
  if (path.empty()) return;
  const TraceSummary summary = summary_of(options_for(path));
  BOOST_TEST(summary.calls == 3'924'191U);
  BOOST_TEST(summary.functions.size() == 400U);
  BOOST_TEST(summary.functions_called() == 400U);
  BOOST_TEST(summary.minute.index() == 924U);  // column minute_925
  BOOST_TEST(summary.minute.count() == 15'949U);
  BOOST_TEST(share_of_first(summary) == 0.282, boost::test_tools::tolerance(0.001));
}

BOOST_AUTO_TEST_CASE(azure_2019_eight_hours) {
  const std::string path = data_path("azure-functions-2019/8h-340");
  if (path.empty()) return;
  for (const Spread spread : {Spread::kUniform, Spread::kPoisson, Spread::kEquidistant}) {
    TraceOptions options = options_for(path);
    options.spread = spread;
    const TraceSummary summary = summary_of(options);
    BOOST_TEST(summary.calls == 2'749'913U);
    BOOST_TEST(summary.functions.size() == 340U);
    BOOST_TEST(summary.minute.index() == 671U - 480U);
    BOOST_TEST(summary.minute.count() == 6'851U);
    BOOST_TEST(share_of_first(summary) == 0.697, boost::test_tools::tolerance(0.001));
    BOOST_TEST((summary.durations.min() >= 500us));
  }
}

BOOST_AUTO_TEST_SUITE_END()
