#include "gpu-pool/core/device_info.h"

#include <boost/test/unit_test.hpp>

using namespace lambdarium;
using namespace lambdarium::gpu_pool;

BOOST_AUTO_TEST_SUITE(device_info)

BOOST_AUTO_TEST_CASE(a_report_survives_the_way_through_json) {
  ProbeReport report;
  report.built_with_cuda = true;
  report.cuda_note = "no \"driver\"\n";
  report.devices = {{.id = "cpu",
                     .kind = DeviceKind::kCpu,
                     .name = "A CPU",
                     .backend = "openblas",
                     .memory_bytes = 25'276'063'744,
                     .processors = 2,
                     .capability = ""},
                    {.id = "cuda:0",
                     .kind = DeviceKind::kCuda,
                     .name = "NVIDIA H100",
                     .backend = "cublas",
                     .memory_bytes = 85'000'000'000,
                     .processors = 132,
                     .capability = "9.0"}};
  const auto parsed = parse_probe_report(to_json(report));
  BOOST_REQUIRE(parsed.ok());
  BOOST_TEST(parsed->built_with_cuda);
  BOOST_TEST(parsed->cuda_note == report.cuda_note);
  BOOST_REQUIRE(parsed->devices.size() == 2U);
  BOOST_TEST(parsed->devices[0].memory_bytes == 25'276'063'744);
  BOOST_TEST((parsed->devices[1].kind == DeviceKind::kCuda));
  BOOST_TEST(parsed->devices[1].capability == "9.0");
}

BOOST_AUTO_TEST_CASE(a_device_name_that_is_not_utf8_still_gives_valid_json) {
  ProbeReport report;
  report.devices = {{.id = "cpu", .name = "bad \xff name"}};
  BOOST_TEST(parse_probe_report(to_json(report)).ok());
}

BOOST_AUTO_TEST_CASE(malformed_reports_are_refused) {
  for (const std::string_view text :
       {"", "nothing", "[]", "{}", R"({"devices": 1, "built_with_cuda": true, "cuda_note": ""})",
        R"({"devices": [1], "built_with_cuda": true, "cuda_note": ""})",
        R"({"devices": [{"id": "cpu"}], "built_with_cuda": true, "cuda_note": ""})",
        R"({"devices": [], "built_with_cuda": "yes", "cuda_note": ""})",
        R"({"devices": [{"id": "x", "kind": "tpu", "name": "", "backend": "", "memory_bytes": 1,
            "processors": 1, "capability": ""}], "built_with_cuda": true, "cuda_note": ""})"}) {
    BOOST_TEST_CONTEXT(text) {
      BOOST_TEST(!parse_probe_report(text).ok());
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
