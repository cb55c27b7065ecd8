#include "traces/generators/workload.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <set>
#include <string>

#include "traces/formats/trace_summary.h"
#include "traces/generators/sample.h"

using namespace lambdarium;
using namespace lambdarium::traces;

namespace {

Trace generate(const WorkloadSpec& spec) {
  auto source = generate_workload(spec);
  BOOST_REQUIRE_MESSAGE(source.ok(), (source.ok() ? "" : source.error().message));
  BOOST_TEST((*source)->expected_records() == spec.invocations);
  return *read_all(**source);
}

WorkloadSpec small(std::uint32_t functions, std::uint64_t invocations) {
  WorkloadSpec spec;
  spec.functions = functions;
  spec.invocations = invocations;
  return spec;
}

bool equal(const Trace& a, const Trace& b) {
  return std::equal(a.records.begin(), a.records.end(), b.records.begin(), b.records.end(),
                    [](const TraceRecord& x, const TraceRecord& y) {
                      return x.arrival == y.arrival && x.duration == y.duration &&
                             x.function == y.function;
                    });
}

std::vector<std::uint64_t> calls_of(const Trace& trace) {
  std::vector<std::uint64_t> calls(trace.functions.size());
  for (const TraceRecord& record : trace.records) ++calls[record.function];
  return calls;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(workloads)

BOOST_AUTO_TEST_CASE(the_number_of_calls_is_exact_and_every_function_is_called) {
  for (const auto& [functions, invocations] :
       {std::pair{1U, 1U}, {1U, 7U}, {5U, 5U}, {5U, 6U}, {400U, 20'000U}}) {
    const Trace trace = generate(small(functions, invocations));
    BOOST_TEST(trace.records.size() == invocations);
    const auto calls = calls_of(trace);
    BOOST_TEST(calls.size() == functions);
    BOOST_TEST(*std::min_element(calls.begin(), calls.end()) >= 1U);
  }
}

BOOST_AUTO_TEST_CASE(arrivals_ascend_within_the_span_and_durations_within_their_bounds) {
  WorkloadSpec spec = small(50, 20'000);
  spec.span = 600s;
  spec.duration_min = 5ms;
  spec.duration_max = 2s;
  const Trace trace = generate(spec);
  Time last{};
  for (const TraceRecord& record : trace.records) {
    BOOST_REQUIRE((record.arrival >= last));
    BOOST_REQUIRE((record.duration >= 5ms && record.duration <= 2s));
    last = record.arrival;
  }
  BOOST_TEST((last < at(600s)));
}

BOOST_AUTO_TEST_CASE(the_same_specification_gives_the_same_trace_and_another_seed_another) {
  WorkloadSpec spec = small(20, 2'000);
  const Trace first = generate(spec);
  BOOST_TEST(equal(first, generate(spec)));
  spec.seed = 2;
  BOOST_TEST(!equal(first, generate(spec)));
}

BOOST_AUTO_TEST_CASE(popularity_has_the_fitted_shape) {
  const auto calls = calls_of(generate(small(400, 400'000)));
  BOOST_TEST(std::is_sorted(calls.rbegin(), calls.rend()));
  BOOST_TEST(static_cast<double>(calls[0]) / 400'000 == 0.297, boost::test_tools::tolerance(0.01));
}

BOOST_AUTO_TEST_CASE(the_day_has_a_rhythm_and_no_rush_at_its_start) {
  const Trace trace = generate(small(400, 200'000));
  auto source = make_shared_memory_source(trace);
  const auto summary = summarize(*source);
  const std::vector<double> hours = summary->rates.resampled(24, at(24h));
  const double mean = 200'000.0 / 86'400;
  BOOST_TEST(hours[12] > 1.05 * mean);
  BOOST_TEST(hours[0] < 0.95 * mean);
  BOOST_TEST(summary->second.count() < 100U);
}

BOOST_AUTO_TEST_CASE(functions_have_memory_and_cold_starts) {
  std::set<std::int64_t> sizes;
  for (const TraceFunction& function : generate(small(400, 400)).functions) {
    sizes.insert(function.memory_mb);
    BOOST_TEST((function.cold_start > 10ms && function.cold_start < 5s));
  }
  BOOST_TEST(sizes.contains(128));
  BOOST_TEST(sizes.contains(512));
}

BOOST_AUTO_TEST_CASE(a_short_workload_calls_the_named_functions_for_two_minutes) {
  const Trace trace = generate(short_workload(1, {"hello-python", "hello-node", "hello-native"}));
  BOOST_TEST(trace.functions[0].name == "hello-python");
  BOOST_TEST(trace.functions[2].name == "hello-native");
  BOOST_TEST(trace.records.size() == 600U);
  BOOST_TEST((trace.records.back().arrival < at(120s)));
  for (const TraceRecord& record : trace.records) BOOST_TEST((record.duration <= 1s));
}

BOOST_AUTO_TEST_CASE(parameters_out_of_range_are_named) {
  const auto message = [](const WorkloadSpec& spec) {
    const auto source = generate_workload(spec);
    BOOST_REQUIRE(!source.ok());
    return source.error().message;
  };
  BOOST_TEST(message(small(0, 1)).find("functions is 0") != std::string::npos);
  BOOST_TEST(message(small(5, 4)).find("invocations is 4") != std::string::npos);
  WorkloadSpec spec = small(1, 1);
  spec.span = 0s;
  BOOST_TEST(message(spec).find("duration is 0 s") != std::string::npos);
  spec = small(1, 1);
  spec.zipf_exponent = -1;
  BOOST_TEST(message(spec).find("Zipf exponent is -1") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(samples)

BOOST_AUTO_TEST_CASE(functions_are_chosen_from_every_stratum_of_popularity) {
  std::vector<std::uint64_t> calls;
  for (std::uint64_t i = 0; i < 100; ++i) calls.push_back(1000 - i * 10);
  const auto keep = choose_functions(calls, 10, 3);
  for (std::size_t stratum = 0; stratum < 10; ++stratum) {
    const auto from = keep.begin() + static_cast<std::ptrdiff_t>(stratum * 10);
    BOOST_TEST(std::count(from, from + 10, true) == 1);
  }
  BOOST_TEST((keep == choose_functions(calls, 10, 3)));
  BOOST_TEST((keep != choose_functions(calls, 10, 4)));
  const auto all = choose_functions({3, 0, 1}, 5, 1);
  BOOST_TEST((all == std::vector<bool>{true, false, true}));
  BOOST_TEST((choose_functions({3, 1}, 0, 1) == std::vector<bool>{false, false}));
}

BOOST_AUTO_TEST_CASE(kept_functions_keep_all_their_calls_and_get_new_numbers) {
  const Trace trace = generate(small(10, 5'000));
  std::vector<bool> keep(10);
  keep[3] = keep[7] = true;
  auto source = keep_functions(make_shared_memory_source(trace), keep);
  const Trace kept = *read_all(*source);
  BOOST_REQUIRE(kept.functions.size() == 2U);
  BOOST_TEST(kept.functions[0].name == "f004");
  const auto before = calls_of(trace);
  const auto after = calls_of(kept);
  BOOST_TEST(after[0] == before[3]);
  BOOST_TEST(after[1] == before[7]);
}

BOOST_AUTO_TEST_CASE(a_fraction_of_the_calls_is_kept) {
  const Trace trace = generate(small(10, 50'000));
  const auto count = [&trace](double fraction) {
    auto source = keep_fraction(make_shared_memory_source(trace), fraction, 1);
    return static_cast<double>(read_all(*source)->records.size());
  };
  BOOST_TEST(count(0) == 0);
  BOOST_TEST(count(1) == 50'000);
  BOOST_TEST(count(0.1) == 5'000, boost::test_tools::tolerance(0.05));
}

BOOST_AUTO_TEST_SUITE_END()
