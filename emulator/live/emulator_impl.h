// What an emulator owns, in the order in which it is made: private to emulator.cc and
// emulator_start.cc.

#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "emulator/aws/control_plane.h"
#include "emulator/aws/function_storage.h"
#include "emulator/aws/function_urls.h"
#include "emulator/aws/provisioned_concurrency.h"
#include "emulator/live/async_invocations.h"
#include "emulator/live/aws_server.h"
#include "emulator/live/destination_queues.h"
#include "emulator/live/emulator.h"
#include "emulator/live/fleet_driver.h"
#include "emulator/live/function_url_front.h"
#include "emulator/live/gateway_server.h"
#include "emulator/live/host_check.h"
#include "emulator/live/log_output.h"
#include "emulator/live/platform_log.h"
#include "emulator/live/pool_server.h"
#include "emulator/live/queue_services.h"
#include "emulator/live/registered_functions.h"
#include "emulator/live/template_functions.h"
#include "emulator/store/function_store.h"
#include "emulator/store/run_store.h"
#include "models/billing/catalogue.h"
#include "runtime-api/http/server.h"
#include "runtime-api/sandbox/sandbox.h"

namespace lambdarium::live {

struct Emulator::Impl : aws::RegistryListener, aws::ProvisionedFleet {
  Impl(http::EventLoop& l, EmulatorOptions o)
      : loop(l),
        options(std::move(o)),
        functions(options.region, options.account),
        registry({options.region, options.account}),
        apis(options.region) {}
  ~Impl() override { registry.set_listener(nullptr); }

  Status open();
  Status add_functions();
  Status add_versions(std::vector<store::StoredFunction>& stored);
  Status listen_all();
  fleet::AsyncRules async_rules() const;
  Status open_async();
  Status complete_record();
  RandomStream stream(std::string_view name) const { return {options.seed, name}; }

  // aws::RegistryListener
  void function_put(const store::StoredFunction& function, aws::FunctionChange change) override;
  void function_removed(std::string_view name) override;
  void version_removed(std::string_view name, std::string_view version) override;
  void provisioned_changed(std::string_view name) override;
  // aws::ProvisionedFleet
  aws::ProvisionedEnvironments provisioned(std::string_view name,
                                           std::string_view version) const override;
  std::int64_t provisioned_for(std::string_view name, std::string_view version) const;

  http::EventLoop& loop;
  EmulatorOptions options;
  std::unique_ptr<store::FunctionStore> store;
  std::unique_ptr<store::RunWriter> record;
  std::unique_ptr<sandbox::Sandbox> sandbox;
  std::unique_ptr<LogOutput> log_output;
  std::unique_ptr<PlatformLog> log;
  FunctionTable functions;
  std::unique_ptr<FleetDriver> driver;
  aws::FunctionRegistry registry;
  std::unique_ptr<RegisteredFunctions> registered;
  std::unique_ptr<QueueServices> queues;
  std::unique_ptr<QueuesAsDestinations> queue_destinations;
  std::unique_ptr<AsyncInvocations> async;
  std::unique_ptr<aws::FunctionStorage> storage;
  std::unique_ptr<aws::ControlPlane> control;
  std::unique_ptr<aws::FunctionUrls> urls;
  gateway::ApiTable apis;
  std::unique_ptr<TemplateFunctions> template_functions;
  std::unique_ptr<AwsServer> aws_handler;
  std::unique_ptr<FunctionUrlFront> url_front;
  std::unique_ptr<GatewayServer> gateway_handler;
  std::unique_ptr<PoolServer> pool_handler;
  std::unique_ptr<GuardedFront> api_front;
  std::unique_ptr<http::Server> api_server;
  std::unique_ptr<http::Server> http_server;
  std::unique_ptr<http::Server> gpu_server;
  int http_port = 0;
  int api_port = 0;
  int gpu_port = 0;
  int closing = 0;
};

}  // namespace lambdarium::live
