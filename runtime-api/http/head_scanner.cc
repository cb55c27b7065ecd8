#include "runtime-api/http/head_scanner.h"

#include <array>

namespace lambdarium::http {
namespace {

// The bytes at which something may happen within a line; all others are skipped over.
constexpr std::array<bool, 256> special(std::string_view bytes) {
  std::array<bool, 256> table{};
  for (const char c : bytes) table[static_cast<unsigned char>(c)] = true;
  return table;
}
constexpr auto kSpecialInLine = special({"\r\n\0", 3});
constexpr auto kSpecialInName = special({":\r\n \t\0", 6});

constexpr const char* kBareLf = "a line feed that does not follow a carriage return";
constexpr const char* kBareCr = "a carriage return that is not followed by a line feed";
constexpr const char* kNul = "a NUL byte in the header lines";

}  // namespace

void HeadScanner::start(Part part, std::size_t bytes_max) {
  left_ = bytes_max;
  why_ = {};
  switch (part) {
    case Part::kRequestHead:
      state_ = State::kBefore;
      break;
    case Part::kResponseHead:
      state_ = State::kFirstLine;
      break;
    case Part::kTrailers:
      state_ = State::kLineStart;
      break;
  }
}

HeadScanner::Scan HeadScanner::malformed(std::size_t scanned, std::string_view why) {
  why_ = why;
  return {scanned, Verdict::kMalformed};
}

const char* HeadScanner::step(unsigned char c) {
  const bool ends_line =
      state_ == State::kLineLf || state_ == State::kEndLf || state_ == State::kBeforeLf;
  if (ends_line) {
    if (c != '\n') return kBareCr;
    state_ = state_ == State::kLineLf  ? State::kLineStart
             : state_ == State::kEndLf ? State::kEnded
                                       : State::kBefore;
    return nullptr;
  }
  if (c == '\n') return kBareLf;
  if (c == '\0') return kNul;
  const bool space = c == ' ' || c == '\t';
  switch (state_) {
    case State::kBefore:
      state_ = c == '\r' ? State::kBeforeLf : State::kFirstLine;
      return nullptr;
    case State::kLineStart:
      if (space) return "a header line that starts with a space or tab";
      if (c == ':') return "a header line without a name";
      state_ = c == '\r' ? State::kEndLf : State::kName;
      return nullptr;
    case State::kName:
      if (space) return "a space or tab within or after a header name";
      if (c == '\r') return "a header line without a colon";
      if (c == ':') state_ = State::kValue;
      return nullptr;
    default:  // kFirstLine, kValue
      if (c == '\r') state_ = State::kLineLf;
      return nullptr;
  }
}

HeadScanner::Scan HeadScanner::scan(const char* data, std::size_t size) {
  const std::size_t end = size < left_ ? size : left_;
  const auto* bytes = reinterpret_cast<const unsigned char*>(data);
  std::size_t i = 0;
  while (i < end) {
    if (state_ == State::kFirstLine || state_ == State::kValue) {
      while (i < end && !kSpecialInLine[bytes[i]]) ++i;
    } else if (state_ == State::kName) {
      while (i < end && !kSpecialInName[bytes[i]]) ++i;
    }
    if (i == end) break;
    if (const char* complaint = step(bytes[i])) return malformed(i, complaint);
    ++i;
    if (state_ == State::kEnded) return {i, Verdict::kEnd};
  }
  left_ -= end;
  return {end, end < size ? Verdict::kTooLarge : Verdict::kMore};
}

}  // namespace lambdarium::http
