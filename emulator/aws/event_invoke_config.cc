#include "emulator/aws/event_invoke_config.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <utility>

#include <fmt/format.h>

#include "emulator/aws/body_reader.h"
#include "emulator/aws/patterns.h"
#include "emulator/aws/resource_arn.h"
#include "models/base/encoding.h"

namespace lambdarium::aws {

namespace {

using Json = nlohmann::json;

constexpr std::int64_t kRetriesMax = 2;
constexpr std::int64_t kAgeMinSeconds = 60;
constexpr std::int64_t kAgeMaxSeconds = 21'600;
constexpr std::size_t kDestinationBytesMax = 350;
constexpr std::int64_t kPageConfigs = 50;
constexpr std::string_view kItem = "event-invoke";  // key: the qualifier
constexpr std::string_view kLatest = "$LATEST";
constexpr std::string_view kDestinationPattern =
    R"(^$|arn:(aws[a-zA-Z0-9-]*):([a-zA-Z0-9\-])+:([a-z]{2}(-gov)?-[a-z]+-\d{1})?:(\d{12})?:(.*))";

// What a request says; what it does not name is absent.
struct Patch {
  std::optional<std::int64_t> retries_max;
  std::optional<std::int64_t> age_max_s;
  bool has_destinations = false;
  std::optional<std::string> on_success;
  std::optional<std::string> on_failure;
};

// --- the document that is kept

std::string to_document(const EventInvokeConfig& config) {
  Json document{{"on_success", config.on_success},
                {"on_failure", config.on_failure},
                {"last_modified_ms", config.last_modified_ms}};
  if (config.retries_max) document["retries_max"] = *config.retries_max;
  if (config.age_max_s) document["age_max_s"] = *config.age_max_s;
  return document.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// The store holds only what was written here; whatever it is, reading it must not throw.
EventInvokeConfig from_document(const std::string& text) {
  EventInvokeConfig config;
  const Json document = Json::parse(text, nullptr, false);
  if (!document.is_object()) return config;
  const auto integer = [&document](const char* name) -> std::optional<std::int64_t> {
    const auto it = document.find(name);
    if (it == document.end() || !it->is_number_integer()) return std::nullopt;
    return it->get<std::int64_t>();
  };
  const auto string = [&document](const char* name) {
    const auto it = document.find(name);
    return it == document.end() || !it->is_string() ? std::string{} : it->get<std::string>();
  };
  config.retries_max = integer("retries_max");
  config.age_max_s = integer("age_max_s");
  config.on_success = string("on_success");
  config.on_failure = string("on_failure");
  config.last_modified_ms = integer("last_modified_ms").value_or(0);
  return config;
}

// --- the answer

void append_destination(std::string& out, std::string_view name, const std::string& arn) {
  append_json_string(out, name);
  out += ":{";
  if (!arn.empty()) {
    out += R"("Destination":)";
    append_json_string(out, arn);
  }
  out += '}';
}

std::string config_json(const EventInvokeConfig& config, const Endpoint& endpoint,
                        const FunctionName& name) {
  std::string out = fmt::format(R"({{"LastModified":{}.{:03},"FunctionArn":)",
                                config.last_modified_ms / 1000, config.last_modified_ms % 1000);
  append_json_string(out, qualified_arn(endpoint, name));
  if (config.retries_max) out += fmt::format(R"(,"MaximumRetryAttempts":{})", *config.retries_max);
  if (config.age_max_s) out += fmt::format(R"(,"MaximumEventAgeInSeconds":{})", *config.age_max_s);
  out += R"(,"DestinationConfig":{)";
  append_destination(out, "OnSuccess", config.on_success);
  out += ',';
  append_destination(out, "OnFailure", config.on_failure);
  out += "}}";
  return out;
}

// --- the request

// arn:<partition>:<service>:<region or nothing>:<account or nothing>:<anything>, or nothing.
bool is_destination(std::string_view text) {
  if (text.empty()) return true;
  std::string_view parts[5];
  for (std::string_view& part : parts) {
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos) return false;
    part = text.substr(0, colon);
    text.remove_prefix(colon + 1);
  }
  return parts[0] == "arn" && parts[1].starts_with("aws") && is_word(parts[1]) &&
         is_word(parts[2]) && parts[2].find('_') == std::string_view::npos &&
         (parts[3].empty() || is_region(parts[3])) && (parts[4].empty() || is_account(parts[4]));
}

std::optional<std::string> read_destination(BodyReader& reader, const char* name,
                                            const std::string& fields) {
  Json* object = reader.object(name);
  if (object == nullptr) return std::nullopt;
  BodyReader nested{*object, fields};
  auto arn = nested.string("Destination");
  nested.at_most_length("Destination", arn, kDestinationBytesMax);
  if (arn && !is_destination(*arn)) {
    nested.constrain(
        "Destination", *arn,
        fmt::format("Member must satisfy regular expression pattern: {}", kDestinationPattern));
  }
  reader.merge(nested);
  // A destination that is named empty is taken away.
  return arn ? std::move(arn) : std::string{};
}

OrError<Patch> parse_patch(std::string_view body) {
  auto parsed = parse_body(body);
  if (auto* error = std::get_if<AwsError>(&parsed)) return std::move(*error);
  BodyReader reader{std::get<Json>(parsed)};
  Patch patch;
  patch.retries_max = reader.integer("MaximumRetryAttempts");
  reader.at_least("MaximumRetryAttempts", patch.retries_max, 0);
  reader.at_most("MaximumRetryAttempts", patch.retries_max, kRetriesMax);
  patch.age_max_s = reader.integer("MaximumEventAgeInSeconds");
  reader.at_least("MaximumEventAgeInSeconds", patch.age_max_s, kAgeMinSeconds);
  reader.at_most("MaximumEventAgeInSeconds", patch.age_max_s, kAgeMaxSeconds);
  if (Json* destinations = reader.object("DestinationConfig")) {
    patch.has_destinations = true;
    BodyReader nested{*destinations, "destinationConfig."};
    patch.on_success = read_destination(nested, "OnSuccess", "destinationConfig.onSuccess.");
    patch.on_failure = read_destination(nested, "OnFailure", "destinationConfig.onFailure.");
    reader.merge(nested);
  }
  if (auto error = reader.error()) return *std::move(error);
  if (!patch.retries_max && !patch.age_max_s && !patch.has_destinations) {
    return invalid_parameter(
        "You must specify at least one of error handling or destination setting.");
  }
  return patch;
}

std::string_view service_of(std::string_view arn) {
  arn.remove_prefix(arn.find(':') + 1);
  arn.remove_prefix(arn.find(':') + 1);
  return arn.substr(0, arn.find(':'));
}

// What only the service can say of a destination; `success` and `failure` are as the request has
// them.
std::optional<AwsError> check_destinations(const FunctionRegistry& registry,
                                           const FunctionName& name, const Patch& patch) {
  const std::string success = patch.on_success.value_or("");
  const std::string failure = patch.on_failure.value_or("");
  for (const std::string* arn : {&failure, &success}) {
    if (arn->empty()) continue;
    const std::string_view service = service_of(*arn);
    if (service == "lambda") {
      auto parsed = parse_function_name(*arn, {}, registry.endpoint());
      const auto* target = std::get_if<FunctionName>(&parsed);
      if (target == nullptr || std::holds_alternative<AwsError>(registry.resolve(*target))) {
        return invalid_parameter(fmt::format("The destination ARN {} is invalid.", *arn));
      }
      if (target->name == name.name) {
        return invalid_parameter("You can't specify the function as a destination for itself.");
      }
    } else if (service != "sqs" && service != "sns" && service != "events" &&
               !(service == "s3" && arn == &failure)) {
      const auto shown = [](const std::string& text) { return text.empty() ? "null" : text; };
      return invalid_parameter(
          fmt::format("The provided destination config DestinationConfig(onSuccess=OnSuccess("
                      "destination={}), onFailure=OnFailure(destination={})) is invalid.",
                      shown(success), shown(failure)));
    }
  }
  return std::nullopt;
}

AwsError no_config(const Endpoint& endpoint, const FunctionName& name) {
  return resource_not_found(fmt::format("The function {} doesn't have an EventInvokeConfig",
                                        qualified_arn(endpoint, name)));
}

AwsError no_function() {
  return resource_not_found("The function doesn't exist.");
}

// The function of the request, its qualifier never empty.
OrError<FunctionName> name_of(const FunctionRegistry& registry, const RoutedRequest& routed,
                              const HttpRequest& request) {
  auto parsed =
      parse_function_name(routed.resource, query_value(request.query(), "Qualifier").value_or(""),
                          registry.endpoint(), credential_region(request));
  if (auto* name = std::get_if<FunctionName>(&parsed); name != nullptr && name->qualifier.empty()) {
    name->qualifier = kLatest;
  }
  return parsed;
}

// --- listing

OrError<std::string> list_configs(const FunctionRegistry& registry, const FunctionName& name,
                                  const HttpRequest& request) {
  if (registry.find(name.name) == nullptr) return no_function();
  std::int64_t limit = kPageConfigs;
  if (const auto text = query_value(request.query(), "MaxItems"); text && !text->empty()) {
    const auto [end, problem] = std::from_chars(text->data(), text->data() + text->size(), limit);
    if (problem != std::errc{} || end != text->data() + text->size()) {
      return serialization_error(
          fmt::format("MaxItems '{}' can not be converted to an Integer", *text));
    }
    if (limit < 1 || limit > kPageConfigs) {
      return validation_error(
          *text, "maxItems",
          limit < 1 ? "Member must have value greater than or equal to 1"
                    : fmt::format("Member must have value less than or equal to {}", kPageConfigs));
    }
  }
  std::string after;
  if (const auto marker = query_value(request.query(), "Marker"); marker && !marker->empty()) {
    const auto decoded = base64_decode(*marker);
    if (!decoded) return invalid_parameter(fmt::format("Invalid Marker: {}", *marker));
    after = *decoded;
  }
  const auto& documents = registry.resources(name.name).documents;
  std::string body = R"({"FunctionEventInvokeConfigs":[)";
  std::string last;
  std::int64_t count = 0;
  auto it = documents.upper_bound({std::string{kItem}, after});
  for (; it != documents.end() && it->first.first == kItem && count < limit; ++it, ++count) {
    if (count != 0) body += ',';
    last = it->first.second;
    body += config_json(from_document(it->second), registry.endpoint(),
                        {.name = name.name, .qualifier = last});
  }
  body += ']';
  if (it != documents.end() && it->first.first == kItem) {
    body += fmt::format(R"(,"NextMarker":"{}")", base64_encode(last));
  }
  body += '}';
  return body;
}

// --- changes

// Makes the item durable, then known.
class ConfigJob final : public Job {
 public:
  ConfigJob(FunctionRegistry& registry, FunctionStorage& storage, store::FunctionUpdate update,
            HttpResponse answer, std::string request_id)
      : registry_(registry),
        storage_(storage),
        update_(std::move(update)),
        answer_(std::move(answer)),
        request_id_(std::move(request_id)) {}

