#include "emulator/queues/attributes.h"

#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "models/base/encoding.h"

namespace lambdarium::queues {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kValueBytesMax = 30'720;
constexpr std::size_t kNestingMax = 32;

struct Number {
  std::string_view name;
  std::int64_t QueueSettings::*member;
  std::int64_t min;
  std::int64_t max;
};

constexpr std::array kNumbers{
    Number{"DelaySeconds", &QueueSettings::delay_s, 0, 900},
    Number{"MaximumMessageSize", &QueueSettings::bytes_max, 1'024, 1'048'576},
    Number{"MessageRetentionPeriod", &QueueSettings::retention_s, 60, 1'209'600},
    Number{"ReceiveMessageWaitTimeSeconds", &QueueSettings::wait_s, 0, 20},
    Number{"VisibilityTimeout", &QueueSettings::visibility_s, 0, 43'200},
};

// Kept and shown; RedrivePolicy and RedriveAllowPolicy have a meaning here as well.
constexpr std::array<std::string_view, 6> kTexts{"Policy",
                                                 "RedrivePolicy",
                                                 "RedriveAllowPolicy",
                                                 "KmsMasterKeyId",
                                                 "KmsDataKeyReusePeriodSeconds",
                                                 "SqsManagedSseEnabled"};

QueueError fifo_not_supported() {
  return {ErrorKind::kUnsupportedOperation,
          "FIFO queues are not supported by this emulator; use a standard queue."};
}

QueueError invalid_attribute(std::string_view name) {
  return {ErrorKind::kInvalidAttributeValue,
          fmt::format("Invalid value for the parameter {}.", name)};
}

std::optional<std::int64_t> parse_integer(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || problem != std::errc{} || end != text.data() + text.size()) {
    return std::nullopt;
  }
  return value;
}

// Nothing where the text is no object.
std::optional<Json> parse_object(std::string_view text) {
  if (text.size() > kValueBytesMax || json_nesting(text) > kNestingMax) return std::nullopt;
  Json document = Json::parse(text, nullptr, false);
  if (!document.is_object()) return std::nullopt;
  return document;
}

OrError<RedrivePolicy> parse_redrive(const std::string& text) {
  const auto invalid = [&text](std::string_view reason) {
    return invalid_value(text.substr(0, 512), "RedrivePolicy", reason);
  };
  const auto document = parse_object(text);
  if (!document) return invalid("Redrive policy is not a valid JSON map.");
  const auto target = document->find("deadLetterTargetArn");
  const auto count = document->find("maxReceiveCount");
  if (target == document->end() || count == document->end()) {
    return invalid(
        "Redrive policy does not contain mandatory attribute: " +
        std::string{target == document->end() ? "deadLetterTargetArn." : "maxReceiveCount."});
  }
  if (document->size() != 2) {
    return invalid(
        "Only following attributes are supported: [deadLetterTargetArn, maxReceiveCount].");
  }
  RedrivePolicy policy;
  if (!target->is_string() || !target->get_ref<const std::string&>().starts_with("arn:")) {
    return invalid("Invalid value for deadLetterTargetArn.");
  }
  policy.target_arn = target->get<std::string>();
  std::optional<std::int64_t> number;
  if (count->is_number_integer()) number = count->get<std::int64_t>();
  if (count->is_string()) number = parse_integer(count->get_ref<const std::string&>());
  if (!number || *number < 1 || *number > 1000) {
    return invalid(
        fmt::format("Invalid value for maxReceiveCount: {}, valid values are from 1 to 1000 both "
                    "inclusive.",
                    count->is_string() ? count->get<std::string>() : count->dump()));
  }
  policy.max_receive_count = *number;
  return policy;
}

std::optional<QueueError> check_allow_policy(const std::string& text) {
  const auto document = parse_object(text);
  const auto permission = document ? document->find("redrivePermission") : Json::const_iterator{};
  if (!document || permission == document->end() || !permission->is_string()) {
    return invalid_value(text.substr(0, 512), "RedriveAllowPolicy",
                         "Amazon SQS can't create the redrive allow policy, as it's not in the "
                         "correct format.");
  }
  const auto& value = permission->get_ref<const std::string&>();
  const bool by_queue = document->contains("sourceQueueArns");
  const bool good = value == "byQueue" ? by_queue && document->at("sourceQueueArns").is_array() &&
                                             document->at("sourceQueueArns").size() <= 10
                                       : (value == "allowAll" || value == "denyAll") && !by_queue;
  if (good) return std::nullopt;
  return invalid_value(text.substr(0, 512), "RedriveAllowPolicy",
                       "redrivePermission must be allowAll, denyAll, or byQueue with at most 10 "
                       "sourceQueueArns.");
}

std::optional<QueueError> set_text(QueueSettings& settings, const std::string& name,
                                   const std::string& value) {
  if (value.size() > kValueBytesMax) return invalid_attribute(name);
  if (value.empty()) {
    settings.given.erase(name);
    if (name == "RedrivePolicy") settings.redrive.reset();
    return std::nullopt;
  }
  if (name == "RedrivePolicy") {
    auto policy = parse_redrive(value);
    if (auto* error = std::get_if<QueueError>(&policy)) return std::move(*error);
    settings.redrive = std::get<RedrivePolicy>(std::move(policy));
  } else if (name == "RedriveAllowPolicy") {
    if (auto error = check_allow_policy(value)) return error;
  } else if (name == "Policy") {
    if (!parse_object(value)) {
      return QueueError{ErrorKind::kInvalidAttributeValue,
                        "Invalid value for the parameter Policy."};
    }
  } else if (name == "KmsDataKeyReusePeriodSeconds") {
    const auto number = parse_integer(value);
    if (!number || *number < 60 || *number > 86'400) return invalid_attribute(name);
  } else if (name == "SqsManagedSseEnabled") {
    if (value != "true" && value != "false") return invalid_attribute(name);
  }
  settings.given[name] = value;
  return std::nullopt;
}

}  // namespace

std::optional<QueueError> check_queue_name(std::string_view name) {
  if (name.ends_with(".fifo")) return fifo_not_supported();
  const bool good =
      !name.empty() && name.size() <= 80 && std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
               c == '-' || c == '_';
      });
  if (good) return std::nullopt;
  return QueueError{
      ErrorKind::kInvalidParameterValue,
      "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length"};
}

