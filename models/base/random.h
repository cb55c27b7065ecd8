// Named, counter-based random streams.
//
// A stream is a pure function of (seed, name, index) and of how many numbers were drawn from it, so
// changing one consumer does not shift another. The generator is SplitMix64 over a counter; the
// same numbers come out on every machine.

#pragma once

#include <cstdint>
#include <string_view>

namespace lambdarium {

class RandomStream {
 public:
  RandomStream() = default;
  RandomStream(std::uint64_t seed, std::string_view name, std::uint64_t index = 0);

  std::uint64_t next() { return mix(key_ + (++counter_) * 0x9e3779b97f4a7c15ULL); }

  // Uniform in [0, 1), 53 bits.
  double uniform() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }
  // Uniform in (0, 1): safe to take the logarithm of.
  double uniform_open() { return (static_cast<double>(next() >> 12) + 0.5) * 0x1.0p-52; }
  // Uniform in [0, n), without bias. Requires n > 0.
  std::uint64_t below(std::uint64_t n);
  // Mean 0, standard deviation 1 (inverse of the normal distribution function: one draw each).
  double normal();
  // Mean 1.
  double exponential();

 private:
  static std::uint64_t mix(std::uint64_t z) {
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
  }

  std::uint64_t key_ = 0;
  std::uint64_t counter_ = 0;
};

// Quantile of the standard normal distribution; p in (0, 1).
double normal_quantile(double p);

}  // namespace lambdarium
