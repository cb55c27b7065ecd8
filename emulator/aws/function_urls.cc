#include "emulator/aws/function_urls.h"

#include <chrono>
#include <utility>

#include <fmt/format.h>

#include "emulator/aws/function_url_json.h"
#include "emulator/aws/patterns.h"
#include "emulator/aws/resource_arn.h"
#include "emulator/aws/resource_request.h"

namespace lambdarium::aws {

namespace {

constexpr std::size_t kBodyBytesMax = 262'144;
constexpr std::int64_t kItemsMax = 50;
constexpr std::string_view kQualifierPattern =
    R"(Member must satisfy regular expression pattern: ((?!^\d+$)^[0-9a-zA-Z-_]+$))";

AwsError no_url() {
  return resource_not_found("The resource you requested does not exist.");
}

AwsError no_function() {
  return resource_not_found("Function does not exist");
}

// 32 lower-case letters and digits.
std::string make_url_id(RandomStream& random) {
  constexpr std::string_view kCharacters = "abcdefghijklmnopqrstuvwxyz234567";
  std::string id;
  for (int i = 0; i < 32; ++i) id += kCharacters[random.next() % kCharacters.size()];
  return id;
}

// "2024-01-02T03:04:05.678000Z"
std::string format_time(std::int64_t epoch_ms) {
  std::string text = format_last_modified(epoch_ms);
  text.resize(text.size() - 5);  // "+0000"
  return text + "000Z";
}

}  // namespace

bool is_function_url_operation(Operation operation) {
  switch (operation) {
    case Operation::kCreateFunctionUrl:
    case Operation::kGetFunctionUrl:
    case Operation::kUpdateFunctionUrl:
    case Operation::kDeleteFunctionUrl:
    case Operation::kListFunctionUrls:
      return true;
    default:
      return false;
  }
}

// Makes a change durable, then known.
class FunctionUrls::ChangeJob final : public Job {
 public:
  // The function is marked as being changed; the job takes the mark back.
  ChangeJob(FunctionUrls& urls, Change&& change, std::string request_id)
      : urls_(urls), change_(std::move(change)), request_id_(std::move(request_id)) {
    store::FunctionItem item = function_url_item(change_.url);
    (change_.removes ? update_.remove_items : update_.put_items).push_back(std::move(item));
  }
  ~ChangeJob() override { unmark(); }

  void work() override { stored_ = urls_.storage_.update(update_); }

  std::optional<HttpResponse> finish() override {
    unmark();
    if (!stored_.ok()) return to_response(service_error(stored_.error().message), request_id_);
    // A function that was deleted meanwhile has taken the item with it.
    if (urls_.registry_.find(change_.url.function) == nullptr) {
      return to_response(no_function(), request_id_);
    }
    urls_.registry_.apply(update_, FunctionChange::kTags);
    if (change_.removes) {
      urls_.erase(change_.url);
    } else {
      urls_.put(std::move(change_.url));
    }
    return make_answer(change_.status, std::move(change_.body), request_id_);
  }

 private:
  void unmark() {
    if (std::exchange(marked_, false)) urls_.registry_.end_change(change_.url.function);
  }

