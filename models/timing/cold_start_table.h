// Fitted init times of hello-world functions. Private to cold_start.cc.

#pragma once

#include <span>
#include <string_view>

namespace lambdarium {

// Lognormal: median at 512 MB, change of its logarithm for each doubling of memory, and spread.
// Median 0: not measured.
struct InitTimeFit {
  double median_s;
  double per_doubling;
  double sigma;
};

struct InitTimeRow {
  std::string_view
      runtime;          // a custom runtime's language comes after a slash: provided.al2023/rust
  InitTimeFit fits[4];  // zip x86_64, zip arm64, image x86_64, image arm64
};

// Sorted by runtime.
std::span<const InitTimeRow> init_time_table();

}  // namespace lambdarium
