#include "emulator/aws/patterns.h"

namespace lambdarium::aws {

namespace {

bool take(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

}  // namespace

bool is_account(std::string_view text) {
  return text.size() == 12 && all_of(text, is_digit);
}

bool is_region(std::string_view text) {
  const std::size_t dash = text.rfind('-');
  return dash != std::string_view::npos && dash >= 4 && text.size() == dash + 2 &&
         is_digit(text.back()) && text[2] == '-' &&
         all_of(text.substr(0, dash), [](char c) { return is_lower(c) || c == '-'; });
}

bool is_partition(std::string_view text) {
  return text.empty() ||
         (text.starts_with("aws") && all_of(text, [](char c) { return is_letter(c) || c == '-'; }));
}

bool is_role(std::string_view text) {
  if (!take(text, "arn:")) return false;
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || !is_partition(text.substr(0, colon))) return false;
  text.remove_prefix(colon);
  if (!take(text, ":iam::") || text.size() < 12 || !is_account(text.substr(0, 12))) return false;
  text.remove_prefix(12);
  return take(text, ":role") && is_word(text, "+=,.@/");
}

bool is_resource_arn(std::string_view text) {
  if (text.empty()) return true;
  if (!take(text, "arn:")) return false;
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || !is_partition(text.substr(0, colon))) return false;
  text.remove_prefix(colon + 1);
  const std::size_t end = text.find(':');
  return end != std::string_view::npos && all_of(text.substr(0, end), [](char c) {
           return is_lower(c) || is_digit(c) || c == '-' || c == '.';
         });
}

bool is_variable_name(std::string_view text) {
  return text.size() >= 2 && is_letter(text[0]) &&
         all_of(text, [](char c) { return is_letter(c) || is_digit(c) || c == '_'; });
}

bool is_word(std::string_view text, std::string_view extra) {
  return all_of(text, [extra](char c) {
    return is_letter(c) || is_digit(c) || c == '-' || c == '_' ||
           extra.find(c) != std::string_view::npos;
  });
}

}  // namespace lambdarium::aws
