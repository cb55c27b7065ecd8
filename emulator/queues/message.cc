#include "emulator/queues/message.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "models/base/encoding.h"

namespace lambdarium::queues {
namespace {

constexpr std::size_t kNameBytesMax = 256;

bool has_prefix_ignoring_case(std::string_view text, std::string_view prefix) {
  if (text.size() < prefix.size()) return false;
  return std::equal(prefix.begin(), prefix.end(), text.begin(), [](char a, char b) {
    return a == (b >= 'A' && b <= 'Z' ? static_cast<char>(b - 'A' + 'a') : b);
  });
}

bool is_attribute_name(std::string_view name) {
  if (name.empty() || name.size() > kNameBytesMax) return false;
  if (name.front() == '.' || name.back() == '.' || name.find("..") != name.npos) return false;
  if (has_prefix_ignoring_case(name, "aws.") || has_prefix_ignoring_case(name, "amazon.")) {
    return false;
  }
  return std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' ||
           c == '-' || c == '.';
  });
}

// "String", "Number", "Binary", each with a label after a dot.
bool is_attribute_type(std::string_view type) {
  if (type.size() > kNameBytesMax) return false;
  const std::string_view base = type.substr(0, type.find('.'));
  return base == "String" || base == "Number" || base == "Binary";
}

bool is_number(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  double value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  return !text.empty() && problem == std::errc{} && end == text.data() + text.size();
}

// XML's characters; the text is UTF-8 already.
bool has_only_allowed_characters(std::string_view text) {
  if (!is_valid_utf8(text)) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c < 0x20 && c != 0x09 && c != 0x0a && c != 0x0d) return false;
    // U+FFFE and U+FFFF
    if (c == 0xef && i + 2 < text.size() && static_cast<unsigned char>(text[i + 1]) == 0xbf &&
        static_cast<unsigned char>(text[i + 2]) >= 0xbe) {
      return false;
    }
  }
  return true;
}

QueueError invalid_parameter(std::string message) {
  return {ErrorKind::kInvalidParameterValue, std::move(message)};
}

QueueError invalid_characters() {
  return {ErrorKind::kInvalidMessageContents,
          "Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF "
          "| #xE000 to #xFFFD | #x10000 to #x10FFFF"};
}

std::optional<QueueError> find_problem(const std::string& name, const MessageAttribute& attribute) {
  if (!is_attribute_name(name)) {
    return invalid_parameter(fmt::format(
        "The message (user) attribute name '{}' is invalid: it can hold letters, digits, '_', '-' "
        "and '.', must not begin or end with a dot, nor begin with 'AWS.' or 'Amazon.', and has at "
        "most {} characters.",
        name, kNameBytesMax));
  }
  if (attribute.type.empty()) {
    return invalid_parameter(fmt::format(
        "The message (user) attribute '{}' must contain a non-empty attribute type.", name));
  }
  if (!is_attribute_type(attribute.type)) {
    return invalid_parameter(fmt::format(
        "The type of message (user) attribute '{}' is invalid. You must use only the following "
        "supported type prefixes: Binary, Number, String.",
        name));
  }
  const std::string_view base = std::string_view{attribute.type}.substr(0, 6);
  if (attribute.value.empty()) {
    return invalid_parameter(fmt::format(
        "Message (user) attribute '{}' must contain a non-empty value of type '{}'.", name, base));
  }
  if (base == "Number" && !is_number(attribute.value)) {
    return invalid_parameter(
        fmt::format("Can't cast the value of message (user) attribute '{}' to a number.", name));
  }
  if (!attribute.is_binary() && !has_only_allowed_characters(attribute.value)) {
    return invalid_characters();
  }
  return std::nullopt;
}

}  // namespace

std::int64_t Message::bytes() const {
  std::size_t total = body.size();
  for (const auto& [name, attribute] : attributes) {
    total += name.size() + attribute.type.size() + attribute.value.size();
  }
  return static_cast<std::int64_t>(total);
}

std::optional<QueueError> find_problem(const Message& message, std::int64_t bytes_max) {
  if (message.body.empty()) return missing_parameter("MessageBody");
  if (message.attributes.size() > kMessageAttributesMax) {
    return invalid_parameter(
        fmt::format("Number of message attributes [{}] exceeds the allowed maximum [{}].",
                    message.attributes.size(), kMessageAttributesMax));
  }
  if (message.bytes() > bytes_max) {
    return invalid_parameter(
        fmt::format("One or more parameters are invalid. Reason: Message must be shorter than {} "
                    "bytes.",
                    bytes_max));
  }
  if (!has_only_allowed_characters(message.body)) return invalid_characters();
  for (const auto& [name, attribute] : message.attributes) {
    if (auto problem = find_problem(name, attribute)) return problem;
  }
  if (message.group_id.size() > 128) {
    return invalid_value(message.group_id, "MessageGroupId",
                         "MessageGroupId can only include alphanumeric and punctuation characters. "
                         "1 to 128 in length.");
  }
  return std::nullopt;
}

std::string make_receipt_handle(std::string_view message_id, MessageKey key, std::int64_t count) {
  return base64_encode(fmt::format("lambdarium {} {} {}", message_id, key, count));
}

OrError<Receipt> parse_receipt_handle(std::string_view handle) {
  const QueueError invalid{
      ErrorKind::kReceiptHandleIsInvalid,
      fmt::format("The input receipt handle \"{}\" is not a valid receipt handle.",
                  handle.substr(0, 1024))};
  if (handle.size() > 1024) return invalid;
  const auto text = base64_decode(handle);
  if (!text) return invalid;
  std::string_view rest = *text;
  const auto word = [&rest] {
    const std::size_t space = rest.find(' ');
    const std::string_view first = rest.substr(0, space);
    rest = space == rest.npos ? std::string_view{} : rest.substr(space + 1);
    return first;
  };
  const auto number = [](std::string_view digits, auto& value) {
    const auto [end, problem] =
        std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return !digits.empty() && problem == std::errc{} && end == digits.data() + digits.size();
  };
  if (word() != "lambdarium") return invalid;
  Receipt receipt;
  receipt.message_id = word();
  const std::string_view key = word();
  const std::string_view count = word();
  if (receipt.message_id.empty() || !rest.empty() || !number(key, receipt.key) ||
      !number(count, receipt.count)) {
    return invalid;
  }
  return receipt;
}

}  // namespace lambdarium::queues
