// Writing a trace: `simple`, or the layout of `azure-2021`.
//
// Times are written as the shortest decimals that read back as the same nanoseconds, so converting
// twice gives the same bytes.
//
// Owns: the file. Thread: one at a time. On failure: the first one is kept and told by finish(),
// which must be called; a file that is not finished has no promise of being whole.

#pragma once

#include <cstdio>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "models/base/result.h"
#include "models/domain/trace_record.h"

namespace lambdarium::traces {

struct TraceWriterOptions {
  std::string path;  // "-" is standard output
  std::string format = "simple";
};

class TraceWriter {
 public:
  // Writes the header. The error names a format that cannot be written, or the path.
  static Result<TraceWriter> open(const TraceWriterOptions& options,
                                  const std::vector<TraceFunction>& functions);

  // Requires: ascending by arrival from call to call (the file is read faster so); function indexes
  // into `functions` of open().
  void write(std::span<const TraceRecord> records);
  // Flushes and closes.
  Status finish();

 private:
  struct Close {
    void operator()(std::FILE* file) const;
  };
  TraceWriter(std::string path, bool azure) : path_(std::move(path)), azure_(azure) {}
  void flush();

  std::string path_;
  bool azure_;
  std::vector<std::string> names_;  // as they stand in a row
  std::string buffer_;
  std::unique_ptr<std::FILE, Close> file_;
  Status status_;
};

std::span<const std::string_view> writable_formats();

// The file that TraceOptions::functions_path reads. Columns timeout_s and concurrency are written
// where any function has them.
Status write_function_table(const std::string& path, const std::vector<TraceFunction>& functions);

}  // namespace lambdarium::traces
