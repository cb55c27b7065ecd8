#include "emulator/live/destination_record.h"

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <utility>

#include <fmt/format.h>

#include "emulator/aws/json_check.h"
#include "models/base/encoding.h"

namespace lambdarium::live {
namespace {

constexpr std::size_t kErrorMessageBytesMax = 1'024;

// "2024-01-01T00:00:00.000Z"
std::string format_timestamp(std::int64_t unix_ms) {
  const std::chrono::sys_time<std::chrono::milliseconds> instant{
      std::chrono::milliseconds{unix_ms}};
  const auto day = std::chrono::floor<std::chrono::days>(instant);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{instant - day};
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count(),
                     clock.subseconds().count());
}

// A runtime may answer with anything; in a record it must be JSON.
void append_payload(std::string& out, std::string_view payload) {
  if (payload.empty()) {
    out += "null";
  } else if (aws::find_json_problem(payload)) {
    append_json_string(out, payload);
  } else {
    out += payload;
  }
}

// arn:aws:lambda:<region>:<account>:function:<name> has seven parts; an eighth is the qualifier.
bool is_qualified(std::string_view arn) {
  return std::count(arn.begin(), arn.end(), ':') >= 7;
}

std::string error_message(const AsyncResponse* response) {
  if (response == nullptr) return {};
  const auto error = nlohmann::json::parse(response->payload, nullptr, false);
  if (!error.is_object()) return {};
  const auto it = error.find("errorMessage");
  if (it == error.end() || !it->is_string()) return {};
  std::string text = it->get<std::string>();
  if (text.size() > kErrorMessageBytesMax) {
    std::size_t end = kErrorMessageBytesMax;
    // Not in the middle of a character.
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80U) --end;
    text.resize(end);
  }
  return text;
}

}  // namespace

std::string destination_record(const EndedEvent& event, std::int64_t unix_ms) {
  std::string out = fmt::format(R"({{"version":"1.0","timestamp":"{}","requestContext":)",
                                format_timestamp(unix_ms));
  out += R"({"requestId":)";
  append_json_string(out, event.request_id);
  out += R"(,"functionArn":)";
  std::string arn{event.arn};
  if (!is_qualified(arn)) arn += ":$LATEST";
  append_json_string(out, arn);
  out += fmt::format(R"(,"condition":"{}","approximateInvokeCount":{}}},"requestPayload":)",
                     fleet::to_string(event.condition), event.attempts);
  append_payload(out, event.payload);
  if (event.response != nullptr) {
    out += R"(,"responseContext":{"statusCode":200,"executedVersion":)";
    append_json_string(out, event.response->version);
    if (event.response->function_error) out += R"(,"functionError":"Unhandled")";
    out += R"(},"responsePayload":)";
    append_payload(out, event.response->payload);
  }
  out += '}';
  return out;
}

DestinationMessage dead_letter_message(const EndedEvent& event) {
  return {.body = std::string{event.payload},
          .attributes = {{"RequestID", "String", std::string{event.request_id}},
                         {"ErrorCode", "Number", "200"},
                         {"ErrorMessage", "String", error_message(event.response)}}};
}

std::string to_line(const DestinationMessage& message) {
  if (message.attributes.empty()) return message.body;
  std::string out = R"({"body":)";
  append_json_string(out, message.body);
  out += R"(,"messageAttributes":{)";
  bool first = true;
  for (const auto& [name, type, value] : message.attributes) {
    if (!std::exchange(first, false)) out += ',';
    append_json_string(out, name);
    out += R"(:{"stringValue":)";
    append_json_string(out, value);
    out += R"(,"dataType":)";
    append_json_string(out, type);
    out += '}';
  }
  out += "}}";
  return out;
}

std::string destination_file_name(std::string_view arn) {
  constexpr std::size_t kNameBytesMax = 128;
  const std::size_t separator = arn.find_last_of(":/");
  if (separator != std::string_view::npos) arn.remove_prefix(separator + 1);
  std::string name{arn.substr(0, kNameBytesMax)};
  for (char& c : name) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                       c == '-' || c == '_' || c == '.';
    if (!plain) c = '_';
  }
  // Neither hidden nor a way out of the folder.
  if (name.empty() || name.front() == '.') name.insert(0, 1, '_');
  return name;
}

}  // namespace lambdarium::live
