#include "models/timing/cold_start.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "models/timing/cold_start_table.h"

namespace lambdarium {
namespace {

// Assumptions, since no log line of the service shows them: a micro-VM boots in about an eighth of
// a second, packages travel at 100 MB/s, and an image starts after the fifteenth part of it that a
// start touches was read.
constexpr double kPlaceMedian = 0.125;
constexpr double kPlaceSigma = 0.25;
constexpr double kFetchOverhead = 0.010;
constexpr double kFetchMbPerSecond = 100.0;
constexpr double kImageShareTouched = 1.0 / 15;
constexpr double kFetchSigma = 0.30;

// "python3.12" → "python", 3.12 as 3012: releases in order.
struct FamilyVersion {
  std::string_view family;
  int version = 0;
};

FamilyVersion split(std::string_view runtime) {
  const std::size_t digit = std::min(runtime.find_first_of("0123456789"), runtime.size());
  FamilyVersion result{runtime.substr(0, digit), 0};
  int major = 0;
  const char* end = runtime.data() + runtime.size();
  const auto [after, error] = std::from_chars(runtime.data() + digit, end, major);
  if (error != std::errc{} || major > 10'000) return result;
  int minor = 0;
  if (after != end && *after == '.') std::from_chars(after + 1, end, minor);
  result.version = major * 1000 + std::clamp(minor, 0, 999);
  return result;
}

const InitTimeRow* exact_row(std::string_view runtime) {
  for (const InitTimeRow& row : init_time_table()) {
    if (row.runtime == runtime) return &row;
  }
  return nullptr;
}

// The release of the same language that is nearest; a compiled language on a custom runtime where
// there is none.
const InitTimeRow& stand_in(std::string_view runtime) {
  if (!runtime.starts_with("provided")) {
    const FamilyVersion wanted = split(runtime);
    const InitTimeRow* best = nullptr;
    int best_distance = std::numeric_limits<int>::max();
    for (const InitTimeRow& row : init_time_table()) {
      const FamilyVersion candidate = split(row.runtime);
      const int distance = std::abs(candidate.version - wanted.version);
      if (candidate.family == wanted.family && !wanted.family.empty() && distance < best_distance) {
        best = &row;
        best_distance = distance;
      }
    }
    if (best != nullptr) return *best;
  }
  const InitTimeRow* row =
      exact_row(runtime.starts_with("provided.al2023") ? "provided.al2023/go" : "provided.al2/go");
  return row != nullptr ? *row : init_time_table().front();
}

}  // namespace

InitFit fitted_init(const ColdStartQuery& query) {
  const InitTimeRow* exact = exact_row(query.runtime);
  const InitTimeRow& row = exact != nullptr ? *exact : stand_in(query.runtime);
  const bool arm = query.architecture == "arm64";
  const bool image = query.package == PackageKind::kImage;
  const InitTimeFit* fit = &row.fits[(image ? 2 : 0) + (arm ? 1 : 0)];
  bool measured = exact != nullptr;
  // A runtime that was measured on x86_64 only: every row has that column for zip.
  if (fit->median_s == 0) {
    measured = false;
    fit = row.fits[image ? 2 : 0].median_s > 0 ? &row.fits[image ? 2 : 0] : &row.fits[0];
  }
  // Measured from 128 to 1,024 MB; the trend is not carried beyond.
  const double memory = std::clamp(static_cast<double>(query.memory_mb), 128.0, 1024.0);
  return {fit->median_s * std::exp(fit->per_doubling * std::log2(memory / 512)), fit->sigma,
          measured};
}

ColdStartPhases cold_start_phases(const ColdStartQuery& query) {
  const InitFit fit = fitted_init(query);
  const double megabytes = std::max(query.package_mb, 0.0) *
                           (query.package == PackageKind::kImage ? kImageShareTouched : 1.0);
  // Init has a full core whatever the memory, so import work is not stretched by a small function's
  // CPU share.
  const double import_s = std::max(query.import_cpu_s, 0.0);
  return {
      .place = Distribution::lognormal(kPlaceMedian, kPlaceSigma),
      .fetch = Distribution::lognormal(kFetchOverhead + megabytes / kFetchMbPerSecond, kFetchSigma),
      .init = Distribution::lognormal(fit.median_s + import_s, fit.sigma)};
}

ColdStartPhases::Draw ColdStartPhases::sample(RandomStream& random) const {
  Draw draw;
  draw.place = place.sample(random);
  draw.fetch = fetch.sample(random);
  draw.init = init.sample(random);
  return draw;
}

std::vector<std::string_view> measured_runtimes() {
  std::vector<std::string_view> names;
  for (const InitTimeRow& row : init_time_table()) names.push_back(row.runtime);
  return names;
}

}  // namespace lambdarium
