// Exact arithmetic for usage and money: a rational number on 128-bit integers.
//
// Prices have up to fifteen decimals, quantities may be fractions (GB-seconds, hours) and some
// rates are divided by 3600, so neither doubles nor one fixed scale are exact. A Decimal is
// numerator/denominator in lowest terms. A result that leaves the range becomes "not exact" and
// stays so through every further operation; whoever presents a bill asks exact() once.
//
// Thread: any; a value.

#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "models/base/result.h"

namespace lambdarium::billing {

__extension__ using Int128 = __int128;

class Decimal {
 public:
  constexpr Decimal() = default;
  constexpr Decimal(std::int64_t value) : numerator_(value) {}  // implicit: integers are quantities
  static Decimal ratio(std::int64_t numerator,
                       std::int64_t denominator);  // requires denominator > 0

  // "-12.5", "0.0000166667", "1e-3"; no spaces, no grouping. The error names the text.
  static Result<Decimal> parse(std::string_view text);

  friend Decimal operator+(const Decimal& a, const Decimal& b);
  friend Decimal operator-(const Decimal& a, const Decimal& b);
  friend Decimal operator*(const Decimal& a, const Decimal& b);
  friend Decimal operator/(const Decimal& a, const Decimal& b);  // by zero: not exact
  Decimal& operator+=(const Decimal& b) { return *this = *this + b; }
  Decimal& operator-=(const Decimal& b) { return *this = *this - b; }
  // Not-exact values compare equal to themselves and below every number.
  friend std::strong_ordering operator<=>(const Decimal& a, const Decimal& b);
  friend bool operator==(const Decimal& a, const Decimal& b) { return (a <=> b) == 0; }

  bool exact() const { return denominator_ != 0; }
  bool is_zero() const { return exact() && numerator_ == 0; }
  bool is_negative() const { return numerator_ < 0; }
  bool is_integer() const { return denominator_ == 1; }

  Decimal ceil() const;   // to a whole number, up
  Decimal floor() const;  // to a whole number, down

  // Rounded half-even to at most `decimals` places, trailing zeros trimmed: "2.333338", "0",
  // "-1.5".
  std::string to_string(int decimals = 12) const;
  // Rounded half-even to exactly `decimals` places: "0.000000000".
  std::string to_fixed(int decimals) const;
  // For figures that are shown, never for sums.
  double to_double() const;

 private:
  static Decimal make(Int128 numerator, Int128 denominator);
  static Decimal inexact();

  Int128 numerator_ = 0;
  Int128 denominator_ = 1;  // above zero; 0 marks a value that left the exact range
};

Decimal max(const Decimal& a, const Decimal& b);
Decimal min(const Decimal& a, const Decimal& b);

// ceil(a / step) * step. Requires step > 0.
Decimal round_up(const Decimal& a, const Decimal& step);

}  // namespace lambdarium::billing
