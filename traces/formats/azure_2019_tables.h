// The three tables of the 2019 set, read and joined. Private to the format.
//
// The ids that two files share are what joins them: some samples carry no HashFunction in the
// memory file, and the published set has memory for each application only.

#pragma once

#include <array>
#include <string>
#include <vector>

#include "models/base/result.h"
#include "traces/formats/azure_2019.h"
#include "traces/formats/minute_counts.h"
#include "traces/formats/trace_source.h"

namespace lambdarium::traces {

// The inverse distribution function through the percentiles 0, 1, 25, 50, 75, 99 and 100.
struct PercentileDurations {
  static constexpr std::array<double, 7> kShares{0, 0.01, 0.25, 0.5, 0.75, 0.99, 1};
  std::array<double, 7> ns{};  // not descending
  double min_ns = 0;
  double max_ns = 0;

  Duration at_share(double share) const;
};

struct Azure2019Function {
  std::string id;  // names its random streams
  MinuteCounts counts;
  PercentileDurations durations;
};

struct Azure2019Tables {
  std::vector<TraceFunction> functions;
  std::vector<Azure2019Function> rows;  // one for each function
  std::size_t minutes = 0;
  std::uint64_t calls = 0;
  ReadReport report;
};

Result<Azure2019Tables> read_azure_2019_tables(const Azure2019Files& files, bool strict);

}  // namespace lambdarium::traces
