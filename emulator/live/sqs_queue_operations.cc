// Operations on queues as a whole: making, listing, settings, tags.

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "emulator/live/sqs_server.h"
#include "models/base/encoding.h"

namespace lambdarium::live {
namespace {

using aws::SqsAnswer;
using aws::SqsOperation;
using queues::ErrorKind;
using queues::QueueError;

constexpr std::int64_t kResultsMax = 1'000;

std::string seconds(Time time) {
  return fmt::to_string(to_ns(time) / 1'000'000'000);
}

}  // namespace

void SqsServer::create_queue(const CallPtr& call) {
  const aws::SqsRequest& request = call->request;
  if (request.queue_name.empty()) return fail(*call, queues::missing_parameter("QueueName"));
  queues::Effects effects;
  auto made = driver_.queues().create(request.queue_name, request.attributes, request.tags,
                                      driver_.now(), effects);
  if (const auto* error = std::get_if<QueueError>(&made)) return fail(*call, *error);
  SqsAnswer given;
  given.queue_url = url_of(*call, request.queue_name);
  finish(call, std::move(effects), std::move(given));
}

void SqsServer::list_queues(const CallPtr& call) {
  std::vector<std::string> names;
  for (const auto& [name, id] : driver_.queues().names()) {
    if (name.starts_with(call->request.name_prefix)) names.push_back(name);
  }
  page(call, std::move(names));
}

void SqsServer::list_sources(const CallPtr& call) {
  const queues::QueueRecord* record = driver_.queues().find(call->queue);
  page(call, driver_.queues().dead_letter_sources(driver_.queues().arn_of(record->name)));
}

// Names ascend; a token is the last name of the page before.
void SqsServer::page(const CallPtr& call, std::vector<std::string> names) {
  const aws::SqsRequest& request = call->request;
  if (request.max_results && (*request.max_results < 1 || *request.max_results > kResultsMax)) {
    return fail(*call, queues::invalid_value(fmt::to_string(*request.max_results), "MaxResults",
                                             "Must be between 1 and 1000, if provided."));
  }
  if (!request.next_token.empty()) {
    const auto after = base64_decode(request.next_token);
    if (!after) {
      return fail(*call, {ErrorKind::kInvalidParameterValue, "Invalid or expired next token."});
    }
    names.erase(names.begin(), std::upper_bound(names.begin(), names.end(), *after));
  }
  SqsAnswer given;
  const auto limit = static_cast<std::size_t>(request.max_results.value_or(kResultsMax));
  if (names.size() > limit) {
    names.resize(limit);
    // AWS: without MaxResults there are no further pages.
    if (request.max_results) given.next_token = base64_encode(names.back());
  }
  for (const std::string& name : names) given.queue_urls.push_back(url_of(*call, name));
  answer(*call, given);
}

void SqsServer::get_attributes(const CallPtr& call) {
  const aws::SqsRequest& request = call->request;
  SqsAnswer given;
  queues::Effects effects;
  const queues::MessageCounts counts = driver_.queues().counts(call->queue, driver_.now(), effects);
  driver_.finish(std::move(effects));
  const queues::QueueRecord& record = *driver_.queues().find(call->queue);
  if (request.operation == SqsOperation::kGetQueueUrl) {
    given.queue_url = url_of(*call, record.name);
    return answer(*call, given);
  }
  if (request.operation == SqsOperation::kListQueueTags) {
    given.tags = record.tags;
    return answer(*call, given);
  }
  std::map<std::string, std::string> all{
      {"QueueArn", driver_.queues().arn_of(record.name)},
      {"ApproximateNumberOfMessages", fmt::to_string(counts.visible)},
      {"ApproximateNumberOfMessagesDelayed", fmt::to_string(counts.delayed)},
      {"ApproximateNumberOfMessagesNotVisible", fmt::to_string(counts.in_flight)},
      {"CreatedTimestamp", seconds(record.created)},
      {"LastModifiedTimestamp", seconds(record.modified)}};
  for (const std::string_view name : queues::setting_names()) {
    if (auto value = queues::shown_setting(record.settings, name)) {
      all[std::string{name}] = *std::move(value);
    }
  }
  for (const std::string& name : request.attribute_names) {
    const auto& settings = queues::setting_names();
    if (name == "All") {
      given.attributes = all;
    } else if (const auto found = all.find(name); found != all.end()) {
      given.attributes.insert(*found);
    } else if (std::find(settings.begin(), settings.end(), name) == settings.end()) {
      return fail(*call, {ErrorKind::kInvalidAttributeName,
                          fmt::format("Unknown Attribute {}.", name.substr(0, 256))});
    }
  }
  answer(*call, given);
}

void SqsServer::change_queue(const CallPtr& call) {
  const aws::SqsRequest& request = call->request;
  queues::QueueSet& all = driver_.queues();
  queues::Effects effects;
  Problem problem;
  switch (request.operation) {
    case SqsOperation::kDeleteQueue:
      problem = all.remove(call->queue, effects);
      break;
    case SqsOperation::kPurgeQueue:
      // AWS allows one purge a minute, which would only keep a developer waiting.
      problem = all.purge(call->queue, effects);
      break;
    case SqsOperation::kSetQueueAttributes:
      problem = request.attributes.empty()
                    ? queues::missing_parameter("Attributes")
                    : all.set_attributes(call->queue, request.attributes, driver_.now(), effects);
      break;
    case SqsOperation::kTagQueue:
      problem = request.tags.empty() ? queues::missing_parameter("Tags")
                                     : all.tag(call->queue, request.tags, effects);
      break;
    case SqsOperation::kUntagQueue:
      problem = request.tag_keys.empty() ? queues::missing_parameter("TagKeys")
                                         : all.untag(call->queue, request.tag_keys, effects);
      break;
    default:
      problem = QueueError{ErrorKind::kUnsupportedOperation, request.operation_name};
      break;
  }
  if (!problem) return finish(call, std::move(effects), {});
  driver_.finish(std::move(effects));
  fail(*call, *problem);
}

}  // namespace lambdarium::live
