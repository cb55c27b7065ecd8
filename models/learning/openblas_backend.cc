#include <cblas.h>
#include <fmt/format.h>

#include <algorithm>

#include "models/learning/cpu_backend.h"
#include "models/learning/host_buffer.h"

namespace lambdarium::learning {
namespace {

class OpenBlasBackend final : public HostBackend {
 public:
  explicit OpenBlasBackend(int threads) : threads_(std::max(threads, 1)) {
    openblas_set_num_threads(threads_);
  }
  std::string name() const override { return "openblas"; }
  std::string description() const override {
    std::string config = openblas_get_config();
    // "OpenBLAS 0.3.21 NO_LAPACKE DYNAMIC_ARCH …": the first two words say enough.
    const auto first = config.find(' ');
    if (first != std::string::npos)
      config.resize(std::min(config.find(' ', first + 1), config.size()));
    return fmt::format("{} ({}, threads: {})", config, openblas_get_corename(), threads_);
  }

 private:
  void multiply(const Gemm& shape, const float* a, const float* b, float* c) override {
    const auto m = static_cast<blasint>(shape.m);
    const auto n = static_cast<blasint>(shape.n);
    const auto k = static_cast<blasint>(shape.k);
    cblas_sgemm(CblasRowMajor, shape.transpose_a ? CblasTrans : CblasNoTrans,
                shape.transpose_b ? CblasTrans : CblasNoTrans, m, n, k, shape.alpha, a,
                shape.transpose_a ? m : k, b, shape.transpose_b ? k : n, shape.beta, c, n);
  }

  int threads_;
};

}  // namespace

std::unique_ptr<Backend> make_cpu_backend(int threads) {
  return std::make_unique<OpenBlasBackend>(threads);
}

}  // namespace lambdarium::learning
