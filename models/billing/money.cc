#include "models/billing/money.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

namespace lambdarium::billing {
namespace {

__extension__ using UInt128 = unsigned __int128;

// Parts stay below 2^125, so that a remainder times ten still fits an unsigned 128-bit number only
// after the check in to_digits; sums and products are checked by the compiler's overflow builtins.
constexpr Int128 kPartMax = static_cast<Int128>(1) << 124;
constexpr std::size_t kTextMax = 64;

Int128 gcd(Int128 a, Int128 b) {
  if (a < 0) a = -a;
  while (b != 0) {
    const Int128 rest = a % b;
    a = b;
    b = rest;
  }
  return a;
}

bool multiply(Int128 a, Int128 b, Int128& result) {
  return !__builtin_mul_overflow(a, b, &result);
}

std::string digits_of(UInt128 value) {
  std::string text;
  do {
    text.push_back(static_cast<char>('0' + static_cast<int>(value % 10)));
    value /= 10;
  } while (value != 0);
  std::reverse(text.begin(), text.end());
  return text;
}

}  // namespace

Decimal Decimal::inexact() {
  Decimal result;
  result.denominator_ = 0;
  return result;
}

Decimal Decimal::make(Int128 numerator, Int128 denominator) {
  if (denominator == 0) return inexact();
  const Int128 divisor = gcd(numerator, denominator);
  Decimal result;
  result.numerator_ = numerator / divisor;
  result.denominator_ = denominator / divisor;
  if (result.denominator_ < 0) {
    result.numerator_ = -result.numerator_;
    result.denominator_ = -result.denominator_;
  }
  if (result.numerator_ > kPartMax || result.numerator_ < -kPartMax ||
      result.denominator_ > kPartMax) {
    return inexact();
  }
  return result;
}

Decimal Decimal::ratio(std::int64_t numerator, std::int64_t denominator) {
  LAM_CHECK(denominator > 0);
  return make(numerator, denominator);
}

Result<Decimal> Decimal::parse(std::string_view text) {
  const auto fail = [&](std::string_view why) {
    return invalid_input(
        fmt::format("'{}' is not a decimal number{}", text.substr(0, kTextMax), why));
  };
  if (text.empty()) return fail("");
  if (text.size() > kTextMax) return fail(" of at most 64 characters");
  std::size_t i = 0;
  const bool negative = text[0] == '-';
  if (text[0] == '-' || text[0] == '+') ++i;
  Int128 value = 0;
  int scale = 0;
  bool point = false;
  bool any = false;
  for (; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '.' && !point) {
      point = true;
      continue;
    }
    if (c < '0' || c > '9') break;
    any = true;
    if (value > kPartMax / 10 - 1) return fail(" that can be kept exactly");
    value = value * 10 + (c - '0');
    if (point) ++scale;
  }
  if (!any) return fail("");
  if (i < text.size()) {
    if (text[i] != 'e' && text[i] != 'E') return fail("");
    ++i;
    if (i + 1 < text.size() && text[i] == '+' && text[i + 1] != '-') ++i;
    int exponent = 0;
    const char* end = text.data() + text.size();
    const auto [after, error] = std::from_chars(text.data() + i, end, exponent);
    if (error != std::errc{} || after != end || exponent > 36 || exponent < -36) return fail("");
    scale -= exponent;
  }
  Decimal result = make(negative ? -value : value, 1);
  for (; scale > 0 && result.exact(); --scale) result = result / Decimal{10};
  for (; scale < 0 && result.exact(); ++scale) result = result * Decimal{10};
  if (!result.exact()) return fail(" that can be kept exactly");
  return result;
}

Decimal operator+(const Decimal& a, const Decimal& b) {
  if (!a.exact() || !b.exact()) return Decimal::inexact();
  // Over the least common denominator, so that sums of like quantities do not grow.
  const Int128 common = gcd(a.denominator_, b.denominator_);
  const Int128 a_factor = b.denominator_ / common;
  const Int128 b_factor = a.denominator_ / common;
  Int128 left = 0;
  Int128 right = 0;
  Int128 sum = 0;
  Int128 denominator = 0;
  if (!multiply(a.numerator_, a_factor, left) || !multiply(b.numerator_, b_factor, right) ||
      __builtin_add_overflow(left, right, &sum) ||
      !multiply(a.denominator_, a_factor, denominator)) {
    return Decimal::inexact();
  }
  return Decimal::make(sum, denominator);
}

Decimal operator-(const Decimal& a, const Decimal& b) {
  Decimal negated = b;
  negated.numerator_ = -negated.numerator_;
  return a + negated;
}

