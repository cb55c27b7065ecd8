#include "gpu-pool/worker/gemm_check.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <memory>
#include <vector>

#include "models/base/random.h"

namespace lambdarium::gpu_pool {
namespace {

constexpr std::size_t kRowsCheckedMax = 256;

std::vector<float> random_matrix(std::size_t n, std::uint64_t index) {
  RandomStream stream(1, "gemm", index);
  std::vector<float> values(n * n);
  for (float& value : values) value = static_cast<float>(stream.uniform() * 2 - 1);
  return values;
}

Result<std::unique_ptr<learning::Buffer>> on_backend(learning::Backend& backend,
                                                     std::span<const float> host) {
  LAM_TRY(std::unique_ptr<learning::Buffer> buffer, backend.allocate(host.size()));
  LAM_TRY_STATUS(backend.upload(host, *buffer));
  return buffer;
}

// The largest difference between the product and plain loops in double precision, over the rows
// that are checked.
double largest_error(std::size_t n, std::size_t rows, std::span<const float> a,
                     std::span<const float> b, std::span<const float> c) {
  double largest = 0;
  std::vector<double> expected(n);
  for (std::size_t checked = 0; checked < rows; ++checked) {
    const std::size_t row = checked * n / rows;
    std::fill(expected.begin(), expected.end(), 0.0);
    for (std::size_t p = 0; p < n; ++p) {
      const double left = a[row * n + p];
      for (std::size_t j = 0; j < n; ++j) expected[j] += left * double{b[p * n + j]};
    }
    for (std::size_t j = 0; j < n; ++j) {
      const double difference = std::abs(expected[j] - double{c[row * n + j]});
      // A NaN compares false with everything; it must not pass as a small error.
      largest = std::isnan(difference) ? INFINITY : std::max(largest, difference);
    }
  }
  return largest;
}

}  // namespace

Result<GemmResult> measure_gemm(learning::Backend& backend, std::size_t n, Duration least) {
  LAM_TRY_STATUS(learning::check_gemm({.m = n, .n = n, .k = n}, n * n, n * n, n * n));
  const std::vector<float> a = random_matrix(n, 0);
  const std::vector<float> b = random_matrix(n, 1);
  std::vector<float> c(n * n);
  LAM_TRY(const auto left, on_backend(backend, a));
  LAM_TRY(const auto right, on_backend(backend, b));
  LAM_TRY(const auto product, backend.allocate(c.size()));

  const learning::Gemm shape{.m = n, .n = n, .k = n};
  // The first product pays for loading kernels and starting threads.
  LAM_TRY_STATUS(backend.gemm(shape, *left, *right, *product));
  LAM_TRY_STATUS(backend.synchronize());

  using Clock = std::chrono::steady_clock;
  const auto start = Clock::now();
  GemmResult result;
  Duration spent{};
  do {
    LAM_TRY_STATUS(backend.gemm(shape, *left, *right, *product));
    LAM_TRY_STATUS(backend.synchronize());
    ++result.repetitions;
    spent = Clock::now() - start;
  } while (spent < least);

  LAM_TRY_STATUS(backend.download(*product, c));
  result.n = n;
  result.seconds_each = to_seconds(spent) / result.repetitions;
  result.gflops = 2e-9 * std::pow(static_cast<double>(n), 3) / result.seconds_each;
  result.rows_checked = std::min(n, kRowsCheckedMax);
  result.max_error = largest_error(n, result.rows_checked, a, b, c);
  result.tolerance = learning::gemm_tolerance(n, 1.0);
  return result;
}

}  // namespace lambdarium::gpu_pool
