#include "emulator/aws/versions.h"

#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "emulator/aws/body_reader.h"
#include "emulator/aws/function_json.h"

namespace lambdarium::aws {

namespace {

constexpr std::size_t kDescriptionBytesMax = 256;

// Whether publishing would make the same version again. Descriptions are compared by the caller: a
// version may have been given one of its own.
bool is_same(const store::StoredFunction& a, const store::StoredFunction& b) {
  const FunctionDefinition& x = a.definition;
  const FunctionDefinition& y = b.definition;
  return a.code_sha256 == b.code_sha256 && a.package == b.package && a.settings == b.settings &&
         x.runtime == y.runtime && x.handler == y.handler && x.role == y.role &&
         x.architecture == y.architecture && x.memory_mb == y.memory_mb &&
         x.timeout_s == y.timeout_s && x.ephemeral_mb == y.ephemeral_mb &&
         x.environment == y.environment && x.code_directory == y.code_directory &&
         x.environment_concurrency == y.environment_concurrency;
}

std::string listed(const store::StoredFunction& function, const Endpoint& endpoint) {
  return configuration_json(function, endpoint, ConfigurationView::kListed, function.version);
}

// One page of functions in the order of (name, number), $LATEST being 0. The marker is
// "name:number" of the last one.
class Page {
 public:
  Page(const char* member, std::int64_t limit)
      : body_(fmt::format(R"({{"{}":[)", member)), limit_(limit) {}

  // False: the page was full before.
  bool add(const store::StoredFunction& function, std::string json) {
    if (count_ == limit_) return false;
    if (count_++ != 0) body_ += ',';
    body_ += json;
    const bool latest = function.version == "$LATEST";
    last_ = fmt::format("{}:{}", function.definition.name, latest ? "0" : function.version);
    return true;
  }
  std::string finish(bool more) {
    body_ += ']';
    if (more) body_ += next_marker(last_);
    return body_ + '}';
  }

