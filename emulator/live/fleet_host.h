// An environment of the fleet and the processes that it is made of. Private to the fleet driver.
//
// An environment whose init fails is told to the fleet as ready all the same: its first invocation
// runs init again, in fresh processes with the same /tmp, within the function's own timeout.

#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "emulator/live/fleet_driver.h"
#include "runtime-api/protocol/platform_lines.h"
#include "runtime-api/sandbox/environment.h"

namespace lambdarium::live {

class FleetDriver::Host final : public sandbox::Listener {
 public:
  enum class Init : std::uint8_t {
    kFirst,   // under way
    kFailed,  // waits for an invocation
    kAgain,   // under way inside an invocation, which is `held`
    kDone,
  };

  Host(FleetDriver& driver, fleet::EnvironmentRef which, const RunningFunction& running,
       bool provisioned)
      : ref(which),
        definition(running.definition),
        function(running.id),
        version(running.version),
        revision(running.settings.revision),
        // The service tries again on demand only, and where one invocation runs at a time.
        retries_init(!provisioned && running.settings.concurrency == 1),
        initialization_type(provisioned ? "provisioned-concurrency" : "on-demand"),
        lines(definition->logging),
        filter(definition->logging),
        driver_(driver) {}

  void on_ready(sandbox::Environment&, Duration length) override {
    driver_.on_ready(*this, length);
  }
  void on_init_failed(sandbox::Environment&, const sandbox::Failure& why) override {
    driver_.on_init_failed(*this, why);
  }
  void on_result(sandbox::Environment&, runtime_api::InvocationResult&& result) override {
    driver_.on_result(*this, std::move(result));
  }
  void on_idle(sandbox::Environment&, const runtime_api::Idle&) override { driver_.on_idle(*this); }
  void on_stream_start(sandbox::Environment&, std::string_view content_type) override {
    driver_.on_stream_start(*this, content_type);
  }
  void on_stream_data(sandbox::Environment&, std::string_view piece) override {
    driver_.on_stream_data(*this, piece);
  }
  void on_lost(sandbox::Environment&, const sandbox::Failure& why) override {
    driver_.on_lost(*this, why);
  }
  void on_log(sandbox::Environment&, std::string_view bytes) override {
    driver_.on_log(*this, bytes);
  }

  const fleet::EnvironmentRef ref;
  const std::shared_ptr<const FunctionDefinition> definition;
  const fleet::FunctionId function;
  const std::string version;
  const std::uint64_t revision;
  const bool retries_init;
  const std::string_view initialization_type;  // a literal
  const runtime_api::PlatformLines lines;
  runtime_api::LevelFilter filter;
  std::unique_ptr<sandbox::Environment> environment;
  Init init = Init::kFirst;
  bool init_abandoned = false;  // the first init failed
  Time init_started;
  runtime_api::Invocation held;  // kAgain
  fleet::InvocationId current = fleet::kNoInvocation;
  fleet::InvocationId logging = fleet::kNoInvocation;  // whose START line is out
  std::optional<sandbox::Failure> failure;

 private:
  FleetDriver& driver_;
};

}  // namespace lambdarium::live