  FunctionUrls& urls_;
  Change change_;
  std::string request_id_;
  store::FunctionUpdate update_;
  Status stored_;
  bool marked_ = true;
};

OrError<FunctionName> FunctionUrls::name_of(const RoutedRequest& routed,
                                            const HttpRequest& request) const {
  const std::string qualifier = query_value(request.query(), "Qualifier").value_or("");
  if (!qualifier.empty() && (!is_word(qualifier) || all_of(qualifier, is_digit))) {
    return validation_error(qualifier, "qualifier", kQualifierPattern);
  }
  auto parsed = parse_function_name(routed.resource, qualifier, registry_.endpoint(),
                                    credential_region(request));
  const auto* name = std::get_if<FunctionName>(&parsed);
  // One that came with the name.
  if (name != nullptr && (name->qualifier == "$LATEST" || all_of(name->qualifier, is_digit))) {
    return validation_error(name->qualifier, "qualifier", kQualifierPattern);
  }
  return parsed;
}

Answer FunctionUrls::handle(const RoutedRequest& routed, const HttpRequest& request,
                            RequestStamp stamp) {
  const auto refuse = [&stamp](const AwsError& error) {
    return to_response(error, stamp.request_id);
  };
  if (request.body.size() > kBodyBytesMax) {
    return refuse(request_too_large(fmt::format(
        "Request must be smaller than {} bytes for the {} operation", kBodyBytesMax, routed.name)));
  }
  auto parsed = name_of(routed, request);
  if (const auto* error = std::get_if<AwsError>(&parsed)) return refuse(*error);
  const FunctionName& name = std::get<FunctionName>(parsed);
  if (routed.operation == Operation::kListFunctionUrls) {
    auto listed = list(name, request);
    if (const auto* error = std::get_if<AwsError>(&listed)) return refuse(*error);
    return make_answer(200, std::get<std::string>(std::move(listed)), stamp.request_id);
  }
  if (routed.operation == Operation::kGetFunctionUrl) {
    const FunctionUrlDefinition* url = find(name.name, name.qualifier);
    if (url == nullptr) return refuse(no_url());
    return make_answer(200, json(*url, false), stamp.request_id);
  }
  auto changed = change(routed, name, request.body, stamp.now_epoch_ms);
  if (const auto* error = std::get_if<AwsError>(&changed)) return refuse(*error);
  if (!registry_.begin_change(name.name)) {
    return refuse(update_in_progress(
        qualified_arn(registry_.endpoint(), {.name = name.name, .qualifier = {}})));
  }
  return std::make_unique<ChangeJob>(*this, std::get<Change>(std::move(changed)),
                                     std::move(stamp.request_id));
}

OrError<FunctionUrls::Change> FunctionUrls::change(const RoutedRequest& routed,
                                                   const FunctionName& name, std::string_view body,
                                                   std::int64_t now_epoch_ms) {
  if (routed.operation == Operation::kCreateFunctionUrl) return create(name, body, now_epoch_ms);
  const FunctionUrlDefinition* url = find(name.name, name.qualifier);
  if (routed.operation == Operation::kDeleteFunctionUrl) {
    if (url == nullptr) return no_url();
    return Change{.status = 204, .body = {}, .url = *url, .removes = true};
  }
  auto patch = parse_function_url(body, false);
  if (auto* error = std::get_if<AwsError>(&patch)) return std::move(*error);
  if (registry_.find(name.name) == nullptr) return no_function();
  if (url == nullptr) return no_url();
  Change change{.status = 200, .body = {}, .url = *url};
  apply_function_url(std::get<FunctionUrlPatch>(patch), change.url);
  change.url.last_modified_time = format_time(now_epoch_ms);
  change.body = json(change.url, false);
  return change;
}

OrError<FunctionUrls::Change> FunctionUrls::create(const FunctionName& name, std::string_view body,
                                                   std::int64_t now_epoch_ms) {
  auto patch = parse_function_url(body, true);
  if (auto* error = std::get_if<AwsError>(&patch)) return std::move(*error);
  if (registry_.find(name.name) == nullptr) return no_function();
  if (const FunctionUrlDefinition* same = find(name.name, name.qualifier)) {
    // AWS: two blanks.
    return resource_conflict(
        fmt::format("Failed to create function url config for [functionArn = {}]. Error message:  "
                    "FunctionUrlConfig exists for this Lambda function",
                    arn_of(*same)));
  }
  if (std::holds_alternative<AwsError>(registry_.resolve(name))) return no_function();
  Change change;
  change.status = 201;
  change.url.id = make_url_id(ids_);
  change.url.function = name.name;
  change.url.qualifier = name.qualifier;
  change.url.creation_time = format_time(now_epoch_ms);
  change.url.last_modified_time = change.url.creation_time;
  apply_function_url(std::get<FunctionUrlPatch>(patch), change.url);
  change.body = json(change.url, true);
  return change;
}

OrError<std::string> FunctionUrls::list(const FunctionName& name,
                                        const HttpRequest& request) const {
  if (registry_.find(name.name) == nullptr) return no_function();
  auto limit = max_items_of(request, kItemsMax);
  if (auto* error = std::get_if<AwsError>(&limit)) return std::move(*error);
  auto marker = marker_of(request);
  if (auto* error = std::get_if<AwsError>(&marker)) return std::move(*error);
  std::string body = R"({"FunctionUrlConfigs":[)";
  std::int64_t left = std::get<std::int64_t>(limit);
  // The function's own has an empty qualifier: a marker is a blank and the last one that was shown.
  const std::string& after = std::get<std::string>(marker);
  auto it = after.empty() ? urls_.lower_bound({name.name, ""})
                          : urls_.upper_bound({name.name, after.substr(1)});
  std::string last;
  bool first = true;
  for (; it != urls_.end() && it->first.first == name.name && left > 0; ++it, --left) {
    if (!std::exchange(first, false)) body += ',';
    body += json(it->second, false);
    last = it->first.second;
  }
  body += ']';
  if (it != urls_.end() && it->first.first == name.name) body += next_marker(" " + last);
  body += '}';
  return body;
}

std::string FunctionUrls::arn_of(const FunctionUrlDefinition& url) const {
  return qualified_arn(registry_.endpoint(), {.name = url.function, .qualifier = url.qualifier});
}

std::string FunctionUrls::json(const FunctionUrlDefinition& url, bool created) const {
  return function_url_json(url, text_of(url), arn_of(url),
                           created ? FunctionUrlView::kCreated : FunctionUrlView::kRead);
}

const FunctionUrlDefinition* FunctionUrls::find(std::string_view id) const {
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : &urls_.at(found->second);
}

const FunctionUrlDefinition* FunctionUrls::find(std::string_view function,
                                                std::string_view qualifier) const {
  const auto found = urls_.find({std::string{function}, std::string{qualifier}});
  return found == urls_.end() ? nullptr : &found->second;
}

void FunctionUrls::put(FunctionUrlDefinition url) {
  erase(url);
  std::pair<std::string, std::string> key{url.function, url.qualifier};
  by_id_[url.id] = key;
  urls_[std::move(key)] = std::move(url);
}

void FunctionUrls::erase(const FunctionUrlDefinition& url) {
  const auto found = urls_.find({url.function, url.qualifier});
  if (found == urls_.end()) return;
  by_id_.erase(found->second.id);
  urls_.erase(found);
}

void FunctionUrls::load(const store::FunctionItem& item) {
  auto url = function_url_of(item);
  if (url && registry_.find(item.function) != nullptr) put(*std::move(url));
}

void FunctionUrls::set_template(std::vector<FunctionUrlDefinition> urls,
                                std::int64_t now_epoch_ms) {
  for (const std::string& id : std::exchange(template_ids_, {})) {
    const FunctionUrlDefinition* old = find(id);
    if (old != nullptr) erase(FunctionUrlDefinition{*old});
  }
  for (FunctionUrlDefinition& url : urls) {
    url.creation_time = format_time(now_epoch_ms);
    url.last_modified_time = url.creation_time;
    template_ids_.push_back(url.id);
    put(std::move(url));
  }
}

void FunctionUrls::function_removed(std::string_view function) {
  std::erase_if(by_id_, [function](const auto& entry) { return entry.second.first == function; });
  std::erase_if(urls_, [function](const auto& entry) { return entry.first.first == function; });
}

}  // namespace lambdarium::aws
