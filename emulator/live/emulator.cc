#include "emulator/live/emulator.h"

#include <fmt/format.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "emulator/live/emulator_impl.h"
#include "emulator/live/function_logging.h"

namespace lambdarium::live {

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
