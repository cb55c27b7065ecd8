#include "emulator/aws/function_url_json.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "emulator/aws/body_reader.h"

namespace lambdarium::aws {

namespace {

using Json = nlohmann::ordered_json;
using Names = std::optional<std::vector<std::string>>;

constexpr std::int64_t kMaxAgeSecondsMax = 86'400;

struct ListLimits {
  std::size_t items_max;
  std::size_t length_min;
  std::size_t length_max;
};
constexpr ListLimits kHeaderLimits{100, 0, 1'024};
constexpr ListLimits kMethodLimits{6, 0, 6};
constexpr ListLimits kOriginLimits{100, 1, 253};

Names read_list(BodyReader& reader, const char* name, const ListLimits& limits) {
  Names names = reader.string_list(name);
  if (!names) return names;
  const std::string shown = fmt::format("[{}]", fmt::join(*names, ", "));
  if (names->size() > limits.items_max) {
    reader.constrain(
        name, shown,
        fmt::format("Member must have length less than or equal to {}", limits.items_max));
  }
  const bool fits = std::all_of(names->begin(), names->end(), [&limits](const std::string& item) {
    return item.size() >= limits.length_min && item.size() <= limits.length_max;
  });
  if (!fits) {
    reader.constrain(
        name, shown,
        fmt::format("Member must satisfy constraint: [Member must have length less than or equal "
                    "to {}, Member must have length greater than or equal to {}, Member must "
                    "satisfy regular expression pattern: .*]",
                    limits.length_max, limits.length_min));
  }
  return names;
}

FunctionUrlCors read_cors(BodyReader& reader) {
  FunctionUrlCors cors;
  cors.allow_credentials = reader.boolean("AllowCredentials");
  cors.allow_headers = read_list(reader, "AllowHeaders", kHeaderLimits);
  cors.allow_methods = read_list(reader, "AllowMethods", kMethodLimits);
  cors.allow_origins = read_list(reader, "AllowOrigins", kOriginLimits);
  cors.expose_headers = read_list(reader, "ExposeHeaders", kHeaderLimits);
  cors.max_age_s = reader.integer("MaxAge");
  reader.at_least("MaxAge", cors.max_age_s, 0);
  reader.at_most("MaxAge", cors.max_age_s, kMaxAgeSecondsMax);
  return cors;
}

bool is_empty(const FunctionUrlCors& cors) {
  return !cors.allow_credentials && !cors.allow_headers && !cors.allow_methods &&
         !cors.allow_origins && !cors.expose_headers && !cors.max_age_s;
}

template <class Value>
void add(Json& object, const char* name, const std::optional<Value>& value) {
  if (value) object[name] = *value;
}

Json cors_json(const FunctionUrlCors& cors) {
  Json object = Json::object();
  add(object, "AllowCredentials", cors.allow_credentials);
  add(object, "AllowHeaders", cors.allow_headers);
  add(object, "AllowMethods", cors.allow_methods);
  add(object, "AllowOrigins", cors.allow_origins);
  add(object, "ExposeHeaders", cors.expose_headers);
  add(object, "MaxAge", cors.max_age_s);
  return object;
}

std::string dump(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string text_of(const nlohmann::json& object, const char* name) {
  const auto it = object.find(name);
  return it == object.end() || !it->is_string() ? std::string{} : it->get<std::string>();
}

}  // namespace

OrError<FunctionUrlPatch> parse_function_url(std::string_view body, bool creates) {
  auto parsed = parse_body(body);
  if (auto* error = std::get_if<AwsError>(&parsed)) return std::move(*error);
  BodyReader reader{std::get<nlohmann::json>(parsed)};
  FunctionUrlPatch patch;
  if (creates) reader.require("AuthType");
  const auto auth_type = reader.string("AuthType");
  reader.one_of("AuthType", auth_type, {"NONE", "AWS_IAM"});
  const auto invoke_mode = reader.string("InvokeMode");
  reader.one_of("InvokeMode", invoke_mode, {"RESPONSE_STREAM", "BUFFERED"});
  if (nlohmann::json* cors = reader.object("Cors")) {
    BodyReader nested{*cors, "cors."};
    patch.cors = read_cors(nested);
    reader.merge(nested);
  }
  if (auto error = reader.error()) return *std::move(error);
  if (auth_type) patch.iam = *auth_type == "AWS_IAM";
  if (invoke_mode) patch.response_stream = *invoke_mode == "RESPONSE_STREAM";
  return patch;
}

void apply_function_url(const FunctionUrlPatch& patch, FunctionUrlDefinition& url) {
  if (patch.iam) url.iam = *patch.iam;
  if (patch.response_stream) url.response_stream = *patch.response_stream;
  if (!patch.cors) return;
  url.cors.reset();
  if (!is_empty(*patch.cors)) url.cors = patch.cors;
}

std::string function_url_json(const FunctionUrlDefinition& url, std::string_view text,
                              std::string_view arn, FunctionUrlView view) {
  Json object{{"FunctionUrl", text}, {"FunctionArn", arn}};
  object["AuthType"] = url.iam ? "AWS_IAM" : "NONE";
  if (url.cors) object["Cors"] = cors_json(*url.cors);
  object["CreationTime"] = url.creation_time;
  if (view == FunctionUrlView::kRead) object["LastModifiedTime"] = url.last_modified_time;
  object["InvokeMode"] = url.response_stream ? "RESPONSE_STREAM" : "BUFFERED";
  return dump(object);
}

store::FunctionItem function_url_item(const FunctionUrlDefinition& url) {
  Json document{{"Id", url.id},
                {"AuthType", url.iam ? "AWS_IAM" : "NONE"},
                {"InvokeMode", url.response_stream ? "RESPONSE_STREAM" : "BUFFERED"},
                {"CreationTime", url.creation_time},
                {"LastModifiedTime", url.last_modified_time}};
  if (url.cors) document["Cors"] = cors_json(*url.cors);
  return {.function = url.function,
          .kind = std::string{kFunctionUrlItem},
          .key = url.qualifier,
          .document = dump(document)};
}

std::optional<FunctionUrlDefinition> function_url_of(const store::FunctionItem& item) {
  if (item.kind != kFunctionUrlItem) return std::nullopt;
  const auto document = nlohmann::json::parse(item.document, nullptr, false);
  if (!document.is_object()) return std::nullopt;
  const auto patch = parse_function_url(item.document, true);
  if (std::holds_alternative<AwsError>(patch)) return std::nullopt;
  FunctionUrlDefinition url;
  url.id = text_of(document, "Id");
  if (url.id.empty()) return std::nullopt;
  url.function = item.function;
  url.qualifier = item.key;
  url.creation_time = text_of(document, "CreationTime");
  url.last_modified_time = text_of(document, "LastModifiedTime");
  apply_function_url(std::get<FunctionUrlPatch>(patch), url);
  return url;
}

}  // namespace lambdarium::aws
