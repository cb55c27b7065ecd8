// The patterns of the service model that requests are checked against, without a regular-expression
// engine.
//
// Private to the AWS endpoint. Thread: any.

#pragma once

#include <algorithm>
#include <string_view>

namespace lambdarium::aws {

// As messages quote them.
inline constexpr std::string_view kRolePattern =
    R"(arn:(aws[a-zA-Z-]*)?:iam::\d{12}:role/?[a-zA-Z_0-9+=,.@\-_/]+)";
inline constexpr std::string_view kResourceArnPattern =
    R"((arn:(aws[a-zA-Z-]*)?:[a-z0-9-.]+:.*)|())";
inline constexpr std::string_view kVariableNamePattern = R"([a-zA-Z]([a-zA-Z0-9_])+)";

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
constexpr bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}
constexpr bool is_letter(char c) {
  return is_lower(c) || (c >= 'A' && c <= 'Z');
}

// Not empty, and every character is of the kind.
template <class Predicate>
bool all_of(std::string_view text, Predicate predicate) {
  return !text.empty() && std::all_of(text.begin(), text.end(), predicate);
}

bool is_account(std::string_view text);    // twelve digits
bool is_region(std::string_view text);     // us-east-1, us-gov-west-1
bool is_partition(std::string_view text);  // aws, aws-cn, or empty
bool is_role(std::string_view text);
// An ARN as DeadLetterConfig takes it, or empty.
bool is_resource_arn(std::string_view text);
bool is_variable_name(std::string_view text);
// Letters, digits, '-' and '_', and those of `extra`.
bool is_word(std::string_view text, std::string_view extra = {});

}  // namespace lambdarium::aws
