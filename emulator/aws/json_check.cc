#include "emulator/aws/json_check.h"

#include <algorithm>
#include <array>
#include <vector>

#include <fmt/format.h>

#include "models/base/encoding.h"

namespace lambdarium::aws {

namespace {

constexpr std::array<bool, 256> make_string_plain() {
  std::array<bool, 256> plain{};
  for (std::size_t c = 0x20; c < 256; ++c) plain[c] = c != '"' && c != '\\';
  return plain;
}
constexpr auto kStringPlain = make_string_plain();

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_hex(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

// Walks over the text; each step answers false at the first problem, and at_ is where.
class Checker {
 public:
  explicit Checker(std::string_view text) : text_(text) {}

  bool check() {
    while (true) {
      if (!begin_value()) return false;
      if (opened_) continue;
      if (!finish_value()) return false;
      if (open_.empty()) break;
    }
    skip_blanks();
    return at_ == text_.size();
  }

  std::size_t position() const { return at_; }

 private:
  bool more() const { return at_ < text_.size(); }
  bool take(char c) {
    if (!more() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  void skip_blanks() {
    while (more() &&
           (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\r' || text_[at_] == '\t')) {
      ++at_;
    }
  }

  // A scalar whole, or the opening of an array or object up to its first value. opened_: a value is
  // to follow.
  bool begin_value() {
    opened_ = false;
    skip_blanks();
    if (!more()) return false;
    switch (text_[at_]) {
      case '{':
        ++at_;
        skip_blanks();
        if (take('}')) return true;
        open_.push_back(true);
        opened_ = true;
        return key();
      case '[':
        ++at_;
        skip_blanks();
        if (take(']')) return true;
        open_.push_back(false);
        opened_ = true;
        return true;
      case '"':
        return string();
      case 't':
        return word("true");
      case 'f':
        return word("false");
      case 'n':
        return word("null");
      default:
        return number();
    }
  }

  // After a value: closes what ends here, up to where another value is to be read or to the end.
  bool finish_value() {
    while (!open_.empty()) {
      skip_blanks();
      const bool object = open_.back();
      if (take(',')) {
        skip_blanks();
        return object ? key() : true;
      }
      if (!take(object ? '}' : ']')) return false;
      open_.pop_back();
    }
    return true;
  }

  bool key() {
    if (!more() || text_[at_] != '"' || !string()) return false;
    skip_blanks();
    return take(':');
  }

  bool word(std::string_view expected) {
    for (const char c : expected) {
      if (!take(c)) return false;
    }
    return true;
  }

  bool string() {
    ++at_;
    while (true) {
      while (more() && kStringPlain[static_cast<unsigned char>(text_[at_])]) ++at_;
      if (!more()) return false;
      if (take('"')) return true;
      if (!take('\\') || !escape()) return false;
    }
  }

  bool escape() {
    if (!more()) return false;
    if (take('u')) {
      for (int i = 0; i < 4; ++i) {
        if (!more() || !is_hex(text_[at_])) return false;
        ++at_;
      }
      return true;
    }
    constexpr std::string_view kEscapes = "\"\\/bfnrt";
    if (kEscapes.find(text_[at_]) == std::string_view::npos) return false;
    ++at_;
    return true;
  }

  bool digits() {
    if (!more() || !is_digit(text_[at_])) return false;
    while (more() && is_digit(text_[at_])) ++at_;
    return true;
  }

  bool number() {
    take('-');
    if (!take('0') && !digits()) return false;
    if (take('.') && !digits()) return false;
    if (take('e') || take('E')) {
      if (!take('+')) take('-');
      return digits();
    }
    return true;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::vector<bool> open_;  // true: an object
  bool opened_ = false;
};

std::string place(std::string_view text, std::size_t at) {
  const std::string_view before = text.substr(0, at);
  const auto line = std::count(before.begin(), before.end(), '\n') + 1;
  const std::size_t line_start = before.rfind('\n');
  const std::size_t column = line_start == std::string_view::npos ? at + 1 : at - line_start;
  return fmt::format("line {}, column {}", line, column);
}

}  // namespace

std::optional<std::string> find_json_problem(std::string_view text) {
  Checker checker{text};
  if (!checker.check()) {
    const std::size_t at = checker.position();
    if (at >= text.size()) return fmt::format("Unexpected end of input at {}", place(text, at));
    const auto code = static_cast<unsigned char>(text[at]);
    if (code < 0x20 || code >= 0x7F) {
      return fmt::format("Unexpected character (code {}) at {}", code, place(text, at));
    }
    return fmt::format("Unexpected character ('{}' (code {})) at {}", text[at], code,
                       place(text, at));
  }
  if (!is_valid_utf8(text)) return "Invalid UTF-8";
  return std::nullopt;
}

}  // namespace lambdarium::aws
