#include "emulator/live/emulator.h"

#include <sys/sysinfo.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include <fmt/format.h>

#include "emulator/aws/control_plane.h"
#include "emulator/aws/function_storage.h"
#include "emulator/live/async_invocations.h"
#include "emulator/live/aws_server.h"
#include "emulator/live/fleet_driver.h"
#include "emulator/live/gateway_server.h"
#include "emulator/live/log_output.h"
#include "emulator/live/platform_log.h"
#include "emulator/live/pool_server.h"
#include "emulator/store/function_store.h"
#include "emulator/store/run_store.h"
#include "models/base/uuid.h"
#include "models/billing/catalogue.h"
#include "runtime-api/http/server.h"
#include "runtime-api/sandbox/sandbox.h"

namespace lambdarium::live {
namespace {

// A port that could not be had, with the option that changes it.
Result<int> listen(http::Server& server, const std::string& host, int port,
                   std::string_view option) {
  Result<int> bound = server.listen(host, port);
  if (bound.ok()) return bound;
  Error error = std::move(bound).error();
  error.message += fmt::format("; choose another with {} (0 = any free one)", option);
  return error;
}

http::ServerOptions public_front() {
  http::ServerOptions options;
  options.header_bytes_max =
      64u << 10;  // the gateway's own, smaller limit has an answer of its own
  return options;
}

}  // namespace

std::int64_t default_max_environments() {
  struct sysinfo info = {};
  std::int64_t by_memory = 16;
  if (::sysinfo(&info) == 0) {
    const auto bytes = static_cast<std::int64_t>(info.totalram) * info.mem_unit;
    by_memory = bytes / 2 / (std::int64_t{64} << 20);
  }
  const std::int64_t by_cores = 32 * std::max<std::int64_t>(1, ::sysconf(_SC_NPROCESSORS_ONLN));
  return std::clamp<std::int64_t>(std::min(by_memory, by_cores), 4, 1000);
}

struct Emulator::Impl : aws::RegistryListener {
  Impl(http::EventLoop& l, EmulatorOptions o)
      : loop(l),
        options(std::move(o)),
        functions(options.region, options.account),
        registry({options.region, options.account}),
        apis(options.region) {}
  ~Impl() override { registry.set_listener(nullptr); }

  Status open();
  Status add_functions();
  Status listen_all();
  Status complete_record();
  RandomStream stream(std::string_view name) const { return {options.seed, name}; }

  // aws::RegistryListener
  void function_put(const store::StoredFunction& function, aws::FunctionChange change) override;
  void function_removed(std::string_view name) override;

