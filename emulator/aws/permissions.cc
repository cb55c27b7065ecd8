#include "emulator/aws/permissions.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include <fmt/format.h>

#include "emulator/aws/body_reader.h"
#include "emulator/aws/patterns.h"

namespace lambdarium::aws {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kStatementIdBytesMax = 100;
constexpr std::size_t kTokenBytesMax = 256;
constexpr std::size_t kPolicyBytesMax = 20'480;
constexpr std::string_view kPattern = "Member must satisfy regular expression pattern: ";

struct Permission {
  std::optional<std::string> statement_id;
  std::optional<std::string> action;
  std::optional<std::string> principal;
  std::optional<std::string> source_arn;
  std::optional<std::string> source_account;
  std::optional<std::string> event_source_token;
  std::optional<std::string> organization;
  std::optional<std::string> url_auth_type;
  std::optional<bool> via_function_url;
  std::optional<std::string> revision_id;
};

std::string dump(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

bool is_action(std::string_view text) {
  if (text == "*" || text == "lambda:*") return true;
  return text.starts_with("lambda:") && all_of(text.substr(7), is_letter);
}

bool has_no_space(std::string_view text) {
  return all_of(text, [](char c) { return c != ' ' && !(c >= '\t' && c <= '\r'); });
}

// arn:<partition>:<service>:[<region>]:[<account>]:<anything>
bool is_source_arn(std::string_view text) {
  const auto take = [&text] {
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos) return std::string_view{":"};  // matches nothing below
    const std::string_view part = text.substr(0, colon);
    text.remove_prefix(colon + 1);
    return part;
  };
  if (take() != "arn") return false;
  const std::string_view partition = take();
  const std::string_view service = take();
  const std::string_view region = take();
  const std::string_view account = take();
  return partition.starts_with("aws") && is_word(partition) && is_word(service) &&
         (region.empty() || is_region(region)) && (account.empty() || is_account(account));
}

bool is_organization(std::string_view text) {
  return text.starts_with("o-") && text.size() >= 12 && text.size() <= 34 &&
         all_of(text.substr(2), [](char c) { return is_lower(c) || is_digit(c); });
}

void check(BodyReader& reader, const char* name, const std::optional<std::string>& value,
           bool (*accepts)(std::string_view), std::string_view pattern) {
  if (value && !accepts(*value)) {
    reader.constrain(name, *value, fmt::format("{}{}", kPattern, pattern));
  }
}

OrError<Permission> read_permission(std::string_view text) {
  auto body = parse_body(text);
  if (auto* error = std::get_if<AwsError>(&body)) return std::move(*error);
  BodyReader reader{std::get<nlohmann::json>(body)};
  Permission p;
  for (const char* name : {"StatementId", "Action", "Principal"}) reader.require(name);
  p.statement_id = reader.string("StatementId");
  reader.at_most_length("StatementId", p.statement_id, kStatementIdBytesMax);
  check(
      reader, "StatementId", p.statement_id, [](std::string_view id) { return is_word(id); },
      "([a-zA-Z0-9-_]+)");
  p.action = reader.string("Action");
  check(reader, "Action", p.action, is_action, "(lambda:[*]|lambda:[a-zA-Z]+|[*])");
  p.principal = reader.string("Principal");
  check(reader, "Principal", p.principal, has_no_space, R"([^\s]+)");
  p.source_arn = reader.string("SourceArn");
  check(
      reader, "SourceArn", p.source_arn, is_source_arn,
      R"(arn:(aws[a-zA-Z0-9-]*):([a-zA-Z0-9\-])+:([a-z]{2}(-gov)?-[a-z]+-\d{1})?:(\d{12})?:(.*))");
  p.source_account = reader.string("SourceAccount");
  check(reader, "SourceAccount", p.source_account, is_account, R"(\d{12})");
  p.event_source_token = reader.string("EventSourceToken");
  reader.at_most_length("EventSourceToken", p.event_source_token, kTokenBytesMax);
  check(
      reader, "EventSourceToken", p.event_source_token,
      [](std::string_view token) { return is_word(token, "."); }, R"([a-zA-Z0-9._\-]+)");
  p.organization = reader.string("PrincipalOrgID");
  check(reader, "PrincipalOrgID", p.organization, is_organization, "o-[a-z0-9]{10,32}");
  p.url_auth_type = reader.string("FunctionUrlAuthType");
  reader.one_of("FunctionUrlAuthType", p.url_auth_type, {"NONE", "AWS_IAM"});
  p.via_function_url = reader.boolean("InvokedViaFunctionUrl");
  p.revision_id = reader.string("RevisionId");
  if (auto error = reader.error()) return *std::move(error);
  return p;
}

bool is_service(std::string_view principal) {
  return !principal.starts_with("arn:") &&
         (principal.ends_with(".amazonaws.com") || principal.ends_with(".amazonaws.com.cn") ||
          principal.ends_with(".amazon.com"));
}

// Null: it is neither a service, nor an account, nor an ARN, nor everybody.
Json principal_json(const std::string& principal) {
  if (principal == "*") return principal;
  Json out = Json::object();
  if (is_service(principal)) {
    out["Service"] = principal;
  } else if (is_account(principal)) {
    out["AWS"] = fmt::format("arn:aws:iam::{}:root", principal);
  } else if (principal.starts_with("arn:")) {
    out["AWS"] = principal;
  } else {
    return nullptr;
  }
  return out;
}

Json statement_json(const Permission& p, Json principal, const std::string& resource) {
  Json out = Json::object();
  out["Sid"] = *p.statement_id;
  out["Effect"] = "Allow";
  out["Principal"] = std::move(principal);
  out["Action"] = *p.action;
  out["Resource"] = resource;
  Json condition = Json::object();
  const auto add = [&condition](const char* kind, const char* key, const auto& value) {
    if (value) condition[kind][key] = *value;
  };
  add("StringEquals", "lambda:FunctionUrlAuthType", p.url_auth_type);
  add("StringEquals", "aws:PrincipalOrgID", p.organization);
  add("StringEquals", "AWS:SourceAccount", p.source_account);
  add("StringEquals", "lambda:EventSourceToken", p.event_source_token);
  add("ArnLike", "AWS:SourceArn", p.source_arn);
  if (p.via_function_url) {
    condition["Bool"]["lambda:InvokedViaFunctionUrl"] = *p.via_function_url ? "true" : "false";
  }
  if (!condition.empty()) out["Condition"] = std::move(condition);
  return out;
}

// The statements of a policy; empty where there is none.
Json statements_of(const ResourceRequest& request, const FunctionName& name) {
  const std::string* text =
      request.registry.resources(name.name).document(kPolicyItem, name.qualifier);
  Json parsed = text == nullptr ? Json::array() : Json::parse(*text, nullptr, false);
  return parsed.is_array() ? parsed : Json::array();
}

std::string policy_text(const Json& statements) {
  Json policy = Json::object();
  policy["Version"] = "2012-10-17";
  policy["Id"] = "default";
  policy["Statement"] = statements;
  return dump(policy);
}

auto find_statement(Json& statements, const std::string& id) {
  return std::find_if(statements.begin(), statements.end(),
                      [&id](const Json& statement) { return statement.value("Sid", "") == id; });
}

// A policy's revision is that of what it belongs to. Requires: it is there.
std::string revision_of(const ResourceRequest& request, const FunctionName& name) {
  const FunctionResources& resources = request.registry.resources(name.name);
  if (const Alias* alias = resources.alias(name.qualifier)) return alias->revision_id;
  const store::StoredFunction* version = resources.version(name.qualifier);
  return version == nullptr ? request.registry.find(name.name)->revision_id : version->revision_id;
}

// AWS: a change of the policy gives what it belongs to another revision.
void renew(const ResourceRequest& request, const FunctionName& name,
           store::FunctionUpdate& update) {
  const FunctionResources& resources = request.registry.resources(name.name);
  if (const Alias* found = resources.alias(name.qualifier)) {
    Alias alias = *found;
    alias.revision_id = request.new_revision();
    update.put_items.push_back(
        {name.name, std::string{kAliasItem}, alias.name, alias_document(alias)});
    return;
  }
  const store::StoredFunction* version = resources.version(name.qualifier);
  update.put.push_back(version == nullptr ? *request.registry.find(name.name) : *version);
  update.put.back().revision_id = request.new_revision();
}

// The function and qualifier; both exist.
OrError<FunctionName> target(const ResourceRequest& request) {
  auto named = request.name();
  if (auto* error = std::get_if<AwsError>(&named)) return std::move(*error);
  FunctionName& name = std::get<FunctionName>(named);
  if (name.qualifier == "$LATEST") {
    return invalid_parameter("We currently do not support adding policies for $LATEST.");
  }
  if (auto error = check_function(request, name)) return *std::move(error);
  if (!name.qualifier.empty()) {
    if (auto error = check_qualifier(request, name)) return *std::move(error);
  }
  return std::move(name);
}

}  // namespace

