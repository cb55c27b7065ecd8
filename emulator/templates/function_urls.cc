// FunctionUrlConfig of a function.

#include <fmt/format.h>

#include <array>

#include "emulator/templates/loader.h"
#include "emulator/templates/schema.h"
#include "models/base/random.h"

namespace lambdarium::templates {
namespace {

using namespace std::string_view_literals;

constexpr std::int64_t kMaxAgeSecondsMax = 86'400;

constexpr std::array kUrlConfig{"AuthType"sv, "Cors"sv, "InvokeMode"sv};
constexpr std::array kCors{"AllowCredentials"sv, "AllowHeaders"sv,  "AllowMethods"sv,
                           "AllowOrigins"sv,     "ExposeHeaders"sv, "MaxAge"sv};
constexpr std::array kAuthTypes{"NONE"sv, "AWS_IAM"sv};
constexpr std::array kInvokeModes{"BUFFERED"sv, "RESPONSE_STREAM"sv};

}  // namespace

std::string function_url_id_for(std::string_view function_name) {
  constexpr std::string_view kCharacters = "abcdefghijklmnopqrstuvwxyz234567";
  RandomStream draws{0, function_name};
  std::string id;
  for (int i = 0; i < 32; ++i) id += kCharacters[draws.next() % kCharacters.size()];
  return id;
}

void Loader::read_function_url(const Field& field, Function& function) {
  const Node* config = values_.map(field);
  if (config == nullptr) return;
  values_.check_keys(*config, "key of FunctionUrlConfig", kUrlConfig);
  FunctionUrlDefinition url;
  url.where = diagnostics_.mark(field.where);
  // One of two texts; nothing after an error.
  const auto choice = [this](const Field& from, std::string_view what,
                             std::span<const std::string_view> known) {
    auto text = values_.text(from);
    if (text && *text != known[0] && *text != known[1]) {
      values_.unknown(from.value->where, what, *text, known);
      text.reset();
    }
    return text;
  };
  const Field* auth_type = config->find("AuthType");
  if (auth_type == nullptr) {
    diagnostics_.error(field.where, "FunctionUrlConfig has no AuthType; it is NONE or AWS_IAM");
  } else if (const auto text = choice(*auth_type, "AuthType", kAuthTypes)) {
    url.iam = *text == "AWS_IAM";
  }
  if (const Field* mode = config->find("InvokeMode")) {
    const auto text = choice(*mode, "InvokeMode", kInvokeModes);
    url.response_stream = text && *text == "RESPONSE_STREAM";
  }
  if (const Field* cors = config->find("Cors")) read_url_cors(*cors, url);
  function.url = std::move(url);
}

void Loader::read_url_cors(const Field& field, FunctionUrlDefinition& url) {
  const Node* map = values_.map(field);
  if (map == nullptr) return;
  values_.check_keys(*map, "key of Cors", kCors);
  FunctionUrlCors& cors = url.cors.emplace();
  for (const Field& member : map->fields) {
    if (member.key == "AllowHeaders") {
      cors.allow_headers = values_.text_list(member);
    } else if (member.key == "AllowMethods") {
      cors.allow_methods = values_.text_list(member);
    } else if (member.key == "AllowOrigins") {
      cors.allow_origins = values_.text_list(member);
    } else if (member.key == "ExposeHeaders") {
      cors.expose_headers = values_.text_list(member);
    } else if (member.key == "MaxAge") {
      cors.max_age_s = values_.integer(member, 0, kMaxAgeSecondsMax, "seconds");
    } else if (member.key == "AllowCredentials") {
      const auto text = values_.text(member);
      if (text && *text != "true" && *text != "false") {
        diagnostics_.error(
            member.value->where,
            fmt::format("AllowCredentials must be true or false, not '{}'", shown(*text)));
      } else if (text) {
        cors.allow_credentials = *text == "true";
      }
    }
  }
}

}  // namespace lambdarium::templates
