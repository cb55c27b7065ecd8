#include "traces/formats/csv.h"

#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <set>

#include "models/base/nearest.h"

namespace lambdarium::traces {
namespace {

constexpr std::size_t kBufferBytes = 256 << 10;

bool blank(std::string_view line) {
  return line.find_first_not_of(" \t") == std::string_view::npos;
}

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

gzFile handle(void* file) {
  return static_cast<gzFile>(file);
}

}  // namespace

LineReader::LineReader(std::string path) : path_(std::move(path)), buffer_(kBufferBytes) {}

LineReader::LineReader(LineReader&& other) noexcept
    : path_(std::move(other.path_)),
      file_(std::exchange(other.file_, nullptr)),
      buffer_(std::move(other.buffer_)),
      begin_(other.begin_),
      end_(other.end_),
      line_number_(other.line_number_),
      at_end_(other.at_end_),
      status_(std::move(other.status_)) {}

LineReader::~LineReader() {
  if (file_ != nullptr) gzclose(handle(file_));
}

Result<LineReader> LineReader::open(const std::string& path) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) {
    return invalid_input("is a folder, not a file", {.file = path});
  }
  LineReader reader{path};
  errno = 0;
  reader.file_ = gzopen(path.c_str(), "rb");
  if (reader.file_ == nullptr) {
    const std::string why = errno == 0 ? "not enough memory" : std::strerror(errno);
    return invalid_input("cannot be opened: " + why, {.file = path});
  }
  gzbuffer(handle(reader.file_), kBufferBytes);
  return reader;
}

Status LineReader::rewind() {
  if (gzrewind(handle(file_)) != 0) {
    return Error{ErrorCode::kUnavailable, "cannot be read a second time", {.file = path_}};
  }
  begin_ = end_ = 0;
  line_number_ = 0;
  at_end_ = false;
  status_ = Status{};
  return {};
}

// Moves what is left to the front and reads on behind it, in a buffer that grows up to the longest
// line allowed.
bool LineReader::fill() {
  if (at_end_) return false;
  if (begin_ > 0) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  if (end_ == buffer_.size()) {
    if (buffer_.size() >= kLineBytesMax) {
      status_ = invalid_input("the line is longer than 4 MiB",
                              {.file = path_, .line = static_cast<int>(line_number_ + 1)});
      return false;
    }
    buffer_.resize(buffer_.size() * 2);
  }
  const int got =
      gzread(handle(file_), buffer_.data() + end_, static_cast<unsigned>(buffer_.size() - end_));
  if (got < 0) {
    int code = 0;
    const std::string why = gzerror(handle(file_), &code);
    status_ = Error{ErrorCode::kUnavailable, "cannot be read: " + why, {.file = path_}};
    return false;
  }
  if (got == 0) {
    // A file that was cut inside its compressed data ends like a whole one but for this.
    int code = 0;
    gzerror(handle(file_), &code);
    if (code == Z_BUF_ERROR) {
      status_ = Error{ErrorCode::kInvalidInput, "ends inside its compressed data", {.file = path_}};
    }
    at_end_ = true;
    return false;
  }
  end_ += static_cast<std::size_t>(got);
  return true;
}

bool LineReader::next_line(std::string_view& line) {
  for (;;) {
    std::size_t searched = 0;
    const char* stop = nullptr;
    for (;;) {
      const char* const from = buffer_.data() + begin_ + searched;
      stop = static_cast<const char*>(std::memchr(from, '\n', end_ - begin_ - searched));
      if (stop != nullptr) break;
      searched = end_ - begin_;
      if (!fill()) break;
    }
    if (!status_.ok()) return false;
    if (stop == nullptr && begin_ == end_) return false;
    const char* const first = buffer_.data() + begin_;
    const char* const last = stop != nullptr ? stop : buffer_.data() + end_;
    line = {first, static_cast<std::size_t>(last - first)};
    begin_ = static_cast<std::size_t>(last - buffer_.data()) + (stop != nullptr ? 1 : 0);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    if (++line_number_ == 1 && line.starts_with("\xef\xbb\xbf")) line.remove_prefix(3);
    if (!blank(line)) return true;
  }
}

