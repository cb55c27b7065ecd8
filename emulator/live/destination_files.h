// Destinations that are no functions, as files: each message becomes a line of
// `<folder>/<name>.jsonl`.
//
// Owns: nothing that is open between two writes. Thread: the loop's; the disk is touched on the
// pool, by one job at a time, which writes all lines that have come together. Calls back: `done`,
// last, once the line is on the disk, or false with the reason in the log.

#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "models/base/log.h"
#include "models/base/unique_function.h"
#include "runtime-api/http/event_loop.h"

namespace lambdarium::live {

class DestinationFiles {
 public:
  DestinationFiles(http::EventLoop& loop, std::filesystem::path folder, LogSink& log)
      : loop_(loop), folder_(std::move(folder)), log_(log) {}
  ~DestinationFiles() { *alive_ = false; }
  DestinationFiles(const DestinationFiles&) = delete;
  DestinationFiles& operator=(const DestinationFiles&) = delete;

  // `name`: a file's, without its ending. `line`: JSON without line breaks between its parts.
  void append(std::string name, std::string line, UniqueFunction<void(bool)> done);

 private:
  struct Line {
    std::string name;
    std::string text;
    UniqueFunction<void(bool)> done;
    std::string problem;
  };
  void write_next();

  http::EventLoop& loop_;
  std::filesystem::path folder_;
  LogSink& log_;
  std::vector<Line> lines_;
  bool writing_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace lambdarium::live
