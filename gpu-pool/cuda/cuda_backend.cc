#include "gpu-pool/cuda/cuda_backend.h"

#include <cublas_v2.h>
#include <cuda_runtime_api.h>
#include <fmt/format.h>

#include "models/base/check.h"

namespace lambdarium::gpu_pool {
namespace {

using learning::Buffer;

// The size that makes cuBLAS choose the same algorithm, and so give the same bits, on every run.
constexpr std::size_t kWorkspaceBytes = std::size_t{32} << 20;

Status check_cuda(cudaError_t code, std::string_view what) {
  if (code == cudaSuccess) return {};
  return unavailable(fmt::format("{} failed: {}", what, cudaGetErrorString(code)));
}

Status check_cublas(cublasStatus_t code, std::string_view what) {
  if (code == CUBLAS_STATUS_SUCCESS) return {};
  return unavailable(fmt::format("{} failed: {}", what, cublasGetStatusString(code)));
}

class CudaBuffer final : public Buffer {
 public:
  CudaBuffer(void* memory, std::size_t floats, int ordinal)
      : memory_(memory), floats_(floats), ordinal_(ordinal) {}
  ~CudaBuffer() override {
    // Fails only when the device is lost, and then the memory is lost with it.
    (void)cudaSetDevice(ordinal_);
    (void)cudaFree(memory_);
  }
  CudaBuffer(const CudaBuffer&) = delete;
  CudaBuffer& operator=(const CudaBuffer&) = delete;
  std::size_t size() const override { return floats_; }
  float* data() { return static_cast<float*>(memory_); }
  const float* data() const { return static_cast<const float*>(memory_); }

 private:
  void* memory_;
  std::size_t floats_;
  int ordinal_;
};

CudaBuffer& mine(Buffer& buffer) {
  auto* cuda = dynamic_cast<CudaBuffer*>(&buffer);
  LAM_CHECK(cuda != nullptr, "a buffer of another backend");
  return *cuda;
}
const CudaBuffer& mine(const Buffer& buffer) {
  const auto* cuda = dynamic_cast<const CudaBuffer*>(&buffer);
  LAM_CHECK(cuda != nullptr, "a buffer of another backend");
  return *cuda;
}

class CudaBackend final : public learning::Backend {
 public:
  CudaBackend(int ordinal, std::string description)
      : ordinal_(ordinal), description_(std::move(description)) {}
  ~CudaBackend() override {
    (void)cudaSetDevice(ordinal_);
    if (blas_ != nullptr) (void)cublasDestroy(blas_);
    if (stream_ != nullptr) (void)cudaStreamDestroy(stream_);
    if (workspace_ != nullptr) (void)cudaFree(workspace_);
  }
  CudaBackend(const CudaBackend&) = delete;
  CudaBackend& operator=(const CudaBackend&) = delete;

  Status open() {
    LAM_TRY_STATUS(check_cuda(cudaSetDevice(ordinal_), "choosing the device"));
    LAM_TRY_STATUS(check_cuda(cudaStreamCreate(&stream_), "making a stream"));
    LAM_TRY_STATUS(check_cuda(cudaMalloc(&workspace_, kWorkspaceBytes), "allocating"));
    LAM_TRY_STATUS(check_cublas(cublasCreate(&blas_), "starting cuBLAS"));
    LAM_TRY_STATUS(check_cublas(cublasSetStream(blas_, stream_), "setting the stream"));
    LAM_TRY_STATUS(check_cublas(cublasSetWorkspace(blas_, workspace_, kWorkspaceBytes),
                                "setting the workspace"));
    return check_cublas(cublasSetMathMode(blas_, CUBLAS_PEDANTIC_MATH), "setting the precision");
  }

  std::string name() const override { return "cublas"; }
  std::string description() const override { return description_; }

  Result<std::unique_ptr<Buffer>> allocate(std::size_t floats) override {
    LAM_CHECK(floats > 0);
    void* memory = nullptr;
    LAM_TRY_STATUS(check_cuda(cudaMalloc(&memory, floats * sizeof(float)),
                              fmt::format("allocating {} floats on the device", floats)));
    return std::unique_ptr<Buffer>(std::make_unique<CudaBuffer>(memory, floats, ordinal_));
  }

