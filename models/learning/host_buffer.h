// Memory of a backend that computes on the host. Private to this folder.

#pragma once

#include <algorithm>
#include <vector>

#include "models/base/check.h"
#include "models/learning/backend.h"

namespace lambdarium::learning {

class HostBuffer final : public Buffer {
 public:
  explicit HostBuffer(std::size_t floats) : values_(floats) {}
  std::size_t size() const override { return values_.size(); }
  float* data() { return values_.data(); }
  const float* data() const { return values_.data(); }

 private:
  std::vector<float> values_;
};

// Everything of a host backend but the product itself.
class HostBackend : public Backend {
 public:
  Result<std::unique_ptr<Buffer>> allocate(std::size_t floats) final {
    LAM_CHECK(floats > 0);
    return std::unique_ptr<Buffer>(std::make_unique<HostBuffer>(floats));
  }
  Status upload(std::span<const float> host, Buffer& buffer) final {
    LAM_CHECK(host.size() == buffer.size());
    std::copy(host.begin(), host.end(), mine(buffer).data());
    return {};
  }
  Status download(const Buffer& buffer, std::span<float> host) final {
    LAM_CHECK(host.size() == buffer.size());
    std::copy_n(mine(buffer).data(), host.size(), host.begin());
    return {};
  }
  Status gemm(const Gemm& shape, const Buffer& a, const Buffer& b, Buffer& c) final {
    LAM_TRY_STATUS(check_gemm(shape, a.size(), b.size(), c.size()));
    multiply(shape, mine(a).data(), mine(b).data(), mine(c).data());
    return {};
  }
  Status synchronize() final { return {}; }

 private:
  virtual void multiply(const Gemm& shape, const float* a, const float* b, float* c) = 0;

  // A buffer of another backend is a bug of the caller.
  static HostBuffer& mine(Buffer& buffer) {
    auto* host = dynamic_cast<HostBuffer*>(&buffer);
    LAM_CHECK(host != nullptr, "a buffer of another backend");
    return *host;
  }
  static const HostBuffer& mine(const Buffer& buffer) {
    const auto* host = dynamic_cast<const HostBuffer*>(&buffer);
    LAM_CHECK(host != nullptr, "a buffer of another backend");
    return *host;
  }
};

}  // namespace lambdarium::learning
