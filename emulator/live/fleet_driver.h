// Drives the fleet with real time: sockets and processes become its events, its effects become
// processes and invocations.
//
//   submit() ─▶ arrived ─▶ fleet ─▶ start environment ─▶ sandbox::Environment
//                                └▶ dispatch ─▶ Environment::invoke ─▶ on_result ─▶ Order::done
//                                                                  └▶ on_idle ─▶ invocation ended
//                                                                  ─▶ charge: REPORT, bill, record
//
// Owns: the fleet, the environments and the invocations under way. Thread: the loop's. Calls back:
// Order::done, last. On failure: an invocation always gets its Completion, also when its
// environment cannot be started.

#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "emulator/fleet/fleet.h"
#include "emulator/live/function_table.h"
#include "emulator/live/order.h"
#include "emulator/live/paced_stream.h"
#include "emulator/live/platform_log.h"
#include "emulator/live/recorder.h"
#include "emulator/live/reset_folders.h"
#include "models/base/log.h"
#include "models/base/random.h"
#include "models/billing/lambda_meter.h"
#include "runtime-api/http/event_loop.h"
#include "runtime-api/http/timer.h"
#include "runtime-api/sandbox/environment.h"

namespace lambdarium::live {

struct FleetDriverOptions {
  fleet::PlatformSettings platform;
  RandomStream ids;                       // log streams
  RunSink* record = nullptr;              // null: nothing is recorded
  LogSink* log = nullptr;                 // never null
  std::optional<StreamPace> stream_pace;  // nothing: streams are as fast as their clients
};

class FleetDriver {
 public:
  FleetDriver(http::EventLoop& loop, sandbox::Sandbox& sandbox, FunctionTable& functions,
              PlatformLog& log, FleetDriverOptions options);
  ~FleetDriver();  // kills every environment
  FleetDriver(const FleetDriver&) = delete;
  FleetDriver& operator=(const FleetDriver&) = delete;

  // A function was added, changed or removed in the table.
  void function_changed(const RunningFunction& function);

  void submit(Order order);

  // Kills every environment and closes the record. Invocations under way are dropped without their
  // callback; nothing can be submitted afterwards.
  void shut_down();

  const fleet::Fleet& fleet() const { return fleet_; }
  billing::LambdaMeter& meter() { return meter_; }
  std::uint64_t cold_starts() const { return cold_starts_; }
  std::uint64_t charged() const { return charged_; }
  std::uint64_t rejected() const { return rejected_; }

 private:
  class Host;
  struct Active {
    Order order;
    Time arrived;
    std::string log;  // where the order wants it
    std::string error_type;
    std::int64_t response_bytes = -1;
    std::int64_t streamed_bytes = -1;  // given to the order's stream; -1: it has not begun
    bool answered = false;
  };

  // For how long how much is kept ready: billed whether it is used or not.
  struct ProvisionedPeriod {
    std::int64_t concurrency = 0;
    std::int64_t memory_mb = 0;
    billing::Architecture architecture = billing::Architecture::kX86;
    Time since;
  };
  void meter_provisioned(const RunningFunction& function, Time now);
  void meter_provisioned(const ProvisionedPeriod& period, Time now);

  void apply(const fleet::Event& event);
  void drain_events();
  void perform(const fleet::Effect& effect);
  void start_environment(const fleet::Effect& effect);
  void dispatch(const fleet::Effect& effect);
  void retire(const fleet::Effect& effect);
  void reject(const fleet::Effect& effect);
  void fail(const fleet::Effect& effect);
  void charge(const fleet::Effect& effect);
  void answer(Active& active, Completion completion);
  void finish(fleet::InvocationId id, std::string_view text);
  void run(Host& host, runtime_api::Invocation invocation);
  void initialise_again(Host& host);
  void report_init(const Host& host, Duration length, std::string_view status,
                   std::string_view error_type);
  void keep_log(Host& host, std::string_view bytes);
  std::int64_t unix_ms() const { return loop_.unix_ns() / 1'000'000; }
  void log_line(const Host& host, fleet::InvocationId id, std::string text);
  void wake_when_due();

  // from the hosts
  void on_ready(Host& host, Duration length);
  void on_init_failed(Host& host, const sandbox::Failure& failure);
  void on_result(Host& host, runtime_api::InvocationResult&& result);
  void on_idle(Host& host);
  void on_lost(Host& host, const sandbox::Failure& failure);
  void on_log(Host& host, std::string_view bytes);
  void on_stream_start(Host& host, std::string_view content_type);
  void on_stream_data(Host& host, std::string_view piece);

  Host* find_host(fleet::EnvironmentRef ref) const;
  Active* find(fleet::InvocationId id);

  http::EventLoop& loop_;
  sandbox::Sandbox& sandbox_;
  FunctionTable& functions_;
  PlatformLog& log_;
  FleetDriverOptions options_;
  Recorder recorder_;
  fleet::Fleet fleet_;
  billing::LambdaMeter meter_;
  std::map<fleet::FunctionId, ProvisionedPeriod> provisioned_;
  ResetFolders reset_folders_;
  std::vector<std::unique_ptr<Host>> hosts_;  // by the fleet's slot
  std::unordered_map<fleet::InvocationId, std::unique_ptr<Active>> active_;
  fleet::InvocationId next_invocation_ = 0;
  std::deque<std::pair<fleet::Event, Time>> events_;
  std::vector<fleet::Effect> effects_;
  bool draining_ = false;
  bool stopped_ = false;
  http::DeadlineTimer wake_;
  std::uint64_t cold_starts_ = 0;
  std::uint64_t charged_ = 0;
  std::uint64_t rejected_ = 0;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace lambdarium::live
