// Where the arithmetic of the workloads runs: one interface, with a CPU behind it here and a GPU
// behind it in gpu-pool/cuda.
//
// Owns: a Buffer is memory of the backend that allocated it, freed with the handle; it must not
// outlive its backend, nor be handed to another. Thread: one backend, one thread. On failure: an
// Error of kUnavailable (out of memory, device lost).
//
// Matrices are row-major and of single precision. Two backends agree up to rounding: sums are taken
// in another order, so compare with the tolerance of gemm_tolerance(), never bit for bit.

#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "models/base/result.h"

namespace lambdarium::learning {

// Floats in the memory of a backend.
class Buffer {
 public:
  virtual ~Buffer() = default;
  virtual std::size_t size() const = 0;
};

// C = alpha · op(A) · op(B) + beta · C, with op(A) of m × k, op(B) of k × n and C of m × n. Where
// beta is 0, C is not read.
struct Gemm {
  std::size_t m = 0;
  std::size_t n = 0;
  std::size_t k = 0;
  bool transpose_a = false;  // A is stored as k × m
  bool transpose_b = false;  // B is stored as n × k
  float alpha = 1;
  float beta = 0;
};

class Backend {
 public:
  virtual ~Backend() = default;

  virtual std::string name() const = 0;         // openblas, loops, cublas
  virtual std::string description() const = 0;  // for people: library, version, processor

  // Contents are undefined until uploaded. Requires: floats > 0.
  virtual Result<std::unique_ptr<Buffer>> allocate(std::size_t floats) = 0;
  // Require: host.size() == buffer.size().
  virtual Status upload(std::span<const float> host, Buffer& buffer) = 0;
  virtual Status download(const Buffer& buffer, std::span<float> host) = 0;

  // May return before the result is there; download() and synchronize() wait for it.
  // kInvalidInput when a buffer is smaller than the shape needs, or a dimension is 0 or over
  // kDimensionMax.
  virtual Status gemm(const Gemm& shape, const Buffer& a, const Buffer& b, Buffer& c) = 0;
  virtual Status synchronize() = 0;
};

// BLAS counts in 32-bit integers.
inline constexpr std::size_t kDimensionMax = 1U << 20;

// The checks that every backend makes before it calls its library.
Status check_gemm(const Gemm& shape, std::size_t a, std::size_t b, std::size_t c);

// How far two backends may differ in one element of a product of `k` terms of magnitude at most
// `largest` (|a·b|).
double gemm_tolerance(std::size_t k, double largest);

}  // namespace lambdarium::learning
