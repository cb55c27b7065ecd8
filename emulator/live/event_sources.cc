#include "emulator/live/event_sources.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "emulator/aws/resource_arn.h"
#include "models/base/uuid.h"

namespace lambdarium::live {
namespace {

using aws::AwsError;
using aws::EventSourceMapping;

constexpr std::int64_t kPageMappings = 100;
constexpr std::int64_t kMaxItemsMax = 10'000;

AwsError no_such_mapping() {
  return aws::resource_not_found("The resource you requested does not exist.");
}

}  // namespace

EventSources::EventSources(const EventSourcePoller::Surroundings& around,
                           const aws::FunctionRegistry& registry, RandomStream ids)
    : around_(around), registry_(registry), ids_(ids) {
  around_.queues.set_on_created([this] { poll_all(); });
}

EventSources::~EventSources() {
  *alive_ = false;
  around_.queues.set_on_created({});
  stop();
}

bool EventSources::serves(const aws::RoutedRequest& routed) {
  return routed.operation == aws::Operation::kEventSourceMapping;
}

std::int64_t EventSources::unix_ms() const {
  return around_.loop.unix_ns() / 1'000'000;
}

void EventSources::handle(const aws::RoutedRequest& routed, const HttpRequest& request,
                          http::Responder responder) {
  if (routed.name == "CreateEventSourceMapping") {
    create(request, std::move(responder));
  } else if (routed.name == "ListEventSourceMappings") {
    list(request, std::move(responder));
  } else if (routed.name == "UpdateEventSourceMapping") {
    update(routed.resource, request, std::move(responder));
  } else if (routed.name == "DeleteEventSourceMapping") {
    remove(routed.resource, std::move(responder));
  } else {
    const auto found = mappings_.find(routed.resource);
    if (found == mappings_.end()) return fail(no_such_mapping(), std::move(responder));
    const EventSourceMapping& settings = found->second.settings;
    answer(200,
           aws::mapping_json(settings, registry_.endpoint(),
                             settings.enabled ? "Enabled" : "Disabled"),
           std::move(responder));
  }
}

// --- the pollers

void EventSources::start() {
  for (store::MappingChange& stored : around_.queues.take_stored_mappings()) {
    if (!stored.document) continue;
    auto mapping = aws::read_mapping_document(stored.uuid, *stored.document);
    if (!mapping.ok()) {
      around_.log.error("event-source-mapping-ignored", {{"error", mapping.error().message}});
      continue;
    }
    const bool declared =
        std::any_of(mappings_.begin(), mappings_.end(), [&mapping](const auto& item) {
          return item.second.settings.queue_arn == mapping->queue_arn &&
                 item.second.settings.function == mapping->function;
        });
    if (!declared) put(*std::move(mapping), false);
  }
}

void EventSources::set_template(std::vector<EventSourceMapping> mappings) {
  const auto same = [](const EventSourceMapping& a, const EventSourceMapping& b) {
    return a.queue_arn == b.queue_arn && a.function == b.function;
  };
  for (auto it = mappings_.begin(); it != mappings_.end();) {
    const bool kept = !it->second.of_template ||
                      std::any_of(mappings.begin(), mappings.end(),
                                  [&](const auto& m) { return same(m, it->second.settings); });
    if (!kept && it->second.poller != nullptr) it->second.poller->stop();
    it = kept ? std::next(it) : mappings_.erase(it);
  }
  for (EventSourceMapping& mapping : mappings) {
    const auto known = std::find_if(mappings_.begin(), mappings_.end(), [&](const auto& item) {
      return same(mapping, item.second.settings);
    });
    mapping.uuid = known != mappings_.end() ? known->first : make_uuid(ids_);
    mapping.modified_ms = unix_ms();
    put(std::move(mapping), true);
  }
}

void EventSources::put(EventSourceMapping settings, bool of_template) {
  Mapping& mapping = mappings_[settings.uuid];
  if (mapping.poller != nullptr) mapping.poller->stop();
  mapping.poller = nullptr;
  mapping.settings = std::move(settings);
  mapping.of_template = of_template;
  if (!mapping.settings.enabled || stopped_) return;
  mapping.poller = std::make_shared<EventSourcePoller>(around_, mapping.settings);
  mapping.poller->poll();
}

void EventSources::poll_all() {
  for (auto& [uuid, mapping] : mappings_) {
    if (mapping.poller != nullptr) mapping.poller->poll();
  }
}

void EventSources::stop() {
  if (std::exchange(stopped_, true)) return;
  for (auto& [uuid, mapping] : mappings_) {
    if (mapping.poller != nullptr) mapping.poller->stop();
  }
}

// --- the operations

EventSources::Problem EventSources::set_function(EventSourceMapping& mapping,
                                                 const std::string& text,
                                                 const HttpRequest& request) const {
  auto parsed =
      aws::parse_function_name(text, {}, registry_.endpoint(), aws::credential_region(request));
  if (auto* error = std::get_if<AwsError>(&parsed)) return std::move(*error);
  auto& name = std::get<aws::FunctionName>(parsed);
  if (std::holds_alternative<AwsError>(registry_.resolve(name))) {
    return aws::invalid_parameter("Function does not exist");
  }
  mapping.function = std::move(name);
  return std::nullopt;
}

// What depends on the queue and the function.
EventSources::Problem EventSources::check(const EventSourceMapping& mapping) const {
  const queues::QueueRecord* queue = around_.queues.queues().find_by_arn(mapping.queue_arn);
  if (queue == nullptr) {
    return aws::invalid_parameter(
        "Error occurred while ReceiveMessage. SQS Error Code: "
        "AWS.SimpleQueueService.NonExistentQueue. SQS Error Message: The specified queue does not "
        "exist.");
  }
  const auto resolved = registry_.resolve(mapping.function);
  if (const auto* function = std::get_if<const store::StoredFunction*>(&resolved)) {
    const std::int64_t timeout = (*function)->definition.timeout_s;
    if (queue->settings.visibility_s < timeout) {
      return aws::invalid_parameter(
          fmt::format("Queue visibility timeout: {} seconds is less than Function timeout: {} "
                      "seconds",
                      queue->settings.visibility_s, timeout));
    }
  }
  for (const auto& [uuid, other] : mappings_) {
    if (uuid == mapping.uuid || other.settings.queue_arn != mapping.queue_arn ||
        !(other.settings.function == mapping.function)) {
      continue;
    }
    return aws::resource_conflict(
        fmt::format("An event source mapping with SQS arn (\" {} \") and function (\" {} \") "
                    "already exists. Please update or delete the existing mapping with UUID {}",
                    mapping.queue_arn, mapping.function.name, uuid));
  }
  return std::nullopt;
}

void EventSources::create(const HttpRequest& request, http::Responder responder) {
  auto read = aws::read_mapping_patch(request.body);
  if (const auto* error = std::get_if<AwsError>(&read)) return fail(*error, std::move(responder));
  const auto& patch = std::get<aws::MappingPatch>(read);
  EventSourceMapping mapping;
  if (!patch.function) {
    return fail(aws::validation_error("null", "functionName", "Member must not be null"),
                std::move(responder));
  }
  if (!patch.queue_arn) {
    return fail(aws::invalid_parameter("Unrecognized event source."), std::move(responder));
  }
  mapping.queue_arn = *patch.queue_arn;
  if (mapping.queue_arn.find(":sqs:") == std::string::npos) {
    return fail(aws::invalid_parameter(
                    fmt::format("Unrecognized event source. This emulator reads SQS queues; {} is "
                                "none.",
                                mapping.queue_arn.substr(0, 256))),
                std::move(responder));
  }
  Problem problem = set_function(mapping, *patch.function, request);
  if (!problem) problem = aws::apply_patch(mapping, patch);
  if (!problem) problem = check(mapping);
  if (problem) return fail(*problem, std::move(responder));
  mapping.uuid = make_uuid(ids_);
  mapping.modified_ms = unix_ms();
  put(mapping, false);
  store(mapping, "Creating", std::move(responder));
}

void EventSources::update(const std::string& uuid, const HttpRequest& request,
                          http::Responder responder) {
  const auto found = mappings_.find(uuid);
  if (found == mappings_.end()) return fail(no_such_mapping(), std::move(responder));
  auto read = aws::read_mapping_patch(request.body);
  if (const auto* error = std::get_if<AwsError>(&read)) return fail(*error, std::move(responder));
  const auto& patch = std::get<aws::MappingPatch>(read);
  EventSourceMapping mapping = found->second.settings;
  Problem problem;
  if (patch.function) problem = set_function(mapping, *patch.function, request);
  if (!problem) problem = aws::apply_patch(mapping, patch);
  if (!problem) problem = check(mapping);
  if (problem) return fail(*problem, std::move(responder));
  const bool switched = mapping.enabled != found->second.settings.enabled;
  mapping.modified_ms = unix_ms();
  put(mapping, found->second.of_template);
  store(mapping,
        !switched         ? "Updating"
        : mapping.enabled ? "Enabling"
                          : "Disabling",
        std::move(responder));
}

// A template's mapping is made again by the template.
void EventSources::store(const EventSourceMapping& settings, std::string_view state,
                         http::Responder responder) {
  std::string body = aws::mapping_json(settings, registry_.endpoint(), state);
  if (mappings_.at(settings.uuid).of_template) {
    return answer(202, std::move(body), std::move(responder));
  }
  around_.queues.put_mapping(
      {settings.uuid, aws::mapping_document(settings)},
      [this, alive = alive_, body = std::move(body),
       responder = std::move(responder)](const Status& status) mutable {
        if (!*alive) return;
        if (status.ok()) return answer(202, std::move(body), std::move(responder));
        fail(aws::service_error("The mapping could not be stored; the emulator's log says why."),
             std::move(responder));
      });
}

void EventSources::remove(const std::string& uuid, http::Responder responder) {
  const auto found = mappings_.find(uuid);
  if (found == mappings_.end()) return fail(no_such_mapping(), std::move(responder));
  std::string body = aws::mapping_json(found->second.settings, registry_.endpoint(), "Deleting");
  if (found->second.poller != nullptr) found->second.poller->stop();
  mappings_.erase(found);
  around_.queues.put_mapping(
      {uuid, std::nullopt}, [this, alive = alive_, body = std::move(body),
                             responder = std::move(responder)](const Status& status) mutable {
        if (!*alive) return;
        if (status.ok()) return answer(202, std::move(body), std::move(responder));
        fail(aws::service_error("The change could not be stored; the emulator's log says why."),
             std::move(responder));
      });
}

void EventSources::list(const HttpRequest& request, http::Responder responder) {
  const auto arn = aws::query_value(request.query(), "EventSourceArn");
  const auto function = aws::query_value(request.query(), "FunctionName");
  const auto marker = aws::query_value(request.query(), "Marker").value_or("");
  std::int64_t limit = kPageMappings;
  if (const auto text = aws::query_value(request.query(), "MaxItems"); text && !text->empty()) {
    const auto [end, problem] = std::from_chars(text->data(), text->data() + text->size(), limit);
    if (problem != std::errc{} || end != text->data() + text->size() || limit < 1 ||
        limit > kMaxItemsMax) {
      return fail(
          aws::validation_error(*text, "maxItems", "Member must have value between 1 and 10000"),
          std::move(responder));
    }
    limit = std::min(limit, kPageMappings);
  }
  EventSourceMapping wanted;
  if (function && !function->empty()) {
    auto parsed = aws::parse_function_name(*function, {}, registry_.endpoint(),
                                           aws::credential_region(request));
    if (const auto* error = std::get_if<AwsError>(&parsed)) {
      return fail(*error, std::move(responder));
    }
    wanted.function = std::get<aws::FunctionName>(std::move(parsed));
  }
  std::string body = R"({"EventSourceMappings":[)";
  std::int64_t count = 0;
  std::string last;
  for (auto it = mappings_.upper_bound(marker); it != mappings_.end(); ++it) {
    const EventSourceMapping& settings = it->second.settings;
    if (arn && !arn->empty() && settings.queue_arn != *arn) continue;
    if (!wanted.function.name.empty() && !(settings.function == wanted.function)) continue;
    if (count == limit) {
      body += fmt::format(R"(],"NextMarker":"{}"}})", last);
      return answer(200, std::move(body), std::move(responder));
    }
    if (count++ > 0) body += ',';
    body += aws::mapping_json(settings, registry_.endpoint(),
                              settings.enabled ? "Enabled" : "Disabled");
    last = it->first;
  }
  answer(200, body + "]}", std::move(responder));
}

void EventSources::answer(int status, std::string body, http::Responder responder) {
  responder.send(aws::make_answer(status, std::move(body), make_uuid(ids_)));
}

void EventSources::fail(const AwsError& error, http::Responder responder) {
  responder.send(aws::to_response(error, make_uuid(ids_)));
}

}  // namespace lambdarium::live