  Status upload(std::span<const float> host, Buffer& buffer) override {
    LAM_CHECK(host.size() == buffer.size());
    LAM_TRY_STATUS(check_cuda(cudaMemcpyAsync(mine(buffer).data(), host.data(), host.size_bytes(),
                                              cudaMemcpyHostToDevice, stream_),
                              "copying to the device"));
    // The caller may change its memory as soon as this returns.
    return synchronize();
  }

  Status download(const Buffer& buffer, std::span<float> host) override {
    LAM_CHECK(host.size() == buffer.size());
    LAM_TRY_STATUS(check_cuda(cudaMemcpyAsync(host.data(), mine(buffer).data(), host.size_bytes(),
                                              cudaMemcpyDeviceToHost, stream_),
                              "copying from the device"));
    return synchronize();
  }

  Status gemm(const learning::Gemm& shape, const Buffer& a, const Buffer& b, Buffer& c) override {
    LAM_TRY_STATUS(learning::check_gemm(shape, a.size(), b.size(), c.size()));
    const auto m = static_cast<int>(shape.m);
    const auto n = static_cast<int>(shape.n);
    const auto k = static_cast<int>(shape.k);
    // cuBLAS reads columns first: to it our row-major C is Cᵀ, and Cᵀ = op(B)ᵀ · op(A)ᵀ, so the
    // operands change places.
    return check_cublas(
        cublasSgemm(blas_, shape.transpose_b ? CUBLAS_OP_T : CUBLAS_OP_N,
                    shape.transpose_a ? CUBLAS_OP_T : CUBLAS_OP_N, n, m, k, &shape.alpha,
                    mine(b).data(), shape.transpose_b ? k : n, mine(a).data(),
                    shape.transpose_a ? m : k, &shape.beta, mine(c).data(), n),
        "the matrix product");
  }

  Status synchronize() override {
    return check_cuda(cudaStreamSynchronize(stream_), "waiting for the device");
  }

 private:
  int ordinal_;
  std::string description_;
  cudaStream_t stream_ = nullptr;
  void* workspace_ = nullptr;
  cublasHandle_t blas_ = nullptr;
};

}  // namespace

CudaDevices list_cuda_devices() {
  CudaDevices found;
  int count = 0;
  const cudaError_t code = cudaGetDeviceCount(&count);
  // Without a driver this says that the driver's version is insufficient: to us, no device.
  if (code != cudaSuccess) {
    found.note = cudaGetErrorString(code);
    return found;
  }
  for (int ordinal = 0; ordinal < count; ++ordinal) {
    cudaDeviceProp properties{};
    if (cudaGetDeviceProperties(&properties, ordinal) != cudaSuccess) continue;
    found.devices.push_back(
        {.id = fmt::format("cuda:{}", ordinal),
         .kind = DeviceKind::kCuda,
         .name = properties.name,
         .backend = "cublas",
         .memory_bytes = static_cast<std::int64_t>(properties.totalGlobalMem),
         .processors = properties.multiProcessorCount,
         .capability = fmt::format("{}.{}", properties.major, properties.minor)});
  }
  if (found.devices.empty()) found.note = "the driver reports no usable device";
  return found;
}

Result<std::unique_ptr<learning::Backend>> make_cuda_backend(int ordinal) {
  cudaDeviceProp properties{};
  LAM_TRY_STATUS(check_cuda(cudaGetDeviceProperties(&properties, ordinal),
                            fmt::format("looking at CUDA device {}", ordinal)));
  auto backend = std::make_unique<CudaBackend>(
      ordinal, fmt::format("cuBLAS on {} (compute {}.{})", properties.name, properties.major,
                           properties.minor));
  LAM_TRY_STATUS(backend->open());
  return std::unique_ptr<learning::Backend>(std::move(backend));
}

}  // namespace lambdarium::gpu_pool
