#include "models/base/time.h"

#include <cmath>

namespace lambdarium {

Duration from_seconds(double seconds) {
  if (std::isnan(seconds)) return Duration::zero();
  const double ns = seconds * 1e9;
  // 2^63 is exactly representable as a double, the largest int64 is not.
  if (ns >= 9223372036854775808.0) return kForever;
  if (ns <= -9223372036854775808.0) return -kForever;
  return Duration{std::llround(ns)};
}

}  // namespace lambdarium
