#include "models/learning/backend.h"

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>
#include <vector>

#include "models/base/random.h"
#include "models/learning/cpu_backend.h"

using namespace lambdarium;
using namespace lambdarium::learning;

namespace {

std::vector<float> random_values(std::size_t count, std::uint64_t index) {
  RandomStream stream(3, "matrix", index);
  std::vector<float> values(count);
  for (float& value : values) value = static_cast<float>(stream.uniform() * 4 - 2);
  return values;
}

// The definition, in double precision: what every backend is measured against.
std::vector<double> by_definition(const Gemm& shape, const std::vector<float>& a,
                                  const std::vector<float>& b, const std::vector<float>& c) {
  std::vector<double> result(shape.m * shape.n);
  for (std::size_t i = 0; i < shape.m; ++i) {
    for (std::size_t j = 0; j < shape.n; ++j) {
      double sum = 0;
      for (std::size_t p = 0; p < shape.k; ++p) {
        const double left = shape.transpose_a ? a[p * shape.m + i] : a[i * shape.k + p];
        const double right = shape.transpose_b ? b[j * shape.k + p] : b[p * shape.n + j];
        sum += left * right;
      }
      const double before = shape.beta == 0 ? 0.0 : double{shape.beta} * double{c[i * shape.n + j]};
      result[i * shape.n + j] = double{shape.alpha} * sum + before;
    }
  }
  return result;
}

std::vector<float> multiply(Backend& backend, const Gemm& shape, const std::vector<float>& a,
                            const std::vector<float>& b, std::vector<float> c) {
  const auto left = *backend.allocate(a.size());
  const auto right = *backend.allocate(b.size());
  const auto product = *backend.allocate(c.size());
  BOOST_REQUIRE(backend.upload(a, *left).ok());
  BOOST_REQUIRE(backend.upload(b, *right).ok());
  BOOST_REQUIRE(backend.upload(c, *product).ok());
  BOOST_REQUIRE(backend.gemm(shape, *left, *right, *product).ok());
  BOOST_REQUIRE(backend.synchronize().ok());
  BOOST_REQUIRE(backend.download(*product, c).ok());
  return c;
}

void compare(const Gemm& shape) {
  const auto backend = make_cpu_backend();
  const auto a = random_values(shape.m * shape.k, 0);
  const auto b = random_values(shape.k * shape.n, 1);
  const auto c = random_values(shape.m * shape.n, 2);
  const auto expected = by_definition(shape, a, b, c);
  const auto actual = multiply(*backend, shape, a, b, c);
  const double tolerance = gemm_tolerance(shape.k, 8.0);
  for (std::size_t i = 0; i < actual.size(); ++i) {
    BOOST_REQUIRE(std::abs(double{actual[i]} - expected[i]) <= tolerance);
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(backend)

BOOST_AUTO_TEST_CASE(products_of_many_shapes_agree_with_the_definition) {
  for (const std::size_t m : {1U, 2U, 7U, 33U}) {
    for (const std::size_t n : {1U, 5U, 64U}) {
      for (const std::size_t k : {1U, 3U, 40U}) {
        for (const int transposed : {0, 1, 2, 3}) {
          compare({.m = m,
                   .n = n,
                   .k = k,
                   .transpose_a = (transposed & 1) != 0,
                   .transpose_b = (transposed & 2) != 0});
        }
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(alpha_scales_the_product_and_beta_what_was_there) {
  compare({.m = 4, .n = 6, .k = 5, .alpha = -0.5F, .beta = 2.0F});
  compare({.m = 4, .n = 6, .k = 5, .alpha = 0.0F, .beta = 1.0F});
}

BOOST_AUTO_TEST_CASE(with_beta_0_what_was_there_is_not_read) {
  const auto cpu = make_cpu_backend();
  const std::vector<float> nan(1, std::numeric_limits<float>::quiet_NaN());
  BOOST_TEST(multiply(*cpu, {.m = 1, .n = 1, .k = 1}, {2.0F}, {3.0F}, nan).front() == 6.0F);
}

BOOST_AUTO_TEST_CASE(buffers_that_are_too_small_and_dimensions_out_of_range_are_refused) {
  const auto cpu = make_cpu_backend();
  const auto six = *cpu->allocate(6);
  const auto four = *cpu->allocate(4);
  BOOST_TEST(cpu->gemm({.m = 2, .n = 2, .k = 3}, *six, *six, *four).ok());
  BOOST_TEST(!cpu->gemm({.m = 2, .n = 2, .k = 3}, *four, *six, *four).ok());
  BOOST_TEST(!cpu->gemm({.m = 2, .n = 2, .k = 3}, *six, *four, *four).ok());
  BOOST_TEST(!cpu->gemm({.m = 2, .n = 3, .k = 2}, *four, *six, *four).ok());
  BOOST_TEST(!cpu->gemm({.m = 0, .n = 2, .k = 2}, *six, *six, *six).ok());
  BOOST_TEST(!cpu->gemm({.m = kDimensionMax + 1, .n = 1, .k = 1}, *six, *six, *six).ok());
}

BOOST_AUTO_TEST_CASE(the_same_product_gives_the_same_bits_again) {
  const auto cpu = make_cpu_backend();
  const Gemm shape{.m = 65, .n = 17, .k = 129};
  const auto a = random_values(shape.m * shape.k, 0);
  const auto b = random_values(shape.k * shape.n, 1);
  const std::vector<float> c(shape.m * shape.n);
  BOOST_TEST((multiply(*cpu, shape, a, b, c) == multiply(*cpu, shape, a, b, c)));
}

BOOST_AUTO_TEST_SUITE_END()