bool FieldSplitter::split(std::string_view line, std::vector<std::string_view>& fields) {
  fields.clear();
  if (line.find('"') != std::string_view::npos) return split_quoted(line, fields);
  std::size_t from = 0;
  for (;;) {
    const std::size_t comma = line.find(',', from);
    fields.push_back(trimmed(line.substr(from, comma - from)));
    if (comma == std::string_view::npos) return true;
    from = comma + 1;
  }
}

bool FieldSplitter::split_quoted(std::string_view line, std::vector<std::string_view>& fields) {
  unquoted_.clear();
  unquoted_.reserve(line.size());  // never more, so that the fields stay where they are
  std::size_t at = 0;
  for (;;) {
    while (at < line.size() && (line[at] == ' ' || line[at] == '\t')) ++at;
    if (at < line.size() && line[at] == '"') {
      const std::size_t from = unquoted_.size();
      for (++at;; ++at) {
        if (at == line.size()) return false;
        if (line[at] == '"') {
          if (at + 1 == line.size() || line[at + 1] != '"') break;
          ++at;
        }
        unquoted_ += line[at];
      }
      ++at;
      while (at < line.size() && (line[at] == ' ' || line[at] == '\t')) ++at;
      if (at < line.size() && line[at] != ',') return false;
      fields.push_back(std::string_view{unquoted_}.substr(from));
    } else {
      const std::size_t comma = std::min(line.find(',', at), line.size());
      fields.push_back(trimmed(line.substr(at, comma - at)));
      at = comma;
    }
    if (at == line.size()) return true;
    ++at;
  }
}

Result<CsvHeader> CsvHeader::read(LineReader& reader, const std::string& path) {
  std::string_view line;
  if (!reader.next_line(line)) {
    LAM_TRY_STATUS(reader.status());
    return invalid_input("is empty: a header line is expected", {.file = path});
  }
  const SourceMark where{.file = path, .line = static_cast<int>(reader.line_number())};
  CsvHeader header;
  header.path_ = path;
  FieldSplitter splitter;
  std::vector<std::string_view> fields;
  if (!splitter.split(line, fields)) return invalid_input("broken quotes in the header", where);
  header.names_.assign(fields.begin(), fields.end());
  std::set<std::string_view> seen;
  for (const std::string& name : header.names_) {
    if (!name.empty() && !seen.insert(name).second) {
      return invalid_input("column '" + name + "' occurs twice in the header", where);
    }
  }
  return header;
}

std::optional<std::size_t> CsvHeader::find(std::string_view name) const {
  const auto found = std::find(names_.begin(), names_.end(), name);
  if (found == names_.end()) return std::nullopt;
  return static_cast<std::size_t>(found - names_.begin());
}

Result<std::size_t> CsvHeader::require(std::string_view name) const {
  if (const auto column = find(name)) return *column;
  const std::vector<std::string_view> candidates(names_.begin(), names_.end());
  const std::string nearest = nearest_name(name, candidates);
  std::string message = "the header has no column '" + std::string{name} + "'";
  if (!nearest.empty()) message += "; is '" + nearest + "' meant?";
  return invalid_input(message, {.file = path_, .line = 1});
}

void append_field(std::string& out, std::string_view field) {
  const bool plain = field.find_first_of(",\"\n\r") == std::string_view::npos &&
                     (field.empty() || (field.front() != ' ' && field.back() != ' '));
  if (plain) {
    out += field;
    return;
  }
  out += '"';
  for (const char c : field) {
    if (c == '"') out += '"';
    out += c;
  }
  out += '"';
}

}  // namespace lambdarium::traces
