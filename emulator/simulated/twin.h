// The twin check: what a driver told its fleet, told to a fresh one. The same events must give the
// same effects, one by one.
//
// Thread: any, one at a time. On failure: kInvalidInput when a line of the record cannot be read.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "emulator/fleet/fleet.h"
#include "models/base/result.h"
#include "models/domain/run_record.h"

namespace lambdarium::simulated {

struct Difference {
  std::int64_t seq = 0;  // of the recorded line, from 1
  Time at;
  std::string event;     // "arrived function=0 …"
  std::string recorded;  // empty: the twin decided something more
  std::string decided;   // empty: the twin decided something less
};

class Twin {
 public:
  explicit Twin(const fleet::PlatformSettings& settings) : fleet_(settings) {}

  // The next line of the record, in order. Gives the first difference, once there is one; lines
  // after it are ignored.
  Status next(const DecisionRecord& line);
  // After the last line.
  void finish();

  const std::optional<Difference>& difference() const { return difference_; }
  std::int64_t events() const { return events_; }
  std::int64_t decisions() const { return decisions_; }

 private:
  Status decide(const DecisionRecord& event);
  void differ(const std::string& recorded, const std::string& decided);

  fleet::Fleet fleet_;
  std::vector<fleet::Effect> effects_;
  std::size_t compared_ = 0;
  std::int64_t seq_ = 0;
  std::int64_t events_ = 0;
  std::int64_t decisions_ = 0;
  Time at_;
  std::string event_;
  std::optional<Difference> difference_;
};

}  // namespace lambdarium::simulated