 private:
  std::string body_;
  std::string last_;
  std::int64_t limit_;
  std::int64_t count_ = 0;
};

struct Place {
  std::string name;
  std::int64_t number = -1;  // before $LATEST
};

OrError<Place> place_of(const HttpRequest& request) {
  auto marker = marker_of(request);
  if (auto* error = std::get_if<AwsError>(&marker)) return std::move(*error);
  const std::string& text = std::get<std::string>(marker);
  if (text.empty()) return Place{};
  const std::size_t colon = text.rfind(':');
  const std::string_view digits = std::string_view{text}.substr(colon + 1);
  const auto number = digits == "0" ? std::optional<std::int64_t>{0} : version_number(digits);
  if (colon == std::string::npos || !number) {
    return invalid_parameter(
        fmt::format("Invalid Marker: {}", query_value(request.query(), "Marker").value_or("")));
  }
  return Place{.name = text.substr(0, colon), .number = *number};
}

// The versions of one function behind a number. False: the page is full.
bool add_versions(Page& page, const FunctionRegistry& registry, const store::StoredFunction& latest,
                  std::int64_t after) {
  const Endpoint& endpoint = registry.endpoint();
  if (after < 0 && !page.add(latest, listed(latest, endpoint))) return false;
  const auto& versions = registry.resources(latest.definition.name).versions;
  for (auto it = versions.upper_bound(after); it != versions.end(); ++it) {
    if (!page.add(it->second, listed(it->second, endpoint))) return false;
  }
  return true;
}

}  // namespace

Publication make_publication(const store::StoredFunction& latest, const PublicationInputs& inputs) {
  const bool same = inputs.last != nullptr && is_same(latest, *inputs.last) &&
                    inputs.numbering.description == latest.definition.description;
  if (same) return {.version = *inputs.last, .numbering = std::nullopt};
  store::VersionNumbering numbering{.function = latest.definition.name,
                                    .last = inputs.numbering.last + 1,
                                    .description = latest.definition.description};
  store::StoredFunction version = latest;
  version.version = fmt::format("{}", numbering.last);
  version.revision_id = inputs.revision_id;
  if (inputs.description) version.definition.description = *inputs.description;
  // Of the function, not of a version.
  version.definition.reserved_concurrency.reset();
  version.definition.tags.clear();
  return {.version = std::move(version), .numbering = std::move(numbering)};
}

ResourceResult publish_version(const ResourceRequest& request) {
  auto body = parse_body(request.request.body);
  if (auto* error = std::get_if<AwsError>(&body)) return std::move(*error);
  BodyReader reader{std::get<nlohmann::json>(body)};
  const auto sha256 = reader.string("CodeSha256");
  const auto revision = reader.string("RevisionId");
  const auto description = reader.string("Description");
  reader.at_most_length("Description", description, kDescriptionBytesMax);
  if (auto error = reader.error()) return *std::move(error);

  auto named = request.name();
  if (auto* error = std::get_if<AwsError>(&named)) return std::move(*error);
  const FunctionName& name = std::get<FunctionName>(named);
  if (auto error = check_function(request, name)) return *std::move(error);
  const store::StoredFunction& latest = *request.registry.find(name.name);
  if (revision && *revision != latest.revision_id) return revision_mismatch();
  if (sha256 && *sha256 != latest.code_sha256) {
    return invalid_parameter(
        fmt::format("CodeSHA256 ({}) is different from current CodeSHA256 in $LATEST ({}). Please "
                    "try again with the CodeSHA256 in $LATEST.",
                    *sha256, latest.code_sha256));
  }
  const store::VersionNumbering& numbering = request.registry.numbering(name.name);
  const FunctionResources& resources = request.registry.resources(name.name);
  const auto last = resources.versions.find(numbering.last);
  Publication published =
      make_publication(latest, {.numbering = numbering,
                                .last = last == resources.versions.end() ? nullptr : &last->second,
                                .description = description,
                                .revision_id = request.new_revision()});
  ResourceAnswer answer;
  answer.status = 201;
  answer.function = name.name;
  if (published.numbering) {
    published.version.last_modified = request.last_modified();
    // AWS: the function has another revision once it has been published.
    store::StoredFunction renewed = latest;
    renewed.revision_id = request.new_revision();
    answer.update.put = {std::move(renewed), published.version};
    answer.update.numbering = std::move(published.numbering);
  }
  answer.body = configuration_json(published.version, request.endpoint(), ConfigurationView::kRead,
                                   published.version.version);
  return answer;
}

ResourceResult list_versions(const ResourceRequest& request) {
  auto named = request.name();
  if (auto* error = std::get_if<AwsError>(&named)) return std::move(*error);
  const FunctionName& name = std::get<FunctionName>(named);
  auto items = max_items_of(request.request);
  if (auto* error = std::get_if<AwsError>(&items)) return std::move(*error);
  auto place = place_of(request.request);
  if (auto* error = std::get_if<AwsError>(&place)) return std::move(*error);
  if (auto error = check_function(request, name)) return *std::move(error);
  Page page{"Versions", std::get<std::int64_t>(items)};
  const bool whole = add_versions(page, request.registry, *request.registry.find(name.name),
                                  std::get<Place>(place).number);
  return ResourceAnswer{.status = 200, .body = page.finish(!whole), .function = {}, .update = {}};
}

ResourceResult delete_version(const ResourceRequest& request) {
  auto named = request.name();
  if (auto* error = std::get_if<AwsError>(&named)) return std::move(*error);
  const FunctionName& name = std::get<FunctionName>(named);
  if (auto error = check_function(request, name)) return *std::move(error);
  const FunctionResources& resources = request.registry.resources(name.name);
  std::vector<std::string_view> users;
  for (const auto& [alias_name, alias] : resources.aliases) {
    if (alias.routes_to(name.qualifier)) users.push_back(alias_name);
  }
  if (!users.empty()) {
    return resource_conflict(
        fmt::format("Unable to delete version because the following aliases reference it: [{}]",
                    fmt::join(users, ", ")));
  }
  ResourceAnswer answer;
  answer.status = 204;
  answer.function = name.name;
  // AWS: deleting a version that is not there is no error.
  if (resources.version(name.qualifier) == nullptr) return answer;
  answer.update.remove = {{name.name, name.qualifier}};
  if (resources.provisioned.contains(name.qualifier)) {
    answer.update.remove_items.push_back(
        {name.name, std::string{kProvisionedItem}, name.qualifier, {}});
  }
  for (const auto& [key, document] : resources.documents) {
    if (key.second == name.qualifier) {
      answer.update.remove_items.push_back({name.name, key.first, key.second, {}});
    }
  }
  return answer;
}

OrError<std::string> list_functions(const FunctionRegistry& registry, const HttpRequest& request) {
  const auto all = query_value(request.query(), "FunctionVersion");
  if (all && *all != "ALL") {
    return validation_error(*all, "functionVersion", "Member must satisfy enum value set: [ALL]");
  }
  auto items = max_items_of(request);
  if (auto* error = std::get_if<AwsError>(&items)) return std::move(*error);
  auto placed = place_of(request);
  if (auto* error = std::get_if<AwsError>(&placed)) return std::move(*error);
  const Place& place = std::get<Place>(placed);
  Page page{"Functions", std::get<std::int64_t>(items)};
  const auto& functions = registry.functions();
  bool whole = true;
  // From the function of the last page on, which may have more versions.
  for (auto it = functions.lower_bound(place.name); whole && it != functions.end(); ++it) {
    const bool resumed = it->first == place.name;
    if (all) {
      whole = add_versions(page, registry, it->second, resumed ? place.number : -1);
    } else if (!resumed) {
      whole = page.add(it->second, configuration_json(it->second, registry.endpoint(),
                                                      ConfigurationView::kListed));
    }
  }
  return page.finish(!whole);
}

}  // namespace lambdarium::aws
