#include "traces/formats/trace_writer.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "models/base/nearest.h"
#include "traces/formats/csv.h"
#include "traces/formats/decimal.h"

namespace lambdarium::traces {
namespace {

constexpr std::array<std::string_view, 2> kWritable{"simple", "azure-2021"};
constexpr std::size_t kBufferBytes = 1 << 20;

std::string row_name(const TraceFunction& function, bool azure) {
  std::string out;
  if (!azure) {
    append_field(out, function.name);
    return out;
  }
  // app/function; a name without an application stands for both, which reading makes one again.
  const std::size_t slash = function.name.find('/');
  const std::string_view name = function.name;
  const bool pair = slash != name.npos && slash > 0 && slash + 1 < name.size();
  append_field(out, pair ? name.substr(0, slash) : name);
  out += ',';
  append_field(out, pair ? name.substr(slash + 1) : name);
  return out;
}

Error cannot_write(const std::string& path) {
  return unavailable("cannot write '" + path + "': " + std::strerror(errno));
}

}  // namespace

void TraceWriter::Close::operator()(std::FILE* file) const {
  if (file != stdout) std::fclose(file);
}

Result<TraceWriter> TraceWriter::open(const TraceWriterOptions& options,
                                      const std::vector<TraceFunction>& functions) {
  if (std::find(kWritable.begin(), kWritable.end(), options.format) == kWritable.end()) {
    return invalid_input(unknown_name_message("format to write", options.format, kWritable));
  }
  TraceWriter writer{options.path, options.format == "azure-2021"};
  errno = 0;
  writer.file_.reset(options.path == "-" ? stdout : std::fopen(options.path.c_str(), "wb"));
  if (writer.file_ == nullptr) return cannot_write(options.path);
  writer.names_.reserve(functions.size());
  for (const TraceFunction& function : functions) {
    writer.names_.push_back(row_name(function, writer.azure_));
  }
  writer.buffer_.reserve(kBufferBytes + 4096);
  writer.buffer_ =
      writer.azure_ ? "app,func,end_timestamp,duration\n" : "arrival_s,function,duration_s\n";
  return writer;
}

void TraceWriter::write(std::span<const TraceRecord> records) {
  for (const TraceRecord& record : records) {
    LAM_CHECK(record.function < names_.size());
    const std::string& name = names_[record.function];
    if (azure_) {
      buffer_ += name;
      buffer_ += ',';
      append_seconds(buffer_, to_ns(add_saturated(record.arrival, record.duration)));
    } else {
      append_seconds(buffer_, to_ns(record.arrival));
      buffer_ += ',';
      buffer_ += name;
    }
    buffer_ += ',';
    append_seconds(buffer_, record.duration.count());
    buffer_ += '\n';
    if (buffer_.size() >= kBufferBytes) flush();
  }
}

void TraceWriter::flush() {
  if (status_.ok() &&
      std::fwrite(buffer_.data(), 1, buffer_.size(), file_.get()) != buffer_.size()) {
    status_ = cannot_write(path_);
  }
  buffer_.clear();
}

Status TraceWriter::finish() {
  flush();
  if (std::fflush(file_.get()) != 0 && status_.ok()) status_ = cannot_write(path_);
  std::FILE* const file = file_.release();
  if (file != stdout && std::fclose(file) != 0 && status_.ok()) status_ = cannot_write(path_);
  return status_;
}

std::span<const std::string_view> writable_formats() {
  return kWritable;
}

Status write_function_table(const std::string& path, const std::vector<TraceFunction>& functions) {
  const bool timeouts = std::any_of(functions.begin(), functions.end(), [](const TraceFunction& f) {
    return f.timeout > Duration::zero();
  });
  const bool concurrency = std::any_of(functions.begin(), functions.end(),
                                       [](const TraceFunction& f) { return f.concurrency > 0; });
  std::string text = "function,memory_mb,cold_start_s";
  if (timeouts) text += ",timeout_s";
  if (concurrency) text += ",concurrency";
  text += '\n';
  for (const TraceFunction& function : functions) {
    append_field(text, function.name);
    text += ',';
    if (function.memory_mb > 0) text += std::to_string(function.memory_mb);
    text += ',';
    if (function.cold_start >= Duration::zero()) append_seconds(text, function.cold_start.count());
    if (timeouts) {
      text += ',';
      if (function.timeout > Duration::zero()) append_seconds(text, function.timeout.count());
    }
    if (concurrency) {
      text += ',';
      if (function.concurrency > 0) text += std::to_string(function.concurrency);
    }
    text += '\n';
  }
  errno = 0;
  std::FILE* const file = std::fopen(path.c_str(), "wb");
  if (file == nullptr) return cannot_write(path);
  const bool written = std::fwrite(text.data(), 1, text.size(), file) == text.size();
  const bool closed = std::fclose(file) == 0;
  return written && closed ? Status{} : Status{cannot_write(path)};
}

}  // namespace lambdarium::traces
