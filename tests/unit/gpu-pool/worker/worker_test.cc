#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cstring>
#include <vector>

#include "gpu-pool/worker/gemm_check.h"
#include "gpu-pool/worker/probe.h"

using namespace lambdarium;
using namespace lambdarium::gpu_pool;

namespace {

// A backend whose products are wrong in one element, or which fails: what the check exists to find.
class FaultyBackend final : public learning::Backend {
 public:
  enum class Fault { kWrongElement, kFailsOnGemm };
  explicit FaultyBackend(Fault fault) : fault_(fault), inner_(*make_backend("cpu")) {}
  std::string name() const override { return "faulty"; }
  std::string description() const override { return "faulty"; }
  Result<std::unique_ptr<learning::Buffer>> allocate(std::size_t floats) override {
    return inner_->allocate(floats);
  }
  Status upload(std::span<const float> host, learning::Buffer& buffer) override {
    return inner_->upload(host, buffer);
  }
  Status download(const learning::Buffer& buffer, std::span<float> host) override {
    LAM_TRY_STATUS(inner_->download(buffer, host));
    if (fault_ == Fault::kWrongElement) host.back() += 1.0F;
    return {};
  }
  Status gemm(const learning::Gemm& shape, const learning::Buffer& a, const learning::Buffer& b,
              learning::Buffer& c) override {
    if (fault_ == Fault::kFailsOnGemm) return unavailable("device lost");
    return inner_->gemm(shape, a, b, c);
  }
  Status synchronize() override { return inner_->synchronize(); }

 private:
  Fault fault_;
  std::unique_ptr<learning::Backend> inner_;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(worker)

BOOST_AUTO_TEST_CASE(the_probe_always_lists_the_cpu_and_survives_json) {
  const ProbeReport report = probe_this_machine();
  BOOST_REQUIRE(!report.devices.empty());
  BOOST_TEST(report.devices.back().id == "cpu");
  BOOST_TEST(report.devices.back().processors >= 1);
  BOOST_TEST(report.devices.back().memory_bytes > 0);
  const bool has_cuda =
      std::any_of(report.devices.begin(), report.devices.end(),
                  [](const DeviceInfo& d) { return d.kind == DeviceKind::kCuda; });
  BOOST_TEST(has_cuda == report.cuda_note.empty());
  BOOST_TEST(parse_probe_report(to_json(report)).ok());
}

BOOST_AUTO_TEST_CASE(the_cpu_multiplies_correctly_and_its_rate_is_measured) {
  const auto cpu = make_backend("cpu");
  BOOST_REQUIRE(cpu.ok());
  for (const std::size_t n : {1U, 31U, 300U}) {
    const auto result = measure_gemm(**cpu, n, 1ms);
    BOOST_REQUIRE(result.ok());
    BOOST_TEST(result->correct());
    BOOST_TEST(result->repetitions >= 1);
    BOOST_TEST(result->gflops > 0);
    BOOST_TEST(result->rows_checked == std::min<std::size_t>(n, 256));
  }
}

BOOST_AUTO_TEST_CASE(a_wrong_element_is_found) {
  FaultyBackend faulty(FaultyBackend::Fault::kWrongElement);
  const auto result = measure_gemm(faulty, 16, 1ms);
  BOOST_REQUIRE(result.ok());
  BOOST_TEST(!result->correct());
}

BOOST_AUTO_TEST_CASE(a_device_that_fails_is_an_error_and_no_result) {
  FaultyBackend faulty(FaultyBackend::Fault::kFailsOnGemm);
  BOOST_TEST(!measure_gemm(faulty, 16, 1ms).ok());
}

BOOST_AUTO_TEST_CASE(an_unknown_device_is_refused_and_auto_is_always_there) {
  BOOST_TEST(!make_backend("cuda:99").ok());
  BOOST_TEST(!make_backend("").ok());
  BOOST_TEST(make_backend("auto").ok());
}

BOOST_AUTO_TEST_SUITE_END()
