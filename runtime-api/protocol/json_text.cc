#include "runtime-api/protocol/json_text.h"

#include <array>
#include <cstdint>

#include <nlohmann/json.hpp>

namespace lambdarium::runtime_api {
namespace {

using Json = nlohmann::ordered_json;

std::string dump(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// Absent and null are the empty text; false for anything that is not a string.
bool read_text(const Json& object, const char* name, std::string& out) {
  const auto member = object.find(name);
  if (member == object.end() || member->is_null()) return true;
  if (!member->is_string()) return false;
  out = member->get_ref<const std::string&>();
  return true;
}

constexpr std::array<std::int8_t, 256> make_base64_values() {
  std::array<std::int8_t, 256> values{};
  values.fill(-1);
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (std::size_t i = 0; i < kAlphabet.size(); ++i) {
    values[static_cast<unsigned char>(kAlphabet[i])] = static_cast<std::int8_t>(i);
  }
  return values;
}
constexpr auto kBase64Values = make_base64_values();

}  // namespace

std::string json_quote(std::string_view text) {
  return dump(Json(text));
}

bool strip_error_cause(std::string_view body, std::string& out) {
  const Json error = Json::parse(body, nullptr, false);
  if (!error.is_object()) return false;
  std::string message;
  std::string type;
  if (!read_text(error, "errorMessage", message) || !read_text(error, "errorType", type)) {
    return false;
  }
  Json kept{{"errorMessage", std::move(message)}, {"errorType", std::move(type)}};
  const auto trace = error.find("stackTrace");
  if (trace != error.end() && !trace->is_null()) {
    if (!trace->is_array()) return false;
    for (const Json& line : *trace) {
      if (!line.is_string()) return false;
    }
    if (!trace->empty()) kept["stackTrace"] = *trace;
  }
  out = dump(kept);
  return true;
}

bool decode_base64(std::string_view text, std::string& out) {
  if (text.size() % 4 != 0) return false;
  const std::size_t padding =
      text.ends_with("==") ? 2U : static_cast<std::size_t>(text.ends_with('='));
  text.remove_suffix(padding);
  std::string decoded;
  decoded.reserve(text.size() / 4 * 3 + 2);
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    const std::int8_t value = kBase64Values[static_cast<unsigned char>(c)];
    if (value < 0) return false;
    bits = bits << 6 | static_cast<std::uint32_t>(value);
    count += 6;
    if (count >= 8) {
      count -= 8;
      decoded.push_back(static_cast<char>(bits >> count & 0xff));
    }
  }
  out = std::move(decoded);
  return true;
}

}  // namespace lambdarium::runtime_api
