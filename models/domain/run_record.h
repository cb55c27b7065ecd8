// What a run leaves behind, as values, and where it goes. Runs of the emulator, the simulator,
// replays and labs have one form; the SQLite file behind it is emulator/store's. docs/run-format.md
// documents the columns.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace lambdarium {

// Negative numbers and empty strings mean "not known" and become NULL.
struct FunctionRecord {
  std::int64_t id = 0;
  std::string name;
  std::string runtime;
  std::int64_t memory_mb = -1;
  std::int64_t timeout_ms = -1;
  std::int64_t concurrency = 1;
};

struct InvocationRecord {
  std::string id;  // request id of the emulator, number of the simulator
  std::int64_t function = 0;
  std::string version = "$LATEST";
  std::int64_t arrival_ns = 0;
  std::int64_t queue_ns = -1;
  std::int64_t init_ns = -1;
  std::int64_t duration_ns = -1;
  std::int64_t billed_ms = -1;
  std::int64_t memory_mb = -1;
  std::int64_t max_memory_mb = -1;
  std::string outcome;  // ok, function-error, timeout, crash, init-error, throttled, dropped
  bool cold = false;
  std::int64_t environment = -1;  // serial
  std::string route;
  std::int64_t request_bytes = -1;
  std::int64_t response_bytes = -1;
};

struct EnvironmentRecord {
  std::int64_t id = 0;  // serial
  std::int64_t function = 0;
  std::int64_t started_ns = 0;
  std::int64_t ready_ns = -1;
  std::int64_t ended_ns = -1;
  std::string why;  // why it ended
};

// One row for each event, with an empty command, followed by one for each effect of it, in order.
struct DecisionRecord {
  std::int64_t at_ns = 0;
  std::string event;
  std::string command;
  std::string detail;
};

struct MeterRecord {
  std::string meter;
  std::string quantity;  // decimal
  std::string unit;
  std::string unit_price;  // decimal, empty where unpriced
  std::string amount;      // decimal
};

struct SampleRecord {
  std::int64_t at_ns = 0;
  std::string series;
  double value = 0;
};

// Receives a run. Calls may be buffered; finish() makes everything durable.
class RunSink {
 public:
  virtual ~RunSink() = default;
  virtual void meta(std::string_view key, std::string_view value) = 0;
  virtual void function(const FunctionRecord& record) = 0;
  virtual void invocation(const InvocationRecord& record) = 0;
  virtual void environment(const EnvironmentRecord& record) = 0;
  virtual void decision(const DecisionRecord& record) = 0;
  virtual void meter(const MeterRecord& record) = 0;
  virtual void sample(const SampleRecord& record) = 0;
};

}  // namespace lambdarium
