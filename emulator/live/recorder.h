// Turns what the fleet was told and what it decided into the rows of a recorded run.
//
// Thread: the loop's. The sink must not block (store::RunWriter in background mode). Times are
// nanoseconds since the loop's start.

#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

#include "emulator/fleet/settings.h"
#include "emulator/fleet/types.h"
#include "emulator/live/function_table.h"
#include "models/domain/run_record.h"

namespace lambdarium::live {

// What the fleet does not know of an invocation.
struct InvocationFacts {
  std::string_view version;
  std::string_view request_id;
  std::string_view route;
  Time arrived;
  std::int64_t request_bytes = -1;
  std::int64_t response_bytes = -1;
  std::int64_t max_memory_mb = -1;
};

class Recorder {
 public:
  // Null: nothing is recorded, and calls cost a branch.
  explicit Recorder(RunSink* sink) : sink_(sink) {}

  bool on() const { return sink_ != nullptr; }
  void platform(const fleet::PlatformSettings& settings);
  void function_set(const RunningFunction& function, Time now,
                    std::span<const fleet::Effect> effects);
  void step(const fleet::Event& event, Time now, std::span<const fleet::Effect> effects);
  void charged(const fleet::Effect& charge, const InvocationFacts& facts);
  void rejected(const fleet::Effect& reject, const InvocationFacts& facts);
  // Environments that still live, and the end of the run.
  void close(Time now);

 private:
  struct Environment {
    fleet::FunctionId function = 0;
    Time started;
    Time ready = kNever;
  };
  void effects(std::string_view event, Time now, std::span<const fleet::Effect> effects);
  void environment(std::uint32_t serial, const Environment& environment, Time ended,
                   std::string_view why);

  RunSink* sink_;
  std::unordered_map<std::uint32_t, Environment> environments_;
};

}  // namespace lambdarium::live
