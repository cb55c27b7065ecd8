#include "emulator/aws/event_source_mapping.h"

#include <fmt/format.h>

#include <charconv>
#include <nlohmann/json.hpp>
#include <utility>

#include "emulator/aws/body_reader.h"
#include "emulator/queues/event_filter.h"

namespace lambdarium::aws {

bool operator==(const FunctionName& a, const FunctionName& b) {
  return a.name == b.name && a.qualifier == b.qualifier;
}

namespace {

using Json = nlohmann::json;

constexpr std::int64_t kBatchSizeMax = 10'000;
constexpr std::int64_t kWindowSecondsMax = 300;
constexpr std::int64_t kWindowlessBatchMax = 10;
constexpr std::string_view kReportFailures = "ReportBatchItemFailures";

// Members that mean something for streams and brokers only.
constexpr const char* kOtherSources[] = {"StartingPosition",
                                         "StartingPositionTimestamp",
                                         "ParallelizationFactor",
                                         "MaximumRecordAgeInSeconds",
                                         "BisectBatchOnFunctionError",
                                         "MaximumRetryAttempts",
                                         "TumblingWindowInSeconds",
                                         "DestinationConfig",
                                         "Topics",
                                         "Queues",
                                         "SourceAccessConfigurations",
                                         "SelfManagedEventSource",
                                         "AmazonManagedKafkaEventSourceConfig",
                                         "SelfManagedKafkaEventSourceConfig",
                                         "DocumentDBEventSourceConfig"};

std::optional<std::vector<std::string>> read_filters(BodyReader& reader, AwsError& problem) {
  Json* criteria = reader.object("FilterCriteria");
  if (criteria == nullptr) return std::nullopt;
  std::vector<std::string> patterns;
  BodyReader inside{*criteria, "filterCriteria."};
  if (const Json* filters = inside.array("Filters")) {
    for (const Json& filter : *filters) {
      const auto pattern = filter.is_object() ? filter.find("Pattern") : filter.end();
      if (!filter.is_object() || pattern == filter.end() || !pattern->is_string()) {
        problem = invalid_parameter(
            "Invalid filter pattern definition: each of Filters needs a Pattern, which is a text.");
        continue;
      }
      patterns.push_back(pattern->get<std::string>());
    }
  }
  reader.merge(inside);
  if (const auto parsed = queues::EventFilter::parse(patterns); !parsed.ok()) {
    problem = invalid_parameter(
        fmt::format("Invalid filter pattern definition: {}.", parsed.error().message));
  }
  return patterns;
}

void read_scaling(BodyReader& reader, MappingPatch& patch) {
  Json* scaling = reader.object("ScalingConfig");
  if (scaling == nullptr) return;
  BodyReader inside{*scaling, "scalingConfig."};
  const auto limit = inside.integer("MaximumConcurrency");
  inside.at_least("MaximumConcurrency", limit, 2);
  inside.at_most("MaximumConcurrency", limit, 1000);
  reader.merge(inside);
  patch.max_concurrency = limit;
}

void read_response_types(BodyReader& reader, MappingPatch& patch) {
  const auto types = reader.string_list("FunctionResponseTypes");
  if (!types) return;
  for (const std::string& type : *types) {
    reader.one_of("FunctionResponseTypes", type, {kReportFailures});
  }
  if (types->size() > 1) {
    reader.constrain("FunctionResponseTypes", fmt::format("[{}]", fmt::join(*types, ", ")),
                     "Member must have length less than or equal to 1");
  }
  patch.report_failures = !types->empty();
}

}  // namespace

OrError<MappingPatch> read_mapping_patch(std::string_view body) {
  auto parsed = parse_body(body);
  if (auto* error = std::get_if<AwsError>(&parsed)) return std::move(*error);
  auto& document = std::get<Json>(parsed);
  BodyReader reader{document};
  MappingPatch patch;
  patch.queue_arn = reader.string("EventSourceArn");
  patch.function = reader.string("FunctionName");
  patch.enabled = reader.boolean("Enabled");
  patch.batch_size = reader.integer("BatchSize");
  reader.at_least("BatchSize", patch.batch_size, 1);
  reader.at_most("BatchSize", patch.batch_size, kBatchSizeMax);
  patch.window_s = reader.integer("MaximumBatchingWindowInSeconds");
  reader.at_least("MaximumBatchingWindowInSeconds", patch.window_s, 0);
  reader.at_most("MaximumBatchingWindowInSeconds", patch.window_s, kWindowSecondsMax);
  read_response_types(reader, patch);
  read_scaling(reader, patch);
  AwsError problem;
  patch.filters = read_filters(reader, problem);
  if (auto error = reader.error()) return std::move(*error);
  if (!problem.message.empty()) return problem;
  for (const char* name : kOtherSources) {
    if (!reader.has(name)) continue;
    return invalid_parameter(
        fmt::format("Unsupported {} parameter for given event source mapping type.", name));
  }
  return patch;
}

std::optional<AwsError> apply_patch(EventSourceMapping& mapping, const MappingPatch& patch) {
  EventSourceMapping next = mapping;
  next.batch_size = patch.batch_size.value_or(next.batch_size);
  next.window_s = patch.window_s.value_or(next.window_s);
  next.enabled = patch.enabled.value_or(next.enabled);
  next.report_failures = patch.report_failures.value_or(next.report_failures);
  if (patch.filters) next.filters = *patch.filters;
  if (patch.max_concurrency) next.max_concurrency = *patch.max_concurrency;
  if (next.batch_size > kWindowlessBatchMax && next.window_s < 1) {
    return invalid_parameter(
        "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater "
        "than 10");
  }
  mapping = std::move(next);
  return std::nullopt;
}

std::string mapping_json(const EventSourceMapping& mapping, const Endpoint& endpoint,
                         std::string_view state) {
  Json body = {
      {"UUID", mapping.uuid},
      {"BatchSize", mapping.batch_size},
      {"MaximumBatchingWindowInSeconds", mapping.window_s},
      {"EventSourceArn", mapping.queue_arn},
      {"EventSourceMappingArn", fmt::format("arn:aws:lambda:{}:{}:event-source-mapping:{}",
                                            endpoint.region, endpoint.account, mapping.uuid)},
      {"FunctionArn", qualified_arn(endpoint, mapping.function)},
      {"LastModified", static_cast<double>(mapping.modified_ms) / 1000.0},
      {"State", state},
      {"StateTransitionReason", "USER_INITIATED"},
      {"FunctionResponseTypes", Json::array()}};
  if (mapping.report_failures) body["FunctionResponseTypes"].push_back(kReportFailures);
  if (mapping.max_concurrency) {
    body["ScalingConfig"]["MaximumConcurrency"] = *mapping.max_concurrency;
  }
  for (const std::string& pattern : mapping.filters) {
    body["FilterCriteria"]["Filters"].push_back({{"Pattern", pattern}});
  }
  return body.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string mapping_document(const EventSourceMapping& mapping) {
  Json document = {{"queue_arn", mapping.queue_arn},
                   {"function", mapping.function.name},
                   {"qualifier", mapping.function.qualifier},
                   {"batch_size", mapping.batch_size},
                   {"window_s", mapping.window_s},
                   {"enabled", mapping.enabled},
                   {"report_failures", mapping.report_failures},
                   {"filters", mapping.filters},
                   {"modified_ms", fmt::to_string(mapping.modified_ms)}};
  if (mapping.max_concurrency) document["max_concurrency"] = *mapping.max_concurrency;
  return document.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<EventSourceMapping> read_mapping_document(std::string_view uuid, std::string_view document) {
  auto parsed = parse_body(document);
  if (!std::holds_alternative<Json>(parsed)) {
    return invalid_input(fmt::format("the event source mapping {} cannot be read", uuid));
  }
  BodyReader reader{std::get<Json>(parsed)};
  EventSourceMapping mapping;
  mapping.uuid = uuid;
  mapping.queue_arn = reader.string("queue_arn").value_or("");
  mapping.function.name = reader.string("function").value_or("");
  mapping.function.qualifier = reader.string("qualifier").value_or("");
  mapping.batch_size = reader.integer("batch_size").value_or(mapping.batch_size);
  mapping.window_s = reader.integer("window_s").value_or(mapping.window_s);
  mapping.enabled = reader.boolean("enabled").value_or(mapping.enabled);
  mapping.report_failures = reader.boolean("report_failures").value_or(mapping.report_failures);
  mapping.filters = reader.string_list("filters").value_or(mapping.filters);
  mapping.max_concurrency = reader.integer("max_concurrency");
  // A text: the reader's integers are those of requests, of 32 bits.
  const std::string modified = reader.string("modified_ms").value_or("0");
  (void)std::from_chars(modified.data(), modified.data() + modified.size(), mapping.modified_ms);
  if (const auto error = reader.error()) {
    return invalid_input(
        fmt::format("the event source mapping {} cannot be read: {}", uuid, error->message));
  }
  return mapping;
}

}  // namespace lambdarium::aws
