// The start of an emulator: its state is opened, its functions are put in place, its ports listen.

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "emulator/live/emulator_impl.h"
#include "models/billing/catalogue.h"

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
  log_output = std::make_unique<LogOutput>(
      LogOutputOptions{options.data_directory + "/logs", options.terminal_logs, options.color});
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

}  // namespace lambdarium::live
