// The strict scan over header lines, before the parser sees them.
//
// llhttp 8.1 takes a bare CR or LF for the end of a line and drops folded lines; a proxy in front
// may not, and what two parsers read differently is how requests are smuggled. A callback of the
// parser is too late: it has split the line already.
//
// Pure: bytes in, verdicts out, in pieces of any size.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace lambdarium::http {

class HeadScanner {
 public:
  enum class Part : std::uint8_t {
    kRequestHead,   // empty lines may come before the first line
    kResponseHead,  // status line and header lines
    kTrailers,      // header lines only
  };
  enum class Verdict : std::uint8_t { kMore, kEnd, kMalformed, kTooLarge };
  struct Scan {
    std::size_t scanned;  // bytes of the block among those given; those after it are not looked at
    Verdict verdict;
  };

  void start(Part part, std::size_t bytes_max);
  Scan scan(const char* data, std::size_t size);

  // What was wrong, after kMalformed.
  std::string_view why() const { return why_; }
  bool in_first_line() const { return state_ == State::kFirstLine || state_ == State::kBefore; }

 private:
  enum class State : std::uint8_t {
    kBefore,
    kBeforeLf,
    kFirstLine,
    kLineLf,
    kLineStart,
    kName,
    kValue,
    kEndLf,
    kEnded,
  };

  Scan malformed(std::size_t scanned, std::string_view why);
  // Gives the complaint about `c` in the current state, or changes the state; null when all is
  // well.
  const char* step(unsigned char c);

  State state_ = State::kBefore;
  std::size_t left_ = 0;
  std::string_view why_;
};

}  // namespace lambdarium::http
