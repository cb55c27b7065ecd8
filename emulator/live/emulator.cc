#include "emulator/live/emulator.h"

#include <sys/sysinfo.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include <fmt/format.h>

#include "emulator/aws/control_plane.h"
#include "emulator/aws/function_storage.h"
#include "emulator/aws/function_urls.h"
#include "emulator/aws/provisioned_concurrency.h"
#include "emulator/live/async_invocations.h"
#include "emulator/live/aws_server.h"
#include "emulator/live/destination_queues.h"
#include "emulator/live/fleet_driver.h"
#include "emulator/live/function_logging.h"
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

Status Emulator::Impl::open() {
  std::error_code error;
  const std::filesystem::path data = std::filesystem::absolute(options.data_directory, error);
  options.data_directory = data.string();
  LAM_TRY(store, store::FunctionStore::open(data));
  LAM_TRY(const std::size_t unused, store->remove_unused_packages());
  if (unused > 0) {
    options.log->info("packages-removed", {{"count", fmt::to_string(unused)}});
  }
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
  box.memory_limit = options.memory_limit;
  box.freeze = options.freeze;
  LAM_TRY(sandbox, sandbox::Sandbox::create(loop, box));
  log_output = std::make_unique<LogOutput>(LogOutputOptions{
      options.data_directory + "/logs", options.terminal_logs, options.color, options.log});
  log = std::make_unique<PlatformLog>(loop, *log_output);

  FleetDriverOptions driving;
  driving.platform = options.platform;
  driving.ids = stream("log-streams");
  driving.record = record.get();
  driving.log = options.log;
  if (options.stream_pacing) driving.stream_pace.emplace();
  driver = std::make_unique<FleetDriver>(loop, *sandbox, functions, *log, driving);
  LAM_TRY_STATUS(open_async());
  storage = aws::make_function_storage(*store);
  control = std::make_unique<aws::ControlPlane>(
      registry, *storage, stream("revisions"),
      aws::ControlPlaneSettings{
          options.platform.account_concurrency.value_or(kAccountConcurrencyDefault)});
  control->set_fleet(this);
  urls = std::make_unique<aws::FunctionUrls>(registry, *storage, stream("function-urls"));
  registry.set_listener(this);
  return {};
}

// Asynchronous events leave half of the concurrency to those who wait for their answers, and are
// not all taken out of their line long before there is an environment for them.
fleet::AsyncRules Emulator::Impl::async_rules() const {
  fleet::AsyncRules rules;
  rules.time_scale = options.time_scale;
  const std::int64_t account =
      options.platform.account_concurrency.value_or(kAccountConcurrencyDefault);
  const std::int64_t environments = options.platform.max_environments.value_or(account);
  rules.attempts_max = std::max<std::int64_t>(1, std::min(2 * environments, account / 2));
  return rules;
}

Status Emulator::Impl::open_async() {
  AsyncOptions asynchronous;
  asynchronous.data_folder = options.data_directory;
  asynchronous.rules = async_rules();
  asynchronous.ids = stream("async-ids");
  asynchronous.log = options.log;
  registered = std::make_unique<RegisteredFunctions>(registry, functions, stream("async-routing"));
  LAM_TRY(async, AsyncInvocations::open(loop, *driver, *registered, std::move(asynchronous)));
  LAM_TRY(queues, QueueServices::open(loop, *driver, *registered, registry,
                                      {options.data_directory, options.seed, options.log}));
  queue_destinations = std::make_unique<QueuesAsDestinations>(queues->driver());
  async->set_queues(queue_destinations.get());
  return {};
}