std::optional<QueueError> change(QueueSettings& settings, const AttributeMap& attributes) {
  QueueSettings next = settings;
  for (const auto& [name, value] : attributes) {
    if (name == "FifoQueue" || name == "ContentBasedDeduplication" ||
        name == "DeduplicationScope" || name == "FifoThroughputLimit") {
      if (value == "false") continue;
      return fifo_not_supported();
    }
    const auto* number = std::find_if(kNumbers.begin(), kNumbers.end(),
                                      [&](const Number& n) { return n.name == name; });
    if (number != kNumbers.end()) {
      const auto parsed = parse_integer(value);
      if (!parsed || *parsed < number->min || *parsed > number->max) {
        return invalid_attribute(name);
      }
      next.*(number->member) = *parsed;
      next.given[name] = fmt::to_string(*parsed);
    } else if (std::find(kTexts.begin(), kTexts.end(), name) != kTexts.end()) {
      if (auto error = set_text(next, name, value)) return error;
    } else {
      return QueueError{ErrorKind::kInvalidAttributeName,
                        fmt::format("Unknown Attribute {}.", name)};
    }
  }
  settings = std::move(next);
  return std::nullopt;
}

std::optional<std::string> shown_setting(const QueueSettings& settings, std::string_view name) {
  for (const Number& number : kNumbers) {
    if (number.name == name) return fmt::to_string(settings.*(number.member));
  }
  const auto given = settings.given.find(std::string{name});
  if (given != settings.given.end()) return given->second;
  if (name == "SqsManagedSseEnabled") {
    return settings.given.contains("KmsMasterKeyId") ? "false" : "true";
  }
  return std::nullopt;
}

const std::vector<std::string_view>& setting_names() {
  static const std::vector<std::string_view> names = [] {
    std::vector<std::string_view> all;
    for (const Number& number : kNumbers) all.push_back(number.name);
    all.insert(all.end(), kTexts.begin(), kTexts.end());
    return all;
  }();
  return names;
}

bool allows_redrive_from(const QueueSettings& dead_letter_queue, std::string_view source_arn) {
  const auto policy = dead_letter_queue.given.find("RedriveAllowPolicy");
  if (policy == dead_letter_queue.given.end()) return true;
  const auto document = parse_object(policy->second);
  if (!document) return true;
  const std::string permission = document->value("redrivePermission", "allowAll");
  if (permission != "byQueue") return permission == "allowAll";
  for (const Json& arn : document->at("sourceQueueArns")) {
    if (arn.is_string() && arn.get_ref<const std::string&>() == source_arn) return true;
  }
  return false;
}

}  // namespace lambdarium::queues
