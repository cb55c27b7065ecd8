#include "traces/formats/trace_summary.h"

#include <boost/test/unit_test.hpp>
#include <numeric>

#include "traces/formats/minute_counts.h"

using namespace lambdarium;
using namespace lambdarium::traces;

BOOST_AUTO_TEST_SUITE(summaries)

BOOST_AUTO_TEST_CASE(counts_spans_and_busiest_buckets_are_exact) {
  Trace trace;
  trace.functions.resize(3);
  trace.records = {{.arrival = at(500ms), .duration = 1s, .function = 1},
                   {.arrival = at(61s), .duration = 2s, .function = 0},
                   {.arrival = at(61s + 999ms), .duration = 3s, .function = 1},
                   {.arrival = at(62s), .duration = 4s, .function = 1}};
  const auto summary = summarize(*make_shared_memory_source(trace));
  BOOST_REQUIRE(summary.ok());
  BOOST_TEST(summary->calls == 4U);
  BOOST_TEST(summary->span_s() == 61.5);
  BOOST_TEST(summary->busy_s == 10.0);
  BOOST_TEST(summary->second.index() == 61U);
  BOOST_TEST(summary->second.count() == 2U);
  BOOST_TEST(summary->minute.index() == 1U);
  BOOST_TEST(summary->minute.count() == 3U);
  BOOST_TEST(summary->functions_called() == 2U);
  BOOST_TEST(summary->most_called(9).at(0) == 1U);
  BOOST_TEST((summary->functions[1].longest == 4s));
}

BOOST_AUTO_TEST_CASE(a_rate_curve_grows_coarser_but_loses_no_call) {
  RateCurve curve;
  for (int i = 0; i < 100'000; ++i) curve.add(at(i * 1s));
  BOOST_TEST(curve.counts().size() <= RateCurve::kBucketsMax);
  BOOST_TEST(std::accumulate(curve.counts().begin(), curve.counts().end(), std::uint64_t{0}) ==
             100'000U);
  for (const double rate : curve.resampled(10, at(100'000s))) {
    BOOST_TEST(rate == 1.0, boost::test_tools::tolerance(0.01));
  }
  RateCurve far;
  far.add(at(1s));
  far.add(kNever);
  BOOST_TEST(far.counts().front() == 1U);
}

BOOST_AUTO_TEST_CASE(minute_counts_unpack_to_what_was_packed) {
  const std::vector<std::uint32_t> values{0, 0, 1, 0, 63, 64, 127, 128, 0, 0, 0, 10'000'000, 5, 0};
  MinuteCounts counts;
  for (const std::uint32_t value : values) counts.append(value);
  counts.finish();
  MinuteCounts::Reader reader;
  for (const std::uint32_t value : values) BOOST_TEST(reader.next(counts) == value);
  BOOST_TEST(reader.next(counts) == 0U);
}

BOOST_AUTO_TEST_SUITE_END()