// What the API made earlier, then the template's: a template's function replaces one of the same
// name.
Status Emulator::Impl::add_functions() {
  LAM_TRY(auto stored, store->list());
  for (store::StoredFunction& function : stored) {
    if (function.version != "$LATEST") continue;
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
  template_functions =
      std::make_unique<TemplateFunctions>(loop, registry, apis, stream("template-revisions"));
  LAM_TRY_STATUS(template_functions->set(options.functions, options.apis));
  LAM_TRY_STATUS(add_versions(stored));
  return queues->set_template(options.queues, options.event_sources);
}

// Versions and what else belongs to the functions that are there. Those of a template's function
// stay too, as they would after another deployment of it.
Status Emulator::Impl::add_versions(std::vector<store::StoredFunction>& stored) {
  LAM_TRY(const auto numberings, store->numberings());
  for (const store::VersionNumbering& numbering : numberings) registry.load(numbering);
  LAM_TRY(const auto items, store->items());
  for (const store::FunctionItem& item : items) {
    registry.load(item);
    urls->load(item);
  }
  urls->set_template(options.urls, loop.unix_ns() / 1'000'000);
  for (store::StoredFunction& function : stored) {
    const bool version = function.version != "$LATEST";
    if (!version || registry.find(function.definition.name) == nullptr) continue;
    registry.put(std::move(function), aws::FunctionChange::kCreated);
  }
  return {};
}

Status Emulator::Impl::listen_all() {
  aws_handler = std::make_unique<AwsServer>(loop, registry, *control, *urls, functions, *driver,
                                            *async, stream("invoke-ids"), stream("alias-routing"));
  url_front = std::make_unique<FunctionUrlFront>(loop, *urls, registry, functions, *driver,
                                                 stream("function-url-ids"), stream("url-routing"));
  gateway_handler = std::make_unique<GatewayServer>(loop, apis, functions, *driver, options.account,
                                                    stream("gateway-ids"));
  gateway_handler->set_urls(url_front.get());
  pool_handler = std::make_unique<PoolServer>();
  api_front = std::make_unique<GuardedFront>(queues->front(*aws_handler),
                                             HostCheck{options.host, options.allowed_hosts});
  api_server = std::make_unique<http::Server>(loop, *api_front, public_front());
  http_server = std::make_unique<http::Server>(loop, *gateway_handler, public_front());
  gpu_server = std::make_unique<http::Server>(loop, *pool_handler, public_front());
  LAM_TRY(http_port, listen(*http_server, options.host, options.http_port, "--http-port"));
  urls->set_address([this](std::string_view id) {
    return gateway::function_url_text(id, options.region, http_port);
  });
  LAM_TRY(api_port, listen(*api_server, options.host, options.api_port, "--api-port"));
  LAM_TRY(gpu_port, listen(*gpu_server, options.host, options.gpu_port, "--gpu-port"));
  return {};
}

void Emulator::Impl::function_put(const store::StoredFunction& function,
                                  aws::FunctionChange change) {
  if (change == aws::FunctionChange::kTags) return;
  const bool recycle =
      change == aws::FunctionChange::kCode || change == aws::FunctionChange::kConfiguration;
  FunctionDefinition definition = function.definition;
  definition.logging = logging_of(function.settings, definition.logging);
  driver->function_changed(functions.put(
      definition, {.version = function.version,
                   .recycle = recycle,
                   .provisioned = provisioned_for(function.definition.name, function.version)}));
  async->function_changed(function.definition.name);
}

// What the API configured, or the configuration file for $LATEST.
std::int64_t Emulator::Impl::provisioned_for(std::string_view name,
                                             std::string_view version) const {
  if (version != "$LATEST") return registry.resources(name).provisioned_for(version);
  const auto found = options.provisioned.find(name);
  return found == options.provisioned.end() ? 0 : found->second;
}

aws::ProvisionedEnvironments Emulator::Impl::provisioned(std::string_view name,
                                                         std::string_view version) const {
  const RunningFunction* function = functions.find(name, version);
  if (function == nullptr) return {};
  const fleet::ProvisionedCount count = driver->fleet().provisioned(function->id);
  return {.starting = count.starting, .ready = count.ready};
}

void Emulator::Impl::provisioned_changed(std::string_view name) {
  for (const RunningFunction* function : functions.versions(name)) {
    const std::int64_t wanted = provisioned_for(name, function->version);
    if (wanted == function->settings.provisioned_concurrency) continue;
    driver->function_changed(*functions.set_provisioned(name, function->version, wanted));
  }
}

void Emulator::Impl::function_removed(std::string_view name) {
  urls->function_removed(name);
  for (const RunningFunction* function : functions.versions(name)) {
    driver->function_changed(*functions.remove(name, function->version));
  }
  async->function_changed(name);
}

void Emulator::Impl::version_removed(std::string_view name, std::string_view version) {
  const RunningFunction* function = functions.remove(name, version);
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
  impl->async->recover();
  impl->queues->start();
  return std::unique_ptr<Emulator>{new Emulator{std::move(impl)}};
}

Status Emulator::set_template(std::vector<FunctionDefinition> functions,
                              std::vector<HttpApiDefinition> apis) {
  return impl_->template_functions->set(std::move(functions), std::move(apis));
}

Status Emulator::set_queues(const std::vector<QueueDefinition>& queues,
                            const std::vector<EventSourceDefinition>& event_sources) {
  return impl_->queues->set_template(queues, event_sources);
}

void Emulator::code_changed(std::string_view function) {
  const store::StoredFunction* known = impl_->registry.find(function);
  if (known == nullptr) return;
  impl_->sandbox->forget_compiled(known->definition.code_directory);
  impl_->function_put(*known, aws::FunctionChange::kCode);
}

void Emulator::set_urls(std::vector<FunctionUrlDefinition> urls) {
  impl_->urls->set_template(std::move(urls), impl_->loop.unix_ns() / 1'000'000);
}

std::vector<std::pair<std::string, std::string>> Emulator::function_urls() const {
  std::vector<std::pair<std::string, std::string>> shown;
  for (const auto& [key, url] : impl_->urls->all()) {
    const std::string name = key.second.empty() ? key.first : key.first + ":" + key.second;
    shown.emplace_back(name, impl_->urls->text_of(url));
  }
  return shown;
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
  impl_->queues->stop();
  for (http::Server* server :
       {impl_->http_server.get(), impl_->api_server.get(), impl_->gpu_server.get()}) {
    server->close(grace, [impl = impl_.get(), shared] {
      if (--impl->closing > 0) return;
      impl->driver->shut_down();
      Status stored = impl->async->close();
      if (Status closed = impl->queues->close(); stored.ok()) stored = std::move(closed);
      const Status recorded = impl->complete_record();
      (*shared)(recorded.ok() ? stored : recorded);
    });
  }
}

}  // namespace lambdarium::live
