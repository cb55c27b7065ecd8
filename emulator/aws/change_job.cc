#include "emulator/aws/change_job.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "emulator/aws/patterns.h"
#include "emulator/aws/resource_arn.h"
#include "emulator/aws/versions.h"
#include "models/base/uuid.h"

namespace lambdarium::aws {

namespace {

// Whether the operation refuses what is not the function as a whole. Published versions never
// change, so updates take $LATEST at most.
bool refuses_qualifier(Operation operation, std::string_view qualifier) {
  if (qualifier.empty()) return false;
  switch (operation) {
    case Operation::kPutFunctionConcurrency:
    case Operation::kDeleteFunctionConcurrency:
      return true;
    case Operation::kUpdateFunctionCode:
    case Operation::kUpdateFunctionConfiguration:
      return qualifier != "$LATEST";
    default:
      return false;
  }
}

bool is_tagging(Operation operation) {
  return operation == Operation::kTagResource || operation == Operation::kUntagResource;
}

AwsError storage_error(const Error& error) {
  switch (error.code) {
    case ErrorCode::kTooLarge:
      return request_too_large(error.message);
    case ErrorCode::kInvalidInput:
      return invalid_parameter(error.message);
    default:
      return service_error(error.message);
  }
}

}  // namespace

ChangeJob::ChangeJob(ControlPlane& plane, const RoutedRequest& routed, HttpRequest&& request,
                     RequestStamp stamp)
    : plane_(plane),
      operation_(routed.operation),
      resource_(routed.resource),
      request_(std::move(request)),
      stamp_(std::move(stamp)) {}

ChangeJob::~ChangeJob() {
  if (!marked_.empty()) plane_.registry_.end_change(marked_);
}

void ChangeJob::work() {
  if (stage_ == Stage::kRead) {
    read_ = read_body();
  } else {
    failure_ = apply();
  }
}

std::optional<HttpResponse> ChangeJob::finish() {
  if (stage_ == Stage::kApply) {
    if (failure_) return refuse(*failure_);
    return commit();
  }
  LAM_CHECK(read_.has_value(), "finish() before work()");
  if (const auto* error = std::get_if<AwsError>(&*read_)) return refuse(*error);
  if (const auto error = prepare(std::get<FunctionPatch>(*std::move(read_)))) return refuse(*error);
  stage_ = Stage::kApply;
  return std::nullopt;
}

OrError<FunctionPatch> ChangeJob::read_body() const {
  switch (operation_) {
    case Operation::kCreateFunction:
      return parse_create_function(request_.body, plane_.registry_.endpoint(),
                                   credential_region(request_));
    case Operation::kUpdateFunctionCode:
      return parse_update_code(request_.body);
    case Operation::kUpdateFunctionConfiguration:
      return parse_update_configuration(request_.body);
    case Operation::kPutFunctionConcurrency:
      return parse_put_concurrency(request_.body);
    case Operation::kTagResource:
      return parse_tag_resource(request_.body);
    default:
      return FunctionPatch{};
  }
}

std::optional<AwsError> ChangeJob::prepare(FunctionPatch&& patch) {
  patch_ = std::move(patch);
  request_.body = {};  // a large one need not wait for the disk in memory
  if (operation_ == Operation::kCreateFunction) return prepare_create();
  if (auto error = prepare_existing()) return error;
  switch (operation_) {
    case Operation::kDeleteFunction:
      return prepare_delete();
    case Operation::kUpdateFunctionCode:
      return prepare_code();
    case Operation::kUpdateFunctionConfiguration:
      return prepare_configuration();
    case Operation::kPutFunctionConcurrency:
    case Operation::kDeleteFunctionConcurrency:
      return prepare_concurrency();
    case Operation::kTagResource:
    case Operation::kUntagResource:
      return prepare_tags();
    default:
      return service_error("the operation changes nothing");
  }
}

std::optional<AwsError> ChangeJob::mark(const std::string& name) {
  if (!plane_.registry_.begin_change(name)) {
    return update_in_progress(
        qualified_arn(plane_.registry_.endpoint(), {.name = name, .qualifier = {}}));
  }
  marked_ = name;
  return std::nullopt;
}

void ChangeJob::renew() {
  next_.revision_id = make_uuid(plane_.ids_);
  next_.last_modified = format_last_modified(stamp_.now_epoch_ms);
}

std::optional<AwsError> ChangeJob::prepare_create() {
  const std::string& name = *patch_.name;
  if (plane_.registry_.find(name) != nullptr || plane_.registry_.is_changing(name)) {
    return resource_conflict(fmt::format("Function already exist: {}", name));
  }
  if (auto error = mark(name)) return error;
  name_.name = name;
  next_.definition.name = name;
  next_.definition.tags = patch_.tags.value_or(std::map<std::string, std::string>{});
  apply_configuration(patch_, next_);
  renew();
  prepare_publication();
  return std::nullopt;
}

void ChangeJob::prepare_publication() {
  if (!patch_.publish || patch_.dry_run) return;
  const FunctionRegistry& registry = plane_.registry_;
  numbering_ = registry.numbering(next_.definition.name);
  const auto& versions = registry.resources(next_.definition.name).versions;
  if (const auto last = versions.find(numbering_.last); last != versions.end()) {
    last_version_ = last->second;
  }
  version_revision_ = make_uuid(plane_.ids_);
}

// Finds the function that the path names, copies it to next_ and marks it.
std::optional<AwsError> ChangeJob::prepare_existing() {
  const Endpoint& endpoint = plane_.registry_.endpoint();
  if (is_tagging(operation_)) {
    auto parsed = parse_tagged_resource(resource_, endpoint, credential_region(request_));
    if (auto* error = std::get_if<AwsError>(&parsed)) return std::move(*error);
    name_ = std::get<FunctionName>(std::move(parsed));
  } else {
    const auto qualifier = query_value(request_.query(), "Qualifier").value_or("");
    auto parsed = parse_function_name(resource_, qualifier, endpoint, credential_region(request_));
    if (auto* error = std::get_if<AwsError>(&parsed)) return std::move(*error);
    name_ = std::get<FunctionName>(std::move(parsed));
  }
  if (refuses_qualifier(operation_, name_.qualifier)) {
    return invalid_parameter(
        "This operation is permitted on Lambda functions only. Aliases and versions do not support "
        "this operation. Please specify either a function name or an unqualified function ARN.");
  }
  // DeleteFunction says itself what is wrong with a qualifier.
  const FunctionName wanted = operation_ == Operation::kDeleteFunction
                                  ? FunctionName{.name = name_.name, .qualifier = {}}
                                  : name_;
  auto found = plane_.registry_.resolve(wanted);
  if (auto* error = std::get_if<AwsError>(&found)) return std::move(*error);
  next_ = *std::get<const store::StoredFunction*>(found);
  return mark(name_.name);
}

std::optional<AwsError> ChangeJob::prepare_delete() {
  if (name_.qualifier.empty()) return std::nullopt;
  if (name_.qualifier == "$LATEST") {
    return invalid_parameter("$LATEST version cannot be deleted without deleting the function.");
  }
  // Published versions go another way; what looks like a number and is none names nothing.
  const bool digits = all_of(name_.qualifier, is_digit);
  if (!digits) return invalid_parameter("Deletion of aliases is not currently supported.");
  return function_not_found(qualified_arn(plane_.registry_.endpoint(), name_));
}

std::optional<AwsError> ChangeJob::prepare_code() {
  if (patch_.revision_id && *patch_.revision_id != next_.revision_id) return revision_mismatch();
  if (patch_.architecture) next_.definition.architecture = *patch_.architecture;
  if (!patch_.dry_run) renew();
  prepare_publication();
  return std::nullopt;
}

std::optional<AwsError> ChangeJob::prepare_configuration() {
  if (patch_.revision_id && *patch_.revision_id != next_.revision_id) return revision_mismatch();
  apply_configuration(patch_, next_);
  renew();
  return std::nullopt;
}

std::optional<AwsError> ChangeJob::prepare_concurrency() {
  if (operation_ == Operation::kDeleteFunctionConcurrency) {
    next_.definition.reserved_concurrency.reset();
    return std::nullopt;
  }
  const std::int64_t account = plane_.settings_.account_concurrency;
  // AWS: accounts with a lower limit have that as the minimum of the message.
  const std::int64_t minimum = std::min(kUnreservedConcurrencyMin, account);
  const std::int64_t unreserved =
      account - plane_.registry_.committed_total(name_.name) - *patch_.reserved_concurrency;
  if (unreserved < minimum) {
    return invalid_parameter(
        fmt::format("Specified ReservedConcurrentExecutions for function decreases account's "
                    "UnreservedConcurrentExecution below its minimum value of [{}].",
                    minimum));
  }
  const std::int64_t provisioned = plane_.registry_.resources(name_.name).provisioned_total();
  if (*patch_.reserved_concurrency < provisioned) {
    // AWS: the spaces are the service's.
    return invalid_parameter(
        fmt::format(" ReservedConcurrentExecutions  {} should not be lower than function's total "
                    "provisioned concurrency [{}].",
                    *patch_.reserved_concurrency, provisioned));
  }
  next_.definition.reserved_concurrency = patch_.reserved_concurrency;
  return std::nullopt;
}

std::optional<AwsError> ChangeJob::prepare_tags() {
  auto& tags = next_.definition.tags;
  if (operation_ == Operation::kUntagResource) {
    const auto keys = query_values(request_.query(), "tagKeys");
    if (keys.empty()) {
      return validation_errors(
          {"Value null at 'tagKeys' failed to satisfy constraint: Member must not be null"});
    }
    for (const std::string& key : keys) tags.erase(key);
    return std::nullopt;
  }
  for (auto& [key, value] : *patch_.tags) tags[key] = value;
  if (tags.size() > kTagsMax) {
    return invalid_parameter("Number of tags exceeds resource tag limit.");
  }
  return std::nullopt;
}

std::optional<AwsError> ChangeJob::apply() {
  if (patch_.zip) {
    store::ZipSummary summary;
    if (patch_.dry_run) {
      auto checked = plane_.storage_.check(*patch_.zip);
      if (!checked.ok()) return storage_error(checked.error());
      summary = *std::move(checked);
    } else {
      auto unpacked = plane_.storage_.unpack(*patch_.zip);
      if (!unpacked.ok()) return storage_error(unpacked.error());
      next_.definition.code_directory = unpacked->folder.string();
      next_.package = unpacked->summary.id;
      summary = std::move(unpacked->summary);
    }
    next_.code_sha256 = summary.sha256_base64;
    next_.code_size = summary.zip_bytes;
    patch_.zip.reset();
  }
  if (patch_.dry_run) return std::nullopt;
  const Status status = store();
  if (!status.ok()) return storage_error(status.error());
  return std::nullopt;
}

Status ChangeJob::store() {
  if (operation_ == Operation::kDeleteFunction) return plane_.storage_.remove(name_.name);
  if (!patch_.publish) return plane_.storage_.put(next_);
  Publication publication =
      make_publication(next_, {.numbering = numbering_,
                               .last = last_version_ ? &*last_version_ : nullptr,
                               .description = std::nullopt,
                               .revision_id = version_revision_});
  update_.put = {next_};
  if (publication.numbering) {
    update_.put.push_back(publication.version);
    update_.numbering = std::move(publication.numbering);
  }
  published_ = std::move(publication.version);
  return plane_.storage_.update(update_);
}

// CreateFunction and UpdateFunctionCode. With Publish, the answer shows the version.
HttpResponse ChangeJob::commit_code(int status, ConfigurationView view, FunctionChange change) {
  FunctionRegistry& registry = plane_.registry_;
  if (!published_) {
    HttpResponse response = answer(status, configuration_json(next_, registry.endpoint(), view));
    registry.put(std::move(next_), change);
    return response;
  }
  const bool made = update_.numbering.has_value();
  registry.apply(update_, change);
  return answer(status,
                configuration_json(*published_, registry.endpoint(),
                                   made ? ConfigurationView::kCreated : ConfigurationView::kRead,
                                   published_->version));
}

HttpResponse ChangeJob::commit() {
  FunctionRegistry& registry = plane_.registry_;
  const Endpoint& endpoint = registry.endpoint();
  // The mark goes first: the listener may look at the registry.
  registry.end_change(std::exchange(marked_, {}));
  switch (operation_) {
    case Operation::kCreateFunction:
      return commit_code(201, ConfigurationView::kCreated, FunctionChange::kCreated);
    case Operation::kUpdateFunctionCode:
      if (patch_.dry_run) {
        return answer(200, configuration_json(next_, endpoint, ConfigurationView::kRead));
      }
      return commit_code(200, ConfigurationView::kUpdated, FunctionChange::kCode);
    case Operation::kUpdateFunctionConfiguration: {
      HttpResponse response =
          answer(200, configuration_json(next_, endpoint, ConfigurationView::kUpdated));
      registry.put(std::move(next_), FunctionChange::kConfiguration);
      return response;
    }
    case Operation::kPutFunctionConcurrency: {
      const std::int64_t reserved = next_.definition.reserved_concurrency.value_or(0);
      registry.put(std::move(next_), FunctionChange::kConcurrency);
      return answer(200, fmt::format(R"({{"ReservedConcurrentExecutions":{}}})", reserved));
    }
    case Operation::kDeleteFunctionConcurrency:
      registry.put(std::move(next_), FunctionChange::kConcurrency);
      return answer(204, {});
    case Operation::kDeleteFunction:
      registry.remove(name_.name);
      return answer(204, {});
    default:
      registry.put(std::move(next_), FunctionChange::kTags);
      return answer(204, {});
  }
}

HttpResponse ChangeJob::answer(int status, std::string body) const {
  return make_answer(status, std::move(body), stamp_.request_id);
}

HttpResponse ChangeJob::refuse(const AwsError& error) const {
  return to_response(error, stamp_.request_id);
}

}  // namespace lambdarium::aws
