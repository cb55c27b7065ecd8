#include "emulator/aws/function_name.h"

#include <utility>
#include <vector>

#include <fmt/format.h>

#include "emulator/aws/patterns.h"

namespace lambdarium::aws {

namespace {

constexpr std::size_t kFunctionNameBytesMax = 256;
constexpr std::size_t kQualifierBytesMax = 128;
constexpr std::string_view kNamePattern =
    R"((arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:)?)"
    R"((\d{12}:)?(function:)?([a-zA-Z0-9-_\.]+)(:(\$LATEST(\.PUBLISHED)?|[a-zA-Z0-9-_]+))?)";
constexpr std::string_view kQualifierPattern = R"(\$(LATEST(\.PUBLISHED)?)|[a-zA-Z0-9-_$]+)";

bool is_name(std::string_view text) {
  return is_word(text, ".");
}

bool is_qualifier(std::string_view text) {
  if (text == "$LATEST" || text == "$LATEST.PUBLISHED") return true;
  return is_word(text, "$");
}

AwsError bad_name(std::string_view text) {
  return validation_error(
      text, "functionName",
      fmt::format("Member must satisfy regular expression pattern: {}", kNamePattern));
}

struct Parts {
  std::string_view region;
  std::string_view name;
  std::string_view qualifier;
  bool has_qualifier = false;
};

// What the pattern's groups take; false when it does not match.
bool take_apart(std::string_view text, Parts& parts) {
  std::vector<std::string_view> tokens;
  while (true) {
    const std::size_t colon = text.find(':');
    tokens.push_back(text.substr(0, colon));
    if (colon == std::string_view::npos) break;
    text.remove_prefix(colon + 1);
  }
  std::size_t at = 0;
  // Each optional part is taken only while something is left for the name.
  const auto more = [&tokens, &at] { return at + 1 < tokens.size(); };
  if (tokens.size() > 3 && tokens[0] == "arn" && is_partition(tokens[1]) && tokens[2] == "lambda") {
    at = 3;
  }
  if (more() && is_region(tokens[at])) parts.region = tokens[at++];
  if (more() && is_account(tokens[at])) ++at;
  if (more() && tokens[at] == "function") ++at;
  const std::size_t left = tokens.size() - at;
  if (left == 0 || left > 2 || !is_name(tokens[at])) return false;
  parts.name = tokens[at];
  if (left == 2) {
    parts.qualifier = tokens[at + 1];
    parts.has_qualifier = true;
    return is_qualifier(parts.qualifier);
  }
  return true;
}

}  // namespace

OrError<FunctionName> parse_function_name(std::string_view text, std::string_view qualifier,
                                          const Endpoint& endpoint,
                                          std::string_view caller_region) {
  if (text.size() > kFunctionNameBytesMax) {
    return validation_error(
        text, "functionName",
        fmt::format("Member must have length less than or equal to {}", kFunctionNameBytesMax));
  }
  Parts parts;
  if (!take_apart(text, parts)) return bad_name(text);
  if (!parts.region.empty() && parts.region != endpoint.region && parts.region != caller_region) {
    return resource_not_found(
        fmt::format("Functions from '{}' are not reachable in this region ('{}')", parts.region,
                    endpoint.region));
  }
  if (!qualifier.empty()) {
    if (qualifier.size() > kQualifierBytesMax || !is_qualifier(qualifier)) {
      return validation_error(
          qualifier, "qualifier",
          fmt::format("Member must satisfy regular expression pattern: {}", kQualifierPattern));
    }
    if (parts.has_qualifier && parts.qualifier != qualifier) {
      return invalid_parameter(
          "The derived qualifier from the function name does not match the specified qualifier.");
    }
    parts.qualifier = qualifier;
  }
  return FunctionName{.name = std::string{parts.name}, .qualifier = std::string{parts.qualifier}};
}

std::string_view credential_region(const HttpRequest& request) {
  const std::string* header = request.headers.find("authorization");
  if (header == nullptr) return {};
  std::string_view rest = *header;
  constexpr std::string_view kCredential = "Credential=";
  const std::size_t start = rest.find(kCredential);
  if (start == std::string_view::npos) return {};
  rest = rest.substr(start + kCredential.size());
  rest = rest.substr(0, rest.find_first_of(", "));
  // key/date/region/service/aws4_request
  for (int skip = 0; skip < 2; ++skip) {
    const std::size_t slash = rest.find('/');
    if (slash == std::string_view::npos) return {};
    rest.remove_prefix(slash + 1);
  }
  const std::string_view region = rest.substr(0, rest.find('/'));
  return is_region(region) ? region : std::string_view{};
}

std::string qualified_arn(const Endpoint& endpoint, const FunctionName& function) {
  return fmt::format("arn:aws:lambda:{}:{}:function:{}{}{}", endpoint.region, endpoint.account,
                     function.name, function.qualifier.empty() ? "" : ":", function.qualifier);
}

}  // namespace lambdarium::aws
