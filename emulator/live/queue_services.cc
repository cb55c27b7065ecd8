#include "emulator/live/queue_services.h"

#include <fmt/format.h>

#include <utility>

#include "models/base/uuid.h"

namespace lambdarium::live {
namespace {

Error refused(const QueueDefinition& definition, const queues::QueueError& error) {
  return invalid_input(fmt::format("the queue '{}': {}", definition.name, error.message),
                       definition.where);
}

}  // namespace

QueueServices::QueueServices(http::EventLoop& loop, FleetDriver& fleet, AsyncFunctions& functions,
                             const aws::FunctionRegistry& registry,
                             const QueueServicesOptions& options)
    : loop_(loop),
      fleet_(fleet),
      functions_(functions),
      registry_(registry),
      ids_(options.seed, "event-source-ids") {}

Result<std::unique_ptr<QueueServices>> QueueServices::open(http::EventLoop& loop,
                                                           FleetDriver& fleet,
                                                           AsyncFunctions& functions,
                                                           const aws::FunctionRegistry& registry,
                                                           const QueueServicesOptions& options) {
  std::unique_ptr<QueueServices> services{
      new QueueServices{loop, fleet, functions, registry, options}};
  QueueDriverOptions driving;
  driving.data_folder = options.data_folder;
  driving.home = {registry.endpoint().region, registry.endpoint().account};
  // Message ids must not come again where receipts of an earlier run may be in use.
  driving.ids =
      RandomStream{options.seed ^ static_cast<std::uint64_t>(loop.unix_ns()), "queue-messages"};
  driving.log = options.log;
  LAM_TRY(services->driver_, QueueDriver::open(loop, std::move(driving)));
  services->sqs_ =
      std::make_unique<SqsServer>(*services->driver_, RandomStream{options.seed, "queue-requests"});
  const EventSourcePoller::Surroundings around{
      loop, *services->driver_,
      [of = services.get()](const aws::FunctionName& function, std::string payload,
                            UniqueFunction<void(Completion &&)> done) {
        return of->invoke(function, std::move(payload), std::move(done));
      },
      *options.log};
  services->sources_ = std::make_unique<EventSources>(
      around, registry,
      RandomStream{options.seed ^ static_cast<std::uint64_t>(loop.unix_ns()), "event-sources"});
  return services;
}

QueueServices::~QueueServices() = default;

http::Handler& QueueServices::front(http::Handler& lambda) {
  front_ = std::make_unique<ServiceFront>(lambda, *sqs_, *sources_);
  return *front_;
}

bool QueueServices::invoke(const aws::FunctionName& function, std::string payload,
                           UniqueFunction<void(Completion&&)> done) {
  const auto route = functions_.route(function.name, function.qualifier);
  if (!route) return false;
  Order order;
  order.function = route->function;
  order.request_id = make_uuid(ids_);
  order.arn = aws::qualified_arn(registry_.endpoint(), function);
  order.trace_id = make_trace_id(ids_, loop_.unix_ns() / 1'000'000'000);
  order.request_bytes = static_cast<std::int64_t>(payload.size());
  order.payload = std::move(payload);
  order.done = std::move(done);
  fleet_.submit(std::move(order));
  return true;
}

Status QueueServices::set_template(const std::vector<QueueDefinition>& definitions,
                                   const std::vector<EventSourceDefinition>& sources) {
  queues::QueueSet& all = driver_->queues();
  // First without their redrive policies, which may name a queue that stands further down.
  for (const bool with_redrive : {false, true}) {
    for (const QueueDefinition& definition : definitions) {
      queues::AttributeMap attributes = definition.attributes;
      const bool has_redrive = attributes.contains("RedrivePolicy");
      if (with_redrive && !has_redrive) continue;
      if (!with_redrive) attributes.erase("RedrivePolicy");
      queues::Effects effects;
      std::optional<queues::QueueError> error;
      if (const queues::QueueRecord* existing = all.find(definition.name)) {
        error = all.set_attributes(existing->id, attributes, driver_->now(), effects);
      } else {
        auto made =
            all.create(definition.name, attributes, definition.tags, driver_->now(), effects);
        if (auto* problem = std::get_if<queues::QueueError>(&made)) error = std::move(*problem);
      }
      driver_->finish(std::move(effects));
      if (error) return refused(definition, *error);
    }
  }
  std::vector<aws::EventSourceMapping> mappings;
  for (const EventSourceDefinition& source : sources) {
    aws::EventSourceMapping mapping;
    mapping.queue_arn = source.queue_arn;
    mapping.function.name = source.function;
    mapping.batch_size = source.batch_size;
    mapping.window_s = source.window_s;
    mapping.enabled = source.enabled;
    mapping.report_failures = source.report_failures;
    mapping.filters = source.filters;
    mapping.max_concurrency = source.max_concurrency;
    if (const auto filter = queues::EventFilter::parse(source.filters); !filter.ok()) {
      return invalid_input(
          fmt::format("the event of '{}': {}", source.function, filter.error().message),
          source.where);
    }
    mappings.push_back(std::move(mapping));
  }
  sources_->set_template(std::move(mappings));
  return {};
}

void QueueServices::start() {
  sources_->start();
}

void QueueServices::stop() {
  sqs_->stop();
  sources_->stop();
}

Status QueueServices::close() {
  return driver_->close();
}

}  // namespace lambdarium::live
