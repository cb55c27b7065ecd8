// The CUDA backend against the definition, on a real device. A machine without one is skipped with
// exit code 77, which ctest reports as such.

#include "gpu-pool/cuda/cuda_backend.h"

#include <fmt/format.h>

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <cstdlib>
#include <vector>

#include "gpu-pool/worker/gemm_check.h"
#include "models/base/random.h"
#include "models/learning/cpu_backend.h"

using namespace lambdarium;
using namespace lambdarium::gpu_pool;

namespace {

// Before any test: the framework's own exit codes know no "skipped".
struct NeedsDevice {
  NeedsDevice() {
    const CudaDevices found = list_cuda_devices();
    if (!found.devices.empty()) return;
    fmt::print("skipped: {}\n", found.note);
    std::exit(77);
  }
};

std::vector<float> product(learning::Backend& backend, const learning::Gemm& shape,
                           const std::vector<float>& a, const std::vector<float>& b,
                           std::vector<float> c) {
  const auto left = *backend.allocate(a.size());
  const auto right = *backend.allocate(b.size());
  const auto result = *backend.allocate(c.size());
  BOOST_REQUIRE(backend.upload(a, *left).ok());
  BOOST_REQUIRE(backend.upload(b, *right).ok());
  BOOST_REQUIRE(backend.upload(c, *result).ok());
  BOOST_REQUIRE(backend.gemm(shape, *left, *right, *result).ok());
  BOOST_REQUIRE(backend.download(*result, c).ok());
  return c;
}

std::vector<float> random_values(std::size_t count, std::uint64_t index) {
  RandomStream stream(5, "gpu", index);
  std::vector<float> values(count);
  for (float& value : values) value = static_cast<float>(stream.uniform() * 2 - 1);
  return values;
}

}  // namespace

BOOST_TEST_GLOBAL_FIXTURE(NeedsDevice);

BOOST_AUTO_TEST_SUITE(cuda_backend)

BOOST_AUTO_TEST_CASE(every_shape_agrees_with_the_cpu_within_the_stated_tolerance) {
  const auto gpu = make_cuda_backend(0);
  BOOST_REQUIRE(gpu.ok());
  const auto cpu = learning::make_cpu_backend();
  for (const int transposed : {0, 1, 2, 3}) {
    const learning::Gemm shape{.m = 33,
                               .n = 65,
                               .k = 129,
                               .transpose_a = (transposed & 1) != 0,
                               .transpose_b = (transposed & 2) != 0,
                               .alpha = 0.5F,
                               .beta = -1.5F};
    const auto a = random_values(shape.m * shape.k, 0);
    const auto b = random_values(shape.k * shape.n, 1);
    const auto c = random_values(shape.m * shape.n, 2);
    const auto expected = product(*cpu, shape, a, b, c);
    const auto actual = product(**gpu, shape, a, b, c);
    const double tolerance = learning::gemm_tolerance(shape.k, 1.0);
    for (std::size_t i = 0; i < expected.size(); ++i) {
      BOOST_REQUIRE(std::abs(expected[i] - actual[i]) <= tolerance);
    }
  }
}

BOOST_AUTO_TEST_CASE(the_same_product_gives_the_same_bits_again) {
  const auto gpu = make_cuda_backend(0);
  BOOST_REQUIRE(gpu.ok());
  const learning::Gemm shape{.m = 256, .n = 256, .k = 1024};
  const auto a = random_values(shape.m * shape.k, 0);
  const auto b = random_values(shape.k * shape.n, 1);
  const std::vector<float> c(shape.m * shape.n);
  BOOST_TEST((product(**gpu, shape, a, b, c) == product(**gpu, shape, a, b, c)));
}

BOOST_AUTO_TEST_CASE(a_large_product_is_correct) {
  const auto gpu = make_cuda_backend(0);
  BOOST_REQUIRE(gpu.ok());
  const auto result = measure_gemm(**gpu, 1024, 1ms);
  BOOST_REQUIRE(result.ok());
  BOOST_TEST(result->correct());
}

BOOST_AUTO_TEST_CASE(a_device_that_is_not_there_and_a_buffer_that_does_not_fit_are_errors) {
  BOOST_TEST(!make_cuda_backend(1000).ok());
  const auto gpu = make_cuda_backend(0);
  BOOST_REQUIRE(gpu.ok());
  BOOST_TEST(!(*gpu)->allocate(std::size_t{1} << 48).ok());
  // The failed allocation leaves the backend usable.
  BOOST_TEST((*gpu)->allocate(16).ok());
}

BOOST_AUTO_TEST_SUITE_END()
