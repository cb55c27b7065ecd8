// AWS::SQS::Queue, and what reads one: events of type SQS, AWS::Lambda::EventSourceMapping.

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "emulator/queues/attributes.h"
#include "emulator/queues/event_filter.h"
#include "emulator/templates/loader.h"
#include "emulator/templates/schema.h"
#include "models/base/encoding.h"

namespace lambdarium::templates {
namespace {

using namespace std::string_view_literals;

constexpr std::array kQueue{"QueueName"sv,
                            "DelaySeconds"sv,
                            "MaximumMessageSize"sv,
                            "MessageRetentionPeriod"sv,
                            "ReceiveMessageWaitTimeSeconds"sv,
                            "VisibilityTimeout"sv,
                            "RedrivePolicy"sv,
                            "RedriveAllowPolicy"sv,
                            "FifoQueue"sv,
                            "ContentBasedDeduplication"sv,
                            "DeduplicationScope"sv,
                            "FifoThroughputLimit"sv,
                            "KmsMasterKeyId"sv,
                            "KmsDataKeyReusePeriodSeconds"sv,
                            "SqsManagedSseEnabled"sv,
                            "Tags"sv};
constexpr std::array kQueueEvent{"Queue"sv,
                                 "BatchSize"sv,
                                 "Enabled"sv,
                                 "FilterCriteria"sv,
                                 "FunctionResponseTypes"sv,
                                 "MaximumBatchingWindowInSeconds"sv,
                                 "ScalingConfig"sv,
                                 "MetricsConfig"sv,
                                 "ProvisionedPollerConfig"sv,
                                 "KmsKeyArn"sv};

// Scalars become texts, which is how the queues take numbers, too.
void append_json(std::string& out, const Node& node) {
  if (node.is_map()) {
    out += '{';
    for (const Field& field : node.fields) {
      if (out.back() != '{') out += ',';
      append_json_string(out, field.key);
      out += ':';
      append_json(out, *field.value);
    }
    out += '}';
  } else if (node.is_list()) {
    out += '[';
    for (const NodePtr& item : node.items) {
      if (out.back() != '[') out += ',';
      append_json(out, *item);
    }
    out += ']';
  } else {
    append_json_string(out, node.is_scalar() ? scalar_value(node) : std::string{});
  }
}

bool truth(const std::string& text) {
  return text == "true" || text == "True" || text == "TRUE";
}

}  // namespace

void Loader::read_queue(const Resource& resource, TemplateReport& report) {
  values_.check_keys(*resource.properties, "property of AWS::SQS::Queue", kQueue);
  const NodePtr properties = resolver_.resolve(resource.properties);
  QueueDefinition queue;
  queue.name = resource.logical_id;
  queue.where = diagnostics_.mark(resource.where);
  for (const Field& field : properties->fields) {
    if (field.value->kind == Node::Kind::kInvalid) return;
    if (field.key == "QueueName") {
      if (const auto name = values_.text(field)) queue.name = *name;
    } else if (field.key == "Tags") {
      if (const Node* tags = values_.list(field)) read_queue_tags(*tags, queue);
    } else if (field.value->is_map() || field.value->is_list()) {
      append_json(queue.attributes[field.key], *field.value);
    } else if (const auto text = values_.text(field)) {
      queue.attributes[field.key] = *text;
    }
  }
  queues::QueueSettings settings;
  std::optional<queues::QueueError> problem = queues::check_queue_name(queue.name);
  if (!problem) problem = queues::change(settings, queue.attributes);
  if (problem) {
    diagnostics_.error(resource.where,
                       fmt::format("the queue '{}': {}", shown(queue.name), problem->message));
    return;
  }
  report.queues.push_back(std::move(queue));
}

void Loader::read_queue_tags(const Node& tags, QueueDefinition& queue) {
  for (const NodePtr& tag : tags.items) {
    const Field* key = tag->find("Key");
    const Field* value = tag->find("Value");
    if (key == nullptr || value == nullptr) {
      diagnostics_.error(tag->where, "a tag of a queue has a Key and a Value");
      continue;
    }
    const auto name = values_.text(*key);
    const auto text = values_.text(*value);
    if (name && text) queue.tags[*name] = *text;
  }
}

void Loader::read_queue_event(const Field& event, const Node* properties, const Function& function,
                              TemplateReport& report) {
  const Field* queue = properties == nullptr ? nullptr : properties->find("Queue");
  if (queue == nullptr) {
    diagnostics_.error(event.where, fmt::format("the event '{}' has no Queue", shown(event.key)));
    return;
  }
  values_.check_keys(*properties, "property of an SQS event", kQueueEvent);
  if (!function.served) {
    diagnostics_.note(event.where, fmt::format("the event '{}' is left out with its function '{}'",
                                               shown(event.key), function.logical_id));
    return;
  }
  EventSourceDefinition source;
  source.function = function.definition.name;
  read_event_source(event.where, *properties, *queue, std::move(source), report);
}

void Loader::read_mapping(const Resource& resource, TemplateReport& report) {
  const NodePtr properties = resolver_.resolve(resource.properties);
  const Field* queue = properties->find("EventSourceArn");
  const Field* function = properties->find("FunctionName");
  if (queue == nullptr || function == nullptr) {
    diagnostics_.error(resource.where,
                       fmt::format("'{}' has no {}", shown(resource.logical_id),
                                   queue == nullptr ? "EventSourceArn" : "FunctionName"));
    return;
  }
  EventSourceDefinition source;
  const auto name = values_.text(*function);
  if (!name) return;
  const std::size_t marker = name->find(":function:");
  source.function = marker == std::string::npos ? *name : name->substr(marker + 10);
  read_event_source(resource.where, *properties, *queue, std::move(source), report);
}

// What an event and a mapping have in common.
void Loader::read_event_source(Position where, const Node& properties, const Field& queue,
                               EventSourceDefinition source, TemplateReport& report) {
  source.where = diagnostics_.mark(where);
  const auto arn = values_.text(queue);
  if (!arn) return;
  if (!arn->starts_with("arn:") || arn->find(":sqs:") == std::string::npos) {
    diagnostics_.note(queue.where, fmt::format("an event source is left out: '{}' is no ARN of an "
                                               "SQS queue",
                                               shown(*arn)));
    return;
  }
  source.queue_arn = *arn;
  if (const Field* field = properties.find("BatchSize")) {
    source.batch_size = values_.integer(*field, 1, 10'000, "messages").value_or(source.batch_size);
  }
  if (const Field* field = properties.find("MaximumBatchingWindowInSeconds")) {
    source.window_s = values_.integer(*field, 0, 300, "seconds").value_or(source.window_s);
  }
  if (source.batch_size > 10 && source.window_s < 1) {
    diagnostics_.error(where,
                       "a BatchSize of more than 10 needs a MaximumBatchingWindowInSeconds of at "
                       "least 1");
  }
  if (const Field* field = properties.find("Enabled")) {
    source.enabled = truth(values_.text(*field).value_or("true"));
  }
  if (const Field* field = properties.find("FunctionResponseTypes")) {
    for (const std::string& type : values_.text_list(*field)) {
      if (type == "ReportBatchItemFailures") {
        source.report_failures = true;
      } else {
        diagnostics_.error(field->where, fmt::format("FunctionResponseTypes '{}' is not known; "
                                                     "there is only ReportBatchItemFailures",
                                                     shown(type)));
      }
    }
  }
  if (const Field* field = properties.find("ScalingConfig")) {
    const Node* scaling = values_.map(*field);
    const Field* limit = scaling == nullptr ? nullptr : scaling->find("MaximumConcurrency");
    if (limit != nullptr) {
      source.max_concurrency = values_.integer(*limit, 2, 1'000, "invocations");
    }
  }
  if (const Field* field = properties.find("FilterCriteria")) read_filters(*field, source);
  report.event_sources.push_back(std::move(source));
}

void Loader::read_filters(const Field& criteria, EventSourceDefinition& source) {
  const Node* map = values_.map(criteria);
  const Field* filters = map == nullptr ? nullptr : map->find("Filters");
  const Node* list = filters == nullptr ? nullptr : values_.list(*filters);
  if (list == nullptr) return;
  for (const NodePtr& filter : list->items) {
    const Field* pattern = filter->find("Pattern");
    if (pattern == nullptr) {
      diagnostics_.error(filter->where, "a filter has a Pattern, which is a JSON text");
    } else if (const auto text = values_.text(*pattern)) {
      source.filters.push_back(*text);
    }
  }
  const auto parsed = queues::EventFilter::parse(source.filters);
  if (!parsed.ok()) diagnostics_.error(criteria.where, parsed.error().message);
}

}  // namespace lambdarium::templates
