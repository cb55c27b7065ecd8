#include <zlib.h>

#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "tests/unit/traces/trace_fixture.h"
#include "traces/formats/row_source.h"

using namespace lambdarium;
using namespace lambdarium::traces;
using namespace lambdarium::traces::testing;
using boost::test_tools::per_element;

namespace {

using Numbers = std::vector<std::int64_t>;
using Names = std::vector<std::string>;

Trace load_text(std::string_view text, std::string format = "simple") {
  const TemporaryFolder folder;
  Result<Trace> trace = load(options_for(folder.write("t.csv", text), std::move(format)));
  BOOST_REQUIRE_MESSAGE(trace.ok(), (trace.ok() ? "" : trace.error().to_string()));
  return *std::move(trace);
}

std::string load_error(std::string_view text, std::string format = "simple") {
  const TemporaryFolder folder;
  const Result<Trace> trace = load(options_for(folder.write("t.csv", text), std::move(format)));
  BOOST_REQUIRE(!trace.ok());
  BOOST_TEST((trace.error().code == ErrorCode::kInvalidInput));
  return trace.error().to_string();
}

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(simple_format)

BOOST_AUTO_TEST_CASE(columns_may_stand_in_any_order_and_others_are_left_out) {
  const Trace trace = load_text("note,duration_s,function,arrival_s\nx,0.5,f,1.25\n");
  BOOST_REQUIRE(trace.records.size() == 1);
  BOOST_TEST((trace.records[0].arrival == at(1250ms)));
  BOOST_TEST((trace.records[0].duration == 500ms));
  BOOST_TEST(trace.functions.at(0).name == "f");
}

BOOST_AUTO_TEST_CASE(rows_in_any_order_are_sorted_and_equal_instants_keep_their_order) {
  const Trace trace = load_text(
      "arrival_s,function,duration_s\n3,c,1\n1,a,1\n2,first,1\n2,second,1\n1,b,1\n2,third,1\n");
  BOOST_TEST(arrivals_ms(trace) == (Numbers{1000, 1000, 2000, 2000, 2000, 3000}), per_element());
  BOOST_TEST(names_called(trace) == (Names{"a", "b", "first", "second", "third", "c"}),
             per_element());
}

BOOST_AUTO_TEST_CASE(line_ends_of_both_kinds_and_a_missing_last_one_are_accepted) {
  for (const char* text : {"arrival_s,function,duration_s\n1,f,2\n3,f,4",
                           "arrival_s,function,duration_s\r\n1,f,2\r\n3,f,4\r\n",
                           "\xef\xbb\xbf"
                           "arrival_s,function,duration_s\n\n1,f,2\r\n  \n3,f,4\n\n"}) {
    const Trace trace = load_text(text);
    BOOST_TEST(arrivals_ms(trace) == (Numbers{1000, 3000}), per_element());
    BOOST_TEST(trace.report.rows == 2U);
    BOOST_TEST(trace.report.broken == 0U);
  }
}

BOOST_AUTO_TEST_CASE(quoted_names_may_hold_commas_and_quotes) {
  const Trace trace = load_text(
      "arrival_s,function,duration_s\n1,\"a,b\",1\n2,\"say \"\"hi\"\"\",1\n3, spaced ,1\n");
  BOOST_TEST(names_called(trace) == (Names{"a,b", "say \"hi\"", "spaced"}), per_element());
}

BOOST_AUTO_TEST_CASE(broken_rows_are_counted_and_reported_with_their_lines) {
  const Trace trace = load_text(
      "arrival_s,function,duration_s\n"
      "1,f,1\n"
      "x,f,1\n"
      "2,f\n"
      "-1,f,1\n"
      "3,,1\n"
      "4,f,inf\n"
      "5,f,1,9\n"
      "6,\"f,1\n"
      "4000000000.000000001,f,1\n"
      "7,f,1\n");
  BOOST_TEST(arrivals_ms(trace) == (Numbers{1000, 7000}), per_element());
  BOOST_TEST(trace.report.rows == 10U);
  BOOST_TEST(trace.report.broken == 8U);
  BOOST_REQUIRE(trace.report.first.size() == 8U);
  BOOST_TEST(trace.report.first[0].line == 3U);
  BOOST_TEST(trace.report.first[0].why == "arrival_s 'x' is not a number of seconds");
  BOOST_TEST(trace.report.first[1].why == "2 fields where the header has 3");
  BOOST_TEST(trace.report.first[2].why == "arrival_s '-1' is negative");
  BOOST_TEST(trace.report.first[3].why == "function is empty");
  BOOST_TEST(trace.report.first[4].why == "duration_s 'inf' is not a number of seconds");
  BOOST_TEST(trace.report.first[6].why == "a quoted field does not end");
  BOOST_TEST(trace.report.first[7].line == 10U);
  BOOST_TEST(contains(describe(trace.report), "8 of 10 rows are broken"));
  BOOST_TEST(contains(describe(trace.report), "t.csv:3: arrival_s 'x'"));
}

BOOST_AUTO_TEST_CASE(only_the_first_broken_rows_are_kept_but_all_are_counted) {
  std::string text = "arrival_s,function,duration_s\n";
  for (int i = 0; i < 25; ++i) text += "?,f,1\n";
  const Trace trace = load_text(text);
  BOOST_TEST(trace.report.broken == 25U);
  BOOST_TEST(trace.report.first.size() == ReadReport::kFirstRowsMax);
  BOOST_TEST(contains(describe(trace.report), "and 15 more"));
}

BOOST_AUTO_TEST_CASE(strict_makes_the_first_broken_row_fatal) {
  const TemporaryFolder folder;
  TraceOptions options =
      options_for(folder.write("t.csv", "arrival_s,function,duration_s\n1,f,1\n2,f,?\n3,f,?\n"));
  options.strict = true;
  const auto source = open_trace(options);
  BOOST_REQUIRE(!source.ok());
  BOOST_TEST(source.error().where.line == 3);
  BOOST_TEST(contains(source.error().to_string(), "t.csv:3: duration_s '?'"));
}

BOOST_AUTO_TEST_CASE(a_header_without_rows_is_an_empty_trace) {
  BOOST_TEST(load_text("arrival_s,function,duration_s\n").records.empty());
}

BOOST_AUTO_TEST_CASE(what_is_wrong_with_the_file_is_said_with_its_name) {
  BOOST_TEST(contains(load_error(""), "t.csv: is empty"));
  BOOST_TEST(contains(load_error("arrival,function,duration_s\n"),
                      "no column 'arrival_s'; is 'arrival' meant?"));
  BOOST_TEST(contains(load_error("arrival_s,function,duration_s,function\n"), "occurs twice"));
  BOOST_TEST(contains(load_error("a,b\n", "auto"), "no known format"));
  BOOST_TEST(contains(load_error("a,b\n", "azure-2012"), "azure-2012"));
  BOOST_TEST(contains(load_error("a,b\n", "azure2021"), "did you mean 'azure-2021'?"));
  const auto missing = open_trace(options_for("/nonexistent/t.csv", "simple"));
  BOOST_REQUIRE(!missing.ok());
  BOOST_TEST(contains(missing.error().to_string(), "/nonexistent/t.csv: cannot be opened"));
  BOOST_TEST(!open_trace(options_for("")).ok());
}

BOOST_AUTO_TEST_CASE(a_gzipped_file_reads_like_a_plain_one_and_a_cut_one_is_an_error) {
  const TemporaryFolder folder;
  std::string text = "arrival_s,function,duration_s\n";
  for (int i = 0; i < 5000; ++i)
    text += std::to_string(i) + ",f" + std::to_string(i * 7919 % 1000) + ",1\n";
  const std::string path = folder.path("t.csv.gz");
  gzFile file = gzopen(path.c_str(), "wb");
  BOOST_REQUIRE(file != nullptr);
  BOOST_REQUIRE(gzwrite(file, text.data(), static_cast<unsigned>(text.size())) > 0);
  BOOST_REQUIRE(gzclose(file) == Z_OK);
  const auto trace = load(options_for(path));
  BOOST_REQUIRE(trace.ok());
  BOOST_TEST(trace->records.size() == 5000U);

  const std::string whole = folder.read("t.csv.gz");
  const auto cut =
      load(options_for(folder.write("cut.csv.gz", whole.substr(0, whole.size() / 2)), "simple"));
  BOOST_TEST(!cut.ok());
}

BOOST_AUTO_TEST_CASE(a_window_leaves_out_and_moves_the_zero) {
  const TemporaryFolder folder;
  TraceOptions options = options_for(
      folder.write("t.csv", "arrival_s,function,duration_s\n1,f,1\n2,f,1\n3,f,1\n4,f,1\n5,f,1\n"));
  options.start = 2s;
  options.duration = 3s;
  BOOST_TEST(arrivals_ms(*load(options)) == (Numbers{0, 1000, 2000}), per_element());
  options.limit = 2;
  BOOST_TEST(arrivals_ms(*load(options)) == (Numbers{0, 1000}), per_element());
  options.limit = 0;
  BOOST_TEST(load(options)->records.empty());
  options.limit.reset();
  options.duration = 0s;
  BOOST_TEST(load(options)->records.empty());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(long_traces)

namespace {

// Every size of memory gives the same records, whether they are kept or streamed.
void check_memory_sizes(const std::string& text) {
  const TemporaryFolder folder;
  const TraceOptions options = options_for(folder.write("t.csv", text));
  const auto whole = load(options);
  BOOST_REQUIRE(whole.ok());
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{1}, std::size_t{3}, std::size_t{4}, std::size_t{5}}) {
    const auto source = open_rows(make_simple_format(), options, size);
    BOOST_REQUIRE(source.ok());
    BOOST_TEST((*source)->expected_records() == whole->records.size());
    BOOST_TEST((*source)->report().broken == whole->report.broken);
    const auto trace = read_all(**source);
    BOOST_REQUIRE(trace.ok());
    BOOST_TEST(arrivals_ms(*trace) == arrivals_ms(*whole), per_element());
    BOOST_TEST(names_called(*trace) == names_called(*whole), per_element());
    BOOST_TEST(trace->report.rows == whole->report.rows);
  }
}

}  // namespace

