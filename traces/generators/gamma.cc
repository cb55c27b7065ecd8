#include "traces/generators/gamma.h"

#include <cmath>

namespace lambdarium::traces {

// G. Marsaglia and W. W. Tsang, "A simple method for generating gamma variables" (2000); below
// shape 1 by the power of a uniform number.
double draw_gamma(RandomStream& random, double shape) {
  double boost = 1;
  if (shape < 1) {
    boost = std::pow(random.uniform_open(), 1 / shape);
    shape += 1;
  }
  const double d = shape - 1.0 / 3.0;
  const double c = 1 / std::sqrt(9 * d);
  for (;;) {
    const double x = random.normal();
    const double root = 1 + c * x;
    if (root <= 0) continue;
    const double v = root * root * root;
    if (std::log(random.uniform_open()) < 0.5 * x * x + d - d * v + d * std::log(v)) {
      return d * v * boost;
    }
  }
}

}  // namespace lambdarium::traces
