// Files of a test, in a temporary folder that goes with it, and short ways to read traces.

#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "models/base/check.h"
#include "traces/formats/trace_source.h"

namespace lambdarium::traces::testing {

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "lam-traces-XXXXXX").string();
    LAM_CHECK(mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  std::string path(std::string_view name = "") const { return (path_ / name).string(); }
  std::string write(std::string_view name, std::string_view text) const {
    std::ofstream{path(name), std::ios::binary} << text;
    return path(name);
  }
  std::string read(std::string_view name) const {
    std::ifstream file{path(name), std::ios::binary};
    return {std::istreambuf_iterator<char>{file}, std::istreambuf_iterator<char>{}};
  }

 private:
  std::filesystem::path path_;
};

inline Result<Trace> load(const TraceOptions& options) {
  LAM_TRY(const std::unique_ptr<TraceSource> source, open_trace(options));
  return read_all(*source);
}

inline TraceOptions options_for(std::string path, std::string format = "auto") {
  TraceOptions options;
  options.path = std::move(path);
  options.format = std::move(format);
  return options;
}

inline std::vector<std::int64_t> arrivals_ms(const Trace& trace) {
  std::vector<std::int64_t> values;
  for (const TraceRecord& record : trace.records) {
    values.push_back(to_ns(record.arrival) / 1'000'000);
  }
  return values;
}

inline std::vector<std::string> names_called(const Trace& trace) {
  std::vector<std::string> names;
  for (const TraceRecord& record : trace.records) {
    names.push_back(trace.functions[record.function].name);
  }
  return names;
}

}  // namespace lambdarium::traces::testing