ResourceResult add_permission(const ResourceRequest& request) {
  auto read = read_permission(request.request.body);
  if (auto* error = std::get_if<AwsError>(&read)) return std::move(*error);
  const Permission& permission = std::get<Permission>(read);
  auto named = target(request);
  if (auto* error = std::get_if<AwsError>(&named)) return std::move(*error);
  const FunctionName& name = std::get<FunctionName>(named);
  Json principal = principal_json(*permission.principal);
  if (principal.is_null()) {
    return invalid_parameter(
        "The provided principal was invalid. Please check the principal and try again.");
  }
  if (permission.revision_id && *permission.revision_id != revision_of(request, name)) {
    return revision_mismatch();
  }
  Json statements = statements_of(request, name);
  if (find_statement(statements, *permission.statement_id) != statements.end()) {
    return resource_conflict(
        fmt::format("The statement id ({}) provided already exists. Please provide a new statement "
                    "id, or remove the existing statement.",
                    *permission.statement_id));
  }
  Json statement = statement_json(permission, std::move(principal), request.arn(name));
  statements.push_back(statement);
  if (const std::size_t size = policy_text(statements).size(); size > kPolicyBytesMax) {
    return AwsError{.status = 400,
                    .type = "PolicyLengthExceededException",
                    .message = fmt::format("The final policy size ({}) is bigger than the limit "
                                           "({}).",
                                           size, kPolicyBytesMax)};
  }
  ResourceAnswer answer;
  answer.status = 201;
  answer.function = name.name;
  answer.body = dump(Json{{"Statement", dump(statement)}});
  answer.update.put_items.push_back(
      {name.name, std::string{kPolicyItem}, name.qualifier, dump(statements)});
  renew(request, name, answer.update);
  return answer;
}

