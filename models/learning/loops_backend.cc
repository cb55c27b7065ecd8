#include <algorithm>

#include "models/learning/cpu_backend.h"
#include "models/learning/host_buffer.h"

namespace lambdarium::learning {
namespace {

// Plain loops, in the order that walks rows of B and C: correct everywhere, fast nowhere.
class LoopsBackend final : public HostBackend {
 public:
  std::string name() const override { return "loops"; }
  std::string description() const override { return "portable loops (built without OpenBLAS)"; }

 private:
  void multiply(const Gemm& shape, const float* a, const float* b, float* c) override {
    for (std::size_t i = 0; i < shape.m; ++i) {
      float* row = c + i * shape.n;
      if (shape.beta == 0) {
        std::fill_n(row, shape.n, 0.0F);  // C may hold anything, NaN too
      } else {
        for (std::size_t j = 0; j < shape.n; ++j) row[j] *= shape.beta;
      }
      for (std::size_t p = 0; p < shape.k; ++p) {
        const float left =
            shape.alpha * (shape.transpose_a ? a[p * shape.m + i] : a[i * shape.k + p]);
        for (std::size_t j = 0; j < shape.n; ++j) {
          row[j] += left * (shape.transpose_b ? b[j * shape.k + p] : b[p * shape.n + j]);
        }
      }
    }
  }
};

}  // namespace

std::unique_ptr<Backend> make_cpu_backend(int) {
  return std::make_unique<LoopsBackend>();
}

}  // namespace lambdarium::learning