BOOST_AUTO_TEST_CASE(in_order_is_streamed_and_gives_the_same) {
  check_memory_sizes("arrival_s,function,duration_s\n1,a,1\n2,b,1\n?,c,1\n2,a,1\n3,d,1\n");
}

BOOST_AUTO_TEST_CASE(out_of_order_early_or_late_is_sorted_and_gives_the_same) {
  check_memory_sizes("arrival_s,function,duration_s\n2,a,1\n1,b,1\n?,c,1\n3,a,1\n4,d,1\n");
  check_memory_sizes("arrival_s,function,duration_s\n2,a,1\n3,b,1\n?,c,1\n4,a,1\n1,d,1\n");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(function_tables)

BOOST_AUTO_TEST_CASE(what_is_known_of_functions_is_joined_by_name) {
  const TemporaryFolder folder;
  TraceOptions options =
      options_for(folder.write("t.csv", "arrival_s,function,duration_s\n1,a,1\n2,b,1\n3,c,1\n"));
  options.functions_path = folder.write("f.csv",
                                        "function,cold_start_s,memory_mb,timeout_s,concurrency\n"
                                        "b,0.25,512,30,4\nunused,1,128,3,1\na,,256,,\n");
  const auto trace = load(options);
  BOOST_REQUIRE(trace.ok());
  BOOST_REQUIRE(trace->functions.size() == 3U);
  BOOST_TEST(trace->functions[0].memory_mb == 256);
  BOOST_TEST((trace->functions[0].cold_start < Duration::zero()));
  BOOST_TEST(trace->functions[1].memory_mb == 512);
  BOOST_TEST((trace->functions[1].cold_start == 250ms));
  BOOST_TEST((trace->functions[1].timeout == 30s));
  BOOST_TEST(trace->functions[1].concurrency == 4);
  BOOST_TEST(trace->functions[2].memory_mb == -1);
  BOOST_TEST(trace->report.rows == 6U);
}

BOOST_AUTO_TEST_CASE(broken_rows_of_the_table_are_reported_too) {
  const TemporaryFolder folder;
  TraceOptions options =
      options_for(folder.write("t.csv", "arrival_s,function,duration_s\n1,a,1\n"));
  options.functions_path = folder.write(
      "f.csv", "function,memory_mb,cold_start_s\na,128,0\na,256,0\nb,0,1\nc,128,-1\n,1,1\n");
  const auto trace = load(options);
  BOOST_REQUIRE(trace.ok());
  BOOST_TEST(trace->functions[0].memory_mb == 128);
  BOOST_TEST(trace->report.broken == 4U);
  BOOST_TEST(trace->report.first.at(0).why == "function 'a' is already in line 2");
  BOOST_TEST(trace->report.first.at(1).why == "memory_mb '0' is out of range");
  options.strict = true;
  BOOST_TEST(!load(options).ok());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(azure_2021_format)

BOOST_AUTO_TEST_CASE(the_start_is_the_end_less_the_duration) {
  const Trace trace = load_text(
      "duration,func,app,end_timestamp\n0.078,f,a,0.07949090003967285\n57.154,g,a,57.15786\n0,f,b,"
      "2\n",
      "auto");
  BOOST_REQUIRE(trace.records.size() == 3U);
  BOOST_TEST(to_ns(trace.records[0].arrival) == 1'490'900);
  BOOST_TEST(to_ns(trace.records[1].arrival) == 3'860'000);
  BOOST_TEST((trace.records[2].arrival == at(2s)));
  BOOST_TEST(names_called(trace) == (Names{"a/f", "a/g", "b/f"}), per_element());
}

BOOST_AUTO_TEST_CASE(noise_before_zero_is_zero_and_more_is_a_broken_row) {
  const Trace trace =
      load_text("app,func,end_timestamp,duration\na,f,0.999999,1\na,f,0.999998999,1\na,f,5,1\n",
                "azure-2021");
  BOOST_TEST(arrivals_ms(trace) == (Numbers{0, 4000}), per_element());
  BOOST_REQUIRE(trace.report.broken == 1U);
  BOOST_TEST(trace.report.first[0].line == 3U);
}

BOOST_AUTO_TEST_CASE(hashes_are_shortened_as_far_as_all_names_stay_apart) {
  const std::string one = "0123456789ab" + std::string(52, 'a');
  const std::string two = "01234567ffff" + std::string(52, 'b');
  const std::string head = "app,func,end_timestamp,duration\n";
  BOOST_TEST(names_called(load_text(head + one + "," + one + ",1,0\n", "azure-2021")) ==
                 (Names{"01234567"}),
             per_element());
  BOOST_TEST(names_called(load_text(head + one + ",f,1,0\n" + two + ",f,2,0\n", "azure-2021")) ==
                 (Names{"0123456789ab/f", "01234567ffff/f"}),
             per_element());
  // The slash of the pair and a slash of a name are told apart by a number.
  BOOST_TEST(names_called(load_text(head + "a/b,c,1,0\na,b/c,2,0\n", "azure-2021")) ==
                 (Names{"a/b/c", "a/b/c#2"}),
             per_element());
}

BOOST_AUTO_TEST_SUITE_END()
