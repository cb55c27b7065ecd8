// How long a new execution environment takes until it can serve, in phases.
//
//   place     the platform finds a slot and starts the sandbox
//   fetch     the code package is downloaded and unpacked (or the image's first blocks are read)
//   init      the runtime starts and the handler's module is loaded: what REPORT lines call "Init
//   Duration"
//
// `init` of a hello-world function is fitted to public measurements (cold_start_table.cc names the
// source and the date) by runtime, memory, architecture and package; the handler's own import work
// comes on top, scaled by the CPU share. `place` and `fetch` are outside every log line of the
// service, so their figures are an assumption, stated beside the constants.
//
// Thread: any; pure.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "models/base/random.h"
#include "models/base/time.h"
#include "models/timing/distribution.h"

namespace lambdarium {

enum class PackageKind : std::uint8_t { kZip, kImage };

struct ColdStartQuery {
  std::string_view
      runtime;  // python3.12, nodejs20.x, java21, provided.al2023, …; unknown: a provided runtime
  std::int64_t memory_mb = 128;
  std::string_view architecture = "x86_64";  // or arm64
  PackageKind package = PackageKind::kZip;
  double package_mb = 1;    // compressed size
  double import_cpu_s = 0;  // the handler's own start-up work, in seconds of one full core
};

struct ColdStartPhases {
  Distribution place;
  Distribution fetch;
  Distribution init;

  struct Draw {
    Duration place{};
    Duration fetch{};
    Duration init{};
    Duration total() const { return place + fetch + init; }
  };
  Draw sample(RandomStream& random) const;
  double mean_s() const { return place.mean_s() + fetch.mean_s() + init.mean_s(); }
};

ColdStartPhases cold_start_phases(const ColdStartQuery& query);

// Fitted init time of a hello-world function: lognormal with this median and spread.
struct InitFit {
  double median_s = 0;
  double sigma = 0;
  bool measured =
      false;  // false: the runtime is not in the table and a near relative stands in for it
};
InitFit fitted_init(const ColdStartQuery& query);

// Names in the table, for listings and for messages.
std::vector<std::string_view> measured_runtimes();

}  // namespace lambdarium
