#include "models/timing/service_time.h"

#include <algorithm>
#include <cmath>

#include "models/base/check.h"
#include "models/domain/limits.h"

namespace lambdarium {

double vcpu_share(std::int64_t memory_mb) {
  return static_cast<double>(memory_mb) / kMemoryMbPerVcpu;
}

double ServiceTimeModel::seconds(std::int64_t memory_mb) const {
  LAM_CHECK(memory_mb > 0);
  return io_s + cpu_s / std::min(std::max(parallelism, 1.0), vcpu_share(memory_mb));
}

std::int64_t ServiceTimeModel::saturation_mb() const {
  const double mb = std::ceil(std::max(parallelism, 1.0) * kMemoryMbPerVcpu);
  return std::min(kMemoryMbMax, static_cast<std::int64_t>(std::min(mb, 1e9)));
}

Duration rescale_service(Duration measured, double cpu_fraction, std::int64_t from_mb,
                         std::int64_t to_mb) {
  LAM_CHECK(from_mb > 0 && to_mb > 0);
  const double fraction = std::clamp(cpu_fraction, 0.0, 1.0);
  const double from_share = std::min(1.0, vcpu_share(from_mb));
  const double to_share = std::min(1.0, vcpu_share(to_mb));
  const double seconds = to_seconds(measured);
  return from_seconds(seconds * (1 - fraction) + seconds * fraction * from_share / to_share);
}

}  // namespace lambdarium
