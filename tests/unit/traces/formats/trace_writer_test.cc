#include "traces/formats/trace_writer.h"

#include <boost/test/unit_test.hpp>
#include <string>

#include "tests/unit/traces/trace_fixture.h"

using namespace lambdarium;
using namespace lambdarium::traces;
using namespace lambdarium::traces::testing;

namespace {

Trace small_trace() {
  Trace trace;
  trace.functions.resize(3);
  trace.functions[0].name = "app/f";
  trace.functions[1].name = "plain";
  trace.functions[2].name = "with,comma";
  trace.functions[0].memory_mb = 512;
  trace.functions[1].cold_start = 125ms;
  trace.records = {{.arrival = at(0ns), .duration = 1ns, .function = 0},
                   {.arrival = at(1500ms), .duration = 0ns, .function = 1},
                   {.arrival = at(1500ms), .duration = 2s, .function = 2}};
  return trace;
}

void write(const Trace& trace, const std::string& path, const std::string& format) {
  auto writer = TraceWriter::open({.path = path, .format = format}, trace.functions);
  BOOST_REQUIRE(writer.ok());
  writer->write(trace.records);
  BOOST_REQUIRE(writer->finish().ok());
}

}  // namespace

BOOST_AUTO_TEST_SUITE(writing_traces)

BOOST_AUTO_TEST_CASE(what_is_written_reads_back_the_same_in_both_formats) {
  const TemporaryFolder folder;
  const Trace trace = small_trace();
  for (const std::string_view format : writable_formats()) {
    write(trace, folder.path("t.csv"), std::string{format});
    const auto read = load(options_for(folder.path("t.csv"), std::string{format}));
    BOOST_REQUIRE(read.ok());
    BOOST_REQUIRE(read->records.size() == trace.records.size());
    for (std::size_t i = 0; i < trace.records.size(); ++i) {
      BOOST_TEST((read->records[i].arrival == trace.records[i].arrival));
      BOOST_TEST((read->records[i].duration == trace.records[i].duration));
    }
    BOOST_TEST(names_called(*read) == names_called(trace), boost::test_tools::per_element());
  }
}

BOOST_AUTO_TEST_CASE(the_text_is_short_and_exact) {
  const TemporaryFolder folder;
  write(small_trace(), folder.path("t.csv"), "simple");
  BOOST_TEST(folder.read("t.csv") ==
             "arrival_s,function,duration_s\n0,app/f,0.000000001\n1.5,plain,0\n"
             "1.5,\"with,comma\",2\n");
}

BOOST_AUTO_TEST_CASE(a_function_table_reads_back_the_same) {
  const TemporaryFolder folder;
  Trace trace = small_trace();
  BOOST_REQUIRE(write_function_table(folder.path("f.csv"), trace.functions).ok());
  BOOST_TEST(folder.read("f.csv") ==
             "function,memory_mb,cold_start_s\napp/f,512,\nplain,,0.125\n\"with,comma\",,\n");
  trace.functions[2].concurrency = 3;
  trace.functions[0].timeout = 1500ms;
  BOOST_REQUIRE(write_function_table(folder.path("f.csv"), trace.functions).ok());
  write(trace, folder.path("t.csv"), "simple");
  TraceOptions options = options_for(folder.path("t.csv"));
  options.functions_path = folder.path("f.csv");
  options.strict = true;
  const auto read = load(options);
  BOOST_REQUIRE(read.ok());
  BOOST_TEST(read->functions[0].memory_mb == 512);
  BOOST_TEST((read->functions[0].timeout == 1500ms));
  BOOST_TEST((read->functions[1].cold_start == 125ms));
  BOOST_TEST(read->functions[2].concurrency == 3);
}

BOOST_AUTO_TEST_CASE(an_unknown_format_and_an_impossible_path_are_named) {
  const auto format = TraceWriter::open({.path = "-", .format = "simpel"}, {});
  BOOST_REQUIRE(!format.ok());
  BOOST_TEST(format.error().message.find("did you mean 'simple'?") != std::string::npos);
  const auto path = TraceWriter::open({.path = "/nonexistent/t.csv", .format = "simple"}, {});
  BOOST_REQUIRE(!path.ok());
  BOOST_TEST(path.error().message.find("/nonexistent/t.csv") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
