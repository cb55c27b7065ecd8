// Counts of one function, a number a minute, packed: quiet minutes are most of them.
//
// Thread: any, one at a time.

#pragma once

#include <cstdint>
#include <vector>

namespace lambdarium::traces {

class MinuteCounts {
 public:
  void append(std::uint32_t count) {
    if (count == 0) {
      ++quiet_;
      return;
    }
    flush();
    put(std::uint64_t{count} << 1);
  }
  // After the last append().
  void finish() {
    flush();
    bytes_.shrink_to_fit();
  }

  // Reads the minutes in order; zeros without end after the last.
  class Reader {
   public:
    std::uint32_t next(const MinuteCounts& counts) {
      if (quiet_ == 0 && at_ < counts.bytes_.size()) {
        const std::uint64_t value = take(counts);
        if ((value & 1) == 0) return static_cast<std::uint32_t>(value >> 1);
        quiet_ = value >> 1;
      }
      if (quiet_ > 0) --quiet_;
      return 0;
    }

   private:
    std::uint64_t take(const MinuteCounts& counts) {
      std::uint64_t value = 0;
      for (int shift = 0;; shift += 7) {
        const std::uint8_t byte = counts.bytes_[at_++];
        value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
        if (byte < 0x80) return value;
      }
    }
    std::size_t at_ = 0;
    std::uint64_t quiet_ = 0;
  };

 private:
  void flush() {
    if (quiet_ > 0) put(quiet_ << 1 | 1);
    quiet_ = 0;
  }
  void put(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) bytes_.push_back(static_cast<std::uint8_t>(value | 0x80));
    bytes_.push_back(static_cast<std::uint8_t>(value));
  }

  std::vector<std::uint8_t>
      bytes_;  // count * 2, or length of a quiet run * 2 + 1, seven bits a byte
  std::uint64_t quiet_ = 0;
};

}  // namespace lambdarium::traces
