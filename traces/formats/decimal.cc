#include "traces/formats/decimal.h"

#include <charconv>

namespace lambdarium::traces {
namespace {

__extension__ using Wide = unsigned __int128;

constexpr int kDigitsMax = 36;  // below 2^127, so that rounding cannot overflow
constexpr int kExponentMax = 10'000;

bool is_space(char c) {
  return c == ' ' || c == '\t';
}

struct Decimal {
  bool negative = false;
  Wide digits = 0;
  int exponent = 0;  // of ten
};

std::optional<int> parse_exponent(std::string_view text) {
  if (!text.empty() && text.front() == '+') {
    text.remove_prefix(1);
    if (!text.empty() && text.front() == '-') return std::nullopt;
  }
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (end != text.data() + text.size() || text.empty()) return std::nullopt;
  if (error == std::errc::result_out_of_range || value > kExponentMax || value < -kExponentMax) {
    return text.front() == '-' ? -kExponentMax : kExponentMax;
  }
  return error == std::errc{} ? std::optional{value} : std::nullopt;
}

std::optional<Decimal> parse_decimal(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  Decimal value;
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) {
    value.negative = text.front() == '-';
    text.remove_prefix(1);
  }
  bool any = false;
  bool point = false;
  int kept = 0;
  std::size_t i = 0;
  for (; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '.' && !point) {
      point = true;
      continue;
    }
    if (c < '0' || c > '9') break;
    any = true;
    if (kept < kDigitsMax) {
      value.digits = value.digits * 10 + static_cast<unsigned>(c - '0');
      kept += value.digits != 0;
      value.exponent -= point;
    } else {
      // Far below what any scaling keeps: dropping it can only lower the remainder that decides the
      // rounding, never past half.
      value.exponent += !point;
    }
  }
  if (!any) return std::nullopt;
  if (i == text.size()) return value;
  if (text[i] != 'e' && text[i] != 'E') return std::nullopt;
  const std::optional<int> exponent = parse_exponent(text.substr(i + 1));
  if (!exponent) return std::nullopt;
  value.exponent += *exponent;
  return value;
}

std::optional<Wide> scale(Wide digits, int exponent) {
  constexpr Wide kMax = static_cast<Wide>(INT64_MAX);
  if (digits == 0) return Wide{0};
  for (; exponent > 0; --exponent) {
    if (digits > kMax / 10) return std::nullopt;
    digits *= 10;
  }
  if (exponent < -(kDigitsMax + 1)) return Wide{0};
  Wide divisor = 1;
  for (; exponent < 0; ++exponent) divisor *= 10;
  if (divisor > 1) {
    const Wide rest = digits % divisor;
    digits = digits / divisor + (rest >= divisor - rest ? 1 : 0);
  }
  return digits > kMax ? std::nullopt : std::optional{digits};
}

}  // namespace

std::optional<std::int64_t> parse_scaled(std::string_view text, int power) {
  const std::optional<Decimal> value = parse_decimal(text);
  if (!value) return std::nullopt;
  const std::optional<Wide> scaled = scale(value->digits, value->exponent + power);
  if (!scaled) return std::nullopt;
  const auto magnitude = static_cast<std::int64_t>(*scaled);
  return value->negative ? -magnitude : magnitude;
}

void append_seconds(std::string& out, std::int64_t ns) {
  // In unsigned arithmetic, so that the smallest value has a magnitude.
  std::uint64_t magnitude = static_cast<std::uint64_t>(ns);
  if (ns < 0) {
    out += '-';
    magnitude = 0 - magnitude;
  }
  char buffer[24];
  const auto whole = std::to_chars(buffer, buffer + sizeof buffer, magnitude / 1'000'000'000);
  out.append(buffer, whole.ptr);
  std::uint64_t rest = magnitude % 1'000'000'000;
  if (rest == 0) return;
  char digits[9];
  for (int i = 8; i >= 0; --i, rest /= 10) digits[i] = static_cast<char>('0' + rest % 10);
  std::size_t length = 9;
  while (digits[length - 1] == '0') --length;
  out += '.';
  out.append(digits, length);
}

std::string format_seconds(std::int64_t ns) {
  std::string out;
  append_seconds(out, ns);
  return out;
}

}  // namespace lambdarium::traces
