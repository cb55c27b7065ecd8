// The emulator: everything that `serve` runs, put together by hand.
//
//   store ─▶ registry ─▶ function table ─▶ fleet driver ─▶ environments
//                 ▲                             ▲
//            AWS endpoint                  API gateway
//
// Owns all of it. Thread: the loop's. On failure: start() collects what is wrong with the user's
// input (kInvalidInput) or says what the machine refused (kUnavailable: a port, a file); nothing is
// left running then.

#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "emulator/fleet/settings.h"
#include "models/base/log.h"
#include "models/base/result.h"
#include "models/base/unique_function.h"
#include "models/billing/bill.h"
#include "models/billing/catalogue.h"
#include "models/billing/lambda_meter.h"
#include "models/domain/api.h"
#include "models/domain/function.h"
#include "models/domain/function_url.h"
#include "models/domain/queue.h"
#include "runtime-api/http/event_loop.h"

namespace lambdarium::live {

struct EmulatorOptions {
  std::string host = "127.0.0.1";
  int http_port = 3000;  // 0: any free one
  int api_port = 3001;
  int gpu_port = 3002;
  std::string data_directory = ".lambdarium";
  std::string record;  // RUN.sqlite; empty: nothing is recorded
  std::string region = "us-east-1";
  std::string account = "000000000000";
  fleet::PlatformSettings platform;
  std::uint64_t seed = 1;
  double time_scale = 1;                                // divides the waits of asynchronous retries
  std::shared_ptr<const billing::Catalogue> catalogue;  // null: the built-in one of AWS
  billing::BillOptions billing;
  std::string config;        // for the record: "key = value", a line for each choice that was made
  bool memory_limit = true;  // kill functions that take more memory than they have
  bool freeze = false;       // stop the processes of idle environments
  // Hosts that requests to the AWS endpoint may name besides those of this machine.
  std::vector<std::string> allowed_hosts;
  bool terminal_logs = true;
  bool color = false;
  std::vector<FunctionDefinition> functions;  // of a template
  std::vector<HttpApiDefinition> apis;
  std::vector<FunctionUrlDefinition> urls;
  bool stream_pacing = false;  // streamed responses at the service's speed: 6 MiB, then 2 MiB/s
  std::vector<QueueDefinition> queues;
  std::vector<EventSourceDefinition> event_sources;
  std::map<std::string, std::int64_t, std::less<>> provisioned;  // platform.provisioned_concurrency
  LogSink* log = nullptr;                                        // never null
};

// How many environments this machine carries at once: 64 MB each of half its memory, 32 for each
// core, 1,000 at most.
std::int64_t default_max_environments();

class Emulator {
 public:
  static Result<std::unique_ptr<Emulator>> start(http::EventLoop& loop, EmulatorOptions options);
  ~Emulator();
  Emulator(const Emulator&) = delete;
  Emulator& operator=(const Emulator&) = delete;

  // Of each function URL, whose it is and how it is called: "hello", "http://….localhost:3000/".
  std::vector<std::pair<std::string, std::string>> function_urls() const;

  int http_port() const;
  int api_port() const;
  int gpu_port() const;

  // The template has changed: functions that are the same keep their environments, the others get
  // new ones, and in-flight invocations end on the old. Nothing is changed on failure. The limits
  // that options named by function stay.
  Status set_template(std::vector<FunctionDefinition> functions,
                      std::vector<HttpApiDefinition> apis);
  // The same for its queues, and for what reads them.
  Status set_queues(const std::vector<QueueDefinition>& queues,
                    const std::vector<EventSourceDefinition>& event_sources);
  // The same for function URLs.
  void set_urls(std::vector<FunctionUrlDefinition> urls);
  // Its code lies where it did, but is another. Unknown names are ignored.
  void code_changed(std::string_view function);

  struct Totals {
    std::uint64_t invocations = 0;
    std::uint64_t throttled = 0;
    std::uint64_t cold_starts = 0;
    billing::Bill bill;
  };
  Totals totals() const;

  // Stops listening, gives requests in flight up to `grace`, kills every environment, completes the
  // record, then calls back with what went wrong with the record, if anything.
  void shut_down(Duration grace, UniqueFunction<void(Status)> done);

 private:
  struct Impl;
  explicit Emulator(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace lambdarium::live
