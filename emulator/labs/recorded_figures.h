// The figures of a recorded run that the labs set beside a simulation's.

#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "models/base/quantiles.h"
#include "models/base/result.h"
#include "models/billing/bill.h"
#include "models/billing/catalogue.h"

namespace lambdarium::labs {

struct RecordedFigures {
  std::uint64_t invocations = 0;
  std::uint64_t cold_starts = 0;
  std::uint64_t throttled = 0;
  std::uint64_t timed_out = 0;
  std::uint64_t failed = 0;  // function errors, crashes, failed starts
  Quantiles latency;         // of completed ones: queue, init and run
  billing::Bill bill;
  // By function name: the time that a start took, and what a call took beyond nothing.
  std::map<std::string, std::vector<double>> init_s;
  std::map<std::string, Duration> call_overhead;
};

// `warm_up`: so many invocations at the start are no part of the figures; the warm ones among them
// tell the overhead of a call that does nothing.
Result<RecordedFigures> read_figures(const std::string& run, std::size_t warm_up,
                                     const billing::Catalogue& catalogue);

}  // namespace lambdarium::labs
