// Gamma-distributed numbers from our own streams.

#pragma once

#include "models/base/random.h"

namespace lambdarium::traces {

// Mean `shape`, variance `shape`. Requires: shape > 0.
double draw_gamma(RandomStream& random, double shape);

}  // namespace lambdarium::traces