  http::EventLoop& loop;
  EmulatorOptions options;
  std::unique_ptr<store::FunctionStore> store;
  std::unique_ptr<store::RunWriter> record;
  std::unique_ptr<sandbox::Sandbox> sandbox;
  std::unique_ptr<LogOutput> log_output;
  std::unique_ptr<PlatformLog> log;
  FunctionTable functions;
  std::unique_ptr<FleetDriver> driver;
  std::unique_ptr<AsyncInvocations> async;
  aws::FunctionRegistry registry;
  std::unique_ptr<aws::FunctionStorage> storage;
  std::unique_ptr<aws::ControlPlane> control;
  gateway::ApiTable apis;
  std::unique_ptr<AwsServer> aws_handler;
  std::unique_ptr<GatewayServer> gateway_handler;
  std::unique_ptr<PoolServer> pool_handler;
  std::unique_ptr<http::Server> api_server;
  std::unique_ptr<http::Server> http_server;
  std::unique_ptr<http::Server> gpu_server;
  int http_port = 0;
  int api_port = 0;
  int gpu_port = 0;
  int closing = 0;
};

Status Emulator::Impl::open() {
  std::error_code error;
  const std::filesystem::path data = std::filesystem::absolute(options.data_directory, error);
  options.data_directory = data.string();
  LAM_TRY(store, store::FunctionStore::open(data));
  if (options.catalogue == nullptr) {
    LAM_TRY(auto built_in, billing::Catalogue::built_in("aws-us-east-1"));
    options.catalogue = std::make_shared<const billing::Catalogue>(std::move(built_in));
  }
  if (!options.record.empty()) {
    store::RunWriterOptions background;
    background.mode = store::RunWriterOptions::Mode::kBackground;
    LAM_TRY(record, store::RunWriter::create(options.record, background));
    record->meta("kind", "emulator");
    record->meta("config", options.config);
    record->meta("started_unix_ns", fmt::to_string(loop.unix_ns()));
    record->meta("seed", fmt::to_string(options.seed));
  }
  sandbox::SandboxOptions box;
  box.data_directory = options.data_directory;
  box.region = options.region;
  box.account = options.account;
  box.log = options.log;
  LAM_TRY(sandbox, sandbox::Sandbox::create(loop, box));
  log_output = std::make_unique<LogOutput>(LogOutputOptions{
      options.data_directory + "/logs", options.terminal_logs, options.color, options.log});
  log = std::make_unique<PlatformLog>(loop, *log_output);

  FleetDriverOptions driving;
  driving.platform = options.platform;
  driving.ids = stream("log-streams");
  driving.record = record.get();
  driving.log = options.log;
  driver = std::make_unique<FleetDriver>(loop, *sandbox, functions, *log, driving);
  async = std::make_unique<AsyncInvocations>(loop, *driver, *options.log, options.time_scale);
  storage = aws::make_function_storage(*store);
  control = std::make_unique<aws::ControlPlane>(
      registry, *storage, stream("revisions"),
      aws::ControlPlaneSettings{
          options.platform.account_concurrency.value_or(kAccountConcurrencyDefault)});
  registry.set_listener(this);
  return {};
}

// What the API made earlier, then the template's: a template's function replaces one of the same
// name.
Status Emulator::Impl::add_functions() {
  LAM_TRY(auto stored, store->list());
  for (store::StoredFunction& function : stored) {
    if (function.origin != store::FunctionOrigin::kApi) continue;
    const auto same = std::find_if(
        options.functions.begin(), options.functions.end(),
        [&](const FunctionDefinition& d) { return d.name == function.definition.name; });
    if (same != options.functions.end()) {
      options.log->info("template-function-hides-stored", {{"function", same->name}});
      continue;
    }
    registry.put(std::move(function), aws::FunctionChange::kCreated);
  }
  RandomStream ids = stream("template-revisions");
  for (const FunctionDefinition& definition : options.functions) {
    registry.put(
        aws::make_template_function(definition, make_uuid(ids), loop.unix_ns() / 1'000'000),
        aws::FunctionChange::kCreated);
  }
  for (const HttpApiDefinition& api : options.apis) {
    LAM_TRY_STATUS(apis.add(api));
  }
  return {};
}

Status Emulator::Impl::listen_all() {
  aws_handler = std::make_unique<AwsServer>(loop, registry, *control, functions, *driver, *async,
                                            stream("invoke-ids"));
  gateway_handler = std::make_unique<GatewayServer>(loop, apis, functions, *driver, options.account,
                                                    stream("gateway-ids"));
  pool_handler = std::make_unique<PoolServer>();
  api_server = std::make_unique<http::Server>(loop, *aws_handler, public_front());
  http_server = std::make_unique<http::Server>(loop, *gateway_handler, public_front());
  gpu_server = std::make_unique<http::Server>(loop, *pool_handler, public_front());
  LAM_TRY(http_port, listen(*http_server, options.host, options.http_port, "--http-port"));
  LAM_TRY(api_port, listen(*api_server, options.host, options.api_port, "--api-port"));
  LAM_TRY(gpu_port, listen(*gpu_server, options.host, options.gpu_port, "--gpu-port"));
  return {};
}

void Emulator::Impl::function_put(const store::StoredFunction& function,
                                  aws::FunctionChange change) {
  if (change == aws::FunctionChange::kTags) return;
  const bool recycle =
      change == aws::FunctionChange::kCode || change == aws::FunctionChange::kConfiguration;
  const auto provisioned = options.provisioned.find(function.definition.name);
  driver->function_changed(
      functions.put(function.definition, recycle,
                    provisioned == options.provisioned.end() ? 0 : provisioned->second));
}

void Emulator::Impl::function_removed(std::string_view name) {
  const RunningFunction* function = functions.remove(name);
  if (function != nullptr) driver->function_changed(*function);
}

Status Emulator::Impl::complete_record() {
  if (record == nullptr) return {};
  const auto bill = driver->meter().bill(*options.catalogue, options.billing);
  if (bill.ok()) {
    for (const billing::BillLine& line : bill->lines) {
      record->meter({line.meter, line.quantity.to_string(), line.unit,
                     line.unit_price.to_string(15), line.amount.to_string(15)});
    }
  }
  return record->finish();
}

Emulator::Emulator(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Emulator::~Emulator() = default;

Result<std::unique_ptr<Emulator>> Emulator::start(http::EventLoop& loop, EmulatorOptions options) {
  auto impl = std::make_unique<Impl>(loop, std::move(options));
  LAM_TRY_STATUS(impl->open());
  LAM_TRY_STATUS(impl->add_functions());
  LAM_TRY_STATUS(impl->listen_all());
  return std::unique_ptr<Emulator>{new Emulator{std::move(impl)}};
}

int Emulator::http_port() const {
  return impl_->http_port;
}
int Emulator::api_port() const {
  return impl_->api_port;
}
int Emulator::gpu_port() const {
  return impl_->gpu_port;
}

Emulator::Totals Emulator::totals() const {
  Totals totals;
  totals.invocations = impl_->driver->charged();
  totals.throttled = impl_->driver->rejected();
  totals.cold_starts = impl_->driver->cold_starts();
  if (auto bill = impl_->driver->meter().bill(*impl_->options.catalogue, impl_->options.billing);
      bill.ok()) {
    totals.bill = std::move(*bill);
  }
  return totals;
}

void Emulator::shut_down(Duration grace, UniqueFunction<void(Status)> done) {
  const auto shared = std::make_shared<UniqueFunction<void(Status)>>(std::move(done));
  impl_->closing = 3;
  for (http::Server* server :
       {impl_->http_server.get(), impl_->api_server.get(), impl_->gpu_server.get()}) {
    server->close(grace, [impl = impl_.get(), shared] {
      if (--impl->closing > 0) return;
      impl->driver->shut_down();
      (*shared)(impl->complete_record());
    });
  }
}

}  // namespace lambdarium::live