ResourceResult get_policy(const ResourceRequest& request) {
  auto named = request.name();
  if (auto* error = std::get_if<AwsError>(&named)) return std::move(*error);
  FunctionName& name = std::get<FunctionName>(named);
  if (auto error = check_function(request, name)) return *std::move(error);
  if (name.qualifier == "$LATEST") name.qualifier.clear();
  const Json statements = statements_of(request, name);
  if (statements.empty()) {
    return resource_not_found("The resource you requested does not exist.");
  }
  Json out = Json::object();
  out["Policy"] = policy_text(statements);
  out["RevisionId"] = revision_of(request, name);
  ResourceAnswer answer;
  answer.body = dump(out);
  return answer;
}

ResourceResult remove_permission(const ResourceRequest& request) {
  auto named = request.name();
  if (auto* error = std::get_if<AwsError>(&named)) return std::move(*error);
  FunctionName& name = std::get<FunctionName>(named);
  if (name.qualifier == "$LATEST") name.qualifier.clear();
  if (request.registry.find(name.name) == nullptr) {
    return resource_not_found(fmt::format("No policy found for: {}", request.arn(name)));
  }
  Json statements = statements_of(request, name);
  if (statements.empty()) {
    return resource_not_found("No policy is associated with the given resource.");
  }
  const auto statement = find_statement(statements, request.routed.part);
  if (statement == statements.end()) {
    return resource_not_found(
        fmt::format("Statement {} is not found in resource policy.", request.routed.part));
  }
  const auto revision = query_value(request.request.query(), "RevisionId");
  if (revision && !revision->empty() && *revision != revision_of(request, name)) {
    return revision_mismatch();
  }
  statements.erase(statement);
  ResourceAnswer answer;
  answer.status = 204;
  answer.function = name.name;
  store::FunctionItem item{name.name, std::string{kPolicyItem}, name.qualifier, {}};
  if (statements.empty()) {
    answer.update.remove_items.push_back(std::move(item));
  } else {
    item.document = dump(statements);
    answer.update.put_items.push_back(std::move(item));
  }
  renew(request, name, answer.update);
  return answer;
}

}  // namespace lambdarium::aws
