// Lines and fields of a CSV file, plain or gzipped.
//
// Lines end with LF or CRLF, the last one with or without. A field may be quoted ("a, ""b""") but
// holds no line break. A byte order mark at the front is skipped.
//
// Thread: one at a time. On failure: status() tells after next_line() answered false.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "models/base/result.h"

namespace lambdarium::traces {

class LineReader {
 public:
  static constexpr std::size_t kLineBytesMax = 4 << 20;

  static Result<LineReader> open(const std::string& path);
  ~LineReader();
  LineReader(LineReader&& other) noexcept;
  LineReader& operator=(LineReader&&) = delete;

  // `line` is valid until the next call. Lines that hold nothing but spaces are left out. False at
  // the end or on failure.
  bool next_line(std::string_view& line);
  std::uint64_t line_number() const { return line_number_; }  // of the line last given; from 1
  const Status& status() const { return status_; }
  Status rewind();

 private:
  explicit LineReader(std::string path);
  bool fill();

  std::string path_;
  void* file_ = nullptr;  // zlib's gzFile
  std::vector<char> buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::uint64_t line_number_ = 0;
  bool at_end_ = false;
  Status status_;
};

// Splits a line; the fields point into it, or into the splitter for those whose quotes had to be
// resolved.
class FieldSplitter {
 public:
  // False when a quoted field does not end or is followed by something other than a comma.
  bool split(std::string_view line, std::vector<std::string_view>& fields);

 private:
  bool split_quoted(std::string_view line, std::vector<std::string_view>& fields);
  std::string unquoted_;
};

// The columns of a file by name.
class CsvHeader {
 public:
  // Requires: `reader` stands at the start. Fails on an empty file and on a name that occurs twice.
  static Result<CsvHeader> read(LineReader& reader, const std::string& path);

  std::size_t size() const { return names_.size(); }
  const std::vector<std::string>& names() const { return names_; }
  std::optional<std::size_t> find(std::string_view name) const;
  // The error names the file, the missing column and the nearest one that is there.
  Result<std::size_t> require(std::string_view name) const;

 private:
  std::string path_;
  std::vector<std::string> names_;
};

// Quotes a field where it must be.
void append_field(std::string& out, std::string_view field);

}  // namespace lambdarium::traces
