#include "models/learning/backend.h"

#include <fmt/format.h>

#include <limits>

namespace lambdarium::learning {

Status check_gemm(const Gemm& shape, std::size_t a, std::size_t b, std::size_t c) {
  for (const std::size_t dimension : {shape.m, shape.n, shape.k}) {
    if (dimension == 0 || dimension > kDimensionMax) {
      return invalid_input(
          fmt::format("a matrix dimension of {} is outside 1..{}", dimension, kDimensionMax));
    }
  }
  if (a < shape.m * shape.k || b < shape.k * shape.n || c < shape.m * shape.n) {
    return invalid_input(
        fmt::format("buffers of {}, {} and {} floats are too small for a product of {}x{}x{}", a, b,
                    c, shape.m, shape.n, shape.k));
  }
  return {};
}

double gemm_tolerance(std::size_t k, double largest) {
  // Each of k additions rounds once; the worst case adds all of them up.
  const double unit = std::numeric_limits<float>::epsilon();
  return unit * (static_cast<double>(k) + 2.0) * largest * static_cast<double>(k == 0 ? 1 : k);
}

}  // namespace lambdarium::learning