Decimal operator*(const Decimal& a, const Decimal& b) {
  if (!a.exact() || !b.exact()) return Decimal::inexact();
  // Crosswise reduction first: the product of reduced parts overflows only when the result itself
  // is out of range.
  const Int128 left = gcd(a.numerator_, b.denominator_);
  const Int128 right = gcd(b.numerator_, a.denominator_);
  Int128 numerator = 0;
  Int128 denominator = 0;
  if (!multiply(a.numerator_ / left, b.numerator_ / right, numerator) ||
      !multiply(a.denominator_ / right, b.denominator_ / left, denominator)) {
    return Decimal::inexact();
  }
  return Decimal::make(numerator, denominator);
}

Decimal operator/(const Decimal& a, const Decimal& b) {
  if (!a.exact() || !b.exact() || b.numerator_ == 0) return Decimal::inexact();
  return a * Decimal::make(b.denominator_, b.numerator_);
}

std::strong_ordering operator<=>(const Decimal& a, const Decimal& b) {
  if (!a.exact() || !b.exact()) return a.exact() <=> b.exact();
  Int128 left = 0;
  Int128 right = 0;
  if (multiply(a.numerator_, b.denominator_, left) &&
      multiply(b.numerator_, a.denominator_, right)) {
    return left <=> right;
  }
  // Whole parts differ where the products are that large, or the remainders are compared the other
  // way round.
  const Int128 a_whole = a.floor().numerator_;
  const Int128 b_whole = b.floor().numerator_;
  if (a_whole != b_whole) return a_whole <=> b_whole;
  const Decimal a_rest = Decimal::make(a.numerator_ - a_whole * a.denominator_, a.denominator_);
  const Decimal b_rest = Decimal::make(b.numerator_ - b_whole * b.denominator_, b.denominator_);
  if (a_rest.numerator_ == 0 || b_rest.numerator_ == 0)
    return a_rest.numerator_ <=> b_rest.numerator_;
  return Decimal::make(b_rest.denominator_, b_rest.numerator_) <=>
         Decimal::make(a_rest.denominator_, a_rest.numerator_);
}

Decimal Decimal::floor() const {
  if (!exact()) return *this;
  Int128 whole = numerator_ / denominator_;
  if (numerator_ < 0 && whole * denominator_ != numerator_) --whole;
  return make(whole, 1);
}

Decimal Decimal::ceil() const {
  if (!exact()) return *this;
  Int128 whole = numerator_ / denominator_;
  if (numerator_ > 0 && whole * denominator_ != numerator_) ++whole;
  return make(whole, 1);
}

std::string Decimal::to_fixed(int decimals) const {
  if (!exact()) return "inexact";
  const auto magnitude = static_cast<UInt128>(numerator_ < 0 ? -numerator_ : numerator_);
  const auto divisor = static_cast<UInt128>(denominator_);
  // Long division: the remainder is below 2^124, ten times of it below 2^128.
  std::string digits = digits_of(magnitude / divisor);
  UInt128 rest = magnitude % divisor;
  for (int i = 0; i < decimals; ++i) {
    rest *= 10;
    digits.push_back(static_cast<char>('0' + static_cast<int>(rest / divisor)));
    rest %= divisor;
  }
  const UInt128 twice = rest * 2;
  const bool odd = (digits.back() - '0') % 2 == 1;
  if (twice > divisor || (twice == divisor && odd)) {
    std::size_t i = digits.size();
    while (i > 0 && digits[i - 1] == '9') digits[--i] = '0';
    if (i > 0) {
      ++digits[i - 1];
    } else {
      digits.insert(digits.begin(), '1');
    }
  }
  const bool shown_zero = digits.find_first_not_of('0') == std::string::npos;
  if (decimals > 0) digits.insert(digits.size() - static_cast<std::size_t>(decimals), 1, '.');
  return numerator_ < 0 && !shown_zero ? "-" + digits : digits;
}

std::string Decimal::to_string(int decimals) const {
  std::string text = to_fixed(decimals);
  if (!exact() || decimals <= 0) return text;
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text;
}

double Decimal::to_double() const {
  return exact() ? static_cast<double>(numerator_) / static_cast<double>(denominator_) : 0.0;
}

Decimal max(const Decimal& a, const Decimal& b) {
  return a < b ? b : a;
}
Decimal min(const Decimal& a, const Decimal& b) {
  return b < a ? b : a;
}

Decimal round_up(const Decimal& a, const Decimal& step) {
  return (a / step).ceil() * step;
}

}  // namespace lambdarium::billing