  void work() override { status_ = storage_.update(update_); }
  std::optional<HttpResponse> finish() override {
    if (!status_.ok()) return to_response(service_error(status_.error().message), request_id_);
    registry_.apply(update_, FunctionChange::kTags);
    return std::move(answer_);
  }

 private:
  FunctionRegistry& registry_;
  FunctionStorage& storage_;
  store::FunctionUpdate update_;
  HttpResponse answer_;
  std::string request_id_;
  Status status_;
};

OrError<EventInvokeConfig> changed_config(const FunctionRegistry& registry,
                                          const FunctionName& name, bool merge,
                                          std::string_view body, std::int64_t now_ms) {
  auto parsed = parse_patch(body);
  if (auto* error = std::get_if<AwsError>(&parsed)) return std::move(*error);
  const Patch& patch = std::get<Patch>(parsed);
  if (std::holds_alternative<AwsError>(registry.resolve(name))) return no_function();
  EventInvokeConfig config;
  if (merge) {
    auto old = find_event_invoke_config(registry, name.name, name.qualifier);
    if (!old) return no_config(registry.endpoint(), name);
    config = *std::move(old);
  }
  if (auto error = check_destinations(registry, name, patch)) return *std::move(error);
  if (patch.retries_max) config.retries_max = patch.retries_max;
  if (patch.age_max_s) config.age_max_s = patch.age_max_s;
  if (patch.on_success) config.on_success = *patch.on_success;
  if (patch.on_failure) config.on_failure = *patch.on_failure;
  config.last_modified_ms = now_ms;
  return config;
}

}  // namespace

std::optional<EventInvokeConfig> find_event_invoke_config(const FunctionRegistry& registry,
                                                          std::string_view function,
                                                          std::string_view qualifier) {
  const std::string* document =
      registry.resources(function).document(kItem, qualifier.empty() ? kLatest : qualifier);
  if (document == nullptr) return std::nullopt;
  return from_document(*document);
}

std::string dead_letter_target(const store::StoredFunction& function) {
  // Most functions have none, and need no parsing.
  if (function.settings.find("DeadLetterConfig") == std::string::npos) return {};
  const Json settings = Json::parse(function.settings, nullptr, false);
  if (!settings.is_object()) return {};
  const auto config = settings.find("DeadLetterConfig");
  if (config == settings.end() || !config->is_object()) return {};
  const auto arn = config->find("TargetArn");
  return arn == config->end() || !arn->is_string() ? std::string{} : arn->get<std::string>();
}

bool is_event_invoke_operation(Operation operation) {
  switch (operation) {
    case Operation::kPutEventInvokeConfig:
    case Operation::kUpdateEventInvokeConfig:
    case Operation::kGetEventInvokeConfig:
    case Operation::kDeleteEventInvokeConfig:
    case Operation::kListEventInvokeConfigs:
      return true;
    default:
      return false;
  }
}

Answer handle_event_invoke(FunctionRegistry& registry, FunctionStorage& storage,
                           const RoutedRequest& routed, HttpRequest&& request, RequestStamp stamp) {
  const auto refuse = [&stamp](const AwsError& error) {
    return to_response(error, stamp.request_id);
  };
  auto parsed = name_of(registry, routed, request);
  if (const auto* error = std::get_if<AwsError>(&parsed)) return refuse(*error);
  const FunctionName& name = std::get<FunctionName>(parsed);
  const Endpoint& endpoint = registry.endpoint();
  if (routed.operation == Operation::kListEventInvokeConfigs) {
    auto listed = list_configs(registry, name, request);
    if (const auto* error = std::get_if<AwsError>(&listed)) return refuse(*error);
    return make_answer(200, std::get<std::string>(std::move(listed)), stamp.request_id);
  }
  store::FunctionUpdate update;
  store::FunctionItem item{
      .function = name.name, .kind = std::string{kItem}, .key = name.qualifier, .document = {}};
  HttpResponse answer;
  if (routed.operation == Operation::kGetEventInvokeConfig ||
      routed.operation == Operation::kDeleteEventInvokeConfig) {
    const auto found = find_event_invoke_config(registry, name.name, name.qualifier);
    if (!found) return refuse(no_config(endpoint, name));
    if (routed.operation == Operation::kGetEventInvokeConfig) {
      return make_answer(200, config_json(*found, endpoint, name), stamp.request_id);
    }
    update.remove_items.push_back(std::move(item));
    answer = make_answer(204, {}, stamp.request_id);
  } else {
    const bool merge = routed.operation == Operation::kUpdateEventInvokeConfig;
    auto changed = changed_config(registry, name, merge, request.body, stamp.now_epoch_ms);
    if (const auto* error = std::get_if<AwsError>(&changed)) return refuse(*error);
    const EventInvokeConfig& config = std::get<EventInvokeConfig>(changed);
    answer = make_answer(200, config_json(config, endpoint, name), stamp.request_id);
    item.document = to_document(config);
    update.put_items.push_back(std::move(item));
  }
  return std::make_unique<ConfigJob>(registry, storage, std::move(update), std::move(answer),
                                     std::move(stamp.request_id));
}

}  // namespace lambdarium::aws
