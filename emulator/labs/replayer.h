// Sends a trace in real time, open loop: every call at its instant, whether or not earlier ones
// were answered.
//
// Latency counts from the instant a call was due, not from when it was sent, so neither a slow
// server nor a slow sender can hide; how late the sender was is told beside it. The body of a call
// is {"sleep_ms": …, "function": "…"}: a handler that sleeps as told takes as long as the trace
// says.
//
// Owns: the trace and its connections. Thread: the loop's; the trace is read ahead on the pool.
// Calls back: `done` once, last, after the last answer or after a failure to read the trace; never
// from inside start() or stop(). A replayer that is destroyed earlier calls nobody. On failure:
// calls that fail are counted, with the first reason; only the trace's own failure ends the replay.

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "emulator/labs/replay_target.h"
#include "models/base/quantiles.h"
#include "models/base/result.h"
#include "models/base/time.h"
#include "models/base/unique_function.h"
#include "models/domain/http_message.h"
#include "models/domain/run_record.h"
#include "runtime-api/http/event_loop.h"
#include "traces/formats/trace_source.h"
#include "traces/replay/schedule.h"

namespace lambdarium::labs {

struct ReplayerOptions {
  traces::ScheduleOptions schedule;
  // One for each function of the trace.
  std::vector<ReplayTarget> targets;
  // From the sending of a call; one that takes longer is an error.
  Duration timeout = 960s;  // above Lambda's longest, so that the server's own answer comes first
  // Null, or where each call goes as an invocation. Must outlive the replayer.
  RunSink* sink = nullptr;
};

struct ReplayTally {
  std::uint64_t sent = 0;
  std::uint64_t completed = 0;        // answered with success
  std::uint64_t throttled = 0;        // 429
  std::uint64_t function_errors = 0;  // the function failed, or the front said so (5xx)
  std::uint64_t errors = 0;           // no answer, or one that says the call was wrong
};

struct ReplayResult {
  ReplayTally total;
  std::vector<ReplayTally> functions;  // by index in the trace
  Quantiles latency;                   // of completed calls, from the intended start
  Quantiles lag;            // of all calls: how long after the intended start they were sent
  Duration wall{0};         // from the start of the replay to the last answer
  std::string first_error;  // of what counts as an error or a function error
  bool stopped = false;     // by stop(), before the end of the trace
};

class Replayer {
 public:
  using Done = UniqueFunction<void(Result<ReplayResult>)>;

  // The error names a speed out of range. Requires: a target for each function.
  static Result<std::unique_ptr<Replayer>> create(http::EventLoop& loop,
                                                  std::unique_ptr<traces::TraceSource> source,
                                                  ReplayerOptions options);
  ~Replayer();
  Replayer(const Replayer&) = delete;
  Replayer& operator=(const Replayer&) = delete;

  // Time zero of the trace is the first moment that its first calls are at hand. Call once.
  void start(Done done);
  // Sends nothing more and gives up what is under way (counted as errors).
  void stop();

  // So far.
  const ReplayTally& tally() const;
  std::uint64_t expected_calls() const;  // 0 when unknown

 private:
  class Impl;
  explicit Replayer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// 2xx is success unless the header X-Amz-Function-Error says otherwise. The outcome's words are
// those of a run's record.
std::string_view outcome_of(const HttpResponse& response);

}  // namespace lambdarium::labs
